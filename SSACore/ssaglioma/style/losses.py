"""The losses of the learned stylisations; every one is a pure function and 0 is perfect."""

from __future__ import annotations

import torch
from torch.nn import functional

from ssaglioma.style.feature_statistics import gram_matrix, mean_and_sd

_KL_EPSILON = 1e-5
_EDGE_EPSILON = 0.02
_HISTOGRAM_LEVELS, _LEAST_FOREGROUND = 33, 64


def content_loss(features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean square difference of features (B, C, Y, X): the L_c of AdaIN, RAIN and AdaConv."""
    return functional.mse_loss(features, target)


def statistics_loss(features: list[torch.Tensor], target: list[torch.Tensor]) -> torch.Tensor:
    """Return the sum over layers of the mean square differences of channel means and deviations: L_s."""
    total = features[0].new_zeros(())
    for one, other in zip(features, target, strict=True):
        (mean, sd), (other_mean, other_sd) = mean_and_sd(one), mean_and_sd(other)
        total = total + functional.mse_loss(mean, other_mean) + functional.mse_loss(sd, other_sd)
    return total


def gram_loss(features: list[torch.Tensor], grams: list[torch.Tensor]) -> torch.Tensor:
    """Return the sum over layers of the mean square differences of Gram matrices (B, C, C)."""
    total = features[0].new_zeros(())
    for one, gram in zip(features, grams, strict=True):
        total = total + functional.mse_loss(gram_matrix(one), gram.expand(len(one), -1, -1))
    return total


def kl_loss(mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Return 0.5 * mean(psi^2 + xi^2 - log(xi^2 + 1e-5) - 1): L_KL of RAIN, xi a deviation of any sign.

    The 1e-5 makes the smallest value -5e-6 instead of 0.
    """
    square = deviation**2
    return 0.5 * (mean**2 + square - torch.log(square + _KL_EPSILON) - 1).mean()


def total_variation(picture: torch.Tensor, *, mean: bool = True) -> torch.Tensor:
    """Return the absolute differences of neighbours (B, C, Y, X): their mean per pixel, or TensorFlow's plain sum."""
    down = (picture[..., 1:, :] - picture[..., :-1, :]).abs().sum()
    across = (picture[..., 1:] - picture[..., :-1]).abs().sum()
    return (down + across) / (picture.numel() if mean else 1)


def identity_error(picture: torch.Tensor, stylised: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference of pictures (B, 1, Y, X) on the scale 0..1.

    With the content as its own style it says what encoder and decoder lose: the first figure to look at.
    """
    return (picture - stylised).abs().mean()


def boundary_loss(stylised: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
    """Return how far the edges of the content have turned or gone, 0..1, pictures (B, 1, Y, X) on the scale 0..1.

    One minus the squared cosine of the two gradients (normalised gradient fields, Haber and Modersitzki,
    MICCAI 2006), weighted by the strength of the content's. A change of contrast, even a reversed one,
    costs nothing; an edge that moved, bent or faded into noise does.
    """
    (a_y, a_x), (b_y, b_x) = _gradient(stylised), _gradient(content)
    edge = b_y**2 + b_x**2
    floor = _EDGE_EPSILON**2
    cosine = (a_y * b_y + a_x * b_x) ** 2 / ((a_y**2 + a_x**2 + floor) * (edge + floor))
    # Against the content itself the floor alone keeps the cosine below 1; the same floor takes that back.
    best = edge**2 / (edge + floor) ** 2
    weight = torch.sqrt(edge + 1e-12)
    return ((best - cosine).clamp_min(0) * weight).sum() / (weight.sum() + 1e-12)


def histogram_loss(stylised: torch.Tensor, content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """Return how far the intensities of pictures (B, 1, Y, X) are from their styles', the shape of the brain apart.

    The mean absolute difference of 33 evenly spaced quantiles (1 % to 99 %) of the foregrounds, which tends to the
    Wasserstein distance of the two histograms. The foreground is where the content, or the style, is not 0. Pairs with
    fewer than 64 such pixels on either side say nothing and count as 0.
    """
    levels = torch.linspace(0.01, 0.99, _HISTOGRAM_LEVELS, dtype=stylised.dtype, device=stylised.device)
    total = stylised.new_zeros(())
    for made, own, wanted in zip(stylised, content, style, strict=True):
        values, aim = made[own > 0], wanted[wanted > 0]
        if min(len(values), len(aim)) >= _LEAST_FOREGROUND:
            total = total + (torch.quantile(values, levels) - torch.quantile(aim, levels)).abs().mean()
    return total / len(stylised)


def _gradient(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return Sobel derivatives along Y and X for one pixel, each (B, 1, Y - 2, X - 2)."""
    kernel = picture.new_tensor([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]) / 8
    kernels = torch.stack([kernel, kernel.T])[:, None]
    both = functional.conv2d(picture, kernels)
    return both[:, :1], both[:, 1:]
