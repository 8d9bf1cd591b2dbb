"""Which cases a run of `ssaglioma train` trains on, adds and holds out."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, GLIOMA_POST

if TYPE_CHECKING:
    from ssaglioma.training.folds import Folds
    from ssaglioma.volume import Case


def cases_to_add(folder: Path, known: list[Case], folds: Folds | None = None, fold: int | None = None) -> list[Case]:
    """Cases for training only; none may bear the name of a case of the folds, or be of a patient who is held out."""
    from ssaglioma.training.mask_guard import check_shapes, shape_of
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
    check_shapes([shape for case in found if (shape := shape_of(case)) is not None], folds, fold)
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


def first_cases(training: list[Case], args: argparse.Namespace) -> list[Case]:
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


def folds_of(args: argparse.Namespace) -> tuple[Folds | None, int | None]:
    """Return the folds and the one to hold out, or two None for a training on all cases."""
    from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds

    if args.fold == "all":
        return None, None
    if not args.fold.isdigit():
        raise DatasetError(f"The fold is {args.fold!r}", expected="a number, 'each' or 'all'")
    return read_folds(args.folds or GLIOMA_FOLDS), int(args.fold)


def fold_count(args: argparse.Namespace) -> int:
    """Return the number of folds that the options name."""
    from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds

    return len(read_folds(args.folds or GLIOMA_FOLDS).groups)


def split_cases(data: Path, folds: Folds | None, fold: int | None) -> tuple[list[Case], list[Case]]:
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
