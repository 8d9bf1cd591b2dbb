"""AdaConv's parts (Chandran et al. 2021, CVPR): style descriptor, predicted kernels, the convolution by them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ssaglioma.errors import GeometryError
from ssaglioma.style.decoders import reflect_conv

NORM_EPSILON = 1e-5
Kernels = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Spatial (B, C, C/g, k, k), pointwise (B, C, C/g, 1, 1) and bias (B, C)."""


class StyleDescriptor(nn.Module):
    """Style features to the descriptor W: three times (convolution, leaky ReLU, halving), one linear layer.

    Shapes: (B, C, edge, edge) to (B, C, k, k). The linear layer fixes the size of the style: 32 for VGG-19's
    relu4_1 of a picture of 256 x 256.
    """

    def __init__(self, *, channels: int, edge: int, kernel_size: int) -> None:
        super().__init__()
        self.channels, self.edge, self.kernel_size = channels, edge, kernel_size
        self.convs = nn.ModuleList(reflect_conv(channels, channels) for _ in range(3))
        self.linear = nn.Linear(channels * (edge // 8) ** 2, channels * kernel_size**2)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Describe; see the class for shapes.

        Raises
        ------
        GeometryError
            If the features have another size than the linear layer was made for.
        """
        if features.shape[1:] != (self.channels, self.edge, self.edge):
            raise GeometryError(
                f"The style features have shape {tuple(features.shape)!r}",
                expected=f"(B, {self.channels}, {self.edge}, {self.edge})",
                remedy="Bring style pictures to the size that this network was made for (256 x 256 in the paper)",
            )
        for convolution in self.convs:
            features = functional.avg_pool2d(functional.leaky_relu(convolution(features), 0.01), 2)
        return self.linear(features.flatten(1)).view(-1, self.channels, self.kernel_size, self.kernel_size)


class KernelPredictor(nn.Module):
    """The descriptor W to the kernels of one scale; no activation and no normalisation of kernels.

    Shapes: (B, S, k, k) to `Kernels` for C channels in g groups.
    """

    def __init__(self, *, descriptor_channels: int, channels: int, groups: int, kernel_size: int) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"{channels} channels cannot be split into {groups} groups")
        self.channels, self.per_group, self.kernel_size = channels, channels // groups, kernel_size
        count = channels * self.per_group
        self.spatial = nn.Conv2d(
            descriptor_channels, count, kernel_size, padding=kernel_size // 2, padding_mode="reflect"
        )
        self.pointwise = nn.Conv2d(descriptor_channels, count, 1)
        self.bias = nn.Conv2d(descriptor_channels, channels, 1)

    def forward(self, descriptor: torch.Tensor) -> Kernels:
        """Predict; see the class for shapes."""
        pooled = descriptor.mean((2, 3), keepdim=True)
        shape = (-1, self.channels, self.per_group)
        return (
            self.spatial(descriptor).view(*shape, self.kernel_size, self.kernel_size),
            self.pointwise(pooled).view(*shape, 1, 1),
            self.bias(pooled).flatten(1),
        )


def instance_statistics(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and sqrt(biased variance + 1e-5) over space, each (B, C): those of instance normalisation."""
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=0)
    return mean, torch.sqrt(variance + NORM_EPSILON)


def composed_kernels(kernels: Kernels) -> torch.Tensor:
    """Return one kernel (B, C, C/g, k, k) that does what the spatial and then the pointwise one do.

    Nothing but the kernels lies between the two convolutions, so they are one; it costs half the time.
    """
    spatial, pointwise, _ = kernels
    count, channels, per_group, edge, _ = spatial.shape
    groups = channels // per_group
    first = spatial.reshape(count, groups, per_group, per_group * edge * edge)
    second = pointwise.reshape(count, groups, per_group, per_group)
    return (second @ first).view(count, channels, per_group, edge, edge)


def predicted_convolution(features: torch.Tensor, kernels: Kernels) -> torch.Tensor:
    """Return features (B, C, Y, X) convolved by their own kernels: spatial (reflection padding), pointwise, bias.

    Pictures of several styles go through one convolution of B * g groups; one set of kernels may serve for all.
    """
    kernel, bias = composed_kernels(kernels), kernels[2]
    count, channels, height, width = features.shape
    groups, edge = channels // kernel.shape[2], kernel.shape[-1]
    padded = functional.pad(features, (edge // 2,) * 4, mode="reflect")
    if len(kernel) == 1:
        return functional.conv2d(padded, kernel[0], bias[0], groups=groups)
    joined = padded.reshape(1, count * channels, *padded.shape[2:])
    value = functional.conv2d(joined, kernel.flatten(0, 1), bias.flatten(), groups=count * groups)
    return value.view(count, channels, height, width)
