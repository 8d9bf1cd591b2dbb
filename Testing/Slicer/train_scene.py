"""What the tests of the training desk stand on: the open Train tab, tiny cases on disk, folders of runs."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import replace
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


@pytest.fixture(scope="module")
def kept_panel(host_process):
    """Holds the panel that the tests of a file share; each finds it as after File > Close Scene."""
    kept = []
    yield kept
    if slicer.app.moduleManager().module("SSAStyleTransfer") is not None:
        close_desk(host_process)


@pytest.fixture
def desk(host, kept_panel, monkeypatch):
    """The open Train tab: its widgets, the logic, the training parameters."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    forget_last_training()
    loaded = slicer.app.moduleManager().module("SSAStyleTransfer") is not None
    if loaded and kept_panel and slicer.modules.SSAStyleTransferWidget is kept_panel[0]:
        opened = open_again(host)
    else:
        opened = open_desk(host)
        kept_panel[:] = [opened.panel]
    yield opened
    forget_last_training()
    shutil.rmtree(site_folder(), ignore_errors=True)


def forget_last_training() -> None:
    """Make the desk open as on a computer where nothing was trained yet."""
    slicer.app.userSettings().setValue("SSAStyleTransfer/LastTraining", "")


def open_desk(host) -> SimpleNamespace:
    """Load the module and open it on its Train tab."""
    return _at_the_train_tab(host.load_module(STYLE_MODULE, enter=True))


def open_again(host) -> SimpleNamespace:
    """Open the loaded module on its Train tab, on an empty scene, with its parts folded as at first."""
    host.enter_module("SSAStyleTransfer")
    opened = _at_the_train_tab(slicer.modules.SSAStyleTransferWidget)
    opened.ui.trainAddToggle.checked = False
    opened.ui.trainResultButton.collapsed = True
    opened.panel.clearMessage()
    opened.tab.refresh()
    return opened


def _at_the_train_tab(panel) -> SimpleNamespace:
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


@pytest.fixture
def shipped():
    """Folder of the shipped model."""
    from ssaglioma.packages import find_package

    return str(find_package("glioma-2d-small").folder)


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


def finished(folder: Path, package, *, accepted: bool, start: str = "", name: str = "ours") -> Path:
    """Write a folder as a finished training leaves it, with a model package."""
    from ssaglioma.packages import read_package, write_package
    from ssaglioma.training.run_report import RegionRow, RunReport, write_report

    request = {"name": name}
    if start:
        request |= {"recipe": "fine_tune", "source": "", "target": str(folder.parent / "cases"), "model": start}
    write_run(folder, HALF, {"event": "result", "finished": True, "accepted": accepted}, request=request)
    shipped = read_package(package)
    weights = {key: value + 0.125 for key, value in shipped.weights().items()}
    write_package(folder / "package", replace(shipped.card, name=name, version="9"), weights)
    rows = (RegionRow("WT", 0.8, 0.85, 4), RegionRow("ET", None, 0.5, 3))
    reasons = () if accepted else ("The mean Dice fell.",)
    notes = ("Left out: key-3, because it has neither T1Gd nor FLAIR.",) if accepted else ()
    write_report(folder, RunReport("fine_tune", name, "shipped 1", ("a", "b"), rows, accepted, reasons, 1.0, notes))
    return folder


def choose_recipe(desk, name: str) -> None:
    """Choose a recipe in the list."""
    desk.ui.trainRecipeSelector.setCurrentIndex(desk.ui.trainRecipeSelector.findData(name))


def table_texts(table) -> list[list[str]]:
    """Return the texts of a table, row by row."""
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]


def enabled(desk) -> str:
    """The first letters of the buttons that can be pressed."""
    return "".join(
        name[0] for name in ("Start", "Pause", "Resume", "Cancel") if getattr(desk.ui, f"train{name}Button").enabled
    )


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


_FAILS = """
import json, sys
print(json.dumps({"event": "version", "version": sys.argv[1]}))
print(json.dumps({"event": "error", "code": 2, "message": "No case was found in 'x'.", "remedy": "Choose another"}))
"""


@pytest.fixture
def failing_child(host, monkeypatch):
    """Checks, measurements and exports run in a child that only says, in the core's protocol, that it found no case."""
    import ssaglioma
    from SSASlicerLib import processes

    words = [sys.executable, "-S", "-c", _FAILS, ssaglioma.__version__]
    monkeypatch.setattr(processes, "command_line", lambda _arguments: words)


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
