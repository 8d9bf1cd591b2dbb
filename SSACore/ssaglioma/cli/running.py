"""One case through a model: what `segment`, `batch` and `demo` share."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.cli.adapting import add_adapt_argument, load_adapted
from ssaglioma.cli.inputs import read_case
from ssaglioma.cli.memory import add_memory_argument, within_memory
from ssaglioma.inference.engine_names import ENGINE_CHOICES
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.types import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ssaglioma.evaluation.quality import QualityReport
    from ssaglioma.inference import SegmentationResult
    from ssaglioma.inference.engine import PackageEngine
    from ssaglioma.packages import ModelCard, ModelPackage
    from ssaglioma.volume import Case, Volume

PreviewCallback = Callable[["Volume"], None]


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
        What the quality gate says of raw images; of prepared ones only that they look mixed up, else None.
    brain : Volume or None
        The brain mask of raw images, on the grid of the result.
    dicom : mapping of Sequence to tuple of Path
        DICOM slices of images that lie where they were scanned.
    engine : mapping of str to str
        'name' and 'device' of what computed.
    predicted_memory_gib : float or None
        Peak of memory foretold before the segmentation.
    """

    case: Case
    images: Mapping[Sequence, Volume]
    result: SegmentationResult
    card: ModelCard
    seconds: Mapping[str, float]
    quality: QualityReport | None = None
    brain: Volume | None = None
    dicom: Mapping[Sequence, tuple[Path, ...]] = field(default_factory=dict)
    engine: Mapping[str, str] = field(default_factory=dict)
    predicted_memory_gib: float | None = None


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --model, --engine, --device, --mirror, --thorough, --grid, --resample, --adapt and --memory-limit."""
    parser.add_argument("--model", metavar="NAME|PATH", help="model package (default: the first one shipped)")
    add_engine_argument(parser)
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="average with the left-right mirrored image, in 2D where the model is in doubt (with --thorough "
        "everywhere): slower, a little better",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="look at every slice and tile, also where a first look every 4 mm saw nothing: slower, rarely better",
    )
    parser.add_argument(
        "--grid", metavar="SLOT", help="sequence whose grid the result lies on (default: T1Gd, else FLAIR)"
    )
    parser.add_argument(
        "--resample",
        action="store_true",
        help="accept images on different grids if they are aligned in scanner space",
    )
    add_adapt_argument(parser)
    add_memory_argument(parser)


def add_engine_argument(parser: argparse.ArgumentParser) -> None:
    """Add --engine."""
    parser.add_argument(
        "--engine",
        choices=ENGINE_CHOICES,
        default=ENGINE_CHOICES[0],
        help="what computes: auto (default: torch on an NVIDIA GPU, else the fastest installed one for the processor), "
        "onnxruntime, openvino or torch",
    )


def load_engine(package: ModelPackage, args: argparse.Namespace) -> PackageEngine:
    """Load a model on the engine and device that the arguments name."""
    from ssaglioma.inference.engine_choice import load_engine as load
    from ssaglioma.inference.looks import FULL, Looks

    if args.adapt:
        return load_adapted(package, args)
    looks = FULL if args.thorough else Looks()
    return load(package, engine=args.engine, device=args.device, mirror=args.mirror, looks=looks)


def segment_files(
    case: Case,
    args: argparse.Namespace,
    progress: ProgressCallback = no_progress,
    preview: PreviewCallback | None = None,
) -> Run:
    """Read a case, load the model, and segment; the images are read first, for their errors come sooner.

    `preview` is given the labelmap of a first, coarse look, where the engine takes one.
    """
    from ssaglioma.packages import find_package

    progress(0.0, f"Reading {case.name}")
    clock = time.monotonic()
    package = find_package(args.model)
    images = read_case(case)
    read_seconds = time.monotonic() - clock
    engine = load_engine(package, args)
    load_seconds = time.monotonic() - clock - read_seconds
    return _run(case, images, engine, args, {"read": read_seconds, "load": load_seconds}, progress, preview)


def segment_read(
    case: Case,
    images: Mapping[Sequence, Volume],
    args: argparse.Namespace,
    read_seconds: float,
    progress: ProgressCallback = no_progress,
    preview: PreviewCallback | None = None,
) -> Run:
    """Load the model and segment prepared images that were read already."""
    from ssaglioma.packages import find_package

    clock = time.monotonic()
    engine = load_engine(find_package(args.model), args)
    seconds = {"read": read_seconds, "load": time.monotonic() - clock}
    return _run(case, images, engine, args, seconds, progress, preview)


def segment_with(engine: PackageEngine, case: Case, args: argparse.Namespace, progress: ProgressCallback) -> Run:
    """Read a case and segment it with a model that is loaded already."""
    progress(0.0, f"Reading {case.name}")
    clock = time.monotonic()
    images = read_case(case)
    return _run(case, images, engine, args, {"read": time.monotonic() - clock}, progress)


def segment_with_images(
    engine: PackageEngine,
    case: Case,
    images: Mapping[Sequence, Volume],
    args: argparse.Namespace,
    read_seconds: float,
    progress: ProgressCallback,
) -> Run:
    """Segment prepared images that were read already with a model that is loaded already."""
    return _run(case, images, engine, args, {"read": read_seconds}, progress)


def _run(
    case: Case,
    images: Mapping[Sequence, Volume],
    engine: PackageEngine,
    args: argparse.Namespace,
    seconds: Mapping[str, float],
    progress: ProgressCallback,
    preview: PreviewCallback | None = None,
) -> Run:
    from ssaglioma.evaluation.quality import QualityReport
    from ssaglioma.inference import segment_case
    from ssaglioma.preprocessing.quality_gate import slot_findings
    from ssaglioma.preprocessing.slot_check import check_slots

    clock = time.monotonic()
    quality = QualityReport(tuple(slot_findings(check_slots(images))))
    seconds = {**seconds, "slots": time.monotonic() - clock}
    grid = Sequence.parse(args.grid) if args.grid else None

    def work(keep_probabilities: bool) -> SegmentationResult:
        how = {"grid": grid, "resample": args.resample, "keep_probabilities": keep_probabilities}
        return segment_case(images, engine, **how, preview=preview, progress=progress)

    result, predicted_gib = within_memory(engine, images, args, work, progress)
    said = (*(one.text() for one in quality.reasons), *result.warnings)
    card = engine.package.card
    if quality.mixed_up:  # the forecast holds only where every image lies in its own slot
        card = replace(card, expected_dice={})
    return Run(
        case,
        images,
        replace(result, warnings=said),
        card,
        {**seconds, **result.timings},
        quality=quality if quality.reasons else None,
        engine=engine_facts(engine),
        predicted_memory_gib=predicted_gib,
    )


def engine_facts(engine: PackageEngine) -> dict[str, str]:
    """Return name and device of an engine."""
    return {"name": engine.name, "device": engine.device_name}


def region_volumes_ml(run: Run) -> dict[str, float]:
    """Return the volume of the scheme's regions and labels (WT, TC, ET, NCR and ED) in millilitres."""
    scheme = label_scheme(run.card.labels)
    labelmap = run.result.labelmap
    names = dict.fromkeys([*scheme.regions, *scheme.values])
    return {name: round(float(scheme.mask(labelmap.array, name).sum() * labelmap.voxel_volume_ml), 3) for name in names}
