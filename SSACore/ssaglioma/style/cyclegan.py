"""CycleGAN (Zhu et al. 2017, arXiv:1703.10593) in 2D, small: two generators that undo each other, two judges.

A comparison for the ablation of stylised augmentation, not a method of the panels: it learns one domain as a whole,
not the look of a given image, and nothing in it holds a tumour in its place. Thinner than published (width 64 and nine
residual blocks), gray instead of RGB.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import nn

from ssaglioma.style.pictures import Pictures
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.types import ProgressCallback

WIDTH, BLOCKS = 16, 3
DIVISOR = 4
"""Edges of the generator's pictures are padded to a multiple of it."""
_SLOPE = 0.2


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_unit(nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"), channels),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.body(features)


class CycleGenerator(nn.Module):
    """Pictures (B, 1, Y, X) in 0..1 to pictures of the other domain; edges are multiples of `DIVISOR`."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        layers: list[nn.Module] = [*_unit(nn.Conv2d(1, width, 7, padding=3, padding_mode="reflect"), width)]
        for factor in (1, 2):
            layers += _unit(nn.Conv2d(factor * width, 2 * factor * width, 3, stride=2, padding=1), 2 * factor * width)
        layers += [_Residual(4 * width) for _ in range(blocks)]
        for wide, thin in ((4 * width, 2 * width), (2 * width, width)):
            layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
            layers += _unit(nn.Conv2d(wide, thin, 3, padding=1, padding_mode="reflect"), thin)
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 1, 7, padding=3, padding_mode="reflect"))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return pictures of the same size in 0..1."""
        return (torch.tanh(self.layers(2 * picture - 1)) + 1) / 2


class PatchJudge(nn.Module):
    """A judge of overlapping patches: (B, 1, Y, X) to one value for each, near 1 for real ones (least squares)."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(1, width, 4, stride=2, padding=1), nn.LeakyReLU(_SLOPE)]
        for factor in (1, 2):
            layers += [
                nn.Conv2d(factor * width, 2 * factor * width, 4, stride=2, padding=1),
                nn.InstanceNorm2d(2 * factor * width),
                nn.LeakyReLU(_SLOPE),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 4, padding=1))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return the judgements, (B, 1, Y / 8 - 1, X / 8 - 1)."""
        return self.layers(2 * picture - 1)


class CycleGan(nn.Module):
    """Both generators and both judges; `to_style` leads from the content's domain to the style's."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.to_style, self.to_content = CycleGenerator(width, blocks), CycleGenerator(width, blocks)
        self.style_judge, self.content_judge = PatchJudge(width), PatchJudge(width)

    @property
    def judges(self) -> list[nn.Parameter]:
        """Parameters of both judges."""
        return [*self.style_judge.parameters(), *self.content_judge.parameters()]


class CycleGanStylizer(Stylizer):
    """One generator of a trained CycleGAN on slices and cases; the style that it is given is not looked at.

    Parameters
    ----------
    generator : CycleGenerator
    """

    method: ClassVar[str] = "cyclegan"

    def __init__(self, *, generator: CycleGenerator, slice_axis: str = "axial") -> None:
        super().__init__(slice_axis=slice_axis)
        self.generator = generator.eval()

    def _summarise(self, styles: list[Pictures]) -> None:
        return None

    @torch.no_grad()
    def _transform(self, content: Pictures, style: None, drawn: None, progress: ProgressCallback) -> np.ndarray:
        device = next(self.generator.parameters()).device
        made = []
        for index, picture in enumerate(content.unit):
            rows, columns = (-size % DIVISOR for size in picture.shape)
            padded = np.pad(picture.clip(0, 1), ((0, rows), (0, columns)), mode="edge")
            result = self.generator(torch.from_numpy(padded[None, None]).to(device))[0, 0].cpu().numpy()
            made.append(result[: picture.shape[0], : picture.shape[1]])
            progress((index + 1) / len(content.unit), "Stylising")
        return np.stack(made)


def _unit(convolution: nn.Conv2d, channels: int) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(channels), nn.ReLU()]
