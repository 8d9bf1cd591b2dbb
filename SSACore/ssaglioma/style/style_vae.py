"""The style space of RAIN (Luo et al. 2020, "Adversarial Style Mining"): a small variational autoencoder."""

from __future__ import annotations

import torch
from torch import nn


class StyleVae(nn.Module):
    """Style codes to a Gaussian space and back.

    As in RAIN's code the second half of the encoder's output is used directly as standard deviation xi (not as
    log-variance); it may be negative. RAIN: code 1024 (means and deviations of 512 channels), hidden 1024,
    latent 512; 3,148,800 parameters in the encoder, 2,624,512 in the decoder.

    Shapes: code (B, S); mean and deviation (B, L); latent (B, L) to code (B, S).
    """

    def __init__(self, *, code_size: int, hidden: int = 1024, latent: int = 512) -> None:
        super().__init__()
        self.code_size, self.hidden, self.latent = code_size, hidden, latent
        self.encoder = _three_layers(code_size, hidden, 2 * latent)
        self.decoder = _three_layers(latent, hidden, code_size)

    def encode(self, code: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean psi and deviation xi of the style in the Gaussian space."""
        mean, deviation = self.encoder(code).chunk(2, dim=1)
        return mean, deviation

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the style code of a point in the Gaussian space."""
        return self.decoder(latent)


def sample(mean: torch.Tensor, deviation: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Return epsilon = psi + n * xi for standard normal noise n."""
    return mean + noise * deviation


def _three_layers(size_in: int, hidden: int, size_out: int) -> nn.Sequential:
    layers = [nn.Linear(size_in, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, size_out)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
