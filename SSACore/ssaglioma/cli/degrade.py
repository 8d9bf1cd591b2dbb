"""`ssaglioma degrade`: a case as another scanner would have shown it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import add_case_arguments, case_from_arguments, read_case
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, label_scheme
from ssaglioma.synthesis.scanner import GRIDS, PRESETS, ScanParameters, apply_scan, draw_scan, scan_labels
from ssaglioma.volume import Case, Volume, read_labelmap, write_volume
from ssaglioma.volume.atomic import write_json_atomic


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "degrade",
        parents=parents,
        help="show a case as another scanner would have",
        description="Simulate an old or small scanner: thick slices, noise, coil, motion, weaker contrast.",
    )
    add = parser.add_argument
    add_case_arguments(parser)
    add("--scanner", metavar="PRESET", help="one of " + ", ".join(PRESETS))
    add("--scan", type=Path, metavar="FILE", help="scan.json of an earlier run, to repeat it, instead of --scanner")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one parameter, such as noise.snr=12 or motion=none (may be repeated)",
    )
    add("--seed", type=int, default=0, help="of what the preset leaves open (%(default)s)")
    add("--grid", choices=GRIDS, default="native", help="the scanner's slices (default), or the grid of the input")
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="label scheme (%(default)s)")
    add("--output", type=Path, required=True, metavar="DIR", help="the case becomes a folder in it")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    parameters = scan_parameters(args).changed(dict(_setting(text) for text in args.set))
    case = case_from_arguments(args)
    folder = _new_folder(args.output, case)
    console.progress(0.0, "Reading")
    images = read_case(case)
    console.progress(0.2, "Scanning")
    scanned = apply_scan(images, parameters, grid=args.grid)
    reference = None if case.reference is None else read_labelmap(case.reference, label_scheme(args.labels))
    labels = None if reference is None else scan_labels(reference, parameters, grid=args.grid)
    console.progress(0.7, "Writing")
    folder.mkdir(parents=True, exist_ok=True)
    for sequence, volume in scanned.items():
        written = _as_before(volume, images[sequence])
        write_volume(written, folder / f"{case.name}-{sequence.value}.nii.gz")
    if labels is not None:
        write_volume(labels, folder / f"{case.name}-seg.nii.gz")
    document = {
        **parameters.to_json(),
        "case": case.name,
        "grid": args.grid,
        "seed": args.seed if args.scan is None else None,
        "software": __version__,
    }
    write_json_atomic(document, folder / "scan.json", allow_nan=False)
    console.progress(1.0, "Done")
    console.print(f"Degraded case: {folder}")
    console.print(f"Parameters:    {folder / 'scan.json'}  ({parameters.digest})")
    console.result({"folder": str(folder), "sequences": [one.value for one in scanned], "digest": parameters.digest})
    return 0


def scan_parameters(args: argparse.Namespace) -> ScanParameters:
    """Return the parameters that --scanner and --seed draw, or those of --scan.

    Raises
    ------
    DatasetError
        If neither or both were given, or the file cannot be read.
    """
    if (args.scanner is None) == (args.scan is None):
        raise DatasetError(
            "Both --scanner and --scan were given" if args.scan else "No scanner was given",
            expected="either --scanner (" + ", ".join(PRESETS) + ") or --scan FILE",
        )
    if args.scanner is not None:
        if args.seed < 0:
            raise DatasetError(f"The seed is {args.seed!r}", expected="a whole number, 0 or more")
        return draw_scan(args.scanner, np.random.default_rng(args.seed))
    try:
        values = json.loads(args.scan.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The file {str(args.scan)!r} cannot be read ({error})", expected="a scan.json of this command"
        ) from error
    return ScanParameters.from_json(values, str(args.scan))


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found or not name.strip() or not value.strip():
        raise DatasetError(
            f"--set {text!r} is not understood", expected="NAME=VALUE, such as noise.snr=12 or motion=none"
        )
    word = value.strip()
    if word.lower() == "none":
        return name.strip(), None
    try:
        return name.strip(), json.loads(word)
    except ValueError:
        return name.strip(), word


def _new_folder(output: Path, case: Case) -> Path:
    folder = output / case.name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(
            f"The folder {str(folder)!r} is not empty",
            expected="a new or empty one, so that no image is lost and none of an earlier run stays",
            remedy="Give another --output",
        )
    return folder


def _as_before(volume: Volume, original: Volume) -> Volume:
    """Whole numbers where the input had such; what was signal does not become background."""
    if original.array.dtype.kind not in "ui":
        return volume
    whole = np.rint(volume.array)
    return volume.with_array(np.where((volume.array > 0) & (whole == 0), 1, whole).astype(np.int32))
