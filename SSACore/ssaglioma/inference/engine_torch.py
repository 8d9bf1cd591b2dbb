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
        self._network = network.eval()
        self._use(choose_device(device))

    def leave_gpu(self) -> bool:
        """Go on on the processor; False where it is the processor already."""
        if self.device.type == "cpu":
            return False
        self._use(torch.device("cpu"))
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        return True

    def _use(self, device: torch.device) -> None:
        """Compute on a device, in the number format and the order of voxels that suit it."""
        self.device, self.device_name = device, str(device)
        exact = self.package.card.plan is not None and device.type == "cpu"  # as nnU-Net, in float32 there
        self._half = torch.bfloat16 if bfloat16_pays(device) and not exact else None
        # tensor cores take channels last; 3D loses by it, and a processor too
        last = device.type == "cuda" and self._half is not None and self._configuration.dims == 2
        self._layout = torch.channels_last if last else torch.contiguous_format
        self._network = self._network.to(device, memory_format=self._layout)  # type: ignore[call-overload]

    @property
    def network(self) -> torch.nn.Module:
        """The network in evaluation mode on `device`; logits (B, R, ...) of normalised images (B, C, ...)."""
        return self._network

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits (B, R, *patch) of tiles (B, C, *patch), both float32."""
        image = torch.from_numpy(tiles).to(self.device, memory_format=self._layout)
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, self._half, enabled=self._half is not None),
        ):
            return self._network(image).float().cpu().numpy()
