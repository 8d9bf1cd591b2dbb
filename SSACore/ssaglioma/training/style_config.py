"""Configuration of the training of a stylizer."""

from __future__ import annotations

from dataclasses import dataclass

from ssaglioma.errors import requirement
from ssaglioma.style.building import TRAINED_METHODS
from ssaglioma.style.encoders import ENCODERS
from ssaglioma.training.config_json import SteppedConfig

_WEIGHTS = ("style_weight", "latent_weight", "identity_weight", "boundary_weight", "histogram_weight")
_require = requirement("Style training option")


@dataclass(frozen=True)
class StyleTrainingConfig(SteppedConfig):
    """One training run of a stylizer; the defaults suit a small encoder on two cores.

    Attributes
    ----------
    method : str
        One of `TRAINED_METHODS`.
    encoder : str
        Name in `ENCODERS`; its weights are given apart and stay as they are.
    epochs, steps_per_epoch, batch_size : int
        An epoch is a fixed number of batches.
    content_crop, style_crop : int
        Edges of the random cuts in pixels, multiples of 8. AdaConv is built for styles of `style_crop`, rounded up to
        a multiple of 64 (256 in the paper).
    learning_rate, decay : float
        Adam's rate in step i is learning_rate / (1 + decay * i).
    content_weight, style_weight : float
        Of L_c and L_s (RAIN's code 1 and 1, the cardiac study 5 and 5, AdaConv 1 and 10).
    latent_weight, reconstruction_weight : float
        Of L_KL and L_REC (RAIN's code and the cardiac study 1 and 5); without a style space they do nothing.
    identity_weight, boundary_weight, histogram_weight : float
        Of the three losses that are not in the papers; 0 leaves them out.
    keep_detail : bool
        Add what the style changes to the content, instead of showing the decoder's picture (`StyleNetwork`); not in
        the papers.
    gradient_clip : float or None
        Largest norm of the gradient; None for no limit, as in the papers.
    seed : int
        Of weights, cuts and noise.
    """

    _KIND = "style training"

    method: str = "rain"
    encoder: str = "mri_small"
    epochs: int = 20
    steps_per_epoch: int = 200
    batch_size: int = 4
    content_crop: int = 128
    style_crop: int = 128
    learning_rate: float = 1e-3
    decay: float = 5e-5
    content_weight: float = 1.0
    style_weight: float = 1.0
    latent_weight: float = 1.0
    reconstruction_weight: float = 5.0
    identity_weight: float = 10.0
    boundary_weight: float = 0.0
    histogram_weight: float = 0.0
    keep_detail: bool = True
    gradient_clip: float | None = 10.0
    seed: int = 1

    def __post_init__(self) -> None:
        _require(self.method in TRAINED_METHODS, "method", self.method, f"one of {TRAINED_METHODS}")
        _require(self.encoder in ENCODERS, "encoder", self.encoder, f"one of {sorted(ENCODERS)}")
        for name in ("epochs", "steps_per_epoch", "batch_size"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("content_crop", "style_crop"):
            edge = getattr(self, name)
            _require(edge >= 16 and edge % 8 == 0, name, edge, "a multiple of 8 from 16 on")
        for name in (*_WEIGHTS, "decay"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("learning_rate", "content_weight", "reconstruction_weight"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")
        clip = self.gradient_clip
        _require(clip is None or clip > 0, "gradient_clip", clip, "more than 0, or None")

    @property
    def network_options(self) -> dict[str, int]:
        """What `build_style_network` needs to know besides method and encoder."""
        options = {"keep_detail": int(self.keep_detail)}
        if self.method.startswith("adaconv"):
            options["style_edge"] = -(-self.style_crop // 64) * 64
        return options


def default_config(method: str, encoder: str = "mri_small") -> StyleTrainingConfig:
    """Return the defaults of this project for a method.

    Detail is kept, so the losses lean towards style: its weight is that of AdaConv's code (10), in RAIN half of it.
    AdaConv sees styles of 128 pixels, a quarter of the work of the paper's 256.
    """
    adaconv = method.startswith("adaconv")
    return StyleTrainingConfig(
        method=method,
        encoder=encoder,
        style_weight=10.0 if adaconv else 5.0,
        identity_weight=5.0,
        boundary_weight=10.0 if method == "adaconv_structure" else 0.0,
    )


def paper_config(method: str) -> StyleTrainingConfig:
    """Return the published training of a method: 160,000 steps of 8 pictures of 256 pixels, Adam 1e-4.

    RAIN: the code of Luo et al. 2020 (lambda 1, 1, 1, 5), with the normalised VGG-19. AdaIN:
    github.com/naoto0804/pytorch-AdaIN (style weight 10). AdaConv: github.com/RElbers/ada-conv-pytorch (lambda 10 on the
    sum over layers, decay 2e-4); the paper's own value is not known. The variants take their parents' values.
    """
    adaconv = method.startswith("adaconv")
    return StyleTrainingConfig(
        method=method,
        encoder="vgg19" if adaconv else "vgg19_normalised",
        epochs=160,
        steps_per_epoch=1000,
        batch_size=8,
        content_crop=256,
        style_crop=256,
        learning_rate=1e-4,
        decay=2e-4 if adaconv else 5e-5,
        style_weight=10.0 if adaconv or method == "adain" else 1.0,
        identity_weight=0.0,
        boundary_weight=2.0 if method == "adaconv_structure" else 0.0,
        keep_detail=False,
        gradient_clip=None,
    )
