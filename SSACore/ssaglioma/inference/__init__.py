"""Running trained model packages: devices, tiles, whole cases.

`import ssaglioma.inference` imports no torch; `engine` and `device` do.
"""

from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.inference.segment import SegmentationResult, segment_case

__all__ = ["SegmentationResult", "regions_to_labels", "segment_case"]
