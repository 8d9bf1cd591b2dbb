"""Memory on the command line: `--memory-limit`, and a segmentation that keeps within it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import Sequence
from ssaglioma.types import ProgressCallback

if TYPE_CHECKING:
    from ssaglioma.inference.engine import PackageEngine
    from ssaglioma.volume import Volume

T = TypeVar("T")


def add_memory_argument(parser: argparse.ArgumentParser) -> None:
    """Add --memory-limit."""
    parser.add_argument(
        "--memory-limit",
        type=_gibibytes,
        metavar="GIB",
        help="most memory that this process may take; it works in smaller steps to keep within it, or says what it "
        "needs (default: what the computer has left)",
    )


def within_memory(
    engine: PackageEngine,
    images: Mapping[Sequence, Volume],
    args: argparse.Namespace,
    work: Callable[[bool], T],
    progress: ProgressCallback,
    *,
    home_voxels: int = 0,
) -> tuple[T, float]:
    """Do `work(keep_probabilities)` in the way that fits; return what it gives, and the peak in GiB foretold.

    Parameters
    ----------
    home_voxels : int
        Of the native grid that the result of raw images is brought to. Its labels are made of probabilities, which are
        kept therefore.

    Raises
    ------
    DeviceError
        If there is too little memory for any way of working.
    """
    from ssaglioma.inference.steady import plan_memory, run_steadily

    plan = plan_memory(
        engine,
        images,
        getattr(args, "memory_limit", None),
        home_voxels=home_voxels,
        may_drop_probabilities=not home_voxels and not getattr(args, "probabilities", False),
    )
    limit = "" if plan.limit_gib is None else f" of {plan.limit_gib:.1f}"
    progress(0.01, f"Takes about {plan.predicted_gib:.1f}{limit} GiB of memory")
    return run_steadily(engine, plan, work), plan.predicted_gib


def _gibibytes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e6:
        raise SSAGliomaError(
            f"--memory-limit is {text!r}", expected="a number of GiB above 0, such as 4", remedy="Give another number"
        )
    return value
