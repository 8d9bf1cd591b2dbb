"""The families of networks as configurations: numbers that, with channels in and out, give a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssaglioma.networks.forms import OPTIMIZED_WIDTHS
from ssaglioma.networks.graph import Graph, UNetPlan, unet_graph

if TYPE_CHECKING:  # networks load torch; `build` imports them when one is built
    from ssaglioma.networks.dilated_dru_net import DilatedDRUNet
    from ssaglioma.networks.dru_net import DRUNet
    from ssaglioma.networks.futrega_unet import FutregaUNet
    from ssaglioma.networks.optimized_unet import OptimizedUNet
    from ssaglioma.networks.plain_conv_unet import PlainConvUNet
    from ssaglioma.networks.segmentation import SegmentationNetwork


@dataclass(frozen=True)
class NetworkConfiguration(ABC):
    """A network spelled out in numbers.

    Attributes
    ----------
    name : str
        Key in `CONFIGURATIONS`; stored in model cards.
    citation : str
        Source of the numbers.
    dims : int
        2 (slices) or 3 (volumes).
    patch : tuple of int
        Training patch and inference tile, (Y, X) or (Z, Y, X) voxels.
    """

    name: str
    citation: str
    dims: int
    patch: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.patch) != self.dims:
            raise ValueError(f"patch {self.patch!r} must have {self.dims} edges")
        if any(edge % self.divisor for edge in self.patch):
            raise ValueError(f"patch {self.patch!r} must be a multiple of {self.divisor}")

    @property
    @abstractmethod
    def levels(self) -> int:
        """Resolutions that the network works at, the full one included."""

    @property
    @abstractmethod
    def latent(self) -> tuple[str, int]:
        """Sub-module whose output a domain classifier looks at, and the channels of that output."""

    @abstractmethod
    def build(self, *, in_channels: int, out_channels: int) -> SegmentationNetwork:
        """Return the network with fresh weights."""

    def graph(self, *, in_channels: int, out_channels: int) -> Graph | None:
        """Return the network's steps for engines without torch; None where nobody has written them down."""
        return None

    @property
    def scale_weights(self) -> tuple[float, ...] | None:
        """Published weights of the scales in the loss, full resolution first; None takes nnU-Net's."""
        return None

    @property
    def divisor(self) -> int:
        """Every image edge must be a multiple of this number of voxels."""
        return int(2 ** (self.levels - 1))


@dataclass(frozen=True)
class PlainConvConfiguration(NetworkConfiguration):
    """A PlainConvUNet.

    Attributes
    ----------
    features : tuple of int
        Channels of each stage, full resolution first.
    encoder_convs : tuple of int
        Convolutions in each encoder stage.
    decoder_convs : tuple of int
        Convolutions in each decoder stage, deepest first.
    """

    features: tuple[int, ...]
    encoder_convs: tuple[int, ...]
    decoder_convs: tuple[int, ...]

    @property
    def levels(self) -> int:
        """Number of stages."""
        return len(self.features)

    @property
    def latent(self) -> tuple[str, int]:
        """The last encoder stage."""
        return f"encoder.stages.{self.levels - 1}", self.features[-1]

    def build(self, *, in_channels: int, out_channels: int) -> PlainConvUNet:
        """Return the network with fresh weights."""
        from ssaglioma.networks.plain_conv_unet import PlainConvUNet

        return PlainConvUNet(
            dims=self.dims,
            in_channels=in_channels,
            out_channels=out_channels,
            features=self.features,
            kernels=[(3,) * self.dims] * self.levels,
            strides=[(1,) * self.dims] + [(2,) * self.dims] * (self.levels - 1),
            encoder_convs=self.encoder_convs,
            decoder_convs=self.decoder_convs,
        )

    def graph(self, *, in_channels: int, out_channels: int) -> Graph:
        """Return the network's steps."""
        plan = UNetPlan(
            dims=self.dims,
            features=self.features,
            kernels=((3,) * self.dims,) * self.levels,
            strides=((1,) * self.dims, *((2,) * self.dims,) * (self.levels - 1)),
            encoder_blocks=self.encoder_convs,
            decoder_convs=self.decoder_convs,
        )
        return unet_graph(plan, in_channels=in_channels, out_channels=out_channels)


@dataclass(frozen=True)
class OptimizedConfiguration(NetworkConfiguration):
    """The optimized U-Net of Ren et al.; `width` is their nf."""

    width: int

    @property
    def levels(self) -> int:
        """Seven, always."""
        return len(OPTIMIZED_WIDTHS)

    @property
    def latent(self) -> tuple[str, int]:
        """The output of up6, before the skip is joined (Heras Rivera et al. 2024)."""
        return "decoder.up6", OPTIMIZED_WIDTHS[5] * self.width

    def build(self, *, in_channels: int, out_channels: int) -> OptimizedUNet:
        """Return the network with fresh weights."""
        from ssaglioma.networks.optimized_unet import OptimizedUNet

        return OptimizedUNet(dims=self.dims, in_channels=in_channels, out_channels=out_channels, width=self.width)


@dataclass(frozen=True)
class FutregaConfiguration(NetworkConfiguration):
    """The wide U-Net with a foreground channel; `channels` of each level, finest first."""

    channels: tuple[int, ...]
    foreground: str = "brain"

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self.channels)

    @property
    def latent(self) -> tuple[str, int]:
        """The deepest encoder level."""
        return f"encoder.levels.{self.levels - 2}", self.channels[-1]

    @property
    def scale_weights(self) -> tuple[float, ...]:
        """(1, 1/2, 1/4) / (2 - 1/8), as the published code has it; the sum is 14/15, not 1."""
        return tuple(0.5**scale / (2 - 2**-3) for scale in range(3))

    def build(self, *, in_channels: int, out_channels: int) -> FutregaUNet:
        """Return the network with fresh weights."""
        from ssaglioma.networks.futrega_unet import FutregaUNet

        return FutregaUNet(
            dims=self.dims,
            in_channels=in_channels,
            out_channels=out_channels,
            channels=self.channels,
            foreground=self.foreground,
        )


@dataclass(frozen=True)
class DRUNetConfiguration(NetworkConfiguration):
    """DRU-Net: `width` channels after the stem, doubled at each of `depth` levels."""

    width: int = 16
    depth: int = 5
    dropout: float = 0.0

    @property
    def levels(self) -> int:
        """Number of levels."""
        return self.depth

    @property
    def latent(self) -> tuple[str, int]:
        """The deepest encoder level."""
        return f"encoder.levels.{self.depth - 1}", self.width * 2**self.depth

    def build(self, *, in_channels: int, out_channels: int) -> DRUNet:
        """Return the network with fresh weights."""
        from ssaglioma.networks.dru_net import DRUNet

        return DRUNet(
            dims=self.dims,
            in_channels=in_channels,
            out_channels=out_channels,
            width=self.width,
            depth=self.depth,
            dropout=self.dropout,
        )


@dataclass(frozen=True)
class DilatedDRUNetConfiguration(NetworkConfiguration):
    """The dilated residual U-Net: `width` channels in the first of four blocks."""

    width: int = 32

    @property
    def levels(self) -> int:
        """Four blocks and the bottleneck."""
        return 5

    @property
    def latent(self) -> tuple[str, int]:
        """The bottleneck's sum."""
        return "encoder.bottleneck", self.width * 2**4

    def build(self, *, in_channels: int, out_channels: int) -> DilatedDRUNet:
        """Return the network with fresh weights."""
        from ssaglioma.networks.dilated_dru_net import DilatedDRUNet

        return DilatedDRUNet(dims=self.dims, in_channels=in_channels, out_channels=out_channels, width=self.width)
