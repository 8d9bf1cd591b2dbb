"""`ssaglioma measure`: volumes, diameters and change of a labelmap, as a table or JSON."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ssaglioma.cli.console import Console
from ssaglioma.evaluation.measurements import Measurements, changes, measure
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, label_scheme
from ssaglioma.volume import read_labelmap
from ssaglioma.volume.atomic import write_json_atomic
from ssaglioma.volume.probability_files import read_probabilities


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "measure",
        parents=parents,
        help="measure a labelmap",
        description="Volumes, lesions, diameters (3D, and RANO on enhancing tumor), confidence, and change.",
    )
    add = parser.add_argument
    add("labelmap", type=Path, help="labelmap file")
    add(
        "--probabilities",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="probability images of `ssaglioma segment --probabilities`, for the confidence",
    )
    add("--earlier", type=Path, metavar="FILE", help="an earlier labelmap of the same patient, for the change")
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="label scheme (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write everything as JSON")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    scheme = label_scheme(args.labels)
    labelmap = read_labelmap(args.labelmap, scheme)
    found = measure(labelmap, scheme, read_probabilities(args.probabilities, scheme))
    document = {"labelmap": str(args.labelmap), **found.to_json()}
    earlier = None if args.earlier is None else measure(read_labelmap(args.earlier, scheme), scheme)
    if earlier is not None:
        document["change"] = {name: change.to_json() for name, change in changes(earlier, found).items()}
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        write_json_atomic(document, args.json, allow_nan=False)
    console.print(measurement_text(found, earlier))
    console.result(document)
    return 0


def measurement_text(found: Measurements, earlier: Measurements | None = None) -> str:
    """Return the measurements as a table for the terminal."""
    changed = {} if earlier is None else changes(earlier, found)
    headings = ["region", "ml", "lesions", "diameter mm", "confidence"] + (["change ml", "change %"] if changed else [])
    rows: list[list[str]] = []
    for name, region in found.regions.items():
        cells = [name, f"{region.volume_ml:.2f}", str(region.lesions), f"{region.largest_diameter_mm:.1f}"]
        cells.append(_number(region.confidence, "{:.2f}"))
        if name in changed:
            cells += [f"{changed[name].difference:+.2f}", _number(changed[name].percent, "{:+.0f}")]
        rows.append(cells)
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in [headings, *rows]]
    for number, lesion in enumerate(found.rano, start=1):
        told = "measurable" if lesion.measurable else "not measurable"
        lines.append(
            f"ET lesion {number}: {lesion.diameter_mm:.1f} x {lesion.perpendicular_mm:.1f} mm = "
            f"{lesion.product_mm2:.0f} mm2, slice {lesion.plane.index} of axis {lesion.plane.axis}, {told}"
        )
    return "\n".join(lines)


def _number(value: Any, text: str) -> str:
    return "-" if value is None else text.format(value)
