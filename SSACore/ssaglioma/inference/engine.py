"""The torch engine: a model package as a `Predictor`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.device import bfloat16_pays, choose_device, keep_freed_memory
from ssaglioma.inference.model_grid import model_shape, slice_axis, slices_first, to_shape
from ssaglioma.inference.sliding_window import predict_slices, predict_volume
from ssaglioma.networks import CONFIGURATIONS, build_network
from ssaglioma.packages import ModelPackage
from ssaglioma.types import ProgressCallback, Spacing, no_progress

_LEFT_RIGHT_AXIS = -1


class TorchEngine:
    """Runs a model package with torch on the CPU or a GPU.

    Parameters
    ----------
    package : ModelPackage
    device : str
        'auto', 'cpu', 'cuda' or 'cuda:N'.
    mirror : bool
        Average the logits with those of the left-right mirrored image (twice the time).
        Brains are near symmetric left to right only, so other axes are not mirrored.

    Raises
    ------
    DeviceError
        If the device cannot be used.
    ModelPackageError
        If the weights do not fit the network that the card names.
    """

    def __init__(self, package: ModelPackage, *, device: str = "auto", mirror: bool = False) -> None:
        keep_freed_memory()
        self.package = package
        self.device = choose_device(device)
        self.mirror = mirror
        card = package.card
        network = build_network(card.network, in_channels=len(card.channels), out_channels=len(card.regions))
        weights = {name: torch.from_numpy(value) for name, value in package.weights().items()}
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise ModelPackageError(
                f"The weights of {card.name!r} do not fit the network {card.network!r}",
                remedy="Copy or download the model package again",
            ) from error
        self._network = network.eval().to(self.device)
        self._half = torch.bfloat16 if bfloat16_pays(self.device) else None

    @property
    def network(self) -> torch.nn.Module:
        """The network in evaluation mode on `device`; logits (B, R, ...) of normalised images (B, C, ...)."""
        return self._network

    def predict(
        self, array: np.ndarray, spacing_zyx_mm: Spacing, progress: ProgressCallback = no_progress
    ) -> np.ndarray:
        """Return region probabilities (R, Z, Y, X) in 0..1 for a normalised image (C, Z, Y, X), canonical axes."""
        card = self.package.card
        axis = slice_axis(card, spacing_zyx_mm)
        image, spacing = slices_first(array, spacing_zyx_mm, axis)
        resampled = to_shape(image, model_shape(card, image.shape[1:], spacing))
        dims = CONFIGURATIONS[card.network].dims
        run: Callable[..., np.ndarray] = predict_slices if dims == 2 else predict_volume
        logits = run(resampled, card.patch, self._forward, progress=progress)
        logits = to_shape(logits, image.shape[1:])
        return np.moveaxis(_sigmoid(logits), 1, 1 + axis)

    def _forward(self, tiles: np.ndarray) -> np.ndarray:
        image = torch.from_numpy(tiles).to(self.device)
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, self._half, enabled=self._half is not None),
        ):
            logits = self._network(image).float()
            if self.mirror:
                flipped = self._network(image.flip(_LEFT_RIGHT_AXIS)).float().flip(_LEFT_RIGHT_AXIS)
                logits = (logits + flipped) / 2
        return logits.cpu().numpy()


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.sigmoid(torch.from_numpy(np.ascontiguousarray(logits))).numpy()
