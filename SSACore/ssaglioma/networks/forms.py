"""Numbers that the units of a U-Net have in common; known without torch, so that engines without it know them too."""

from __future__ import annotations

from dataclasses import dataclass

LEAKY_SLOPE = 0.01
NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class UnitForm:
    """What the units of one network have in common; the defaults are nnU-Net's.

    Attributes
    ----------
    bias : bool
        Whether convolutions add a constant.
    epsilon : float
        Added to the variance by the instance normalisation.
    affine : bool
        Whether the instance normalisation scales and shifts by learned numbers.
    slope : float
        Of the leaky ReLU below 0; 0 makes it a ReLU.
    """

    bias: bool = True
    epsilon: float = NORM_EPSILON
    affine: bool = True
    slope: float = LEAKY_SLOPE


NNUNET_FORM = UnitForm()

OPTIMIZED_WIDTHS = (2, 3, 4, 6, 8, 12, 16)
"""Channels of the seven levels of the optimized U-Net (Ren et al. 2024) in units of its `width` (nf)."""
