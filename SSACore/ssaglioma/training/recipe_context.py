"""What a recipe is handed when it trains, and what it hands back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.packages import ModelCard, ModelPackage
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.correction_cases import case_on_model_grid
from ssaglioma.training.folds import Folds
from ssaglioma.training.loop import EpochWatch
from ssaglioma.training.package import spacing_of
from ssaglioma.training.planned_grid import load_on_plan
from ssaglioma.training.run_folder import RUN_FOLDER
from ssaglioma.training.run_request import RunRequest
from ssaglioma.training.starting_point import check_trainable
from ssaglioma.training.style_provenance import patient_of
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case

HELD_OUT_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class RunContext:
    """All that a recipe trains with; held-out cases are in none of the first three.

    Attributes
    ----------
    request : RunRequest
    output : Path
        Folder of the whole run; the recipe writes below `folder`.
    source, target, style : tuple of Case
        Cases of each input, without the patients that are held out.
    held_out : tuple of Case
    start : ModelPackage or None
        The model that was given.
    device : torch.device
    should_stop : callable
        Handed to the trainer: true ends the run after an epoch.
    watch : callable
        Handed to the trainer: given the network and the record of each epoch, returns more numbers for it.
    scheme : LabelScheme
    """

    request: RunRequest
    output: Path
    source: tuple[Case, ...]
    target: tuple[Case, ...]
    style: tuple[Case, ...]
    held_out: tuple[Case, ...]
    start: ModelPackage | None
    device: torch.device
    should_stop: Callable[[], bool]
    watch: EpochWatch
    scheme: LabelScheme = GLIOMA

    @property
    def folder(self) -> Path:
        """Where the recipe keeps its checkpoints."""
        return self.output / RUN_FOLDER

    @property
    def cache(self) -> Path:
        """Where normalised cases lie."""
        return self.output / "cache"

    @property
    def options(self) -> dict[str, Any]:
        """All options of the recipe."""
        return self.request.values()

    @property
    def folds(self) -> Folds:
        """The split of this run: fold 0 holds out `held_out`."""
        trained = {case.name for case in (*self.source, *self.target)}
        held_out = tuple(case.name for case in self.held_out)
        return Folds((held_out, tuple(sorted(trained - set(held_out)))))

    def config(self, **values: Any) -> TrainingConfig:
        """Return the configuration that the options give; `values` come first."""
        return recipe_config(self.request, None, **values)

    def load(self, cases: Seq[Case], progress: ProgressCallback = no_progress) -> list[TrainingCase]:
        """Return cases at the voxel size that a network is planned for, which starts fresh."""
        return load_on_plan(cases, self.cache, self.config(), self.scheme, progress)

    def load_for_model(self, cases: Seq[Case], progress: ProgressCallback = no_progress) -> list[TrainingCase]:
        """Return cases at the voxel size of the model that the run starts from.

        Raises
        ------
        DatasetError
            If the run has no model, or a case cannot be used.
        """
        if self.start is None:
            raise DatasetError("The run has no model to start from", expected="a model package")
        loaded = []
        for index, case in enumerate(cases):
            progress(index / max(len(cases), 1), f"Reading {case.name}")
            loaded.append(case_on_model_grid(case, self.start.card))
        return loaded


def recipe_config(request: RunRequest, card: ModelCard | None, **values: Any) -> TrainingConfig:
    """Return the configuration that a request's options give; with a card the run goes on with its network.

    `values` come first.
    """
    known = ("network", "epochs", "steps_per_epoch", "batch_size", "learning_rate", "seed")
    options = {name: value for name, value in request.values().items() if name in known}
    steps = options["epochs"] * options["steps_per_epoch"]
    plan: dict[str, Any] = {"warmup_steps": min(50, steps // 4)}
    if card is not None:
        check_trainable(card)
        plan |= {
            "network": card.network,
            "channels": card.channels,
            "slice_offsets_mm": card.slice_offsets_mm,
            "spacing_mm": spacing_of(card),
            "augmentation": "nnunet" if len(card.slice_offsets_mm) == 1 else "quick",
            "channel_dropout": 0.1 if card.missing_channels == "zero" else 0.0,
        }
    return TrainingConfig(**{**options, **plan, **values})


@dataclass(frozen=True)
class TrainedRun:
    """A finished training.

    Attributes
    ----------
    folder : Path
        Holds the checkpoint that becomes the model package.
    words : str
        What it was trained on, for the model card.
    card : ModelCard or None
        Of the model that it goes on from, whose grid and regions it keeps; None for a network that started fresh.
    notes : tuple of str
        What the person who trained should know, such as cases that were left out.
    learned_from : str
        Cases of this run, for its report; empty takes `words`.
    """

    folder: Path
    words: str
    card: ModelCard | None = None
    notes: tuple[str, ...] = ()
    learned_from: str = ""


def split_held_out(cases: Seq[Case], names: Seq[str]) -> tuple[list[Case], list[Case]]:
    """Return (training cases, held-out cases); all cases of a patient lie on one side.

    Without names a fifth of the patients, at least one, is held out, chosen by a hash of their names so that more
    cases later do not mix the sides.

    Raises
    ------
    DatasetError
        If a name is unknown, there are too few patients, or a case has no labels.
    """
    unlabelled = [case.name for case in cases if case.reference is None]
    if unlabelled:
        raise DatasetError(
            f"{len(unlabelled)} cases have no labelmap: {unlabelled[:5]}",
            expected="CASE-seg.nii.gz beside the images",
            remedy="Add the labels, or take these cases out of the folder",
        )
    unknown = sorted(set(names) - {case.name for case in cases})
    if unknown:
        raise DatasetError(f"Cases to hold out are not in the folder: {unknown[:5]}", expected="names of its cases")
    patients = sorted({patient_of(case.name) for case in cases}, key=_order)
    count = max(1, round(HELD_OUT_SHARE * len(patients)))
    held_out = {patient_of(name) for name in names} or set(patients[:count])
    if len(patients) < 2 or len(held_out) == len(patients):
        raise DatasetError(
            f"The folder holds cases of {len(patients)} patient(s), {len(held_out)} of them held out",
            expected="at least one patient to train on and one to hold out",
            remedy="Add cases of other patients: a model that is judged on its own training cases cannot be trusted",
        )
    sides: tuple[list[Case], list[Case]] = ([], [])
    for case in cases:
        sides[patient_of(case.name) in held_out].append(case)
    return sides


def without_patients(cases: Seq[Case], held_out: Seq[Case]) -> list[Case]:
    """Return the cases of patients that are not held out."""
    patients = {patient_of(case.name) for case in held_out}
    return [case for case in cases if patient_of(case.name) not in patients]


def part_of(progress: ProgressCallback, begin: float, end: float) -> ProgressCallback:
    """Return a callback whose 0..1 is a part of another one's."""

    def tell(fraction: float, message: str) -> None:
        progress(begin + (end - begin) * fraction, message)

    return tell


def _order(patient: str) -> str:
    return hashlib.sha256(patient.encode()).hexdigest()
