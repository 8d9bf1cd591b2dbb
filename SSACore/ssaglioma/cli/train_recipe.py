"""`ssaglioma train` by a recipe: list, check, estimate, run, resume, pause, export."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import pkgutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console, duration_text
from ssaglioma.errors import DatasetError
from ssaglioma.training.recipes import Recipe, recipes

if TYPE_CHECKING:
    from ssaglioma.training.run_report import RunReport
    from ssaglioma.training.run_request import RunRequest

_EXPERIMENTS, _PREFIX = "ssaglioma.experiments", "recipe"


def known_recipes() -> tuple[Recipe, ...]:
    """Return all recipes: the built-in ones, and those of the modules `ssaglioma.experiments.recipe*`."""
    if importlib.util.find_spec(_EXPERIMENTS) is not None:
        room = importlib.import_module(_EXPERIMENTS)
        for module in pkgutil.iter_modules(room.__path__):
            if module.name.startswith(_PREFIX):
                importlib.import_module(f"{_EXPERIMENTS}.{module.name}")
    return recipes()


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `train`."""
    group = parser.add_argument_group("training by a recipe (with --output; DATA is then its source cases)")
    group.add_argument("--list-recipes", action="store_true", help="list the recipes and stop")
    group.add_argument("--json", action="store_true", help="print a list, check or estimate as JSON")
    group.add_argument("--recipe", metavar="NAME", help="train by a recipe; run the same command to resume")
    group.add_argument(
        "--job", type=Path, metavar="DIR", help="start or resume the training that this folder describes"
    )
    for name in ("target", "style", "corrections"):
        group.add_argument(f"--{name}", type=Path, metavar="DIR", help=f"{name} cases of the recipe")
    group.add_argument("--from", dest="model", metavar="PACKAGE", help="model to start from, or to compare with")
    group.add_argument("--hold-out", action="append", default=[], metavar="CASE", help="case never trained on")
    group.add_argument(
        "--set", action="append", default=[], metavar="OPTION=VALUE", help="option of the recipe (may be repeated)"
    )
    group.add_argument("--check", action="store_true", help="check the folder DATA for training and stop")
    group.add_argument("--against", type=Path, action="append", default=[], metavar="DIR", help="--check: leaks to DIR")
    group.add_argument("--unlabelled", action="store_true", help="--check: labels are not needed")
    group.add_argument("--training-only", action="store_true", help="--check: no case of DATA will be held out")
    group.add_argument("--corrected", action="store_true", help="--check: DATA is a corrections folder")
    group.add_argument("--thumbnails", type=Path, metavar="DIR", help="--check: write a small picture of each case")
    group.add_argument("--budget", action="store_true", help="measure how long the training will take and stop")
    group.add_argument("--export", type=Path, metavar="DIR", help="write the training as a job folder and stop")
    group.add_argument("--import-from", type=Path, metavar="DIR", help="take the result of a job into --output")


def asks_for_recipe(args: argparse.Namespace) -> bool:
    """Tell whether the command line is about a recipe, and not about one fold."""
    return bool(args.list_recipes or args.check or args.recipe or args.job or args.import_from)


def run_recipe(args: argparse.Namespace, console: Console) -> int:
    """Run what the options ask for."""
    listed = known_recipes()
    if args.list_recipes:
        return _list(listed, args, console)
    if args.check:
        return _check(args, console)
    if args.import_from is not None:
        return _import(args, console)
    output, request = _request(args)
    if args.budget:
        return _budget(request, output, args, console)
    if args.export is not None:
        from ssaglioma.training.job_export import export_job

        folder = export_job(request.under(output), args.export, console.progress)
        console.print(f"Job written to {folder}. Start it there with: sh run.sh")
        console.result({"job": str(folder)})
        return 0
    return _train(request, output, args, console)


def _list(listed: tuple[Recipe, ...], args: argparse.Namespace, console: Console) -> int:
    values = [recipe.to_json() for recipe in listed]
    if args.json and console.mode != "json":
        print(json.dumps({"recipes": values}, indent=1))
        return 0
    for recipe in listed:
        console.print(f"{recipe.name:22} {recipe.sentence}")
        console.print(f"{'':22} needs {', '.join(recipe.needed)}")
    console.result({"recipes": values})
    return 0


def _check(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.dataset_check import check_dataset

    if args.data is None:
        raise DatasetError("--check has no folder", expected="ssaglioma train --check DATA")
    checked = check_dataset(
        args.data,
        against=args.against,
        held_out=args.hold_out,
        labels=not args.unlabelled,
        split=not (args.training_only or args.corrected),
        corrections=args.corrected,
        progress=console.progress,
    )
    if args.thumbnails is not None:
        from ssaglioma.training.thumbnails import write_thumbnails

        write_thumbnails(checked, args.thumbnails)
    values = checked.to_json()
    if args.json and console.mode != "json":
        print(json.dumps(values, indent=1))
        return 0
    for case in checked.cases:
        console.print(f"{case.level:8} {case.name}: {'; '.join(finding.text for finding in case.findings) or 'good'}")
    for finding in checked.findings:
        console.print(f"{finding.level:8} {finding.text}")
    console.result(values)
    return 0


def _import(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.job_export import import_result

    if args.output is None:
        raise DatasetError("--import-from without --output", expected="the folder of the run here")
    folder = import_result(args.import_from, args.output)
    console.print(f"Result taken into {folder}")
    console.result({"output": str(folder)})
    return 0


def _request(args: argparse.Namespace) -> tuple[Path, RunRequest]:
    """Return the folder of the run and what it is asked to do."""
    from ssaglioma.training.run_request import RunRequest, read_request

    if args.job is not None:
        found = read_request(args.job)
        return args.job, found if args.device == "auto" else replace(found, device=args.device)
    if args.output is None and not args.budget and args.export is None:
        raise DatasetError("--recipe without --output", expected="--output DIR, the folder of the run")
    folders = {
        name: str(getattr(args, place).resolve())
        for name, place in (
            ("source", "data"),
            ("target", "target"),
            ("style", "style"),
            ("corrections", "corrections"),
        )
        if getattr(args, place) is not None
    }
    model = args.model or ""
    request = RunRequest(
        recipe=args.recipe,
        **folders,
        model=str(Path(model).resolve()) if Path(model).is_dir() and model else model,
        held_out=tuple(args.hold_out),
        name=args.name,
        device=args.device,
        workers=args.workers,
        options=_options(args),
    )
    return args.output or Path(), request


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the recipe: those of `--set`, and those that `train` has a word of its own for."""
    known = {option.name for recipe in recipes() if recipe.name == args.recipe for option in recipe.options}
    found = {name: getattr(args, name) for name in sorted(known) if getattr(args, name, None) not in (None, [])}
    for text in args.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise DatasetError(f"--set is {text!r}", expected="OPTION=VALUE")
        found[name.strip()] = value.strip()
    return found


def _budget(request: RunRequest, output: Path, args: argparse.Namespace, console: Console) -> int:
    import torch

    from ssaglioma.inference.device import choose_device
    from ssaglioma.packages import find_package
    from ssaglioma.training.budget import measure_budget
    from ssaglioma.training.recipe_context import recipe_config

    request = request.under(output)
    card = find_package(request.model).card if request.model and "model" in request.definition.needed else None
    config = recipe_config(request, card)
    names = [request.device]
    if request.device == "auto":
        names = ["cpu", *(["cuda"] if choose_device("auto").type == "cuda" else [])]
    if args.threads:
        torch.set_num_threads(args.threads)
    regions = 3 if card is None else len(card.regions)
    found = [
        measure_budget(config, choose_device(name), regions=regions, workers=request.workers, progress=console.progress)
        for name in names
    ]
    values = {"budgets": [budget.to_json() for budget in found]}
    if args.json and console.mode != "json":
        print(json.dumps(values, indent=1))
        return 0
    for budget in found:
        console.print(f"{budget.device} ({budget.device_name}): about {duration_text(budget.seconds)}")
    console.result(values)
    return 0


def _train(request: RunRequest, output: Path, args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.run_folder import clear_pause, pause_wanted
    from ssaglioma.training.run_lock import RunLock
    from ssaglioma.training.run_request import write_request

    write_request(output, request)
    with RunLock(output):  # before torch is loaded, so that a second start sees it at once
        with suppress(OSError):
            clear_pause(output)
        from ssaglioma.inference.device import keep_freed_memory

        keep_freed_memory()
        import torch

        from ssaglioma.training.recipe_run import RunHooks, carry_out

        if args.threads:
            torch.set_num_threads(args.threads)
        hooks = RunHooks(lambda: pause_wanted(output), console.epoch, console.progress, console.restart_clock)
        report = carry_out(request, output, hooks)
        clear_pause(output)
        return _tell(report, output, console)  # with the lock still held: who reads the folder must not miss it


def _tell(report: RunReport | None, output: Path, console: Console) -> int:
    if report is None:
        console.print(f"Paused. Go on with: ssaglioma train --job {output}")
        console.result({"finished": False})
        return 0
    for row in report.rows:
        before = "-" if row.before is None else f"{row.before:.3f}"
        after = "-" if row.after is None else f"{row.after:.3f}"
        console.print(f"{row.region}: mean Dice {before} before, {after} after, on {row.cases} held-out cases")
    for reason in report.reasons:
        console.warn(reason)
    console.print("Accepted." if report.accepted else "Not accepted: the new model is worse on held-out cases.")
    console.result({"finished": True, "accepted": report.accepted, "output": str(output)})
    return 0
