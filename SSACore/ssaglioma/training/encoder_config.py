"""Configuration of the training of an encoder of MR slices."""

from __future__ import annotations

from dataclasses import dataclass

from ssaglioma.errors import requirement
from ssaglioma.style.encoders import ENCODERS
from ssaglioma.training.config_json import SteppedConfig

_COUNTS = ("epochs", "steps_per_epoch", "batch_size", "warmup_steps")
_WEIGHTS = ("picture_weight", "contrast_weight", "scanner_weight", "region_weight", "largest_blur_px", "largest_noise")
_require = requirement("Encoder training option")


@dataclass(frozen=True)
class EncoderTrainingConfig(SteppedConfig):
    """One training run of an encoder; the defaults suit `mri_small` and one processor core for half an hour.

    Attributes
    ----------
    encoder : str
        Name in `ENCODERS`, of four stages.
    epochs, steps_per_epoch, batch_size : int
        An epoch is a fixed number of batches.
    crop : int
        Edge of the random cuts in pixels, a multiple of 8.
    learning_rate : float
        Of AdamW; falls to 0 along a cosine after a linear rise.
    warmup_steps : int
    picture_weight, contrast_weight, scanner_weight, region_weight : float
        Of the mean absolute error of the rebuilt picture, the cross-entropy of the contrast, the squared error of
        blur and noise (each as a share of its largest), and the binary cross-entropy of the regions.
    largest_blur_px : float
        Cuts are blurred by a Gaussian of 0 up to this standard deviation.
    largest_noise : float
        Gaussian noise of standard deviation 0 up to this is added, for pictures of 0..1.
    gradient_clip : float
    seed : int
        Of weights, cuts, blur and noise.
    """

    _KIND = "encoder training"

    encoder: str = "mri_small"
    epochs: int = 20
    steps_per_epoch: int = 150
    batch_size: int = 8
    crop: int = 128
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    picture_weight: float = 10.0
    contrast_weight: float = 0.2
    scanner_weight: float = 1.0
    region_weight: float = 0.5
    largest_blur_px: float = 2.0
    largest_noise: float = 0.1
    gradient_clip: float = 5.0
    seed: int = 1

    def __post_init__(self) -> None:
        known = sorted(name for name, one in ENCODERS.items() if len(one.widths) == 4)
        _require(self.encoder in known, "encoder", self.encoder, f"one of {known}")
        for name in _COUNTS:
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        _require(self.crop >= 16 and self.crop % 8 == 0, "crop", self.crop, "a multiple of 8 from 16 on")
        for name in _WEIGHTS:
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("learning_rate", "gradient_clip"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")
