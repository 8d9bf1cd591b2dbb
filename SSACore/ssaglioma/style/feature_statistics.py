"""Mean, deviation, AdaIN and Gram matrices of feature maps: pure functions on tensors (B, C, Y, X)."""

from __future__ import annotations

import torch

EPSILON = 1e-5
"""Added to the variance before its root is taken (Huang and Belongie's code)."""


def mean_and_sd(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and sqrt(unbiased variance + 1e-5) of each channel over space, each (B, C)."""
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=1)
    return mean, torch.sqrt(variance + EPSILON)


def style_vector(features: torch.Tensor) -> torch.Tensor:
    """Return the means of all channels followed by the deviations, (B, 2C)."""
    return torch.cat(mean_and_sd(features), dim=1)


def normalised(features: torch.Tensor, mean: torch.Tensor, sd: torch.Tensor) -> torch.Tensor:
    """Return (features - mean) / sd for means and deviations (B or 1, C)."""
    return (features - mean[..., None, None]) / sd[..., None, None]


def adain(
    content: torch.Tensor, style: torch.Tensor, anchor: tuple[torch.Tensor, torch.Tensor] | None = None
) -> torch.Tensor:
    """Return AdaIN(f_c, s) = sd_s * (f_c - mean_c) / sd_c + mean_s (arXiv:1703.06868, equation 8).

    Parameters
    ----------
    content : Tensor, shape (B, C, Y, X)
    style : Tensor, shape (B or 1, 2C)
        `style_vector` of the style's features.
    anchor : tuple of two tensors (B or 1, C), optional
        Mean and deviation of the content, where those of another slice of the same case are meant.
    """
    style_mean, style_sd = style.chunk(2, dim=1)
    mean, sd = mean_and_sd(content) if anchor is None else anchor
    return normalised(content, mean, sd) * style_sd[..., None, None] + style_mean[..., None, None]


def gram_matrix(features: torch.Tensor) -> torch.Tensor:
    """Return G_cd = sum over space of F_c * F_d / (Y * X), (B, C, C).

    The division is that of TensorFlow's tutorial "Neural style transfer"; Gatys et al. divide in the loss.
    """
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]
