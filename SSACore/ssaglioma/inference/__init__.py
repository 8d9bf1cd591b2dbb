"""Running trained model packages: engines, tiles, whole cases.

Files are imported when a name is first asked for; none but `engine_torch`, `adapted` and `style_search` imports torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssaglioma.inference.engine_choice import load_engine
    from ssaglioma.inference.regions import regions_to_labels
    from ssaglioma.inference.segment import SegmentationResult, segment_case

__all__ = ["SegmentationResult", "load_engine", "regions_to_labels", "segment_case"]

_HOMES = {
    "SegmentationResult": "segment",
    "load_engine": "engine_choice",
    "regions_to_labels": "regions",
    "segment_case": "segment",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
