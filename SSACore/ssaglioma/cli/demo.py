"""`ssaglioma demo`: segment the sample case, score it, and write a report with pictures."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.cli.outputs import Outputs, make_folder
from ssaglioma.cli.running import add_engine_argument, segment_files
from ssaglioma.cli.segment import output_path
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA

LOWEST_WT_DICE = 0.60


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "demo",
        parents=parents,
        help="segment the sample case (or a folder), score it and write a report",
        description="Segment the sample case that ships with the project, or your own case, and write an HTML report.",
    )
    parser.add_argument("case", nargs="?", type=Path, help="case folder (default: the shipped synthetic sample)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), metavar="DIR", help="folder of the results")
    parser.add_argument("--model", metavar="NAME|PATH", help="model package (default: the first one shipped)")
    add_engine_argument(parser)
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--mirror", action="store_true", help="average with the left-right mirrored image where in doubt"
    )
    parser.set_defaults(grid=None, resample=False, thorough=False, adapt=False, memory_limit=None)
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command; fails if the shipped sample scores below WT Dice 0.60."""
    from ssaglioma.evaluation.measurements import measure
    from ssaglioma.evaluation.report import write_report
    from ssaglioma.volume import read_labelmap

    began = time.monotonic()
    case, shipped = _case(args.case)
    done = segment_files(case, args, console.progress)
    result = done.result
    labelmap_file = output_path(args.output, case.name)
    make_folder(labelmap_file.parent)
    Outputs(labelmap_file).write(done)
    reference = None if case.reference is None else read_labelmap(case.reference, GLIOMA)
    scores = None if reference is None else _scores(reference, result.labelmap, case.name, console)
    report = write_report(
        args.output / f"{case.name}-report.html",
        case_name=case.name,
        images=done.images,
        labelmap=result.labelmap,
        reference=reference,
        scores=scores,
        measurements=measure(result.labelmap, GLIOMA, result.probabilities, done.card.to_json()),
        model_card=done.card.to_json(),
        timings=done.seconds,
        warnings=result.warnings,
        quality=done.quality,
    )
    for warning in result.warnings:
        console.warn(warning)
    console.print(f"Segmentation: {labelmap_file}")
    console.print(f"Report:       {report}  (open it in a browser)")
    console.print(f"Done in {time.monotonic() - began:.1f} s with {done.card.name}. Research use only.")
    console.result({"case": case.name, "output": str(labelmap_file), "report": str(report), "scores": scores})
    if shipped and scores is not None and float(scores["WT"]["dice"] or 0) < LOWEST_WT_DICE:
        raise SSAGliomaError(
            f"The sample case scored WT Dice {scores['WT']['dice']:.3f}",
            expected=f"at least {LOWEST_WT_DICE:.2f}",
            remedy="The model or the installation is damaged; run 'ssaglioma doctor'",
        )
    return 0


def _case(folder: Path | None):  # type: ignore[no-untyped-def]
    from ssaglioma.packages.resources import locate
    from ssaglioma.volume import find_case, find_cases

    if folder is not None:
        if not folder.is_dir():
            raise DatasetError(f"The case folder {str(folder)!r} does not exist", remedy="Check the path")
        return find_case(folder.resolve()), False
    case = find_cases(locate("SampleCases"))[0]
    return replace(case), True


def _scores(reference, prediction, name: str, console: Console) -> dict:  # type: ignore[no-untyped-def,type-arg]
    from ssaglioma.evaluation import evaluate_case, format_table

    scores = evaluate_case(reference, prediction, GLIOMA)
    console.print(format_table({name: scores}))
    return scores
