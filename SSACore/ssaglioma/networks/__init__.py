"""Networks in three layers: blocks, builders and named published configurations."""

from ssaglioma.networks.configurations import CONFIGURATIONS, build_network
from ssaglioma.networks.dilated_dru_net import DilatedDRUNet
from ssaglioma.networks.dru_net import DRUNet
from ssaglioma.networks.families import NetworkConfiguration
from ssaglioma.networks.futrega_unet import FutregaUNet
from ssaglioma.networks.optimized_unet import OptimizedUNet
from ssaglioma.networks.plain_conv_unet import PlainConvUNet
from ssaglioma.networks.segmentation import SegmentationNetwork
from ssaglioma.networks.state import from_nnunet_state, to_nnunet_state

__all__ = [
    "CONFIGURATIONS",
    "DRUNet",
    "DilatedDRUNet",
    "FutregaUNet",
    "NetworkConfiguration",
    "OptimizedUNet",
    "PlainConvUNet",
    "SegmentationNetwork",
    "build_network",
    "from_nnunet_state",
    "to_nnunet_state",
]
