"""Stylisation: histogram, Fourier, Gatys, AdaIN, RAIN and AdaConv behind one interface; this file loads no torch."""

from ssaglioma.style.pictures import Pictures, slice_pictures, volume_pictures
from ssaglioma.style.registry import METHODS, Method, create_stylizer, find_method
from ssaglioma.style.stylizer import SLICE_AXES, Stylizer

__all__ = [
    "METHODS",
    "SLICE_AXES",
    "Method",
    "Pictures",
    "Stylizer",
    "create_stylizer",
    "find_method",
    "slice_pictures",
    "volume_pictures",
]
