"""The tissues that an anatomy is made of, and the codes of FreeSurfer-style label maps.

Codes below 500 follow FreeSurfer's colour table; the 5xx codes (head outside the brain) are those of
the label maps that SynthSeg was trained with (Billot et al. 2023, doi:10.1016/j.media.2023.102789),
read from their place in the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WHITE, CORTEX, DEEP_GREY, BRAINSTEM, CSF, CHOROID = "white", "cortex", "deep_grey", "brainstem", "csf", "choroid"
VESSEL = "vessel"
SOFT, SKIN, BONE, FLUID = "soft", "skin", "bone", "fluid"

BRAIN_TISSUES: tuple[str, ...] = (WHITE, CORTEX, DEEP_GREY, BRAINSTEM)
"""What a tumour can grow in."""

HEAD_TISSUES: tuple[str, ...] = (SOFT, SKIN, BONE, FLUID)
"""What skull stripping removes."""

TISSUES: tuple[str, ...] = (*BRAIN_TISSUES, CSF, CHOROID, *HEAD_TISSUES)

FREESURFER_CODES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        WHITE: (2, 41, 7, 46, 77, 78, 79, 85, 25, 57, 251, 252, 253, 254, 255),
        CORTEX: (3, 42, 8, 47, 17, 53, 18, 54, *range(1000, 1036), *range(2000, 2036)),
        DEEP_GREY: (10, 49, 11, 50, 12, 51, 13, 52, 26, 58, 9, 48, 136, 137, 163, 164),
        BRAINSTEM: (16, 28, 60),
        CSF: (24, 4, 43, 5, 44, 14, 15, 72),
        CHOROID: (31, 63, 30, 62),
        SOFT: (507, 508, 509, 512, 514, 530),
        SKIN: (511,),
        BONE: (515, 516, 165),
        FLUID: (506, 259),
    }
)
"""Codes of each tissue; codes that stand nowhere here are air.

25, 57 (lesions) count as white matter. 136, 137, 163 and 164 lie at the ventricles' walls in those maps.
"""
