"""Networks that are no named configuration: U-Nets as nnU-Net's planner lays them out for a data set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks.families import NetworkConfiguration
from ssaglioma.networks.forms import LEAKY_SLOPE, NORM_EPSILON, UnitForm
from ssaglioma.networks.graph import Graph, UNetPlan, unet_graph

if TYPE_CHECKING:
    from ssaglioma.networks.segmentation import SegmentationNetwork

PLANNED = "planned"
"""Name, in model cards, of a network that the card itself spells out."""
ENCODERS = ("plain", "residual")
_STAGED = ("features", "kernels", "strides", "encoder_blocks")


@dataclass(frozen=True)
class PlannedConfiguration(NetworkConfiguration):
    """A PlainConvUNet or ResidualEncoderUNet in numbers, with any kernels and strides.

    Attributes
    ----------
    encoder : str
        'plain' or 'residual'.
    features : tuple of int
        Channels of each stage, full resolution first.
    kernels, strides : tuple of tuple of int
        For each stage, per spatial axis.
    encoder_blocks : tuple of int
        Convolutions ('plain') or residual blocks of each encoder stage.
    decoder_convs : tuple of int
        Convolutions of each decoder stage, deepest first.
    bias, epsilon, affine, slope
        See `UnitForm`.

    Raises
    ------
    ModelPackageError
        If the numbers do not describe a network.
    """

    encoder: str
    features: tuple[int, ...]
    kernels: tuple[tuple[int, ...], ...]
    strides: tuple[tuple[int, ...], ...]
    encoder_blocks: tuple[int, ...]
    decoder_convs: tuple[int, ...]
    bias: bool = True
    epsilon: float = NORM_EPSILON
    affine: bool = True
    slope: float = LEAKY_SLOPE

    def __post_init__(self) -> None:
        for name in ("patch", "features", "encoder_blocks", "decoder_convs"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("kernels", "strides"):
            object.__setattr__(self, name, tuple(tuple(edges) for edges in getattr(self, name)))
        _require(self.encoder in ENCODERS, "encoder", self.encoder, f"one of {ENCODERS}")
        _require(self.dims in (2, 3) and len(self.patch) == self.dims, "patch", self.patch, f"{self.dims} edges")
        for name in _STAGED:
            _require(len(getattr(self, name)) == self.levels, name, getattr(self, name), f"{self.levels} entries")
        _require(
            len(self.decoder_convs) == self.levels - 1,
            "decoder_convs",
            self.decoder_convs,
            f"{self.levels - 1} entries",
        )
        for name in ("kernels", "strides"):
            sound = all(len(edges) == self.dims and min(edges) >= 1 for edges in getattr(self, name))
            _require(sound, name, getattr(self, name), f"{self.dims} numbers from 1 on for each stage")
        _require(all(edge % 2 for kernel in self.kernels for edge in kernel), "kernels", self.kernels, "odd numbers")
        _require(set(self.strides[0]) == {1}, "strides", self.strides, "1 in the first stage")
        _require(min(self.features + self.encoder_blocks) >= 1, "features", self.features, "numbers from 1 on")
        _require(
            not any(edge % step for edge, step in zip(self.patch, self.axis_divisors)),
            "patch",
            self.patch,
            f"multiples of {self.axis_divisors}",
        )

    @property
    def levels(self) -> int:
        """Number of stages."""
        return len(self.features)

    @property
    def axis_divisors(self) -> tuple[int, ...]:
        """The product of the strides of each axis."""
        return tuple(math.prod(stride[axis] for stride in self.strides) for axis in range(self.dims))

    @property
    def divisor(self) -> int:
        """The least number of which every image edge may be a multiple, on whichever axis."""
        return math.lcm(*self.axis_divisors)

    @property
    def latent(self) -> tuple[str, int]:
        """The last encoder stage."""
        return f"encoder.stages.{self.levels - 1}", self.features[-1]

    def build(self, *, in_channels: int, out_channels: int) -> SegmentationNetwork:
        """Return the network with fresh weights."""
        from ssaglioma.networks.plain_conv_unet import PlainConvUNet
        from ssaglioma.networks.residual_encoder_unet import ResidualEncoderUNet

        numbers: dict[str, Any] = {
            "dims": self.dims,
            "in_channels": in_channels,
            "out_channels": out_channels,
            "features": self.features,
            "kernels": self.kernels,
            "strides": self.strides,
            "decoder_convs": self.decoder_convs,
            "form": self.form,
        }
        if self.encoder == "plain":
            return PlainConvUNet(encoder_convs=self.encoder_blocks, **numbers)
        return ResidualEncoderUNet(encoder_blocks=self.encoder_blocks, **numbers)

    @property
    def form(self) -> UnitForm:
        """What all units have in common."""
        return UnitForm(self.bias, self.epsilon, self.affine, self.slope)

    def graph(self, *, in_channels: int, out_channels: int) -> Graph:
        """Return the network's steps."""
        plan = UNetPlan(
            dims=self.dims,
            features=self.features,
            kernels=self.kernels,
            strides=self.strides,
            encoder_blocks=self.encoder_blocks,
            decoder_convs=self.decoder_convs,
            form=self.form,
            residual=self.encoder == "residual",
        )
        return unet_graph(plan, in_channels=in_channels, out_channels=out_channels)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, for a model card."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    @classmethod
    def from_json(cls, values: Any) -> PlannedConfiguration:
        """Build a configuration from `to_json`'s values.

        Raises
        ------
        ModelPackageError
            If keys are missing or unknown, or the numbers do not describe a network.
        """
        known = {item.name for item in fields(cls)} - {"name"}
        if not isinstance(values, Mapping) or not set(values) <= known:
            found = sorted(set(values) - known) if isinstance(values, Mapping) else values
            raise ModelPackageError(f"The architecture of a model card holds {found!r}", expected=f"{sorted(known)}")
        try:
            return cls(name=PLANNED, **values)
        except TypeError as error:
            raise ModelPackageError(f"The architecture of a model card is not whole ({error})") from error


def _require(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise ModelPackageError(
            f"The architecture's {name} is {value!r}",
            expected=expected,
            remedy="Update SSAGlioma, or take another model",
        )
