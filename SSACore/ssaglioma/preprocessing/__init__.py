"""From native images to network input, and back."""

from ssaglioma.preprocessing.intensity import bounding_box, zscore_in_mask
from ssaglioma.preprocessing.prepare import PreparedCase, prepare_case

__all__ = ["PreparedCase", "bounding_box", "prepare_case", "zscore_in_mask"]
