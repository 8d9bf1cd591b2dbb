"""Cross-validation of one way of training: its folds trained one after the other, each scored on what it never saw.

A study is a JSON file, {"name": ..., "data": ..., "folds": "five" | "sites" | FILE, "train": "--network ..."}: `train`
holds the options of `ssaglioma train`. Everything can be stopped and goes on where it was; a fold's scores belong to
its weights and are made anew if those change.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ssaglioma
from ssaglioma.errors import DatasetError
from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.ensemble import Ensemble
from ssaglioma.packages import ModelPackage, read_package
from ssaglioma.packages.package import WEIGHTS_FILE
from ssaglioma.training.conditions import Condition
from ssaglioma.training.folds import GLIOMA_FOLDS, Folds, read_folds, site_folds
from ssaglioma.training.validation import validate, validate_package
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, find_cases
from ssaglioma.volume.atomic import write_json_atomic

FIVE, SITES = "five", "sites"
_OURS = ("--fold", "--folds", "--output", "--name", "--stop-after")
_RECORD, _FOLDS = "study.json", "folds.json"
_KEYS = {"name", "data", "folds", "train"}


@dataclass(frozen=True)
class Study:
    """One way of training.

    Attributes
    ----------
    name : str
        Of the packages.
    data : str
        Folder of the labelled cases.
    folds : str
        'five' (the project's), 'sites' (one whole site held out), or a folds file.
    train : tuple of str
        Options of `ssaglioma train`; '{fold}' stands for the fold's number, as in '--from OTHER/fold{fold}/package'.
    """

    name: str
    data: str
    folds: str = FIVE
    train: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        taken = sorted({word.split("=")[0] for word in self.train} & set(_OURS))
        if taken:
            raise DatasetError(
                f"The study {self.name!r} sets {taken}", expected="options of 'ssaglioma train' other than these"
            )

    @classmethod
    def read(cls, path: PathLike) -> Study:
        """Read a study from JSON; '~' and variables such as $HOME are filled in.

        Raises
        ------
        DatasetError
            If the file is no study.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(values, dict) or set(values) - _KEYS:
                raise ValueError(f"found {sorted(values)!r}")
            plain = {key: _filled(str(value)) for key, value in values.items()}
            return cls(**{**plain, "train": tuple(shlex.split(plain.get("train", "")))})  # type: ignore[arg-type]
        except (OSError, ValueError, TypeError) as error:
            raise DatasetError(
                f"The study {str(path)!r} cannot be read ({error})", expected=f"a JSON object with {sorted(_KEYS)}"
            ) from error

    def fold_groups(self) -> Folds:
        """Return the folds."""
        if self.folds == SITES:
            return site_folds(case.name for case in find_cases(self.data))
        return read_folds(GLIOMA_FOLDS if self.folds == FIVE else self.folds)


class CrossValidation:
    """A study in a folder: `foldK/` with the run, its package and `scores-CONDITION.json`.

    Parameters
    ----------
    study : Study
    folder : path
        Holds one study for ever.

    Raises
    ------
    DatasetError
        If the folder holds another study.
    """

    def __init__(self, study: Study, folder: PathLike) -> None:
        self.study, self.folder = study, Path(folder)
        self.folds = study.fold_groups()
        self.folder.mkdir(parents=True, exist_ok=True)
        record = {
            "name": study.name,
            "data": study.data,
            "train": list(study.train),
            "folds": [list(group) for group in self.folds.groups],
        }
        path = self.folder / _RECORD
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != record:
            raise DatasetError(
                f"The folder {str(folder)!r} holds another study",
                expected="the same name, data, options and folds, or an empty folder",
                remedy="Choose a new folder",
            )
        write_json_atomic(record, path)
        write_json_atomic({"folds": record["folds"]}, self.folder / _FOLDS)

    @classmethod
    def open(cls, folder: PathLike) -> CrossValidation:
        """Return the study that a folder holds.

        Raises
        ------
        DatasetError
            If it holds none.
        """
        path = Path(folder) / _RECORD
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            study = Study(values["name"], values["data"], str(Path(folder) / _FOLDS), tuple(values["train"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(
                f"The folder {str(folder)!r} holds no study ({error})", expected=f"{_RECORD} and {_FOLDS}"
            ) from error
        return cls(study, folder)

    def train(self, fold: int, minutes: float | None = None) -> bool:
        """Train a fold in a process of its own, from where it was; tell whether it is finished.

        Raises
        ------
        DatasetError
            If the training failed; its own message stands above.
        """
        run = self._run(fold)
        if (run / "scores.json").is_file():
            return True
        folds = self.folder / _FOLDS
        words = ["train", self.study.data, "--fold", str(fold), "--folds", str(folds), "--output", str(run)]
        words += ["--name", self.study.name, *(word.replace("{fold}", str(fold)) for word in self.study.train)]
        words += [] if minutes is None else ["--stop-after", str(minutes)]
        root = str(Path(ssaglioma.__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run([sys.executable, "-m", "ssaglioma", *words], env=environment, check=False)
        if done.returncode != 0:
            raise DatasetError(f"The training of fold {fold} ended with code {done.returncode}", expected="0")
        return (run / "scores.json").is_file()

    def score(self, fold: int, condition: Condition, progress: ProgressCallback = no_progress) -> dict[str, Any]:
        """Return the scores of a trained fold on its held-out cases; those of the same weights are read from disk."""
        run = self._run(fold)
        package = self.package(fold)
        path = run / f"scores-{condition.name}.json"

        def make() -> dict[str, Any]:
            if condition == Condition():  # the training made them at its end
                return dict(json.loads((run / "scores.json").read_text(encoding="utf-8")))
            left_out, scanner = condition.missing, condition.simulated
            return validate_package(package, self.held_out(fold), without=left_out, scanner=scanner, progress=progress)

        facts = {"fold": fold, "condition": condition.name, "weights_sha256": package.card.sha256[WEIGHTS_FILE]}
        return _kept_or_made(path, facts, make)

    def package(self, fold: int) -> ModelPackage:
        """Return the model package of a trained fold."""
        return read_package(self._run(fold) / "package")

    def trained(self) -> list[int]:
        """Return the folds whose training is finished."""
        return [fold for fold in range(len(self.folds.groups)) if (self._run(fold) / "scores.json").is_file()]

    def _run(self, fold: int) -> Path:
        self.folds.held_out(fold)
        return self.folder / f"fold{fold}"

    def held_out(self, fold: int) -> list[Case]:
        """Return the cases that a fold never trains on."""
        by_name = {case.name: case for case in find_cases(self.study.data)}
        return [by_name[name] for name in self.folds.held_out(fold)]


def score_together(studies: Seq[CrossValidation], folder: PathLike, fold: int, condition: Condition) -> dict[str, Any]:
    """Return the scores of the mean of several studies' models of one fold, kept in `folder`.

    Raises
    ------
    DatasetError
        If the studies do not hold out the same cases.
    """
    first = studies[0]
    if any(study.folds != first.folds or study.study.data != first.study.data for study in studies):
        raise DatasetError("The studies hold out different cases", expected="the same data and folds in all")
    packages = [study.package(fold) for study in studies]
    path = Path(folder) / f"fold{fold}" / f"scores-{condition.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)

    def make() -> dict[str, Any]:
        predictor = Ensemble([load_engine(package, device="cpu") for package in packages])
        return validate(predictor, first.held_out(fold), without=condition.missing, scanner=condition.simulated)

    digests = [package.card.sha256[WEIGHTS_FILE] for package in packages]
    return _kept_or_made(path, {"fold": fold, "condition": condition.name, "weights_sha256": digests}, make)


def read_scores(folder: PathLike, condition: str) -> list[dict[str, Any]]:
    """Return the rows of all scored folds of a study under one condition: case, fold, regions.

    Raises
    ------
    DatasetError
        If no fold was scored so.
    """
    files: Seq[Path] = sorted(Path(folder).glob(f"fold*/scores-{condition}.json"))
    if not files:
        raise DatasetError(
            f"The study in {str(folder)!r} has no scores {condition!r}",
            expected="fold*/scores-CONDITION.json",
            remedy="Score it first",
        )
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return [{**row, "fold": document["fold"]} for document in documents for row in document["cases"]]


def _kept_or_made(path: Path, facts: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the scores in a file if they are those of the same weights, else make and write them."""
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("weights_sha256") == facts["weights_sha256"]:
            return dict(known)
    document = {**make(), **facts}
    write_json_atomic(document, path, allow_nan=False)
    return document


def _filled(text: str) -> str:
    return " ".join(os.path.expanduser(word) for word in os.path.expandvars(text).split(" "))
