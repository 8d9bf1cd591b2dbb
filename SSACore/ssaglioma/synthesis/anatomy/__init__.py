"""Anatomies: tissues from label maps or probability maps, placed and bent at random."""

from ssaglioma.synthesis.anatomy.placing import (
    BRAIN_CENTRE,
    BRAIN_SIZE_MM,
    GRID_SHAPE,
    Head,
    HeadParameters,
    box_places,
    draw_head,
)
from ssaglioma.synthesis.anatomy.reading import find_anatomies, read_anatomy
from ssaglioma.synthesis.anatomy.source import SourceAnatomy, anatomy_from_labels, anatomy_from_maps

__all__ = [
    "BRAIN_CENTRE",
    "BRAIN_SIZE_MM",
    "GRID_SHAPE",
    "Head",
    "HeadParameters",
    "SourceAnatomy",
    "anatomy_from_labels",
    "anatomy_from_maps",
    "box_places",
    "draw_head",
    "find_anatomies",
    "read_anatomy",
]
