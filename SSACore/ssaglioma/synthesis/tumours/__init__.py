"""Tumours: grown by a reaction-diffusion model, or shaped by labelmaps that a user gives."""

from ssaglioma.synthesis.tumours.drawing import VARIANT_SHARES, draw_grown_tumour
from ssaglioma.synthesis.tumours.grown import STEP, VARIANTS, GrownTumour, GrowthField, brain_tissue, grow_tumour
from ssaglioma.synthesis.tumours.growth import GrowthParameters, grow
from ssaglioma.synthesis.tumours.library import LibraryTumour, draw_library_tumour, find_masks, place_mask, read_mask
from ssaglioma.synthesis.tumours.mass_effect import mass_effect
from ssaglioma.synthesis.tumours.painting import paint_labels

__all__ = [
    "STEP",
    "VARIANTS",
    "VARIANT_SHARES",
    "GrownTumour",
    "GrowthField",
    "GrowthParameters",
    "LibraryTumour",
    "brain_tissue",
    "draw_grown_tumour",
    "draw_library_tumour",
    "find_masks",
    "grow",
    "grow_tumour",
    "mass_effect",
    "paint_labels",
    "place_mask",
    "read_mask",
]
