"""What the learned stylisations are trained for: the named losses of one batch, unweighted."""

from __future__ import annotations

import torch

from ssaglioma.style.losses import (
    boundary_loss,
    content_loss,
    histogram_loss,
    identity_error,
    kl_loss,
    statistics_loss,
)
from ssaglioma.style.style_network import StyleNetwork
from ssaglioma.style.style_vae import sample
from ssaglioma.style.variational import VariationalNetwork

Losses = dict[str, torch.Tensor]


def picture_losses(
    network: StyleNetwork, content: torch.Tensor, style: torch.Tensor, code: torch.Tensor, own_code: torch.Tensor
) -> Losses:
    """Return 'content', 'style', 'identity', 'boundary' and 'histogram' losses of a batch.

    The first two are L_c and L_s of AdaIN, RAIN and AdaConv. The others are not in the papers: the decoder alone
    shall give the content back from its own code, edges shall stay where they are, and intensities shall be spread
    as the style's are.

    Parameters
    ----------
    content, style : Tensor, shape (B, 1, Y, X)
        Values 0..1.
    code, own_code : Tensor, shape (B, code_size)
        Of the style, and of the content as its own style.
    """
    features = network.encoder(content)
    made = network.stylised(content, features, code, own_code=own_code)
    compared = network.compared(made)
    with torch.no_grad():
        target, wanted = network.content_target(features, code), network.compared(style)
    return {
        "content": content_loss(compared[-1], target),
        "style": statistics_loss(compared, wanted),
        "identity": identity_error(content, network.exchanged(features, own_code)),
        "boundary": boundary_loss(made, content),
        "histogram": histogram_loss(made, content, style),
    }


def space_losses(network: VariationalNetwork, style: torch.Tensor, noise: torch.Tensor) -> Losses:
    """Return 'latent' (L_KL) and 'reconstruction' (L_REC) of the style space for style pictures (B, 1, Y, X).

    The code counts as data here: only the space learns from these losses. `noise` is (B, latent).
    """
    with torch.no_grad():
        code = network.base.encode_style(style)
    mean, deviation = network.vae.encode(code)
    rebuilt = network.vae.decode(sample(mean, deviation, noise))
    return {"latent": kl_loss(mean, deviation), "reconstruction": content_loss(rebuilt, code)}


def space_code(network: VariationalNetwork, picture: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Return the code that the style space makes of pictures (B, 1, Y, X); the space itself gets no gradient.

    The value is the space's, the gradient passes straight to the code. That matters for AdaConv alone, whose
    descriptor is trained; the codes of AdaIN, and so of RAIN, have nothing to train.
    """
    code = network.base.encode_style(picture)
    with torch.no_grad():
        rebuilt = network.vae.decode(sample(*network.vae.encode(code), noise))
    return code + (rebuilt - code).detach()
