"""`ssaglioma train --from PACKAGE`: the weights that a fold's training goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssaglioma.errors import DatasetError

if TYPE_CHECKING:
    from ssaglioma.packages import ModelCard
    from ssaglioma.training.config import TrainingConfig
    from ssaglioma.training.distillation import Teachers
    from ssaglioma.training.starting_point import StartingPoint


def starting_point(name: str, config: TrainingConfig, held_out: list[str]) -> StartingPoint:
    """Return the weights of a model package, if it suits the run and saw none of the cases that are held out.

    Raises
    ------
    ModelPackageError
        If there is no such package, or it is damaged.
    DatasetError
        If its network or channels are others, or its card does not tell that the held-out cases were held out of its
        training too.
    """
    from ssaglioma.packages import find_package

    card = (package := find_package(name)).card
    for what, asked, found in (
        ("network", config.network, card.network),
        ("channels", config.channels, card.channels),
        ("slices", config.slice_offsets_mm, card.slice_offsets_mm),
    ):
        if asked != found:
            raise DatasetError(
                f"The model {card.name!r} to start from has the {what} {found!r}",
                expected=f"the {what} of the run, {asked!r}",
                remedy=f"Give --{what} accordingly" if what == "network" else "Start from another model",
            )
    check_unseen(card, held_out)
    from ssaglioma.training.starting_point import StartingPoint

    return StartingPoint.from_package(package)


def teachers_of(names: list[str], share: float | None, config: TrainingConfig, held_out: list[str]) -> Teachers | None:
    """Return the models that teach the one that is trained, or None where none is named.

    Raises
    ------
    DatasetError
        If a share is given without them, one sees another image, or one was trained on a held-out case.
    """
    if not names:
        if share is not None:
            raise DatasetError("--teacher-share without teachers", expected="--teacher PACKAGE beside it")
        return None
    from ssaglioma.labels import GLIOMA
    from ssaglioma.packages import find_package
    from ssaglioma.training.distillation import Teachers

    packages = [find_package(name) for name in names]
    for package in packages:
        check_unseen(package.card, held_out)
    return Teachers.from_packages(packages, config, GLIOMA, Teachers.share if share is None else share)


def check_unseen(card: ModelCard, held_out: list[str]) -> None:
    """Raise unless a model's card tells that all of these cases were held out of its training.

    Raises
    ------
    DatasetError
        Naming the cases that it may have seen.
    """
    fold = card.scores.get("shipped_fold")
    scored = {row.get("case") for row in card.scores.get("cases", []) if fold is None or row.get("fold") == fold}
    if seen := sorted(set(held_out) - scored):
        raise DatasetError(
            f"The card of {card.name!r} does not tell that these held-out cases took no part in its training: {seen}",
            expected=f"cases that its card lists as held out ({sorted(map(str, scored)) or 'none'})",
            remedy="Hold out the fold that the model held out, or train without this model",
        )
