"""`ssaglioma segment`: MR images of a head in, raw or prepared; a labelmap on the grid of T1Gd out."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments, case_from_arguments, is_image_path
from ssaglioma.cli.intake import NEVER, Prepared, add_intake_arguments, add_prepare_choice, find_images
from ssaglioma.cli.outputs import Outputs, add_output_arguments
from ssaglioma.cli.prepare import print_light
from ssaglioma.cli.running import Run, add_model_arguments, region_volumes_ml, segment_files, segment_read
from ssaglioma.cli.segment_raw import RawRun, raw_outputs, segment_raw, write_raw
from ssaglioma.cli.segment_times import (
    BEFORE_ANYTHING_IS_KNOWN,
    FIND_SHARE,
    WRITE_SHARE,
    prepared_stages,
    raw_stages,
)
from ssaglioma.cli.trust import expected_of, expected_text
from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import Sequence
from ssaglioma.types import ProgressCallback

NOTHING_TO_KEEP = "The images are prepared already, so that --keep-prepared writes nothing."


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
    add_prepare_choice(parser)
    add_output_arguments(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    if args.prepare == NEVER or args.resample:
        _refuse_raw_options(args, ("--brain-mask", args.brain_mask), ("--keep-prepared", args.keep_prepared))
        case = case_from_arguments(args)
        outputs = Outputs.from_arguments(args, output_path(args.output, case.name))
        outputs.check(case, args.overwrite)
        console.expect(prepared_stages(args, 0.0))
        done = segment_files(case, args, _scaled(console, 0.0), outputs.preview_writer(console.preview))
        return _finish(console, done, outputs.write(done), began)
    console.expect(BEFORE_ANYTHING_IS_KNOWN)
    found = find_images(args, lambda share, text: console.progress(FIND_SHARE * share, text))
    if isinstance(found, Prepared):
        _refuse_raw_options(args, ("--brain-mask", args.brain_mask))
        if args.keep_prepared:
            console.warn(NOTHING_TO_KEEP)
        outputs = Outputs.from_arguments(args, output_path(args.output, found.case.name))
        outputs.check(found.case, args.overwrite)
        preview = outputs.preview_writer(console.preview)
        console.expect(prepared_stages(args, FIND_SHARE))
        done = segment_read(found.case, found.images, args, found.seconds, _scaled(console, FIND_SHARE), preview)
        return _finish(console, done, outputs.write(done), began)
    outputs, case = raw_outputs(found, args, output_path(args.output, found.name))
    outputs.check(case, args.overwrite)
    preview = outputs.preview_writer(console.preview)
    volumes = found.study.volumes
    home = next((volumes[name] for name in (Sequence.T1C, Sequence.T2F, *volumes) if name in volumes), None)
    console.expect(raw_stages(args, len(volumes), 0.0 if home is None else home.array.size / 1e6))
    raw = segment_raw(found, case, args, console, _scaled(console, FIND_SHARE), preview=preview)
    console.progress(WRITE_SHARE, "Writing")
    return _finish(console, raw.run, write_raw(raw, outputs, args), began, raw)


def _scaled(console: Console, begin: float) -> ProgressCallback:
    return lambda share, text: console.progress(begin + (WRITE_SHARE - begin) * share, text)


def _refuse_raw_options(args: argparse.Namespace, *given: tuple[str, Any]) -> None:
    """Options of raw images that would do nothing to prepared ones: better said than passed over."""
    named = [name for name, value in given if value]
    if named:
        raise SSAGliomaError(
            f"{named[0]} was given, but these images are prepared already",
            expected="raw images for it",
            remedy="Leave it away" + (", or leave --skip-prepare away" if args.prepare == NEVER else ""),
        )


def _finish(console: Console, done: Run, written: dict[str, Any], began: float, raw: RawRun | None = None) -> int:
    console.progress(1.0, "Done")
    for warning in written["warnings"]:
        console.warn(warning)
    volumes = region_volumes_ml(done)
    total = time.monotonic() - began
    if raw is not None and done.quality is not None:  # what it says of prepared images was warned of above
        print_light(console, done.quality)
    console.print(f"{done.case.name}: " + ", ".join(f"{name} {volume:.1f} ml" for name, volume in volumes.items()))
    expected = expected_of(done)
    if expected:
        console.print(expected_text(expected))
    peak = done.result.peak_memory_gib
    memory = "" if peak is None else f", {peak:.1f} GiB peak"
    for kind in ("measurements", "report", "dicom_seg", "log", "prepared"):
        if kind in written:
            console.print(f"{kind.replace('_', ' ').capitalize()}: {written[kind]}")
    console.print(f"Written to {written['labelmap']} ({total:.1f} s{memory}). Research use only.")
    extra: dict[str, Any] = {} if done.quality is None else {"quality": done.quality.to_json()}
    if raw is not None:
        extra["grid_of"] = raw.anchor.value
        ways = raw.intake.ways_from(raw.anchor)
        extra["alignment"] = {name.value: way.matrix_lps.ravel().tolist() for name, way in ways.items()}
    console.result(
        {
            "case": done.case.name,
            **written,
            **extra,
            "volumes_ml": volumes,
            "expected_dice": {region: told.to_json() for region, told in expected.items()},
            "model": {"name": done.card.name, "version": done.card.version},
            "engine": dict(done.engine),
            "seconds": round(total, 2),
            "timings": dict(done.seconds),
            "peak_memory_gib": peak,
            "predicted_memory_gib": done.predicted_memory_gib,
        }
    )
    return 0


def output_path(output: Path, case_name: str) -> Path:
    """Return the labelmap's path for `--output FILE|DIR`."""
    return output if is_image_path(output) else output / f"{case_name}-seg.nii.gz"
