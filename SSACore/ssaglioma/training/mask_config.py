"""Configuration of the training of a brain mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ssaglioma.errors import requirement
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.synthesis.heads import Ranges
from ssaglioma.training.config_json import SteppedConfig

_COUNTS = ("epochs", "steps_per_epoch", "batch_size", "warmup_steps")
_require = requirement("Brain mask training option")


@dataclass(frozen=True)
class MaskTrainingConfig(SteppedConfig):
    """One training run of a brain mask; the defaults suit one processor core for half an hour.

    Attributes
    ----------
    network : str
        Name in `CONFIGURATIONS`, of a 3D network.
    epochs, steps_per_epoch, batch_size : int
        An epoch is a fixed number of fresh synthetic scans.
    learning_rate : float
        Of AdamW; falls to 0 along a cosine after a linear rise.
    warmup_steps : int
    tumour_weight : float
        Of the cross-entropy of the tumour's voxels, which are brain; 1 is that of all voxels.
    gradient_clip : float
    seed : int
        Of weights and scans.
    ranges : Ranges
        What is drawn.
    """

    _KIND = "brain mask training"

    network: str = "mask_3d"
    epochs: int = 10
    steps_per_epoch: int = 40
    batch_size: int = 1
    learning_rate: float = 3e-3
    warmup_steps: int = 40
    tumour_weight: float = 0.3
    gradient_clip: float = 5.0
    seed: int = 1
    ranges: Ranges = field(default_factory=Ranges)

    def __post_init__(self) -> None:
        if isinstance(self.ranges, dict):
            object.__setattr__(self, "ranges", _ranges(self.ranges))
        known = sorted(name for name, one in CONFIGURATIONS.items() if one.dims == 3)
        _require(self.network in known, "network", self.network, f"one of {known}")
        for name in _COUNTS:
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        _require(self.tumour_weight >= 0, "tumour_weight", self.tumour_weight, "0 or more")
        for name in ("learning_rate", "gradient_clip"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")


def _ranges(values: dict[str, Any]) -> Ranges:
    return Ranges(**{**values, "slice_mm": tuple(values["slice_mm"])})
