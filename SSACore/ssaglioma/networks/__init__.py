"""Networks in three layers: blocks, builders and named published configurations."""

from ssaglioma.networks.configurations import CONFIGURATIONS, NetworkConfiguration, build_network
from ssaglioma.networks.plain_conv_unet import PlainConvUNet
from ssaglioma.networks.state import from_nnunet_state, to_nnunet_state

__all__ = [
    "CONFIGURATIONS",
    "NetworkConfiguration",
    "PlainConvUNet",
    "build_network",
    "from_nnunet_state",
    "to_nnunet_state",
]
