"""The curves of a run for TensorBoard, beside history.csv and history.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ssaglioma.errors import DeviceError

FOLDER = "tensorboard"


class TensorboardLog:
    """Writes each number of each epoch into a sub-folder of a run.

    Parameters
    ----------
    folder : Path
        Of the run.
    first_epoch : int
        Number of epochs done; what a killed run wrote of later ones is hidden.

    Raises
    ------
    DeviceError
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path, first_epoch: int = 0) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise DeviceError(
                "TensorBoard is not installed",
                remedy="pip install 'ssaglioma[tensorboard]', or leave --tensorboard out: history.csv has the same",
            ) from error
        self._writer = SummaryWriter(str(folder / FOLDER), purge_step=first_epoch + 1)

    def __call__(self, row: Mapping[str, Any]) -> None:
        """Write one epoch."""
        for name, value in row.items():
            if name != "epoch" and isinstance(value, (int, float)):
                self._writer.add_scalar(name, value, int(row["epoch"]))
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
