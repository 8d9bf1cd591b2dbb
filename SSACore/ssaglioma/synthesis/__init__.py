"""Labelled four-contrast cases from tissue maps; a first, simple generator."""

from ssaglioma.synthesis.contrast import ContrastParameters, render_contrasts
from ssaglioma.synthesis.painted import TissueMaps, TumourParameters, draw_tumour, paint_tumour

__all__ = [
    "ContrastParameters",
    "TissueMaps",
    "TumourParameters",
    "draw_tumour",
    "paint_tumour",
    "render_contrasts",
]
