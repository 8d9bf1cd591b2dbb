"""`ssaglioma train`: train one fold, resume it, package it and score it on the cases held out."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.train_budget import tell_budget
from ssaglioma.cli.train_cases import cases_to_add, first_cases, fold_count, folds_of, split_cases
from ssaglioma.cli.train_folds import add_fold_options, run_each_fold
from ssaglioma.cli.train_fresh import add_synthesis_options, fresh_cases
from ssaglioma.cli.train_recipe import add_recipe_options, asks_for_recipe, run_recipe
from ssaglioma.cli.train_scanner import add_scanner_options, scanned_set
from ssaglioma.cli.train_start import starting_point, teachers_of
from ssaglioma.cli.train_style import TrainingSide, add_style_options, stylised_set
from ssaglioma.cli.train_together import add_engine_options, join_processes, tensorboard_log
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, Sequence

if TYPE_CHECKING:
    from ssaglioma.training.config import TrainingConfig
    from ssaglioma.training.copies import CopySource
    from ssaglioma.training.folds import Folds
    from ssaglioma.training.loop import Trainer
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
    "augmentation": str,
    "spacing_mm": float,
    "average_decay": float,
    "patience": int,
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
    parser.add_argument(
        "--fold", default="0", help="fold to hold out, 'each' in turn, or 'all' to train on every case (default: 0)"
    )
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
    add_synthesis_options(parser)
    add_style_options(parser)
    add_scanner_options(parser)
    add_recipe_options(parser)
    parser.add_argument(
        "--carve-mix", type=int, metavar="N", help="N more cases of each, with the tumor of another training case"
    )
    parser.add_argument(
        "--teacher", action="append", default=[], metavar="PACKAGE", help="learn from this model too (may be repeated)"
    )
    parser.add_argument("--teacher-share", type=float, metavar="P", help="weight of the teachers (default 0.7)")
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
    parser.add_argument(
        "--slice-offsets-mm",
        type=_numbers,
        metavar="A,B,...",
        help="slices that a 2D network sees, e.g. --slice-offsets-mm=-4,-2,0,2,4 (default: the one it labels)",
    )
    add_engine_options(parser)
    add_fold_options(parser)
    for name, kind in _OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=None, help=f"see TrainingConfig.{name}")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if asks_for_recipe(args):
        return run_recipe(args, console)
    if args.data is None or (args.output is None and not args.budget):
        raise DatasetError(
            "The cases or the folder of the run are not given", expected="ssaglioma train DATA --output DIR"
        )
    if args.fold == "each":
        return run_each_fold(args, fold_count(args), console, run)
    from ssaglioma.inference.device import keep_freed_memory

    keep_freed_memory()
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    config = _config(args)
    group, console = (None, console) if args.budget else join_processes(args, console)
    folds, fold = folds_of(args)
    training, held_out = split_cases(args.data, folds, fold)
    added = [case for folder in args.add for case in cases_to_add(folder, training + held_out, folds, fold)]
    real = first_cases(training, args)
    console.print(f"{len(real)} training cases, {len(added)} added, {len(held_out)} held out. Output: {args.output}")
    if args.budget:
        return tell_budget(args, config, len(real) + len(added), console)
    begin = _beginning(args, config, [case.name for case in held_out])
    begin |= {"group": group, "log": tensorboard_log(args) if group is None or group.first else None}
    trainer, copies = _trained(args, console, config, (real, added), (folds, fold), begin)
    if not trainer.together.first:
        return 0
    if not trainer.finished:
        console.print(f"Paused after epoch {len(trainer.history)} of {config.epochs}; run the same command to resume.")
        console.result({"finished": False, "epochs": len(trainer.history)})
        return 0
    words = _words(real, added, args.synthesize) + (f"; {copies.words()}" if copies else "")
    words += f"; up to {args.carve_mix} mixed cases of each (CarveMix)" if args.carve_mix else ""
    words += f"; taught by {len(args.teacher)} models" if args.teacher else ""
    digest = _write_manifest(args, trainer, [*real, *added], held_out)
    return _finish(args, console, f"{words}; manifest SHA-256 {digest}", held_out)


def _beginning(args: argparse.Namespace, config: TrainingConfig, held_out: list[str]) -> dict[str, Any]:
    """Return the options of the trainer that other models decide: starting weights and teachers."""
    start = starting_point(args.model, config, held_out) if args.model else None
    teachers = teachers_of(args.teacher, args.teacher_share, config, held_out)
    return {"start": start, **({} if teachers is None else {"teachers": teachers})}


def _trained(
    args: argparse.Namespace,
    console: Console,
    config: TrainingConfig,
    cases: tuple[list[Case], list[Case]],
    split: tuple[Folds | None, int | None],
    begin: dict[str, Any],
) -> tuple[Trainer, CopySource | None]:
    """Train on (real, added) cases until the end or the pause; return the trainer and the copies that it cut from."""
    from ssaglioma.inference.device import choose_device
    from ssaglioma.training.carve_mix import mixed_cases
    from ssaglioma.training.cases import balanced, load_training_cases
    from ssaglioma.training.copies import all_of
    from ssaglioma.training.distillation import DistillingTrainer
    from ssaglioma.training.distributed import first_before_others
    from ssaglioma.training.loop import Trainer
    from ssaglioma.training.package import planned_card

    (real, added), (folds, fold) = cases, split
    channels = [Sequence.parse(name) for name in config.channels]
    cache = args.cache or args.output / "cache"
    spacing = None if config.spacing_mm is None else planned_card(config).spacing_zyx_mm
    options: dict[str, Any] = {"progress": console.progress, "spacing_zyx_mm": spacing}
    with first_before_others(begin["group"]):
        loaded = load_training_cases(real, cache, channels, GLIOMA, **options)
        mixed = [] if args.carve_mix is None else mixed_cases(loaded, args.carve_mix, config.seed)
        more = load_training_cases(added, cache, channels, GLIOMA, incomplete=True, **options)
        side = TrainingSide([*real, *added], [*loaded, *more], folds, fold, channels, cache)
        found = [
            stylised_set(args, side, console),
            scanned_set(args, replace(side, files=real, cases=loaded), spacing, console),
        ]
    if mixed:
        console.print(f"{len(mixed)} cases mixed of two real ones each")
    copies = all_of([source for source in found if source is not None])
    deadline = None if args.stop_after is None else time.monotonic() + 60 * args.stop_after
    kind = DistillingTrainer if "teachers" in begin else Trainer
    with fresh_cases(args, config, spacing, split) as fresh:
        trainer = kind(
            config,
            balanced([*loaded, *mixed], more),
            args.output,
            choose_device(args.device) if begin["group"] is None else begin["group"].device,
            workers=args.workers,
            should_stop=lambda: deadline is not None and time.monotonic() > deadline,
            fresh=fresh,
            stylised=copies,
            **begin,
        )
        trainer.run(console.progress)
    return trainer, copies


def _write_manifest(args: argparse.Namespace, trainer: Trainer, trained: list[Case], held_out: list[Case]) -> str:
    from ssaglioma.training.data_manifest import data_manifest, manifest_digest, write_manifest

    recipe = {"identity": trainer.identity(), "synthesize": args.synthesize is not None, "carve_mix": args.carve_mix}
    manifest = data_manifest(trainer.config, trained, held_out, recipe)
    write_manifest(args.output, manifest)
    return manifest_digest(manifest)


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


def _words(real: list[Case], added: list[Case], synthesized: Path | None) -> str:
    more = [f"{len(added)} added ones"] * bool(added) + ["synthetic ones made meanwhile"] * (synthesized is not None)
    return " and ".join([f"{len(real)} cases", *more])


def _config(args: argparse.Namespace) -> TrainingConfig:
    from ssaglioma.training.config import TrainingConfig

    known = {item.name for item in fields(TrainingConfig)}
    names = (*_OPTIONS, "slice_offsets_mm", "deterministic")
    given = {name: getattr(args, name) for name in names if name in known and getattr(args, name) is not None}
    return TrainingConfig(**given)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as -2,0,2") from error
