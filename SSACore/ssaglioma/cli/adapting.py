"""`--adapt`: a model that adapts itself to each patient's images, which only torch can do."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ssaglioma.errors import DeviceError
from ssaglioma.inference.engine_names import AUTO, TORCH

if TYPE_CHECKING:
    from ssaglioma.inference.adapted import AdaptedEngine
    from ssaglioma.packages import ModelPackage


def add_adapt_argument(parser: argparse.ArgumentParser) -> None:
    """Add --adapt."""
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="adapt the model to each patient's images first: needs torch, is slower, and is taken back where it "
        "changes the result too much",
    )


def load_adapted(package: ModelPackage, args: argparse.Namespace) -> AdaptedEngine:
    """Load a model that adapts itself, on the device that the arguments name.

    Raises
    ------
    DeviceError
        If another engine was asked for, or torch is not installed.
    """
    from ssaglioma.inference.engine_choice import is_installed

    if args.engine not in (AUTO, TORCH):
        raise DeviceError(
            f"--adapt was given with --engine {args.engine!r}, which cannot learn",
            expected="--engine torch or auto",
            remedy="Leave one of the two away",
        )
    if not is_installed(TORCH):
        raise DeviceError(
            "--adapt was given, but torch is not installed",
            expected="torch, which alone can learn",
            remedy="Leave --adapt away, or pip install 'ssaglioma[torch]'",
        )
    from ssaglioma.inference.adapted import AdaptedEngine

    return AdaptedEngine(package, device=args.device, mirror=args.mirror)
