"""What the tests of the training desk stand on: the open Train tab, tiny cases on disk, folders of runs."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import slicer
from seg_scene import add_image

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.volume import Volume, write_volume

ROOT = Path(__file__).resolve().parents[2]
STYLE_MODULE = ROOT / "SSAStyleTransfer" / "SSAStyleTransfer.py"
SHAPE = (8, 40, 36)
NAMES = ("case-0", "case-1", "case-2")
SHORT = {"epochs": 3, "steps_per_epoch": 1, "batch_size": 1}


@pytest.fixture
def desk(host, monkeypatch):
    """The open Train tab: its widgets, the logic, the training parameters."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield open_desk(host)
    close_desk(host)
    shutil.rmtree(site_folder(), ignore_errors=True)


def open_desk(host) -> SimpleNamespace:
    """Open the module on its Train tab."""
    panel = host.load_module(STYLE_MODULE, enter=True)
    panel.ui.tabs.setCurrentWidget(panel.ui.trainTab)
    tab = next(section for section in panel.sections if type(section).__name__ == "TrainPanel")
    return SimpleNamespace(panel=panel, tab=tab, ui=tab.widgets, logic=panel.logic, parameters=tab.training)


def close_desk(host) -> None:
    """Unload the module, as when Slicer is closed; trainings go on."""
    import qt

    panel = slicer.modules.SSAStyleTransferWidget
    host.unload_module("SSAStyleTransfer")
    for child in panel.parent.findChildren(qt.QWidget):
        if hasattr(child, "setMRMLScene"):
            child.setMRMLScene(None)


def site_folder() -> Path:
    """Where this computer's models lie."""
    return Path(slicer.app.slicerUserSettingsFilePath).parent / "SSAGliomaModels"


def tiny_images(seed: int = 0):
    """Return four brain-like arrays (an ellipsoid with texture, 0 outside) and labels inside it."""
    generator = np.random.default_rng(seed)
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in grid))
    labels = np.zeros(SHAPE, np.uint8)
    labels[radius < 0.6], labels[radius < 0.4], labels[radius < 0.2] = 2, 3, 1
    texture = [300 + 40.0 * labels + generator.normal(0, 40, SHAPE) for _ in range(4)]
    return [(image.clip(1, 1000) * (radius < 0.95)).astype(np.float32) for image in texture], labels


@pytest.fixture(scope="session")
def tiny_cases(tmp_path_factory):
    """A folder with three labelled cases; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("train-cases")
    for seed, name in enumerate(NAMES):
        images, labels = tiny_images(seed)
        (root / name).mkdir()
        for sequence, image in zip(SEQUENCE_ORDER, images):
            write_volume(Volume(image, (3.0, 1.0, 1.0)), root / name / f"{name}-{sequence.value}.nii.gz")
        write_volume(Volume(labels, (3.0, 1.0, 1.0)), root / name / f"{name}-seg.nii.gz")
    return root


@pytest.fixture
def own_cases(tiny_cases, tmp_path):
    """A copy of the cases that a test may change."""
    return Path(shutil.copytree(tiny_cases, tmp_path / "cases"))


def scene_case(name: str = "visit", seed: int = 5) -> dict:
    """Add a case to the scene: four images and their segmentation."""
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    images, labels = tiny_images(seed)
    titles = {"t1": "T1", "t1gd": "T1Gd", "t2": "T2", "flair": "FLAIR"}
    nodes = {
        field: add_image(f"{name} {title}", image, spacing=(3.0, 1.0, 1.0))
        for (field, title), image in zip(titles.items(), images)
    }
    grid = Volume(labels, (3.0, 1.0, 1.0), (-30.0, 12.0, 7.0))
    return {**nodes, "labels": segmentation_from_labelmap(grid, f"{name} tumor", reference_node=nodes["t1gd"])}


def short_run(desk, cases: Path, folder: Path, **options) -> None:
    """Choose the tiniest training."""
    parameters = desk.parameters
    parameters.recipe, parameters.source = "from_scratch", str(cases)
    parameters.heldOut, parameters.device = NAMES[-1], "cpu"
    for name, value in {**SHORT, **options}.items():
        desk.logic.setOption(parameters, name, value)
    desk.ui.trainRunPath.currentPath = str(folder)
    desk.tab.refresh()


def wait_for(host, desk, *states: str, seconds: float = 180):
    """Wait until the run is in one of these states; fail with its log otherwise."""
    host.wait_until(lambda: desk.logic.trainingState(desk.parameters).state in states, seconds=seconds)
    state = desk.logic.trainingState(desk.parameters)
    log = Path(desk.parameters.runFolder, "log.txt")
    assert state.state in states, (state, log.read_text() if log.exists() else "")
    host.process_events(0.7)
    return state


def wait_for_epoch(host, desk, count: int, seconds: float = 180) -> None:
    """Wait until this many epochs are done."""
    assert host.wait_until(lambda: len(desk.logic.trainingState(desk.parameters).epochs) >= count, seconds=seconds)


ROWS = [
    {"epoch": number, "loss": 2.0 / number, "seconds": 1.0, "dice_WT": 0.2 * number, "dice_TC": 0.1, "dice_ET": None}
    for number in (1, 2, 3)
]


def write_run(folder: Path, *events: dict, request: dict | None = None, rows=ROWS) -> Path:
    """Write a folder as a training leaves it."""
    from ssaglioma.training.run_request import RunRequest, write_request

    write_request(
        folder, RunRequest(**{"recipe": "from_scratch", "source": str(folder.parent / "cases"), **(request or {})})
    )
    (folder / "run").mkdir(exist_ok=True)
    (folder / "run" / "history.json").write_text(json.dumps(rows))
    with open(folder / "events.jsonl", "w") as stream:
        stream.writelines(json.dumps(event) + "\n" for event in ({"event": "version", "version": "0"}, *events))
    return folder


HALF = {"event": "progress", "fraction": 0.5, "message": "Epoch 3 of 6, loss 0.667", "seconds_left": 240.0}


_SLEEP = """
import subprocess, sys, time
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(90)", sys.argv[1], "child"])
time.sleep(90)
"""


@pytest.fixture
def sleeper():
    """Makes a folder look like a running training: a process that sleeps, with a child, holds its lock."""
    from ssaglioma.training.run_lock import process_birth

    started = []

    def hold(folder: Path):
        child = subprocess.Popen([sys.executable, "-c", _SLEEP, str(folder)], start_new_session=True)
        started.append(child)
        values = {
            "pid": child.pid,
            "birth": process_birth(child.pid),
            "host": platform.node(),
            "heartbeat": time.time(),
        }
        (folder / "lock.json").write_text(json.dumps(values))
        return child

    yield hold
    for child in started:
        child.kill()
        child.wait()


def processes_of(folder: Path) -> list[int]:
    """Return the living processes whose command line names a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if str(folder) in words and state not in "ZX":
                found.append(int(entry.name))
    return found
