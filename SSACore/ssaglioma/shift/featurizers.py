"""Slices to vectors: hand-made features without torch, and statistics of a trained encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.shift.features import Featurizer
from ssaglioma.shift.inplane import radial_spectrum

if TYPE_CHECKING:
    import torch

STATISTICS_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Where style transfer compares means and deviations (Huang and Belongie 2017)."""
PLAIN_NAME = "plain"

_QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_SLOPE_QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.99)
_RINGS, _LOWEST = 20, 0.05
_LEAST_PIXELS = 200
_LEAST_NOISE = 1e-5
_SMALLEST = 1e-12
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], float)


class LayeredEncoder(Protocol):
    """A trunk that gives the outputs of named layers."""

    def features(self, picture: torch.Tensor, layers: tuple[str, ...]) -> list[torch.Tensor]:
        """Return maps (B, C, Y, X) of the layers of pictures (B, 1, Y, X) with values 0..1."""
        ...


def plain_features(images: np.ndarray) -> np.ndarray:
    """Return hand-made features (N, 34): 9 intensity quantiles, 18 log powers, 6 of the gradient, the log noise.

    Everything is taken inside the foreground (pixels that are not 0, holes filled). The gradient is that of a
    Gaussian of 1 pixel, over the interquartile range of the intensities. The noise is that of Immerkær, Comput Vis
    Image Underst 1996;64:300-302, with a median for the mean.

    Parameters
    ----------
    images : ndarray, shape (N, Y, X)
        Values 0..1, background 0.

    Raises
    ------
    DatasetError
        If the array is not 3D, a value is not finite, or a foreground is smaller than 200 pixels.
    """
    images = np.asarray(images, float)
    if images.ndim != 3 or not np.isfinite(images).all():
        raise DatasetError(f"The slices have shape {images.shape!r}", expected="finite values of shape (N, Y, X)")
    return np.stack([_plain_vector(image) for image in images])


def _plain_vector(image: np.ndarray) -> np.ndarray:
    mask = ndimage.binary_fill_holes(image != 0)
    if mask.sum() < _LEAST_PIXELS:
        raise DatasetError(
            f"The foreground of a slice has {int(mask.sum())} pixels", expected=f"{_LEAST_PIXELS} or more"
        )
    values = image[mask]
    spectrum = radial_spectrum(image, mask, rings=_RINGS, lowest=_LOWEST)
    powers = spectrum.power[spectrum.cycles_per_px >= _LOWEST]
    span = max(float(np.subtract(*np.quantile(values, (0.75, 0.25)))), _LEAST_NOISE)
    inner = ndimage.binary_erosion(mask, iterations=2)
    inner = inner if inner.any() else mask
    slopes = ndimage.gaussian_gradient_magnitude(image, 1.0)[inner] / span
    rest = ndimage.convolve(image, _NOISE_KERNEL)[inner] / 6  # the kernel's norm is 6
    noise = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
    return np.concatenate(
        [
            np.quantile(values, _QUANTILES),
            np.log10(np.maximum(powers, _SMALLEST)),
            np.quantile(slopes, _SLOPE_QUANTILES),
            [slopes.mean(), np.log10(max(noise, _LEAST_NOISE))],
        ]
    )


def encoder_features(encoder: LayeredEncoder, layers: tuple[str, ...] = STATISTICS_LAYERS) -> Featurizer:
    """Return a featurizer: mean and deviation of each channel of an encoder's layers, in the foreground.

    A place of a deep layer counts by the share of its pixels that are foreground (not 0), so the size of the brain
    in the picture does not enter. Departure from style transfer, which averages over the whole picture.
    Needs torch; runs where the encoder's weights are.
    """

    def featurize(images: np.ndarray) -> np.ndarray:
        import torch

        device = next((one.device for one in _parameters(encoder)), torch.device("cpu"))
        vectors = []
        with torch.inference_mode():
            for image in np.asarray(images, np.float32):
                picture = torch.from_numpy(np.ascontiguousarray(image))[None, None].to(device)
                inside = torch.from_numpy(ndimage.binary_fill_holes(image != 0)).to(picture)[None, None]
                maps = encoder.features(picture, layers)
                vectors.append(torch.cat([part for one in maps for part in _statistics(one, inside)]))
            return torch.stack(vectors).cpu().numpy().astype(float)

    return featurize


def _statistics(features: torch.Tensor, inside: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation (C,) of maps (1, C, Y, X), weighted by the share of foreground (1, 1, Y', X')."""
    from torch.nn import functional

    weights = functional.adaptive_avg_pool2d(inside, (features.shape[-2], features.shape[-1]))
    if float(weights.sum()) <= 0:
        raise DatasetError("A slice is empty (every pixel is 0)", expected="some foreground", remedy="Leave it out")
    weights = weights / weights.sum()
    mean = (features * weights).sum(dim=(0, 2, 3))
    variance = ((features - mean[None, :, None, None]) ** 2 * weights).sum(dim=(0, 2, 3))
    return mean, variance.sqrt()


def _parameters(encoder: Any) -> Any:
    return encoder.parameters() if hasattr(encoder, "parameters") else iter(())
