"""Building blocks shared by the U-Nets; sub-module names follow nnU-Net's so that weights can be exchanged."""

from __future__ import annotations

import torch
from torch import nn

from ssaglioma.networks.forms import LEAKY_SLOPE, NNUNET_FORM, UnitForm

CONVOLUTION: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED_CONVOLUTION: dict[int, type[nn.Module]] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
INSTANCE_NORM: dict[int, type[nn.Module]] = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


class ConvUnit(nn.Module):
    """Convolution (same padding), instance normalisation, leaky ReLU (left out where `active` is false).

    Shapes: (B, Cin, *spatial) to (B, Cout, *ceil(spatial / stride)).
    """

    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        form: UnitForm = NNUNET_FORM,
        active: bool = True,
    ) -> None:
        super().__init__()
        padding = tuple(edge // 2 for edge in kernel)
        self.conv = CONVOLUTION[dims](in_channels, out_channels, kernel, stride, padding, bias=form.bias)
        self.norm = INSTANCE_NORM[dims](out_channels, eps=form.epsilon, affine=form.affine)
        self.nonlin = nn.LeakyReLU(form.slope, inplace=True) if active else nn.Identity()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Apply the unit; see the class for shapes."""
        return self.nonlin(self.norm(self.conv(image)))


class ConvStack(nn.Module):
    """Several `ConvUnit`s in a row; the first one carries the stride."""

    def __init__(
        self,
        *,
        dims: int,
        count: int,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        form: UnitForm = NNUNET_FORM,
    ) -> None:
        super().__init__()
        ones = (1,) * dims
        self.convs = nn.Sequential(
            *(
                ConvUnit(
                    dims=dims,
                    in_channels=in_channels if index == 0 else out_channels,
                    out_channels=out_channels,
                    kernel=kernel,
                    stride=stride if index == 0 else ones,
                    form=form,
                )
                for index in range(count)
            )
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Apply the units in turn: (B, Cin, *spatial) to (B, Cout, *spatial / stride)."""
        return self.convs(image)


def initialise_he(module: nn.Module) -> None:
    """Draw convolution weights from Kaiming's normal distribution (a = 0.01) and set biases to 0, in place."""
    if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        nn.init.kaiming_normal_(module.weight, a=LEAKY_SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
