"""Networks in three layers: blocks, builders and named published configurations.

Configurations are known without torch; the networks themselves load it when one of their names is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ssaglioma.networks.configurations import CONFIGURATIONS, build_network, configuration_of
from ssaglioma.networks.families import NetworkConfiguration
from ssaglioma.networks.planned import PLANNED, PlannedConfiguration

if TYPE_CHECKING:
    from ssaglioma.networks.dilated_dru_net import DilatedDRUNet
    from ssaglioma.networks.dru_net import DRUNet
    from ssaglioma.networks.futrega_unet import FutregaUNet
    from ssaglioma.networks.optimized_unet import OptimizedUNet
    from ssaglioma.networks.plain_conv_unet import PlainConvUNet
    from ssaglioma.networks.residual_encoder_unet import ResidualEncoderUNet
    from ssaglioma.networks.segmentation import SegmentationNetwork
    from ssaglioma.networks.state import from_nnunet_state, to_nnunet_state

__all__ = [
    "CONFIGURATIONS",
    "PLANNED",
    "DRUNet",
    "DilatedDRUNet",
    "FutregaUNet",
    "NetworkConfiguration",
    "OptimizedUNet",
    "PlainConvUNet",
    "PlannedConfiguration",
    "ResidualEncoderUNet",
    "SegmentationNetwork",
    "build_network",
    "configuration_of",
    "from_nnunet_state",
    "to_nnunet_state",
]

_HOMES = {
    "DRUNet": "dru_net",
    "DilatedDRUNet": "dilated_dru_net",
    "FutregaUNet": "futrega_unet",
    "OptimizedUNet": "optimized_unet",
    "PlainConvUNet": "plain_conv_unet",
    "ResidualEncoderUNet": "residual_encoder_unet",
    "SegmentationNetwork": "segmentation",
    "from_nnunet_state": "state",
    "to_nnunet_state": "state",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
