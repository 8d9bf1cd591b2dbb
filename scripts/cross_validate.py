"""Train and score the folds of one or more studies, and compare them; run it again to go on.

    python scripts/cross_validate.py run STUDY.json OUT [--fold K ...] [--scanner 1.5T_ssa] [--subsets] [--minutes M]
    python scripts/cross_validate.py together OUT STUDY=OUT1 STUDY=OUT2 [--scanner ...] (mean of their probabilities)
    python scripts/cross_validate.py table OUT [--json FILE]
    python scripts/cross_validate.py compare NAME=OUT NAME=OUT ... [--condition clean] (the first is the baseline)

A study is described in ssaglioma/training/cross_validation.py. Held-out cases are scored as they are, through the
scanner presets (the same scan of a case for every study), and with --subsets without each allowed subset of sequences.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ssaglioma.errors import SSAGliomaError
from ssaglioma.training.conditions import CLEAN, conditions
from ssaglioma.training.cross_report import SCORES, ablation_table, study_document, study_table
from ssaglioma.training.cross_validation import CrossValidation, Study, read_scores, score_together
from ssaglioma.volume.atomic import write_json_atomic


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="train and score")
    run.add_argument("study", type=Path)
    run.add_argument("output", type=Path)
    run.add_argument("--fold", type=int, action="append", metavar="K", help="one of the folds (default: all)")
    run.add_argument("--scanner", action="append", default=[], metavar="PRESET", help="default: 1.5T_ssa")
    run.add_argument("--subsets", action="store_true", help="also without each allowed subset of sequences")
    run.add_argument("--minutes", type=float, metavar="M", help="pause when this time is over")
    run.set_defaults(run=_run)
    together = commands.add_parser("together", help="score the mean of several studies' models")
    together.add_argument("output", type=Path)
    together.add_argument("studies", nargs="+", metavar="STUDY.json=OUT")
    together.add_argument("--scanner", action="append", default=[], metavar="PRESET", help="default: 1.5T_ssa")
    together.set_defaults(run=_together)
    table = commands.add_parser("table", help="means with intervals")
    table.add_argument("output", type=Path)
    table.add_argument("--json", type=Path, metavar="FILE")
    table.set_defaults(run=_table)
    compare = commands.add_parser("compare", help="ablation table")
    compare.add_argument("studies", nargs="+", metavar="NAME=OUT")
    compare.add_argument("--condition", default=CLEAN)
    compare.add_argument("--score", choices=SCORES, default="dice")
    compare.set_defaults(run=_compare)
    args = parser.parse_args()
    try:
        return int(args.run(args))
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return 2


def _run(args: argparse.Namespace) -> int:
    deadline = None if args.minutes is None else time.monotonic() + 60 * args.minutes
    work = CrossValidation(Study.read(args.study), args.output)
    asked = conditions([CLEAN, *(args.scanner or ["1.5T_ssa"])], args.subsets)
    for fold in args.fold or range(len(work.folds.groups)):
        left = None if deadline is None else (deadline - time.monotonic()) / 60
        if left is not None and left <= 0:
            break
        if not work.train(fold, left):
            print(f"Paused in fold {fold}; run the same command to go on.")
            return 0
        for condition in asked:
            work.score(fold, condition)
            print(f"fold {fold}: scored, {condition.name}", flush=True)
    return _table(argparse.Namespace(output=args.output, json=args.output / "summary.json"))


def _together(args: argparse.Namespace) -> int:
    pairs = [text.partition("=")[::2] for text in args.studies]
    studies = [CrossValidation(Study.read(study), folder) for study, folder in pairs]
    for fold in sorted(set.intersection(*(set(study.trained()) for study in studies))):
        for condition in conditions([CLEAN, *(args.scanner or ["1.5T_ssa"])], subsets=False):
            score_together(studies, args.output, fold, condition)
            print(f"fold {fold}: scored, {condition.name}", flush=True)
    return _table(argparse.Namespace(output=args.output, json=args.output / "summary.json"))


def _table(args: argparse.Namespace) -> int:
    found = sorted({path.stem.removeprefix("scores-") for path in args.output.glob("fold*/scores-*.json")})
    rows = {name: read_scores(args.output, name) for name in sorted(found, key=lambda name: (name != CLEAN, name))}
    if args.json is not None:
        write_json_atomic(study_document(rows), args.json, allow_nan=False)
    print(study_table(rows))
    return 0


def _compare(args: argparse.Namespace) -> int:
    named = dict(text.partition("=")[::2] for text in args.studies)
    studies = {name: read_scores(folder, args.condition) for name, folder in named.items()}
    print(ablation_table(studies, next(iter(studies)), args.score))
    return 0


if __name__ == "__main__":
    sys.exit(main())
