"""`ssaglioma experiment`: a published table made again on the user's own folders, row by row, fold by fold."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console, duration_text
from ssaglioma.errors import DatasetError
from ssaglioma.experiments.catalogue import EXPERIMENTS, find_experiment
from ssaglioma.experiments.design import BUDGETS, Experiment, Protocol, StudyContext, with_changes

if TYPE_CHECKING:
    from ssaglioma.experiments.runner import ExperimentRun


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "experiment",
        parents=parents,
        help="make a published table again",
        description="Carry out the rows of a published table on a source and a target folder, and print the published "
        "figures beside those found. Run the same command again to go on after a stop.",
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help=f"one of: {', '.join(EXPERIMENTS)}")
    add("--list", action="store_true", help="show experiments, rows and budgets, and stop")
    add("--source", type=Path, metavar="DIR", help="labelled cases of the source domain")
    add("--target", type=Path, metavar="DIR", help="cases of the target domain; may be the same folder")
    add("--output", type=Path, metavar="DIR", help="folder of the run")
    add("--budget", choices=BUDGETS, default="small", help="how much is trained (default: small)")
    add("--seeds", type=int, nargs="+", metavar="N", help="each seed draws its own folds and weights (default: 1)")
    add("--folds", type=int, metavar="K", help="patient-disjoint parts of the target (default: the budget's)")
    add("--exclude", nargs="+", default=[], metavar="ID", help="cases that are left out")
    add("--rows", nargs="+", default=[], metavar="ROW", help="carry out these rows only (default: all)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="another value of the protocol (repeatable)")
    add("--estimate", action="store_true", help="say how long each row will take here, and stop")
    add(
        "--report", action="store_true", help="write the reports of what is finished, also while another process trains"
    )
    add("--no-estimate", action="store_true", help="start without timing the steps first")
    add("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    add("--threads", type=int, metavar="N", help="processor threads (default: all)")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if args.list or args.name is None:
        return _list(console, asked=args.list)
    experiment = find_experiment(args.name)
    protocol = _protocol(experiment, args)
    context = _context(args, protocol)
    asked = tuple(args.rows) or tuple(experiment.default_rows.get(args.budget, ()))
    rows = tuple(row.name for row in experiment.chosen_rows(asked))
    if args.threads:
        import torch

        torch.set_num_threads(args.threads)
    from ssaglioma.experiments.runner import ExperimentRun
    from ssaglioma.training.run_lock import RunLock

    context.output.mkdir(parents=True, exist_ok=True)
    if args.report:
        return _finish(ExperimentRun(experiment, context, args.budget, rows), console)
    with RunLock(context.output):
        begun = ExperimentRun(experiment, context, args.budget, rows, told=console.epoch)
        begun.fix()
        if args.estimate or not args.no_estimate:
            seconds = _tell_estimate(begun, console)
            if args.estimate:
                console.result({"estimate_seconds": seconds})
                return 0
        begun.run(console.progress)
        return _finish(begun, console)


def heading_of(run_: ExperimentRun, budget: str) -> str:
    """Return one line that says what the figures of a table rest on."""
    protocol = run_.context.protocol
    done = sum(run_.ledger.has(row.name, task) for row in run_.experiment.rows for task in run_.tasks)
    whole = len(run_.experiment.rows) * len(run_.tasks)
    excluded = f", without {', '.join(run_.context.excluded)}" if run_.context.excluded else ""
    return (
        f"budget {budget}, {protocol.folds} folds, seeds {', '.join(map(str, protocol.seeds))}, "
        f"{len(run_.study.cases)} target cases{excluded}; {done} of {whole} trainings done"
    )


def _list(console: Console, *, asked: bool) -> int:
    for experiment in EXPERIMENTS.values():
        console.print(f"{experiment.name}: {experiment.title} ({experiment.citation})")
        for row in experiment.rows:
            console.print(f"    {row.name:28} {row.title}")
    console.result({"experiments": {one.name: [row.name for row in one.rows] for one in EXPERIMENTS.values()}})
    if not asked:
        raise DatasetError("No experiment was named", expected="one of those listed")
    return 0


def _protocol(experiment: Experiment, args: argparse.Namespace) -> Protocol:
    changes: dict[str, Any] = {}
    for text in args.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise DatasetError(f"--set is {text!r}", expected="NAME=VALUE")
        changes[name.strip()] = value.strip()
    protocol = with_changes(experiment.budgets[args.budget], changes)
    if args.folds is not None:
        protocol = replace(protocol, folds=args.folds)
    return protocol if args.seeds is None else replace(protocol, seeds=tuple(args.seeds))


def _context(args: argparse.Namespace, protocol: Protocol) -> StudyContext:
    missing = [name for name in ("source", "target", "output") if getattr(args, name) is None]
    if missing:
        raise DatasetError(
            f"The experiment {args.name!r} lacks {', '.join(f'--{name}' for name in missing)}",
            expected="--source DIR --target DIR --output DIR",
        )
    for folder in (args.source, args.target):
        if not folder.is_dir():
            raise DatasetError(f"The folder {str(folder)!r} does not exist", remedy="Check the path")
    return StudyContext(
        args.source.resolve(),
        args.target.resolve(),
        args.output.resolve(),
        protocol,
        tuple(sorted(set(args.exclude))),
        args.device,
    )


def _tell_estimate(begun: ExperimentRun, console: Console) -> dict[str, float]:
    console.progress(0.0, "Timing a few steps")
    seconds = begun.estimate()
    for name, value in seconds.items():
        title = begun.experiment.row(name).title
        console.print(f"{title:40} {duration_text(value) if value else 'nothing to train'}")
    console.print(f"{'All rows, processor time':40} {duration_text(sum(seconds.values()))}")
    return dict(seconds)


def _finish(begun: ExperimentRun, console: Console) -> int:
    from ssaglioma.experiments.page import TEXT_FILE, write_reports
    from ssaglioma.experiments.table import build_table

    experiment, output = begun.experiment, begun.context.output
    table = build_table(experiment, begun.results(), len(begun.tasks))
    whole = all(begun.ledger.has(row.name, task) for row in begun.rows for task in begun.tasks)
    analysis = begun.analysis() if whole else {}
    pictures = [output / name for name in analysis.get("pictures", [])]
    written = write_reports(
        experiment,
        table,
        output,
        heading=heading_of(begun, begun.budget),
        analysis=analysis,
        pictures=pictures,
        protocol=begun.context.protocol.to_json(),
    )
    console.print((output / TEXT_FILE).read_text(encoding="utf-8"))
    console.print(f"Page written to {written['page']}")
    console.result({"finished": whole, **{kind: str(path) for kind, path in written.items()}})
    return 0
