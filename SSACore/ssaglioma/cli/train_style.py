"""Options of `ssaglioma train` for stylised copies, and the way from them to the copies."""

from __future__ import annotations

import argparse
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.cli.console import Console
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, Sequence

if TYPE_CHECKING:
    from ssaglioma.style import Stylizer
    from ssaglioma.training.cases import TrainingCase
    from ssaglioma.training.folds import Folds
    from ssaglioma.training.style_augmentation import StyleAugmentation, StylisedCopy, StylisedSet
    from ssaglioma.volume import Case

COPIES_FILE = "stylised.json"


@dataclass(frozen=True)
class TrainingSide:
    """What a run trains on.

    Attributes
    ----------
    files : list of Case
        Real cases, then added ones.
    cases : list of TrainingCase
        The same, normalised.
    folds, fold : Folds and int, or None
        None trains on all cases.
    channels : list of Sequence
    cache : Path
    """

    files: Seq[Case]
    cases: Seq[TrainingCase]
    folds: Folds | None
    fold: int | None
    channels: Seq[Sequence]
    cache: Path


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser."""
    group = parser.add_argument_group("stylised copies of training cases (labels stay, held-out patients take no part)")
    group.add_argument(
        "--stylise", metavar="METHOD[,METHOD]", help="make copies by these style methods, e.g. histogram,fourier"
    )
    group.add_argument(
        "--style-model", action="append", default=[], metavar="PACKAGE", help="stylizer of a method that needs one"
    )
    group.add_argument("--style-from", type=Path, metavar="DIR", help="cases of the target whose look is lent")
    group.add_argument("--style-share", type=float, metavar="P", help="share of patches cut from copies (default 0.5)")
    group.add_argument(
        "--style-direction",
        default="to_target",
        metavar="D",
        help="to_target (default), to_source (then give --style-from's cases by --add too), or both",
    )
    group.add_argument("--style-copies", type=Path, metavar="DIR", help="ready-made copies with a stylised.json each")


def stylised_set(args: argparse.Namespace, side: TrainingSide, console: Console) -> StylisedSet | None:
    """Return the copies that the options ask for, or None; they are recorded in the output folder.

    Raises
    ------
    DatasetError
        If options do not fit together, a copy cannot be made, or one would leak a held-out patient.
    """
    _check_options(args)
    if args.stylise is None and args.style_copies is None:
        return None
    from ssaglioma.evaluation import write_json
    from ssaglioma.training.style_augmentation import StyleAugmentation, StylisedSet

    methods = ("histogram",) if args.stylise is None else tuple(args.stylise.split(","))
    share = StyleAugmentation.probability if args.style_share is None else args.style_share
    augmentation = StyleAugmentation(probability=share, methods=methods, direction=args.style_direction)
    copies = [] if args.stylise is None else _made(args, augmentation, side, console)
    if args.style_copies is not None:
        copies += _ready(args.style_copies, side, console)
    found = StylisedSet(copies, augmentation.probability, folds=side.folds, fold=side.fold)
    console.print(f"{len(copies)} stylised copies take the place of {augmentation.probability:.0%} of their patches")
    args.output.mkdir(parents=True, exist_ok=True)
    write_json(found.identity(), args.output / COPIES_FILE)
    return found


def _check_options(args: argparse.Namespace) -> None:
    if (args.stylise is None) != (args.style_from is None):
        raise DatasetError(
            f"--stylise is {args.stylise!r}, --style-from is {args.style_from and str(args.style_from)!r}",
            expected="both or neither",
            remedy="Give the methods by --stylise and the cases whose look is lent by --style-from",
        )
    if args.style_model and args.stylise is None:
        raise DatasetError("--style-model without --stylise", expected="its method in --stylise")
    if args.style_share is not None and args.stylise is None and args.style_copies is None:
        raise DatasetError("--style-share without copies", expected="--stylise or --style-copies beside it")


def _made(
    args: argparse.Namespace, augmentation: StyleAugmentation, side: TrainingSide, console: Console
) -> list[StylisedCopy]:
    from ssaglioma.training.style_augmentation import plan_copies
    from ssaglioma.training.style_copies import make_copies, stylizers_for
    from ssaglioma.training.style_provenance import check_leakage, held_out_patients, is_stylised, patient_of
    from ssaglioma.volume import find_cases

    stylizers = stylizers_for(augmentation.methods, _given_stylizers(args.style_model, augmentation.methods, side))
    held_out = held_out_patients(side.folds, side.fold)
    found = [case for case in find_cases(args.style_from) if not is_stylised(case)]
    lenders = [case for case in found if patient_of(case.name) not in held_out]
    if len(lenders) < len(found):
        console.print(f"{len(found) - len(lenders)} cases of {args.style_from} are of held-out patients: left out")
    trained = [case for case in side.files if not is_stylised(case)]
    places = {_place(case) for case in lenders}
    target = [case for case in trained if _place(case) in places]
    source = [case for case in trained if _place(case) not in places] or trained
    recipes = plan_copies(
        augmentation, source, target if augmentation.direction != "to_target" else lenders, side.channels
    )
    check_leakage(recipes, side.folds, side.fold)
    return make_copies(recipes, side.cases, stylizers, side.cache, side.channels, console.progress)


def _ready(folder: Path, side: TrainingSide, console: Console) -> list[StylisedCopy]:
    from ssaglioma.training.style_copies import ready_copies
    from ssaglioma.training.style_provenance import without_leaks

    found, left = ready_copies(folder, side.files, side.cases, side.cache, side.channels, GLIOMA)
    copies = without_leaks(found, side.folds, side.fold)
    if left or len(copies) < len(found):
        console.print(
            f"Of the copies in {folder}, {len(left)} show cases that are not trained on and {len(found) - len(copies)} "
            "bear the style of held-out patients: left out"
        )
    return copies


def _given_stylizers(packages: Seq[str], methods: Seq[str], side: TrainingSide) -> dict[str, Stylizer]:
    """Return the stylizers of model packages by method; those with a style space draw around each style."""
    if not packages:
        return {}
    from ssaglioma.packages import find_package_of
    from ssaglioma.style.packaged import load_stylizer
    from ssaglioma.training.style_provenance import check_trained_cases

    given: dict[str, Stylizer] = {}
    for name in packages:
        package = find_package_of("stylizer", name)
        check_trained_cases(name, package.card.trained_cases, side.folds, side.fold)
        stylizer = load_stylizer(package, seed=0)
        if stylizer.method not in methods or stylizer.method in given:
            raise DatasetError(
                f"The stylizer {name!r} is of the method {stylizer.method!r}",
                expected=f"one package for each of {list(methods)}",
                remedy="Name its method in --stylise, or leave the package away",
            )
        given[stylizer.method] = stylizer
    return given


def _place(case: Case) -> Path:
    return Path(next(iter(case.sequences.values()))).resolve()
