"""What the tests of SSAGliomaSeg's panel stand on: the panel, small images, and one real result shared by all."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import slicer

from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.packages.resources import locate
from ssaglioma.volume import Volume, find_case, read_labelmap, read_volume, write_volume

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "SSAGliomaSeg" / "SSAGliomaSeg.py"
CASE = "patch"
SLOTS = {"t1": "T1", "t1gd": "T1Gd", "t2": "T2", "flair": "FLAIR"}
SHAPE = (6, 11, 9)
RUN_SECONDS = 120


@pytest.fixture
def widget(host):
    """The open panel on an empty scene."""
    panel = host.load_module(MODULE, enter=True)
    yield panel
    let_go(host, panel)


@pytest.fixture
def apply(host, widget):
    """Presses Apply, as a user does, and waits for the end of the run if one began; returns the status line."""

    def press() -> str:
        assert widget.ui.applyButton.enabled, widget.ui.applyButton.toolTip
        widget.ui.applyButton.click()
        assert host.wait_until(lambda: not widget.logic.running, seconds=RUN_SECONDS)
        host.process_events(0.2)
        return widget.ui.statusLabel.text

    return press


QUICK = """
import json, sys
import numpy as np
import ssaglioma
from ssaglioma.volume import read_volume, write_volume

print(json.dumps({"event": "version", "version": ssaglioma.__version__}), flush=True)
words = dict(zip(sys.argv[2:], sys.argv[3:]))
image = read_volume(words["--" + words["--grid"]])
labels = np.zeros(image.shape, np.uint8)
labels[1:5, 2:9, 2:8], labels[2:4, 3:7, 3:6], labels[2:3, 4:5, 4:5] = 2, 3, 1
print(json.dumps({"event": "progress", "fraction": 0.5, "message": "half"}), flush=True)
write_volume(image.with_array(labels), words["--output"])
for region, values in (("wt", (1, 2, 3)), ("tc", (1, 3)), ("et", (3,))):
    probability = np.where(np.isin(labels, values), 0.9, 0.05).astype(np.float32)
    write_volume(image.with_array(probability), words["--output"].replace("-seg.nii", f"-probability-{region}.nii.gz"))
print(json.dumps({"event": "result", "labelmap": words["--output"], "warnings": []}), flush=True)
"""
"""A child that speaks the core's protocol and finds the box of `found_box` at once, without a network."""


def found_box(shape=SHAPE) -> np.ndarray:
    """Return what the quick child finds: edema 4 x 7 x 6 voxels, in it ET 2 x 4 x 3, in that one voxel of NCR."""
    labels = np.zeros(shape, np.uint8)
    labels[1:5, 2:9, 2:8], labels[2:4, 3:7, 3:6], labels[2:3, 4:5, 4:5] = 2, 3, 1
    return labels


def quick_command(arguments) -> list[str]:
    """Return the command of the quick child for the arguments of `ssaglioma segment`."""
    return [sys.executable, "-c", QUICK, *arguments]


@pytest.fixture
def quick_child(host, monkeypatch):
    """Lets Apply start a child without a network, for tests of what happens around a run."""
    from SSASlicerLib import processes

    monkeypatch.setattr(processes, "command_line", quick_command)


@pytest.fixture(scope="session")
def patch_folder(tmp_path_factory):
    """A small case: eight thick slices of the sample case, cut around the tumor, with names of BraTS 2023."""
    folder = tmp_path_factory.mktemp("seg-cases") / CASE
    folder.mkdir()
    case = find_case(locate("SampleCases/ICBM152-grown-001"))
    for sequence in SEQUENCE_ORDER:
        write_volume(_patch(read_volume(case.sequences[sequence])), folder / f"{CASE}-{sequence.value}.nii.gz")
    write_volume(_patch(read_labelmap(case.reference, GLIOMA)), folder / f"{CASE}-seg.nii.gz")
    return folder


@pytest.fixture(scope="session")
def segmented_scene(host_process, patch_folder, tmp_path_factory):
    """A saved scene with the small case and its real result: one run of the shipped model for all tests."""
    with _new_scene(host_process, tmp_path_factory) as (panel, file):
        panel.logic.fillFromFolder(panel.parameters, patch_folder)
        panel.logic.segment(panel.parameters, timeoutSeconds=RUN_SECONDS)
    return file


@pytest.fixture(scope="session")
def boxed_scene(host_process, tmp_path_factory):
    """A saved scene with four small images and what the quick child found in them."""
    with _new_scene(host_process, tmp_path_factory) as (panel, file), pytest.MonkeyPatch.context() as patched:
        from SSASlicerLib import processes

        patched.setattr(processes, "command_line", quick_command)
        choose(panel, add_four())
        panel.logic.segment(panel.parameters, timeoutSeconds=RUN_SECONDS)
    return file


@contextmanager
def _new_scene(host, folders):
    """Give an open panel on an empty scene and a file, to which the scene is saved at the end."""
    host.reset()
    panel = host.load_module(MODULE, enter=True)
    file = folders.mktemp("seg-scene") / "scene.mrb"
    yield panel, file
    assert slicer.util.saveScene(str(file))
    let_go(host, panel)
    host.reset()


@pytest.fixture
def boxed(host, widget, boxed_scene):
    """The open panel with the result `found_box()` on four small images, restored from a saved scene."""
    slicer.util.loadScene(str(boxed_scene))
    host.process_events(0.05)
    assert widget.parameters.result is not None
    return widget


@pytest.fixture
def segmented(host, widget, segmented_scene):
    """The open panel with the real result of the small case, as a user who reopens a saved scene meets it."""
    slicer.util.loadScene(str(segmented_scene))
    host.process_events(0.1)
    assert widget.parameters.result is not None
    return widget


def let_go(host, panel) -> None:
    """Unload the module; its widgets, which Python keeps alive here, stop to follow the scene and to cost time."""
    let_go_of(host, panel, "SSAGliomaSeg")


def let_go_of(host, panel, module: str) -> None:
    """Unload a module as `let_go` does."""
    import qt

    host.unload_module(module)
    for child in panel.parent.findChildren(qt.QWidget):
        if hasattr(child, "setMRMLScene"):
            child.setMRMLScene(None)


def _patch(volume: Volume) -> Volume:
    """Every sixth slice of a slab around the tumor."""
    spacing, affine = volume.spacing_zyx_mm, volume.affine_lps
    cut = volume.array[74:122:6]
    return Volume(
        np.ascontiguousarray(cut),
        spacing_zyx_mm=(6 * spacing[0], *spacing[1:]),
        origin_lps_mm=tuple((affine @ [0, 0, 74, 1])[:3]),
        direction_lps=volume.direction_lps,
    )


def an_array(seed: int = 0, shape=SHAPE, dtype=np.float32) -> np.ndarray:
    """Positive noise, another one for each seed."""
    return np.random.default_rng(seed).uniform(100, 900, shape).astype(dtype)


def add_image(name: str, array=None, *, spacing=(1.5, 1.0, 2.0), origin=(-30.0, 12.0, 7.0), direction=None):
    """Add an image node; spacing and origin as `Volume` has them (mm, Z Y X and LPS)."""
    from SSASlicerLib.volumes import node_from_volume

    array = an_array(len(name)) if array is None else array
    return node_from_volume(Volume(array, spacing, origin, direction), name)


def add_four(**changes) -> dict:
    """Add four images that lie on one grid, named by their sequences; `t2={...}` changes the making of one."""
    nodes = {}
    for number, (field, title) in enumerate(SLOTS.items()):
        options = {"array": an_array(number), **changes.get(field, {})}
        nodes[field] = add_image(f"case {title}", **options)
    return nodes


def choose(widget, nodes: dict) -> None:
    """Choose images in the panel's own selectors; slots that are not named become empty."""
    for field in SLOTS:
        getattr(widget.ui, f"{field}Selector").setCurrentNode(nodes.get(field))


def status(widget) -> str:
    """Return the status line as the user reads it."""
    return widget.ui.statusLabel.text


def level(widget) -> str:
    """Return the color of the dot before the status line, in words."""
    colors = {"#2e9e4f": "ready", "#d99000": "warning", "#d03030": "error", "#3070c0": "busy"}
    return next((word for color, word in colors.items() if color in widget.ui.statusDot.text), "none")


def scene_state() -> dict:
    """Return what the scene holds besides the application's own nodes: name and time of change of each data node."""
    kinds = ("vtkMRMLVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode", "vtkMRMLSequenceNode")
    nodes = [node for kind in kinds for node in slicer.util.getNodesByClass(kind)]
    return {node.GetID(): (node.GetName(), node.GetClassName()) for node in nodes}


def voxels_of_scene() -> dict:
    """Return a copy of the voxels of every image in the scene, by name."""
    nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    return {node.GetName(): np.array(slicer.util.arrayFromVolume(node)) for node in nodes if node.GetImageData()}


def under_patient(name, *nodes):
    """Put nodes under a patient of the subject hierarchy, as DICOM import does."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), name)
    hierarchy.SetItemAttribute(patient, constants.GetDICOMPatientNameAttributeName(), name)
    study = hierarchy.CreateStudyItem(patient, "study")
    for node in nodes:
        hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), study)
    return patient


def live_children() -> list:
    """Return the child processes of this process that still run."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            of_python = any("multiprocessing.resource_tracker" in word for word in child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not of_python:  # a tracker stays from tests with pools
                found.append(child)
    return found


def job_folders(host) -> list[Path]:
    """Return the folders with exported images in the application's temporary folder."""
    return list(Path(slicer.app.temporaryPath).glob("ssaglioma-*"))


def write_cases(folder: Path, source: Path, names) -> Path:
    """Copy a case on disk under other names."""
    for name in names:
        (folder / name).mkdir(parents=True)
        for file in source.glob("*.nii.gz"):
            if "-seg" not in file.name:
                shutil.copy(file, folder / name / file.name.replace(CASE, name))
    return folder
