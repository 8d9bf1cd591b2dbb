"""`ssaglioma segment`: four MR images in, a labelmap out."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments, case_from_arguments, is_image_path, read_case
from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence, label_scheme

if TYPE_CHECKING:
    from ssaglioma.inference import SegmentationResult
    from ssaglioma.volume import Case


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "segment",
        parents=parents,
        help="segment a case",
        description="Segment necrosis (1), edema (2) and enhancing tumor (3) in skull-stripped, aligned images.",
    )
    add_case_arguments(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE|DIR",
        help="labelmap file, or folder for <case>-seg.nii.gz",
    )
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
    parser.add_argument("--probabilities", action="store_true", help="also write the probability of each region")
    parser.add_argument("--overwrite", action="store_true", help="replace a labelmap that exists")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    case = case_from_arguments(args)
    output = output_path(args.output, case.name)
    for target in _targets(output, args.probabilities):
        _refuse_overwrite(target, case, args.overwrite)
    make_folder(output.parent)
    result, seconds = segment_files(case, args, console)
    write_result(result, output, args.probabilities)
    for warning in result.warnings:
        console.warn(warning)
    volumes = region_volumes_ml(result)
    total = time.monotonic() - began
    console.print(f"{case.name}: " + ", ".join(f"{name} {volume:.1f} ml" for name, volume in volumes.items()))
    memory = "" if result.peak_memory_gib is None else f", {result.peak_memory_gib:.1f} GiB peak"
    console.print(f"Written to {output} ({total:.1f} s{memory}). Research use only.")
    console.result(
        {
            "case": case.name,
            "output": str(output),
            "volumes_ml": volumes,
            "seconds": round(total, 2),
            "timings": {**seconds, **result.timings},
            "peak_memory_gib": result.peak_memory_gib,
            "warnings": list(result.warnings),
        }
    )
    return 0


def segment_files(
    case: Case, args: argparse.Namespace, console: Console
) -> tuple[SegmentationResult, dict[str, float]]:
    """Read a case, load the model, and segment; return the result and the seconds of reading and loading."""
    from ssaglioma.inference import segment_case
    from ssaglioma.packages import find_package

    clock = time.monotonic()
    console.progress(0.0, f"Reading {case.name}")
    package = find_package(args.model)
    volumes = read_case(case)
    read_seconds = time.monotonic() - clock
    from ssaglioma.inference.engine import TorchEngine

    engine = TorchEngine(package, device=args.device, mirror=args.mirror)
    load_seconds = time.monotonic() - clock - read_seconds
    grid = Sequence.parse(args.grid) if args.grid else None
    result = segment_case(volumes, engine, grid=grid, resample=args.resample, progress=console.progress)
    return result, {"read": read_seconds, "load": load_seconds}


def output_path(output: Path, case_name: str) -> Path:
    """Return the labelmap's path for `--output FILE|DIR`."""
    return output if is_image_path(output) else output / f"{case_name}-seg.nii.gz"


def write_result(result: SegmentationResult, output: Path, probabilities: bool) -> None:
    """Write the labelmap and, if asked, `<stem>-probability-<region>.nii.gz` beside it."""
    from ssaglioma.volume import write_volume

    make_folder(output.parent)
    write_volume(result.labelmap, output)
    if probabilities:
        for region, volume in result.probabilities.items():
            write_volume(volume, _probability_path(output, region), dtype=np.float32)


def make_folder(folder: Path) -> None:
    """Make a folder for results, before any long work.

    Raises
    ------
    DatasetError
        If a file stands in its place, or it may not be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The folder {str(folder)!r} cannot be made ({error.strerror})",
            expected="a folder, or an image path ending in .nii.gz, .nii, .nrrd or .mha",
            remedy="Choose another --output",
        ) from error


def region_volumes_ml(result: SegmentationResult) -> dict[str, float]:
    """Return the volume of WT, TC, ET, NCR and ED in millilitres."""
    scheme = label_scheme("glioma")
    voxel = result.labelmap.voxel_volume_ml
    names = dict.fromkeys([*scheme.regions, *scheme.values])
    return {name: round(float(scheme.mask(result.labelmap.array, name).sum() * voxel), 3) for name in names}


def _probability_path(output: Path, region: str) -> Path:
    stem = output.name.split(".")[0].removesuffix("-seg")
    return output.parent / f"{stem}-probability-{region.lower()}.nii.gz"


def _targets(output: Path, probabilities: bool) -> list[Path]:
    regions = label_scheme("glioma").regions if probabilities else ()
    return [output, *(_probability_path(output, region) for region in regions)]


def _refuse_overwrite(output: Path, case: Case, overwrite: bool) -> None:
    inputs = {
        Path(path).resolve() for path in (*case.sequences.values(), *([case.reference] if case.reference else []))
    }
    if output.resolve() in inputs:
        raise DatasetError(
            f"The output {str(output)!r} is one of the case's own files",
            expected="another file",
            remedy="Choose another --output; originals are never replaced",
        )
    if output.exists() and not overwrite:
        raise DatasetError(
            f"The output {str(output)!r} exists already", remedy="Choose another --output, or add --overwrite"
        )
