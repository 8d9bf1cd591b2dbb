"""`ssaglioma train` under `torchrun`: several processes train one network; only the first one speaks and writes."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console

if TYPE_CHECKING:
    from ssaglioma.training.distributed import Group
    from ssaglioma.training.tensorboard import TensorboardLog


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the training engine that are no numbers."""
    parser.add_argument(
        "--deterministic", action="store_true", default=None, help="the same weights, bit by bit, in every run"
    )
    parser.add_argument("--tensorboard", action="store_true", help="write the curves for TensorBoard too")


def join_processes(args: argparse.Namespace, console: Console) -> tuple[Group | None, Console]:
    """Return the group of this process and what it speaks through; None and the console itself without `torchrun`.

    Raises
    ------
    DeviceError
        If the library is missing, or there are too few GPUs.
    """
    from ssaglioma.training.distributed import join_group, process_count

    if process_count() == 1:
        return None, console
    group = join_group(args.device)
    return group, console if group.first else Console("none", out=io.StringIO(), err=io.StringIO())


def tensorboard_log(args: argparse.Namespace) -> TensorboardLog | None:
    """Return the log that was asked for, which goes on behind the epochs of a resumed run.

    Raises
    ------
    DeviceError
        If TensorBoard is not installed.
    """
    if not args.tensorboard:
        return None
    from ssaglioma.training.tensorboard import TensorboardLog

    return TensorboardLog(args.output, _epochs_done(args.output))


def _epochs_done(folder: Path) -> int:
    path = folder / "history.json"
    rows: list[Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return len(rows)
