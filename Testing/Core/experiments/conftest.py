"""Fixtures of the experiments: an experiment of two rows, a study that trains nothing, and tiny hearts."""

from pathlib import Path

import numpy as np
import pytest

from ssaglioma.experiments.design import Experiment, Protocol, Row, Score, StudyContext
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.experiments.study import Study
from ssaglioma.volume import Volume, write_volume

CASES = tuple(f"patient{number:02d}" for number in range(6))
VALUES = {"plain": 0.5, "better": 0.7}
"""Dice that the rows of the pretended study find for the first case; each further case 0.01 more."""


class PretendedStudy(Study):
    """Writes what it is asked for, and remembers in which order."""

    def __init__(self, context):
        self.context, self.log = context, []
        self.stop_at = None

    def bind(self, ledger):
        self.labels = SealedLabels({name: self.context.target / f"{name}.txt" for name in CASES}, ledger)

    @property
    def cases(self):
        return CASES

    @property
    def data_facts(self):
        return {"source": ["a", "b"]}

    def train(self, row, task, progress=lambda fraction, message: None):
        if self.stop_at == (row.name, task.fold):
            raise KeyboardInterrupt
        self.log.append((row.name, task.seed, task.fold, task.test))
        self.labels.for_training(task.training, task)
        return {"steps": 10, "training_cases": len(task.training), "training_seconds": 60.0}

    def predict(self, row, task, progress=lambda fraction, message: None):
        folder = self.context.output / "runs" / row.name / task.name
        folder.mkdir(parents=True, exist_ok=True)
        for name in task.test:
            (folder / f"{name}.txt").write_text(row.name)
        return {name: folder / f"{name}.txt" for name in task.test}

    def score(self, predictions, references):
        found = {}
        for name, path in predictions.items():
            value = VALUES[path.read_text()] + 0.01 * CASES.index(name)
            found[name] = {group: {"dice": value, "missed": 0.0} for group in ("A", "B")}
        return found

    def seconds(self, rows, tasks):
        return {row.name: 60.0 * len(tasks) for row in rows}


@pytest.fixture
def experiment():
    return Experiment(
        name="pretended",
        title="A pretended experiment",
        citation="Nobody 2024, table 0",
        classes=("A", "B"),
        scores=(Score("dice", "Dice"),),
        rows=(
            Row("plain", "Plain", {"dice": {"A": 0.4, "B": 0.6, "average": 0.5}}),
            Row("better", "Better", note="This row is ours"),
        ),
        pairs=(("better", "plain"),),
        budgets={name: Protocol(folds=3, seeds=(1,)) for name in ("small", "medium", "paper")},
        open_study=PretendedStudy,
        notes=("A note.",),
    )


@pytest.fixture
def context(tmp_path, experiment):
    (tmp_path / "data").mkdir()
    for name in CASES:
        (tmp_path / "data" / f"{name}.txt").write_text("label")
    return StudyContext(tmp_path / "data", tmp_path / "data", tmp_path / "out", experiment.budgets["small"])


def write_heart(folder: Path, patient: str, contrast: str, slices: int, seed: int) -> None:
    """Write a stack with a ring (MYO) about a disc (LV) and a disc beside it (RV); the slices lie on the last axis."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:40, :44]
    labels = np.zeros((40, 44), np.uint16)
    labels[np.hypot(rows - 20, columns - 8) < 6] = 600
    labels[np.hypot(rows - 20, columns - 24) < 10] = 200
    labels[np.hypot(rows - 20, columns - 24) < 6] = 500
    grays = {"C0": {0: 200, 200: 300, 500: 900, 600: 800}, "LGE": {0: 250, 200: 100, 500: 500, 600: 450}}[contrast]
    picture = sum(gray * (labels == value) for value, gray in grays.items())
    stack = np.repeat(picture[..., None], slices, 2) + generator.normal(0, 20, (40, 44, slices))
    image = Volume(stack.clip(1, 1000).astype(np.float32), (1.5, 1.5, 8.0))
    write_volume(image, folder / f"{patient}_{contrast}.nii.gz")
    whole = np.ascontiguousarray(np.repeat(labels[..., None], slices, 2))
    write_volume(image.with_array(whole), folder / f"{patient}_{contrast}_manual.nii.gz")


@pytest.fixture(scope="session")
def hearts_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hearts")
    for number in range(4):
        write_heart(folder, f"patient{number}", "C0", 3, number)
        write_heart(folder, f"patient{number}", "LGE", 4, 10 + number)
    return folder
