"""`ssaglioma prepare`: raw scans in, aligned and stripped images out, with a record of every step."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments
from ssaglioma.cli.intake import Prepared, add_intake_arguments, find_images, take_in_raw
from ssaglioma.errors import SSAGliomaError
from ssaglioma.evaluation.quality import QualityReport

_NATIVE = "native"
_FIND_SHARE, _INTAKE_SHARE = 0.35, 0.6


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "prepare",
        parents=parents,
        help="align and strip raw scans",
        description="Find T1, T1Gd, T2 and FLAIR in a folder of DICOM or image files, align them, take the skull and "
        "the coil's shading away, and write them on one grid, with intake.json, the record of every step.",
    )
    add_case_arguments(parser)
    add_intake_arguments(parser)
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder of the prepared images; new or empty")
    add(
        "--spacing",
        default="1",
        metavar="MM",
        help="voxels of the prepared images in mm (default 1), or 'native' for those of the reference image",
    )
    add("--device", default="auto", help="of the brain-mask model: auto (default), cpu, cuda or cuda:N")
    add("--overwrite", action="store_true", help="replace prepared images in the folder")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    from ssaglioma.inference.intake_files import check_folder, write_prepared
    from ssaglioma.inference.intake_passed import passed_intake
    from ssaglioma.inference.segment import peak_memory_gib

    began = time.monotonic()
    spacing_mm = spacing_of(args.spacing)
    check_folder(args.output, overwrite=args.overwrite)
    found = find_images(args, lambda share, text: console.progress(_FIND_SHARE * share, text))
    if isinstance(found, Prepared):
        name, intake = found.case.name, passed_intake(found.images, found.study, found.seconds)
        console.print(f"{name}: the images are prepared already; their voxels are passed on unchanged")
    else:
        name = found.name
        intake = take_in_raw(
            found,
            args,
            console,
            lambda share, text: console.progress(_FIND_SHARE + _INTAKE_SHARE * share, text),
            spacing_mm,
        )
    console.progress(_FIND_SHARE + _INTAKE_SHARE, "Writing")
    folder = write_prepared(intake, args.output, name, overwrite=args.overwrite)
    console.progress(1.0, "Done")
    print_light(console, intake.quality)
    seconds = time.monotonic() - began
    peak = peak_memory_gib()
    memory = "" if peak is None else f", {peak:.1f} GiB peak"
    console.print(f"Written to {folder} ({seconds:.1f} s{memory}). Research use only.")
    console.result(
        {
            "case": name,
            "output": str(folder),
            "images": {s.value: str(folder / f"{name}-{s.value}.nii.gz") for s in intake.images},
            "quality": intake.quality.to_json(),
            "seconds": round(seconds, 2),
            "timings": {"find": round(found.seconds, 2), **intake.seconds},
            "peak_memory_gib": peak,
        }
    )
    return 0


def print_light(console: Console, quality: QualityReport) -> None:
    """Print the traffic light with its reasons."""
    console.print(f"Images: {quality.light}. {quality.text()}")
    for finding in quality.reasons:
        console.print(f"  {finding.light}: {finding.text()}")


def spacing_of(text: str) -> float | None:
    """Return the voxel size that `--spacing` names; None for 'native'.

    Raises
    ------
    SSAGliomaError
        If it is no number from 0.3 to 10.
    """
    if text == _NATIVE:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.3 <= value <= 10:
        raise SSAGliomaError(f"--spacing is {text!r}", expected="a voxel size from 0.3 to 10 mm, or 'native'")
    return value
