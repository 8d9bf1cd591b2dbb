"""The torch engine: the CPU or an NVIDIA GPU, every network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.device import bfloat16_pays, choose_device, keep_freed_memory
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.packages import ModelPackage


class TorchEngine(PackageEngine):
    """Runs a model package with torch on the CPU or a GPU.

    Parameters
    ----------
    package : ModelPackage
    device : str
        'auto', 'cpu', 'cuda' or 'cuda:N'.
    threads, mirror, looks
        See `PackageEngine`; threads are torch's own where they are not given.

    Raises
    ------
    DeviceError
        If the device cannot be used.
    ModelPackageError
        If the weights do not fit the network that the card names.
    """

    name = "torch"

    slices_at_once = 8

    def __init__(
        self, package: ModelPackage, *, device: str = "auto", threads: int | None = None, **settings: Any
    ) -> None:
        keep_freed_memory()
        super().__init__(package, threads=threads, **settings)
        if threads:
            torch.set_num_threads(threads)
        self.device = choose_device(device)
        self.device_name = str(self.device)
        card = package.card
        network = self._configuration.build(in_channels=card.inputs, out_channels=card.outputs)
        weights = {name: torch.from_numpy(value) for name, value in package.weights().items()}
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise ModelPackageError(
                f"The weights of {card.name!r} do not fit the network {card.network!r}",
                remedy="Copy or download the model package again",
            ) from error
        self._network = network.eval().to(self.device)
        exact = card.plan is not None and self.device.type == "cpu"  # as nnU-Net, which computes in float32 there
        self._half = torch.bfloat16 if bfloat16_pays(self.device) and not exact else None

    @property
    def network(self) -> torch.nn.Module:
        """The network in evaluation mode on `device`; logits (B, R, ...) of normalised images (B, C, ...)."""
        return self._network

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits (B, R, *patch) of tiles (B, C, *patch), both float32."""
        image = torch.from_numpy(tiles).to(self.device)
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, self._half, enabled=self._half is not None),
        ):
            return self._network(image).float().cpu().numpy()
