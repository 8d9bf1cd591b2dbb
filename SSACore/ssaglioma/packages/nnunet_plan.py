"""What the plans of nnU-Net ask of whoever runs an imported network, where our own packages do otherwise.

Isensee et al. 2021, nnU-Net v2: normalisation, resampling, order of axes, mirroring and the last non-linearity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ssaglioma.errors import ModelPackageError, requirement

OUTPUTS = ("sigmoid", "softmax")
_HIGHEST_ORDER = 5
_require = requirement("The plan's", ModelPackageError)


@dataclass(frozen=True)
class ResamplingRule:
    """How arrays are brought to another voxel size.

    Attributes
    ----------
    order : int
        Of the spline, 0 to 5.
    order_thick : int
        Of the spline along the thick axis where it is treated apart.
    thick_apart : bool or None
        Whether the axis of largest spacing is treated apart; None does so if it is more than
        `anisotropy` times the smallest.
    anisotropy : float
    """

    order: int
    order_thick: int = 0
    thick_apart: bool | None = None
    anisotropy: float = 3.0

    def __post_init__(self) -> None:
        for name in ("order", "order_thick"):
            value = getattr(self, name)
            _require(value in range(_HIGHEST_ORDER + 1), name, value, f"0 to {_HIGHEST_ORDER}")


@dataclass(frozen=True)
class NnunetPlan:
    """The part of a model card that only an imported network has.

    Attributes
    ----------
    transpose : tuple of 3 ints
        Axis of the image (Z, Y, X) that becomes each axis of the network's image; a 2D network takes its
        slices along the first of them.
    masked_norm : tuple of bool
        For each channel whether mean and SD are taken inside the brain, and the outside stays 0; otherwise they
        are taken over the whole box.
    image, logits : ResamplingRule
        Of the image before the network, and of the logits behind it.
    outputs : str
        'sigmoid' (a channel for each region) or 'softmax' (a channel for each class, the background first).
    classes : tuple of str
        Label of each channel after the background; empty for 'sigmoid'.
    mirror_axes : tuple of int
        Axes of the network's image, its own dimensions alone counted, along which it was trained mirrored.
    """

    transpose: tuple[int, ...]
    masked_norm: tuple[bool, ...]
    image: ResamplingRule
    logits: ResamplingRule
    outputs: str = "sigmoid"
    classes: tuple[str, ...] = ()
    mirror_axes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("transpose", "masked_norm", "classes", "mirror_axes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _require(sorted(self.transpose) == [0, 1, 2], "transpose", self.transpose, "0, 1 and 2 in some order")
        _require(self.outputs in OUTPUTS, "outputs", self.outputs, f"one of {OUTPUTS}")
        _require(
            bool(self.classes) == (self.outputs == "softmax"), "classes", self.classes, "labels for a softmax alone"
        )
        sound = len(set(self.mirror_axes)) == len(self.mirror_axes) and set(self.mirror_axes) <= {0, 1, 2}
        _require(sound, "mirror_axes", self.mirror_axes, "some of 0, 1 and 2")

    @property
    def whole_box_channels(self) -> tuple[int, ...]:
        """Channels that are normalised over the whole box and not in the brain alone."""
        return tuple(index for index, masked in enumerate(self.masked_norm) if not masked)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> NnunetPlan:
        """Build a plan from `to_json`'s values.

        Raises
        ------
        ModelPackageError
            If keys are missing or unknown, or a value makes no sense.
        """
        known = sorted(item.name for item in fields(cls))
        if not isinstance(values, Mapping) or not set(values) <= set(known):
            raise ModelPackageError(f"The plan of a model card is {values!r}", expected=f"the keys {known}")
        try:
            rules = {name: ResamplingRule(**values[name]) for name in ("image", "logits")}
            return cls(**{**values, **rules})
        except (TypeError, KeyError) as error:
            raise ModelPackageError(f"The plan of a model card is not whole ({error!r})") from error
