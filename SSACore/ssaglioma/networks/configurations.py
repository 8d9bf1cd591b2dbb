"""Named network configurations; each one says where its numbers come from.

The two `nnunet_*` entries are what nnU-Net v2 plans for BraTS (Isensee et al. 2021,
doi:10.1038/s41592-020-01008-z; the same plan is published in arXiv:2501.04734). The
`small_*` and `mask_*` entries are ours, for machines with 2 cores and no GPU. The others are networks of
published studies; where one was published in 2D or in 3D alone, the other is ours and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks.families import (
    DilatedDRUNetConfiguration,
    DRUNetConfiguration,
    FutregaConfiguration,
    NetworkConfiguration,
    OptimizedConfiguration,
    PlainConvConfiguration,
)
from ssaglioma.networks.planned import PLANNED, PlannedConfiguration

if TYPE_CHECKING:
    from ssaglioma.networks.segmentation import SegmentationNetwork

_NNUNET = "Isensee et al. 2021, nnU-Net v2 plan for BraTS"
_REN = "Ren et al. 2024, arXiv:2402.07008"
_FUTREGA = "Futrega et al. 2021, arXiv:2110.03352, widths and foreground channel as run in arXiv:2501.04734"
_JAFARI = "Jafari et al. 2020, arXiv:2004.13453"
_GU = "Gu et al. 2022, arXiv:2201.12386"

_PLAIN = (
    PlainConvConfiguration(
        name="nnunet_2d",
        citation=_NNUNET,
        dims=2,
        features=(32, 64, 128, 256, 512, 512),
        encoder_convs=(2,) * 6,
        decoder_convs=(2,) * 5,
        patch=(192, 160),
    ),
    PlainConvConfiguration(
        name="nnunet_3d",
        citation=_NNUNET,
        dims=3,
        features=(32, 64, 128, 256, 320, 320),
        encoder_convs=(2,) * 6,
        decoder_convs=(2,) * 5,
        patch=(128, 128, 128),
    ),
    PlainConvConfiguration(
        name="small_2d",
        citation="SSAGlioma: nnU-Net's plan with thin, single convolutions at full resolution",
        dims=2,
        features=(16, 32, 64, 128, 192, 256),
        encoder_convs=(1, 2, 2, 2, 2, 2),
        decoder_convs=(2, 2, 2, 2, 1),
        patch=(192, 160),
    ),
    PlainConvConfiguration(
        name="small_3d",
        citation="SSAGlioma: nnU-Net's 3D plan, five stages, thin, single convolutions at full resolution",
        dims=3,
        features=(12, 24, 48, 96, 160),
        encoder_convs=(1, 2, 2, 2, 2),
        decoder_convs=(2, 2, 2, 1),
        patch=(96, 96, 96),
    ),
    PlainConvConfiguration(
        name="whole_3d",
        citation="SSAGlioma: nnU-Net's 3D plan, five stages, thin; a whole brain on 2 mm voxels is one tile",
        dims=3,
        features=(16, 32, 64, 128, 160),
        encoder_convs=(1, 2, 2, 2, 2),
        decoder_convs=(2, 2, 2, 1),
        patch=(80, 96, 80),
    ),
    PlainConvConfiguration(
        name="preview_3d",
        citation="SSAGlioma: nnU-Net's 3D plan, five stages, half as thin as whole_3d; for 2 mm voxels",
        dims=3,
        features=(8, 16, 32, 64, 128),
        encoder_convs=(1, 2, 2, 2, 2),
        decoder_convs=(2, 2, 2, 1),
        patch=(80, 96, 80),
    ),
    PlainConvConfiguration(
        name="mask_3d",
        citation="SSAGlioma: nnU-Net's 3D plan, five thin stages, for a brain mask on 3 mm voxels",
        dims=3,
        features=(8, 16, 32, 48, 64),
        encoder_convs=(1, 2, 2, 2, 2),
        decoder_convs=(2, 2, 2, 1),
        patch=(64, 80, 64),
    ),
)

_PUBLISHED = (
    OptimizedConfiguration(name="optimized_unet_3d", citation=_REN, dims=3, patch=(128, 192, 128), width=32),
    OptimizedConfiguration(
        name="optimized_unet_3d_nf8",
        citation=f"{_REN}; a quarter of the width: SSAGlioma",
        dims=3,
        patch=(128, 192, 128),
        width=8,
    ),
    OptimizedConfiguration(
        name="optimized_unet_2d", citation=f"{_REN}; in 2D: SSAGlioma", dims=2, patch=(192, 128), width=32
    ),
    OptimizedConfiguration(
        name="optimized_unet_2d_nf8",
        citation=f"{_REN}; in 2D, a quarter of the width: SSAGlioma",
        dims=2,
        patch=(192, 128),
        width=8,
    ),
    FutregaConfiguration(
        name="futrega_3d",
        citation=_FUTREGA,
        dims=3,
        patch=(128, 128, 128),
        channels=(64, 128, 256, 512, 768, 1024),
    ),
    FutregaConfiguration(
        name="futrega_2d",
        citation=f"{_FUTREGA}; in 2D: SSAGlioma",
        dims=2,
        patch=(192, 160),
        channels=(64, 128, 256, 512, 768, 1024),
    ),
    DRUNetConfiguration(name="dru_net_2d", citation=_JAFARI, dims=2, patch=(224, 224)),
    DRUNetConfiguration(
        name="dru_net_2d_96", citation=f"{_JAFARI}; patches of 96 pixels: SSAGlioma", dims=2, patch=(96, 96)
    ),
    DRUNetConfiguration(name="dru_net_3d", citation=f"{_JAFARI}; in 3D: SSAGlioma", dims=3, patch=(96, 96, 96)),
    DilatedDRUNetConfiguration(name="dilated_dru_net_2d", citation=_GU, dims=2, patch=(224, 224)),
    DilatedDRUNetConfiguration(
        name="dilated_dru_net_3d", citation=f"{_GU}; in 3D: SSAGlioma", dims=3, patch=(96, 96, 96)
    ),
)

CONFIGURATIONS: Mapping[str, NetworkConfiguration] = MappingProxyType(
    {configuration.name: configuration for configuration in (*_PLAIN, *_PUBLISHED)}
)


def configuration_of(name: str, architecture: Mapping[str, Any] | None = None) -> NetworkConfiguration:
    """Return a named configuration, or for the name 'planned' the one that `architecture` spells out.

    Raises
    ------
    ModelPackageError
        If no configuration has this name, or the architecture makes no sense.
    """
    if name == PLANNED and architecture is not None:
        return PlannedConfiguration.from_json(architecture)
    if name not in CONFIGURATIONS or architecture is not None:
        raise ModelPackageError(
            f"The network {name!r} is not known" + (" with numbers of its own" if architecture is not None else ""),
            expected=f"one of {sorted(CONFIGURATIONS)}, or {PLANNED!r} with its architecture",
            remedy="Update SSAGlioma, or choose another model",
        )
    return CONFIGURATIONS[name]


def build_network(name: str, *, in_channels: int, out_channels: int) -> SegmentationNetwork:
    """Build a named configuration with fresh weights.

    Raises
    ------
    ModelPackageError
        If no configuration has this name.
    """
    return configuration_of(name).build(in_channels=in_channels, out_channels=out_channels)
