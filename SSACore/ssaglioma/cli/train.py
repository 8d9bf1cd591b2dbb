"""`ssaglioma train`: train one fold, resume it, package it and score it on the cases held out."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.train_recipe import add_recipe_options, asks_for_recipe, run_recipe
from ssaglioma.cli.train_start import starting_point
from ssaglioma.cli.train_style import TrainingSide, add_style_options, stylised_set
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, GLIOMA_POST, Sequence

if TYPE_CHECKING:
    from ssaglioma.training.config import TrainingConfig
    from ssaglioma.training.folds import Folds
    from ssaglioma.training.fresh import FreshCases
    from ssaglioma.volume import Case

_OPTIONS: dict[str, type] = {
    "network": str,
    "epochs": int,
    "steps_per_epoch": int,
    "batch_size": int,
    "optimizer": str,
    "learning_rate": float,
    "channel_dropout": float,
    "precision": str,
    "seed": int,
}
"""Options of `TrainingConfig` that the command line offers; defaults live there."""


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "train",
        parents=parents,
        help="train a model",
        description="Train a network on a folder of labelled cases. Run the same command again to resume after a stop.",
    )
    parser.add_argument("data", type=Path, nargs="?", help="folder with one folder for each labelled case")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the run")
    parser.add_argument("--fold", default="0", help="fold to hold out, or 'all' to train on every case (default: 0)")
    parser.add_argument("--folds", type=Path, metavar="FILE", help="folds JSON (default: the project's five folds)")
    parser.add_argument(
        "--add",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="more labelled cases for training only, such as synthetic ones (may be repeated)",
    )
    parser.add_argument(
        "--real", type=int, metavar="N", help="use only N of the fold's training cases; 0 with --add or --synthesize"
    )
    _add_synthesis(parser)
    add_style_options(parser)
    add_recipe_options(parser)
    parser.add_argument("--name", default="my-glioma-model", help="name of the model package that is written")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for normalised cases (default: OUTPUT/cache)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that prepare patches (default: 1)"
    )
    parser.add_argument(
        "--stop-after", type=float, metavar="MINUTES", help="pause after the epoch that passes this time"
    )
    for name, kind in _OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=None, help=f"see TrainingConfig.{name}")
    return parser


def _add_synthesis(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("synthetic cases made while training")
    group.add_argument("--synthesize", type=Path, metavar="FILE|DIR", help="anatomies, as for 'ssaglioma synthesize'")
    group.add_argument("--masks", type=Path, metavar="DIR", help="tumor labelmaps to take half of the shapes from")
    group.add_argument("--scanner", action="append", metavar="PRESET", help="pass them through, e.g. 1.5T_ssa")
    group.add_argument("--fresh", type=int, default=4, metavar="N", help="new cases in every epoch (default 4)")
    group.add_argument("--window", type=int, default=24, metavar="N", help="cases at hand (default 24)")
    group.add_argument("--jobs", type=int, default=1, metavar="N", help="processes that make them (default 1)")


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if asks_for_recipe(args):
        return run_recipe(args, console)
    if args.data is None or args.output is None:
        raise DatasetError(
            "The cases or the folder of the run are not given", expected="ssaglioma train DATA --output DIR"
        )
    from ssaglioma.inference.device import choose_device, keep_freed_memory

    keep_freed_memory()
    import torch

    from ssaglioma.training.cases import balanced, load_training_cases
    from ssaglioma.training.loop import Trainer

    if args.threads:
        torch.set_num_threads(args.threads)
    config = _config(args)
    folds, fold = _folds(args)
    training, held_out = _split(args.data, folds, fold)
    start = starting_point(args.model, config, [case.name for case in held_out]) if args.model else None
    added = [case for folder in args.add for case in _cases_to_add(folder, training + held_out, folds, fold)]
    real = _first(training, args)
    console.print(f"{len(real)} training cases, {len(added)} added, {len(held_out)} held out. Output: {args.output}")
    channels = [Sequence.parse(name) for name in config.channels]
    cache = args.cache or args.output / "cache"
    loaded = load_training_cases(real, cache, channels, GLIOMA, console.progress)
    more = load_training_cases(added, cache, channels, GLIOMA, console.progress, incomplete=True)
    side = TrainingSide([*real, *added], [*loaded, *more], folds, fold, channels, cache)
    stylised = stylised_set(args, side, console)
    deadline = None if args.stop_after is None else time.monotonic() + 60 * args.stop_after
    with _fresh_cases(args, config) as fresh:
        trainer = Trainer(
            config,
            balanced(loaded, more),
            args.output,
            choose_device(args.device),
            workers=args.workers,
            should_stop=lambda: deadline is not None and time.monotonic() > deadline,
            fresh=fresh,
            stylised=stylised,
            start=start,
        )
        trainer.run(console.progress)
    if not trainer.finished:
        console.print(f"Paused after epoch {len(trainer.history)} of {config.epochs}; run the same command to resume.")
        console.result({"finished": False, "epochs": len(trainer.history)})
        return 0
    words = _words(real, added, args.synthesize) + (f"; {stylised.words()}" if stylised else "")
    return _finish(args, console, words, held_out)


def _finish(args: argparse.Namespace, console: Console, words: str, held_out: list[Case]) -> int:
    from ssaglioma.training.package import package_run

    words = f"{words}; held out: {', '.join(case.name for case in held_out) or 'none'}"
    package = package_run(
        args.output,
        args.output / "package",
        name=args.name,
        title=f"{args.name} (fold {args.fold})",
        training_data=words,
    )
    console.print(f"Model package written to {package.folder}")
    result: dict[str, Any] = {"finished": True, "package": str(package.folder)}
    if held_out:
        from ssaglioma.evaluation import write_json
        from ssaglioma.packages import write_package
        from ssaglioma.training.validation import mean_dice, short_scores, validate_package

        scores = validate_package(package, held_out, device=args.device, progress=console.progress)
        write_json(scores, args.output / "scores.json")
        write_package(package.folder, replace(package.card, scores=short_scores(scores)), package.weights())
        for region in GLIOMA.regions:
            mean, count = mean_dice(scores, region)
            shown = "-" if mean is None else f"{mean:.3f}"
            console.print(f"{region}: mean Dice {shown} on {count} held-out cases that hold it")
        result["scores"] = str(args.output / "scores.json")
    console.result(result)
    return 0


def _fresh_cases(args: argparse.Namespace, config: TrainingConfig) -> AbstractContextManager[FreshCases | None]:
    if args.synthesize is None:
        return nullcontext(None)
    from ssaglioma.synthesis.anatomy import find_anatomies
    from ssaglioma.synthesis.case import DrawOptions
    from ssaglioma.synthesis.requests import SCANNER_SOURCE_T
    from ssaglioma.synthesis.scanner import scanner_preset
    from ssaglioma.synthesis.tumours import find_masks
    from ssaglioma.training.fresh import FreshCases, FreshCasesConfig

    for name in args.scanner or ():
        scanner_preset(name)
    if args.masks is not None:
        find_masks(args.masks)
    options = DrawOptions(
        masks=None if args.masks is None else str(args.masks), field_t=SCANNER_SOURCE_T if args.scanner else None
    )
    made = FreshCasesConfig(
        tuple(find_anatomies(args.synthesize)),
        window=args.window,
        step=args.fresh,
        seed=config.seed,
        options=options,
        scanners=tuple(args.scanner or (None,)),
        jobs=args.jobs,
    )
    return FreshCases(made, args.output / "fresh", [Sequence.parse(name) for name in config.channels])


def _words(real: list[Case], added: list[Case], synthesized: Path | None) -> str:
    more = [f"{len(added)} added ones"] * bool(added) + ["synthetic ones made meanwhile"] * (synthesized is not None)
    return " and ".join([f"{len(real)} cases", *more])


def _cases_to_add(folder: Path, known: list[Case], folds: Folds | None = None, fold: int | None = None) -> list[Case]:
    """Cases for training only; none may bear the name of a case of the folds, or be of a patient who is held out."""
    from ssaglioma.training.style_provenance import check_added_case
    from ssaglioma.volume import find_cases

    found = find_cases(folder)
    twice = sorted({case.name for case in found} & {case.name for case in known})
    if twice:
        raise DatasetError(
            f"The folder {str(folder)!r} of --add holds cases of the folds: {twice[:5]}",
            expected="cases of other patients",
            remedy="Remove them there: a case that is held out must never be trained on. Stylised copies that keep "
            "their content's name go by --style-copies",
        )
    for case in found:
        _refuse_cavity(case)
        check_added_case(case, folds, fold)
    return found


def _refuse_cavity(case: Case) -> None:
    """A cavity's 4 would be read as the enhancing tumor of old BraTS labels."""
    record = Path(str(case.reference)).with_name("synthesis.json")
    if record.is_file() and json.loads(record.read_text(encoding="utf-8")).get("labels") == GLIOMA_POST.name:
        raise DatasetError(
            f"The case {case.name!r} holds a resection cavity",
            expected=f"labels of the scheme {GLIOMA.name!r}",
            remedy="Make cases without --variant post_operative",
        )


def _first(training: list[Case], args: argparse.Namespace) -> list[Case]:
    """The first N cases of one fixed random order, so that fewer cases are part of more."""
    if args.real is None:
        return training
    if not 0 <= args.real <= len(training) or (args.real == 0 and not args.add and args.synthesize is None):
        raise DatasetError(
            f"--real is {args.real}",
            expected=f"0 to {len(training)}, and --add or --synthesize where it is 0",
            remedy="Change --real",
        )
    order = sorted(training, key=lambda case: hashlib.sha256(case.name.encode()).hexdigest())
    return order[: args.real]


def _config(args: argparse.Namespace) -> TrainingConfig:
    from ssaglioma.training.config import TrainingConfig

    known = {item.name for item in fields(TrainingConfig)}
    given = {name: getattr(args, name) for name in _OPTIONS if name in known and getattr(args, name) is not None}
    return TrainingConfig(**given)


def _folds(args: argparse.Namespace) -> tuple[Folds | None, int | None]:
    """Return the folds and the one to hold out, or two None for a training on all cases."""
    from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds

    if args.fold == "all":
        return None, None
    if not args.fold.isdigit():
        raise DatasetError(f"The fold is {args.fold!r}", expected="a number, or 'all'")
    return read_folds(args.folds or GLIOMA_FOLDS), int(args.fold)


def _split(data: Path, folds: Folds | None, fold: int | None) -> tuple[list[Case], list[Case]]:
    from ssaglioma.volume import find_cases

    cases = {case.name: case for case in find_cases(data)}
    if folds is None or fold is None:
        return list(cases.values()), []
    missing = sorted({name for group in folds.groups for name in group} - set(cases))
    if missing:
        raise DatasetError(
            f"{len(missing)} cases of the folds file are not in {str(data)!r}: {missing[:5]}",
            expected="the cases that the folds were made for",
            remedy="Give your own folds by --folds, or train on all cases by --fold all",
        )
    return [cases[name] for name in folds.training(fold)], [cases[name] for name in folds.held_out(fold)]
