"""Whole heads at low resolution, any contrast, made in a fraction of a second: what a brain mask is learned from."""

from ssaglioma.synthesis.heads.drawing import Ranges, draw_head_scan
from ssaglioma.synthesis.heads.maps import CLASSES, HeadMap, head_map, read_head_maps
from ssaglioma.synthesis.heads.parameters import HeadScan, Placement, TumourBlob
from ssaglioma.synthesis.heads.scans import GRID_MM, GRID_SHAPE, SyntheticHead, make_head_scan

__all__ = [
    "CLASSES",
    "GRID_MM",
    "GRID_SHAPE",
    "HeadMap",
    "HeadScan",
    "Placement",
    "Ranges",
    "SyntheticHead",
    "TumourBlob",
    "draw_head_scan",
    "head_map",
    "make_head_scan",
    "read_head_maps",
]
