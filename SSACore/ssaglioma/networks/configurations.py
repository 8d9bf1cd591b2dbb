"""Named network configurations; each one says where its numbers come from.

The two `nnunet_*` entries are what nnU-Net v2 plans for BraTS (Isensee et al. 2021,
doi:10.1038/s41592-020-01008-z; the same plan is published in arXiv:2501.04734). The two
`small_*` entries are ours, for machines with 2 cores and no GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks.plain_conv_unet import PlainConvUNet


@dataclass(frozen=True)
class NetworkConfiguration:
    """A PlainConvUNet spelled out in numbers.

    Attributes
    ----------
    name : str
        Key in `CONFIGURATIONS`; stored in model cards.
    citation : str
        Source of the numbers.
    dims : int
        2 (slices) or 3 (volumes).
    features : tuple of int
        Channels of each stage, full resolution first.
    encoder_convs : tuple of int
        Convolutions in each encoder stage.
    decoder_convs : tuple of int
        Convolutions in each decoder stage, deepest first.
    patch : tuple of int
        Training patch and inference tile, (Y, X) or (Z, Y, X) voxels.
    """

    name: str
    citation: str
    dims: int
    features: tuple[int, ...]
    encoder_convs: tuple[int, ...]
    decoder_convs: tuple[int, ...]
    patch: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.patch) != self.dims:
            raise ValueError(f"patch {self.patch!r} must have {self.dims} edges")
        if any(edge % self.divisor for edge in self.patch):
            raise ValueError(f"patch {self.patch!r} must be a multiple of {self.divisor}")

    @property
    def divisor(self) -> int:
        """Every image edge must be a multiple of this number of voxels."""
        return int(2 ** (len(self.features) - 1))


_NNUNET = "Isensee et al. 2021, nnU-Net v2 plan for BraTS"

CONFIGURATIONS: Mapping[str, NetworkConfiguration] = MappingProxyType(
    {
        configuration.name: configuration
        for configuration in (
            NetworkConfiguration(
                name="nnunet_2d",
                citation=_NNUNET,
                dims=2,
                features=(32, 64, 128, 256, 512, 512),
                encoder_convs=(2,) * 6,
                decoder_convs=(2,) * 5,
                patch=(192, 160),
            ),
            NetworkConfiguration(
                name="nnunet_3d",
                citation=_NNUNET,
                dims=3,
                features=(32, 64, 128, 256, 320, 320),
                encoder_convs=(2,) * 6,
                decoder_convs=(2,) * 5,
                patch=(128, 128, 128),
            ),
            NetworkConfiguration(
                name="small_2d",
                citation="SSAGlioma: nnU-Net's plan with thin, single convolutions at full resolution",
                dims=2,
                features=(16, 32, 64, 128, 192, 256),
                encoder_convs=(1, 2, 2, 2, 2, 2),
                decoder_convs=(2, 2, 2, 2, 1),
                patch=(192, 160),
            ),
            NetworkConfiguration(
                name="small_3d",
                citation="SSAGlioma: nnU-Net's 3D plan, five stages, thin, single convolutions at full resolution",
                dims=3,
                features=(12, 24, 48, 96, 160),
                encoder_convs=(1, 2, 2, 2, 2),
                decoder_convs=(2, 2, 2, 1),
                patch=(96, 96, 96),
            ),
        )
    }
)


def build_network(name: str, *, in_channels: int, out_channels: int) -> PlainConvUNet:
    """Build a named configuration with fresh weights.

    Raises
    ------
    ModelPackageError
        If no configuration has this name.
    """
    if name not in CONFIGURATIONS:
        raise ModelPackageError(
            f"The network {name!r} is not known",
            expected=f"one of {sorted(CONFIGURATIONS)}",
            remedy="Update SSAGlioma, or choose another model",
        )
    configuration = CONFIGURATIONS[name]
    stages = len(configuration.features)
    dims = configuration.dims
    return PlainConvUNet(
        dims=dims,
        in_channels=in_channels,
        out_channels=out_channels,
        features=configuration.features,
        kernels=[(3,) * dims] * stages,
        strides=[(1,) * dims] + [(2,) * dims] * (stages - 1),
        encoder_convs=configuration.encoder_convs,
        decoder_convs=configuration.decoder_convs,
    )
