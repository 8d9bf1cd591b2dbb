"""`ssaglioma segment`: MR images of a head in, raw or prepared; a labelmap on the grid of T1Gd out."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments, case_from_arguments, is_image_path
from ssaglioma.cli.intake import Prepared, add_intake_arguments, find_images
from ssaglioma.cli.outputs import Outputs, add_output_arguments
from ssaglioma.cli.prepare import print_light
from ssaglioma.cli.running import Run, add_model_arguments, region_volumes_ml, segment_files, segment_read
from ssaglioma.cli.segment_raw import RawRun, raw_outputs, segment_raw, write_raw
from ssaglioma.errors import SSAGliomaError
from ssaglioma.types import ProgressCallback

_FIND_SHARE, _SHARE_OF_SEGMENTATION = 0.25, 0.95


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "segment",
        parents=parents,
        help="segment a case, raw or prepared",
        description="Segment necrosis (1), edema (2) and enhancing tumor (3). The input is a folder of DICOM or image "
        "files as they come from the scanner, or images that are aligned and skull-stripped already: which of the two "
        "is found out. Raw images are sorted, aligned and stripped first, and a record and a report are written too.",
    )
    add_case_arguments(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE|DIR",
        help="labelmap file, or folder for <case>-seg.nii.gz",
    )
    add_model_arguments(parser)
    add_intake_arguments(parser)
    parser.add_argument(
        "--skip-prepare", action="store_true", help="take the images as prepared, whatever they look like"
    )
    parser.add_argument("--keep-prepared", action="store_true", help="also write the aligned, stripped images")
    add_output_arguments(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    if args.skip_prepare or args.resample:
        _refuse_raw_options(args)
        case = case_from_arguments(args)
        outputs = Outputs.from_arguments(args, output_path(args.output, case.name))
        outputs.check(case, args.overwrite)
        done = segment_files(case, args, _scaled(console, 0.0))
        return _finish(console, done, outputs.write(done), began)
    found = find_images(args, lambda share, text: console.progress(_FIND_SHARE * share, text))
    if isinstance(found, Prepared):
        _refuse_raw_options(args)
        outputs = Outputs.from_arguments(args, output_path(args.output, found.case.name))
        outputs.check(found.case, args.overwrite)
        done = segment_read(found.case, found.images, args, found.seconds, _scaled(console, _FIND_SHARE))
        return _finish(console, done, outputs.write(done), began)
    outputs, case = raw_outputs(found, args, output_path(args.output, found.name))
    outputs.check(case, args.overwrite)
    raw = segment_raw(found, case, args, console, _scaled(console, _FIND_SHARE))
    console.progress(_SHARE_OF_SEGMENTATION, "Writing")
    return _finish(console, raw.run, write_raw(raw, outputs, args), began, raw)


def _scaled(console: Console, begin: float) -> ProgressCallback:
    return lambda share, text: console.progress(begin + (_SHARE_OF_SEGMENTATION - begin) * share, text)


def _refuse_raw_options(args: argparse.Namespace) -> None:
    """Options of raw images do nothing to prepared ones: better said than passed over."""
    given = {"--brain-mask": args.brain_mask, "--keep-prepared": args.keep_prepared}
    named = [name for name, value in given.items() if value]
    if named:
        raise SSAGliomaError(
            f"{named[0]} was given, but these images are prepared already",
            expected="raw images for it",
            remedy="Leave it away" + ("" if not args.skip_prepare else ", or leave --skip-prepare away"),
        )


def _finish(console: Console, done: Run, written: dict[str, Any], began: float, raw: RawRun | None = None) -> int:
    console.progress(1.0, "Done")
    for warning in written["warnings"]:
        console.warn(warning)
    volumes = region_volumes_ml(done)
    total = time.monotonic() - began
    if done.quality is not None:
        print_light(console, done.quality)
    console.print(f"{done.case.name}: " + ", ".join(f"{name} {volume:.1f} ml" for name, volume in volumes.items()))
    peak = done.result.peak_memory_gib
    memory = "" if peak is None else f", {peak:.1f} GiB peak"
    for kind in ("measurements", "report", "dicom_seg", "log", "prepared"):
        if kind in written:
            console.print(f"{kind.replace('_', ' ').capitalize()}: {written[kind]}")
    console.print(f"Written to {written['labelmap']} ({total:.1f} s{memory}). Research use only.")
    extra: dict[str, Any] = {} if done.quality is None else {"quality": done.quality.to_json()}
    if raw is not None:
        extra["grid_of"] = raw.anchor.value
    console.result(
        {
            "case": done.case.name,
            **written,
            **extra,
            "volumes_ml": volumes,
            "model": {"name": done.card.name, "version": done.card.version},
            "seconds": round(total, 2),
            "timings": dict(done.seconds),
            "peak_memory_gib": peak,
        }
    )
    return 0


def output_path(output: Path, case_name: str) -> Path:
    """Return the labelmap's path for `--output FILE|DIR`."""
    return output if is_image_path(output) else output / f"{case_name}-seg.nii.gz"
