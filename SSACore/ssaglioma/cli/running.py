"""One case through a model: what `segment`, `batch` and `demo` share."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.cli.inputs import read_case
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.types import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ssaglioma.evaluation.quality import QualityReport
    from ssaglioma.inference import SegmentationResult
    from ssaglioma.inference.engine import TorchEngine
    from ssaglioma.packages import ModelCard, ModelPackage
    from ssaglioma.volume import Case, Volume


@dataclass(frozen=True, eq=False)
class Run:
    """A case that was segmented.

    Attributes
    ----------
    case : Case
    images : mapping of Sequence to Volume
        As they were read.
    result : SegmentationResult
    card : ModelCard
    seconds : mapping of str to float
        Of each stage: read, load (of the model), and those of the segmentation.
    quality : QualityReport or None
        What the quality gate says of raw images; None for prepared ones.
    brain : Volume or None
        The brain mask of raw images, on the grid of the result.
    dicom : mapping of Sequence to tuple of Path
        DICOM slices of images that lie where they were scanned.
    """

    case: Case
    images: Mapping[Sequence, Volume]
    result: SegmentationResult
    card: ModelCard
    seconds: Mapping[str, float]
    quality: QualityReport | None = None
    brain: Volume | None = None
    dicom: Mapping[Sequence, tuple[Path, ...]] = field(default_factory=dict)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --model, --device, --mirror, --grid and --resample."""
    parser.add_argument("--model", metavar="NAME|PATH", help="model package (default: the first one shipped)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="average with the left-right mirrored image: slower, a little better",
    )
    parser.add_argument(
        "--grid", metavar="SLOT", help="sequence whose grid the result lies on (default: T1Gd, else FLAIR)"
    )
    parser.add_argument(
        "--resample",
        action="store_true",
        help="accept images on different grids if they are aligned in scanner space",
    )


def load_engine(package: ModelPackage, args: argparse.Namespace) -> TorchEngine:
    """Load a model on the device that the arguments name."""
    from ssaglioma.inference.engine import TorchEngine

    return TorchEngine(package, device=args.device, mirror=args.mirror)


def segment_files(case: Case, args: argparse.Namespace, progress: ProgressCallback = no_progress) -> Run:
    """Read a case, load the model, and segment; the images are read first, for their errors come sooner."""
    from ssaglioma.packages import find_package

    progress(0.0, f"Reading {case.name}")
    clock = time.monotonic()
    package = find_package(args.model)
    images = read_case(case)
    read_seconds = time.monotonic() - clock
    engine = load_engine(package, args)
    load_seconds = time.monotonic() - clock - read_seconds
    return _run(case, images, engine, args, {"read": read_seconds, "load": load_seconds}, progress)


def segment_read(
    case: Case,
    images: Mapping[Sequence, Volume],
    args: argparse.Namespace,
    read_seconds: float,
    progress: ProgressCallback = no_progress,
) -> Run:
    """Load the model and segment prepared images that were read already."""
    from ssaglioma.packages import find_package

    clock = time.monotonic()
    engine = load_engine(find_package(args.model), args)
    seconds = {"read": read_seconds, "load": time.monotonic() - clock}
    return _run(case, images, engine, args, seconds, progress)


def segment_with(engine: TorchEngine, case: Case, args: argparse.Namespace, progress: ProgressCallback) -> Run:
    """Read a case and segment it with a model that is loaded already."""
    progress(0.0, f"Reading {case.name}")
    clock = time.monotonic()
    images = read_case(case)
    return _run(case, images, engine, args, {"read": time.monotonic() - clock}, progress)


def _run(
    case: Case,
    images: Mapping[Sequence, Volume],
    engine: TorchEngine,
    args: argparse.Namespace,
    seconds: Mapping[str, float],
    progress: ProgressCallback,
) -> Run:
    from ssaglioma.inference import segment_case

    grid = Sequence.parse(args.grid) if args.grid else None
    result = segment_case(images, engine, grid=grid, resample=args.resample, progress=progress)
    return Run(case, images, result, engine.package.card, {**seconds, **result.timings})


def region_volumes_ml(run: Run) -> dict[str, float]:
    """Return the volume of the scheme's regions and labels (WT, TC, ET, NCR and ED) in millilitres."""
    scheme = label_scheme(run.card.labels)
    labelmap = run.result.labelmap
    names = dict.fromkeys([*scheme.regions, *scheme.values])
    return {name: round(float(scheme.mask(labelmap.array, name).sum() * labelmap.voxel_volume_ml), 3) for name in names}
