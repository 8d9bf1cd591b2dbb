"""Labelled four-contrast cases: anatomy, tumours, MR contrast; `scanner` degrades real and synthetic images."""

from ssaglioma.synthesis.case import CaseParameters, DrawOptions, SyntheticCase, draw_case, make_case
from ssaglioma.synthesis.requests import CaseRequest, MadeCase, make_requested

__all__ = [
    "CaseParameters",
    "CaseRequest",
    "DrawOptions",
    "MadeCase",
    "SyntheticCase",
    "draw_case",
    "make_case",
    "make_requested",
]
