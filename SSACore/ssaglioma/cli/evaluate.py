"""`ssaglioma evaluate`: score predicted labelmaps against references."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ssaglioma.evaluation import (
    CONVENTIONS,
    DEFAULT_HD_PENALTY,
    LESION_RULES,
    UNITS,
    EvaluationOptions,
    build_document,
    evaluate_case,
    format_table,
    pair_labelmaps,
    write_csv,
    write_json,
)
from ssaglioma.evaluation.case import RegionScores
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, LabelScheme, label_scheme
from ssaglioma.volume import read_labelmap


class _Console(Protocol):
    """What this command needs of a console."""

    def print(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def progress(self, fraction: float, message: str) -> None: ...

    def result(self, values: dict[str, Any]) -> None: ...


def add_parser(subparsers: Any, parents: Sequence[argparse.ArgumentParser] = ()) -> argparse.ArgumentParser:
    """Add the command `evaluate` to the program's subparsers and return its parser."""
    defaults = EvaluationOptions()
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "evaluate",
        parents=list(parents),
        help="score predicted labelmaps against references",
        description="Score predicted labelmaps: two files, or two folders paired by case name.",
    )
    add = parser.add_argument
    add("--reference", required=True, type=Path, help="labelmap, or folder of labelmaps or of cases")
    add("--prediction", required=True, type=Path, help="labelmap, or folder of labelmaps")
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="label scheme (%(default)s)")
    add(
        "--convention",
        default=defaults.convention,
        choices=CONVENTIONS,
        help="surface distances as in surface-distance/BraTS, MONAI or MedPy (%(default)s)",
    )
    add(
        "--lesionwise",
        default=defaults.lesionwise,
        choices=sorted(LESION_RULES),
        help="rules of the lesion-wise scores (%(default)s)",
    )
    add("--unit", default=defaults.unit, choices=UNITS, help="unit of the Hausdorff distances (%(default)s)")
    add(
        "--hd-penalty",
        default=DEFAULT_HD_PENALTY,
        type=_penalty,
        metavar="NUMBER|null",
        help="distance when one of the masks is empty; null leaves the case out (%(default)s)",
    )
    add("--json", type=Path, metavar="FILE", help="write all scores and the summary as JSON")
    add("--csv", type=Path, metavar="FILE", help="write one line per case and region")
    return parser


def run(args: argparse.Namespace, console: _Console) -> int:
    """Score the pairs, print the table, write the files; return the exit code 0.

    Raises
    ------
    DatasetError, GeometryError
        If nothing can be paired, a file cannot be read, or a pair does not fit together.
    """
    scheme = label_scheme(args.labels)
    options = EvaluationOptions(args.convention, args.unit, args.hd_penalty, args.lesionwise)
    pairing = pair_labelmaps(args.reference, args.prediction)
    unpaired = {"reference": pairing.only_reference, "prediction": pairing.only_prediction}
    for side, names in unpaired.items():
        if names:
            console.warn(f"{len(names)} {side} file(s) without a partner, not scored: " + ", ".join(names))
    cases: dict[str, dict[str, RegionScores]] = {}
    for index, (name, (reference, prediction)) in enumerate(pairing.pairs.items()):
        console.progress(index / len(pairing.pairs), f"Scoring {name}")
        cases[name] = _score_pair(name, reference, prediction, scheme, options)
    console.progress(1.0, f"Scored {len(cases)} case(s)")
    document = build_document(cases, options, scheme_name=scheme.name, unpaired=unpaired)
    if args.json:
        write_json(document, args.json)
    if args.csv:
        write_csv(cases, args.csv, options.unit)
    console.print(format_table(cases, options.unit))
    console.result(document)
    return 0


def _score_pair(
    name: str, reference: Path, prediction: Path, scheme: LabelScheme, options: EvaluationOptions
) -> dict[str, RegionScores]:
    volumes = (read_labelmap(reference, scheme), read_labelmap(prediction, scheme))
    return evaluate_case(
        *volumes,
        scheme,
        convention=options.convention,
        unit=options.unit,
        hd_penalty=options.hd_penalty,
        lesionwise=options.lesionwise,
        name=name,
    )


def _penalty(text: str) -> float | None:
    """Return the number, or None for 'null'."""
    if text.strip().lower() in ("null", "none"):
        return None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor null") from None
