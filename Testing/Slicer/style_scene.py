"""What the tests of SSAStyleTransfer stand on: the panel, a small loaded case, a quick model, a tiny stylizer."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer
from seg_scene import ROOT, let_go_of

from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.volume import read_labelmap, read_volume

MODULE = ROOT / "SSAStyleTransfer" / "SSAStyleTransfer.py"
SLOTS = {"t1": "t1n", "t1gd": "t1c", "t2": "t2w", "flair": "t2f"}
RUN_SECONDS = 120
TUMOR_SLICE = 3
REST_SECONDS = 30
_VERDICTS: dict = {}

SEES = """
import json, sys
import numpy as np
import ssaglioma
from ssaglioma.volume import read_volume, write_volume

print(json.dumps({"event": "version", "version": ssaglioma.__version__}), flush=True)
words = dict(zip(sys.argv[2:], sys.argv[3:]))
flair = read_volume(words["--t2f"])
labels = np.where(flair.array > 0.8 * np.percentile(flair.array, 99.9), 2, 0).astype(np.uint8)
write_volume(flair.with_array(labels), words["--output"])
print(json.dumps({"event": "result", "labelmap": words["--output"], "warnings": []}), flush=True)
"""
"""A child that speaks the core's protocol and calls bright FLAIR edema, without a network."""


@pytest.fixture
def theatre(host):
    """The open panel on an empty scene, without own styles or packages of an earlier test."""
    panel = host.load_module(MODULE, enter=True)
    for folder in (panel.logic.userPackagesFolder(), panel.logic.ownStylesFolder()):
        shutil.rmtree(folder, ignore_errors=True)
    yield panel
    let_go_of(host, panel, "SSAStyleTransfer")
    host.leave_module()


@pytest.fixture
def remembered_verdicts(monkeypatch):
    """Lets the guard give its report on pictures that it saw in an earlier test: each begins with the same one."""
    from ssaglioma.style import guard

    real = guard.examine

    def text(value):
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else repr(value)

    def examine(*pictures, **options):
        if options.get("segmenter") is not None:
            return real(*pictures, **options)  # pairs of masks, whose text is shortened
        key = (*(text(one) for one in pictures), *((name, text(one)) for name, one in options.items()))
        if key not in _VERDICTS:
            _VERDICTS[key] = real(*pictures, **options)
        return _VERDICTS[key]

    monkeypatch.setattr(guard, "examine", examine)


@pytest.fixture
def stage(host, theatre, patch_folder, remembered_verdicts):
    """The open panel with the small case: contrasts chosen by name, its labels, at the slice with the most tumor."""
    return put_on_stage(host, theatre, patch_folder)


@pytest.fixture
def quick_model(host, monkeypatch):
    """Lets `segment` run in a child that needs no network; everything else runs as it is."""
    from SSASlicerLib import processes

    real = processes.command_line

    def command_line(arguments):
        if arguments[0] == "segment":
            return [sys.executable, "-c", SEES, *arguments]
        return real(arguments)

    monkeypatch.setattr(processes, "command_line", command_line)


@pytest.fixture(scope="session")
def tiny_adaconv(tmp_path_factory):
    """A stylizer package with fresh weights: it destroys every picture, so that the guard must refuse."""
    torch = pytest.importorskip("torch")
    from ssaglioma.packages import BuiltInStyle, StyleCard, write_package
    from ssaglioma.style.building import build_style_network, network_options

    torch.manual_seed(0)
    network = build_style_network("adaconv")
    weights = {f"network.{name}": value.numpy() for name, value in network.state_dict().items()}
    for sequence in SEQUENCE_ORDER:
        weights[f"style.wild.{sequence.value}.code"] = np.ones((1, network.code_size), np.float32)
    card = StyleCard(
        kind="stylizer",
        name="adaconv-tiny",
        version="1",
        title="AdaConv with fresh weights",
        method="adaconv",
        encoder="mri_small",
        options=network_options(network),
        contrasts=tuple(one.value for one in SEQUENCE_ORDER),
        styles=(BuiltInStyle("wild", {one.value: 12 for one in SEQUENCE_ORDER}, "none", "none"),),
        content_domain="a",
        style_domain="b",
        training_data="nothing",
        licence="Apache-2.0",
        intended_use="tests",
    )
    folder = tmp_path_factory.mktemp("packages") / card.name
    write_package(folder, card, weights)
    return folder


def put_on_stage(host, panel, folder):
    """Load the small case and go to its tumor."""
    from SSASlicerLib.segmentations import segmentation_from_labelmap
    from SSASlicerLib.volumes import node_from_volume

    for value in SLOTS.values():
        node_from_volume(read_volume(folder / f"{folder.name}-{value}.nii.gz"), f"{folder.name}-{value}")
    labels = read_labelmap(folder / f"{folder.name}-seg.nii.gz", GLIOMA)
    panel.parameters.live = False  # one picture, when all is in place
    panel.logic.prepareParameters(panel.parameters)
    panel.parameters.bankStyle = "simulated:3T_research:1"
    panel.parameters.labels = segmentation_from_labelmap(labels, "truth", reference_node=panel.parameters.content)
    panel.ui.showViewsButton.click()
    panel.logic.goToSlice(panel.parameters, TUMOR_SLICE)
    panel.parameters.live = True
    rest(host, panel)
    return panel


def rest(host, panel) -> None:
    """Wait until the picture is up to date and examined."""
    preview = next(section for section in panel.sections if hasattr(section, "restTimer"))
    timers = (preview.soonTimer, preview.restTimer)
    host.process_events(0.02)
    assert host.wait_until(lambda: not any(timer.active for timer in timers), seconds=REST_SECONDS)


def install_package(panel, folder) -> None:
    """Put a package into the user's own folder."""
    target = panel.logic.userPackagesFolder() / folder.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)


def write_card(folder: Path, name: str, method: str) -> None:
    """Write a stylizer package that has a card and no network, for what needs none."""
    from ssaglioma.packages import BuiltInStyle, StyleCard, write_package

    contrasts = tuple(one.value for one in SEQUENCE_ORDER)
    words = {"content_domain": "a", "style_domain": "b", "training_data": "none", "licence": "l", "intended_use": "u"}
    style = BuiltInStyle("plain", dict.fromkeys(contrasts, 10), "d", "s")
    card = StyleCard("stylizer", name, "1", "A card alone", method, "mri_small", contrasts, styles=(style,), **words)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_package(folder, card, {"network.nothing": np.zeros(1, np.float32)})


def shown(panel) -> np.ndarray:
    """Return the picture (Y, X) that the result view shows."""
    node = panel.parameters.stylised if panel.parameters.view == "result" else panel.parameters.comparison
    return np.array(slicer.util.arrayFromVolume(node))[0]


def original(panel) -> np.ndarray:
    """Return the slice (Y, X) of the content that is shown."""
    return panel.logic.contentSlice(panel.parameters).array


def errors(host) -> list:
    """Return what was shown in Slicer's own error display."""
    return host.messages.texts("error")


def columns(table) -> dict:
    """Return the columns of a table node as arrays, by name."""
    names = [table.GetColumnName(index) for index in range(table.GetNumberOfColumns())]
    rows = range(table.GetNumberOfRows())
    return {name: np.array([float(table.GetCellText(row, index)) for row in rows]) for index, name in enumerate(names)}
