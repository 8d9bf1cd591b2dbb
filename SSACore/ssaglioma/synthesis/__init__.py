"""Labelled four-contrast cases: anatomy, tumours, MR contrast; `scanner` degrades real and synthetic images.

`painted` and `contrast` are the simple generator that the shipped sample case was made with.
"""

from ssaglioma.synthesis.case import CaseParameters, DrawOptions, SyntheticCase, draw_case, make_case
from ssaglioma.synthesis.contrast import ContrastParameters, render_contrasts
from ssaglioma.synthesis.painted import TissueMaps, TumourParameters, draw_tumour, paint_tumour

__all__ = [
    "CaseParameters",
    "ContrastParameters",
    "DrawOptions",
    "SyntheticCase",
    "TissueMaps",
    "TumourParameters",
    "draw_case",
    "draw_tumour",
    "make_case",
    "paint_tumour",
    "render_contrasts",
]
