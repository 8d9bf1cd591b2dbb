"""The training loop of the learned stylizers: AdaIN, RAIN, AdaConv and their relatives; resumable at every epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.style.building import TrainedNetwork, base_of, build_style_network, start_decoder
from ssaglioma.style.objectives import Losses, picture_losses, space_code, space_losses
from ssaglioma.style.variational import VariationalNetwork
from ssaglioma.training.epoch_loop import EpochLoop, Scalars
from ssaglioma.training.optimization import descend
from ssaglioma.training.style_config import StyleTrainingConfig
from ssaglioma.training.style_slices import Slices, SliceSet, paired_cuts, paired_sets
from ssaglioma.types import ProgressCallback, no_progress

_JUDGED = 8
_PICTURE_LOSSES = ("content", "style", "identity", "boundary", "histogram")
_SPACE_LOSSES = ("latent", "reconstruction")


@dataclass
class StyleTrainer:
    """Trains one stylizer in a folder; call `run` again to resume.

    Attributes
    ----------
    config : StyleTrainingConfig
    content, style : sequence of ndarray (Y, X), or mapping of group to such a sequence
        Training slices of any intensity scale; patients of the held-out fold never enter. With groups (contrasts, for
        example; the same in both) every style cut is of its content cut's group, and each group has equal chance.
    encoder_weights : mapping of str to Tensor
        Of a trained encoder; it stays as it is.
    decoder_weights : mapping of str to Tensor, optional
        Of the `MirrorDecoder` that was trained with the encoder: the decoder starts from it, which saves most of the
        training. Without it the decoder is fresh, as in the papers.
    folder : Path
        Receives `checkpoint.safetensors`, `history.csv` and `history.json`.
    held_out : as content
        Slices of other patients that the identity error is measured on; without them eight of the content's.
    device : torch.device
    should_stop : callable
        Asked after every epoch; true ends the run after its checkpoint (Pause).
    """

    config: StyleTrainingConfig
    content: Slices
    style: Slices
    encoder_weights: Mapping[str, torch.Tensor]
    folder: Path
    held_out: Slices = ()
    decoder_weights: Mapping[str, torch.Tensor] | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    should_stop: Callable[[], bool] = lambda: False
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, progress: ProgressCallback = no_progress) -> TrainedNetwork:
        """Train from the last checkpoint, or from fresh weights, and return the network.

        Raises
        ------
        DatasetError
            If a set is empty or damaged, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint.
        """
        sets = paired_sets(self.content, self.style)
        judged = SliceSet(self.held_out, "held-out") if len(self.held_out) else sets[0]
        torch.manual_seed(self.config.seed)
        network = build_style_network(
            self.config.method, self.config.encoder, self.encoder_weights, self.config.network_options
        )
        if self.decoder_weights is not None:
            start_decoder(network, self.decoder_weights)
        network = network.to(self.device)
        optimizer = torch.optim.Adam(network.parameters(), self.config.learning_rate)
        pictures = judged.whole(_JUDGED, self.config.content_crop).to(self.device)
        EpochLoop(self.config, self.folder, network, optimizer, self.history, progress, self.should_stop).run(
            lambda step: self._step(step, network, optimizer, sets),
            rate=lambda step: self.config.learning_rate / (1 + self.config.decay * step),
            judged=lambda: {"identity_error": measured_identity_error(network, pictures)},
            in_words=_in_words,
        )
        return network.eval()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self.config.epochs

    def _step(
        self,
        step: int,
        network: TrainedNetwork,
        optimizer: torch.optim.Optimizer,
        sets: tuple[SliceSet, SliceSet],
    ) -> dict[str, float]:
        """Train on one batch; with a style space first the space alone, then everything else (RAIN's order).

        One optimizer serves for the three of RAIN's code: Adam keeps its moments parameter by parameter and skips
        parameters without a gradient.
        """
        config, generator = self.config, np.random.default_rng([self.config.seed, step])
        edges = config.content_crop, config.style_crop
        drawn = paired_cuts(sets, generator, config.batch_size, edges)
        content, style = (one.cut(cuts, edge).to(self.device) for one, cuts, edge in zip(sets, drawn, edges))
        values: dict[str, float] = {}
        if isinstance(network, VariationalNetwork):
            noise = torch.from_numpy(
                generator.standard_normal((config.batch_size, network.vae.latent), dtype=np.float32)
            ).to(self.device)
            values |= self._descend(space_losses(network, style, noise), _SPACE_LOSSES, network, optimizer)
            codes = space_code(network, style, noise), space_code(network, content, torch.zeros_like(noise))
            base = network.base
        else:
            codes, base = (network.encode_style(style), network.encode_style(content)), network
        total = values.pop("loss", 0.0)
        values |= self._descend(picture_losses(base, content, style, *codes), _PICTURE_LOSSES, network, optimizer)
        return {"loss": total + values.pop("loss"), **values}

    def _descend(
        self, losses: Losses, names: tuple[str, ...], network: TrainedNetwork, optimizer: torch.optim.Optimizer
    ) -> dict[str, float]:
        """Take one step down the weighted sum and return each loss, and the sum as 'loss'."""
        weights = {name: getattr(self.config, f"{name}_weight") for name in names}
        loss = torch.stack([weight * losses[name] for name, weight in weights.items() if weight]).sum()
        descend(loss, network, optimizer, self.config.gradient_clip)
        return {name: float(losses[name].detach()) for name in names} | {"loss": float(loss.detach())}


def _in_words(row: Scalars) -> str:
    identity = f"identity {row['identity']:.2%}, " if "identity" in row else ""
    return f"{identity}loss {row['loss']:.3f}"


@torch.no_grad()
def measured_identity_error(network: TrainedNetwork, pictures: torch.Tensor) -> float:
    """Return the mean absolute error of pictures (B, 1, Y, X) decoded with their own style, over their foreground.

    The scale is 0..1, so 0.02 is 2 % of the usual range. A style space takes the middle of the own style. It is the
    error of encoder and decoder alone: networks that keep detail have none in use.
    """
    network.eval()
    base = base_of(network)
    own = network.own_code(pictures) if isinstance(network, VariationalNetwork) else base.encode_style(pictures)
    made = base.exchanged(base.encoder(pictures), own)
    inside = pictures > 0
    return float((made.clamp(0, 1) - pictures).abs()[inside].mean())
