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
    from ssaglioma.packages import ModelPackage
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


def check_raw_memory(
    volumes: Mapping[Sequence, Volume],
    package: ModelPackage,
    args: argparse.Namespace,
    progress: ProgressCallback,
    engine: PackageEngine | None = None,
) -> float:
    """Foretell in GiB what raw images that were read will take, tell it, and refuse what does not fit, before any work.

    Parameters
    ----------
    engine : PackageEngine, optional
        Where the model is loaded already.

    Raises
    ------
    DeviceError
        If there is too little memory even for the smallest way of working.
    """
    from ssaglioma.inference.available_memory import available_gib, resident_gib
    from ssaglioma.inference.engine import PackageEngine
    from ssaglioma.inference.intake_memory import NativeSize, raw_memory
    from ssaglioma.preprocessing.alignment import choose_reference

    slices = engine.slices_at_once if engine is not None else PackageEngine.slices_at_once
    wanted = (Sequence.parse(args.grid),) if getattr(args, "grid", None) else ()
    foretold = raw_memory(
        package,
        engine.name if engine is not None else _engine_name(package, args),
        {name.value: NativeSize(volume.array.size, volume.array.itemsize) for name, volume in volumes.items()},
        reference=choose_reference(volumes).value,
        anchor=next(name for name in (*wanted, Sequence.T1C, Sequence.T2F, *volumes) if name in volumes).value,
        slices_at_once=slices,
    )
    left = available_gib()
    limits = (getattr(args, "memory_limit", None), None if left is None else (resident_gib() or 0.0) + left)
    limit = min((value for value in limits if value is not None), default=None)
    peak = foretold.within(limit)
    most = "" if limit is None else f" of {limit:.1f}"
    progress(0.0, f"Takes about {peak:.1f}{most} GiB of memory")
    return peak


def _engine_name(package: ModelPackage, args: argparse.Namespace) -> str:
    """The engine that will most probably be loaded: the named one, torch where no other runs the model, or ours."""
    from ssaglioma.inference.engine_names import ENGINE_CHOICES, ONNX_RUNTIME
    from ssaglioma.packages.onnx_export import has_graph

    if args.engine != ENGINE_CHOICES[0]:
        return str(args.engine)
    return "torch" if args.adapt or not has_graph(package) else ONNX_RUNTIME


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
