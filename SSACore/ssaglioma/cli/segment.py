"""`ssaglioma segment`: four MR images in, a labelmap out."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments, case_from_arguments, is_image_path
from ssaglioma.cli.outputs import Outputs, add_output_arguments
from ssaglioma.cli.running import add_model_arguments, region_volumes_ml, segment_files

_SHARE_OF_SEGMENTATION = 0.95


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
    add_model_arguments(parser)
    add_output_arguments(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    case = case_from_arguments(args)
    outputs = Outputs.from_arguments(args, output_path(args.output, case.name))
    outputs.check(case, args.overwrite)
    done = segment_files(case, args, lambda share, text: console.progress(_SHARE_OF_SEGMENTATION * share, text))
    console.progress(_SHARE_OF_SEGMENTATION, "Writing")
    written = outputs.write(done)
    console.progress(1.0, "Done")
    for warning in written["warnings"]:
        console.warn(warning)
    volumes = region_volumes_ml(done)
    total = time.monotonic() - began
    console.print(f"{case.name}: " + ", ".join(f"{name} {volume:.1f} ml" for name, volume in volumes.items()))
    peak = done.result.peak_memory_gib
    memory = "" if peak is None else f", {peak:.1f} GiB peak"
    for kind in ("measurements", "report", "dicom_seg"):
        if kind in written:
            console.print(f"{kind.replace('_', ' ').capitalize()}: {written[kind]}")
    console.print(f"Written to {outputs.labelmap} ({total:.1f} s{memory}). Research use only.")
    console.result(
        {
            "case": case.name,
            **written,
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
