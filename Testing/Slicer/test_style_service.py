"""Pictures of learned methods: one child for all slices, the newest wish wins, none is left over."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
import slicer
from seg_scene import let_go_of, live_children
from style_scene import RUN_SECONDS, TUMOR_SLICE, errors, original, rest, shown, write_card

import ssaglioma

PAINTS = f"""
import json, os, sys, time
import numpy as np
def tell(event, **values):
    print(json.dumps(dict(event=event, **values)), flush=True)
tell("version", version={ssaglioma.__version__!r})
if os.path.exists(os.path.join({{folder!r}}, "broken")):
    raise ImportError("No module named 'torch'")
tell("ready")
waiting = []
for line in sys.stdin:
    one = json.loads(line)
    with open(os.path.join({{folder!r}}, "requests.jsonl"), "a") as stream:
        stream.write(json.dumps(dict(one, pid=os.getpid())) + "\\n")
    if "cancel" in one:
        continue
    words = dict(zip(one["words"][:-1], one["words"][1:]))
    if os.path.exists(os.path.join({{folder!r}}, "refuse")):
        tell("error", request=one["request"], code=2, message="The image is empty", remedy="Choose another")
        continue
    if os.path.exists(os.path.join({{folder!r}}, "hold")):
        waiting.append(one)
        continue
    for late in [*waiting, one]:
        words = dict(zip(late["words"][:-1], late["words"][1:]))
        output = words["--output"]
        try:
            np.save(output, np.float32(2 + late["request"]) * np.load(words["--content"]))
        except OSError as error:
            tell("error", request=late["request"], code=3, message=str(error), remedy="")
            continue
        tell("progress", request=late["request"], fraction=1.0, message="Done")
        tell("result", request=late["request"], output=output, guard=None)
    waiting = []
"""
"""A child that speaks the protocol of `ssaglioma serve` without a network; picture k is 2 + k times the slice."""


class Painter:
    """The quick child's folder: what it was asked, and files that tell it to fail."""

    def __init__(self, folder):
        self.folder = folder

    def requests(self):
        """What all children were asked for so far."""
        file = self.folder / "requests.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def asked(self):
        """The words of the pictures that were asked for, as mappings."""
        found = [one["words"] for one in self.requests() if "words" in one]
        return [dict(pairwise(words)) for words in found]

    def says(self, name, yes=True):
        """Switch 'broken', 'refuse' or 'hold' on or off."""
        (self.folder / name).touch() if yes else (self.folder / name).unlink()


@pytest.fixture
def painter(tmp_path, monkeypatch):
    """Lets pictures of learned methods be made by the quick child."""
    from SSASlicerLib import serving

    text = PAINTS.replace("{folder!r}", repr(str(tmp_path)))
    monkeypatch.setattr(serving, "command_line", lambda _minutes: [sys.executable, "-c", text])
    return Painter(tmp_path)


@pytest.fixture
def learned(host, stage, painter):
    """The stage with a method of a package, its first picture shown; the network itself is never loaded."""
    for name, method in (("rain-card", "rain"), ("adaconv-card", "adaconv")):
        write_card(stage.logic.userPackagesFolder() / name, name, method)
    stage.refresh()
    stage.logic.chooseMethod(stage.parameters, "rain-card")
    finish(host, stage)
    return stage


def finish(host, panel) -> str:
    rest(host, panel)
    assert host.wait_until(lambda: not panel.logic.busy and not panel.logic.pictureWanted, seconds=RUN_SECONDS)
    rest(host, panel)
    return panel.ui.statusLabel.text


def go_to(host, panel, index) -> None:
    panel.logic.goToSlice(panel.parameters, index)
    host.process_events(0.05)


def left_over() -> list[Path]:
    return [path for path in Path(slicer.app.temporaryPath).glob("ssaglioma-style-*") if path.is_dir()]


def test_two_slices_are_made_by_one_process_which_is_told_slice_style_and_seed(host, learned, painter):
    first = learned.logic.pictureProcess
    assert first is not None and np.array_equal(learned.logic.shownPicture.array, 3 * original(learned))
    go_to(host, learned, TUMOR_SLICE + 1)
    assert np.array_equal(shown(learned), original(learned)), "the original is shown while the child works"
    assert learned.parameters.stylised.GetName() == "Computing: the original is shown"
    finish(host, learned)
    assert learned.parameters.stylised.GetName() == "Stylized slice"
    assert np.array_equal(learned.logic.shownPicture.array, 4 * original(learned))
    assert learned.logic.pictureProcess == first and {one["pid"] for one in painter.requests()} == {first}
    assert learned.parameters.stylePicture.GetName() == "Learned style: there is no image"
    words = painter.asked()[1]
    assert words["--contrast"] == "t2f" and words["--style-name"] == "plain" and words["--seed"] == "7"
    assert words["--model"].endswith("rain-card") and words["--slice-axis"] == "axial"
    assert all(one["examine"] is False for one in painter.requests())
    assert len(live_children()) == 1 and errors(host) == []


def test_strength_and_slices_that_were_seen_ask_for_nothing(host, learned, painter):
    go_to(host, learned, TUMOR_SLICE + 1)
    finish(host, learned)
    learned.ui.strengthSlider.value = 0.5
    go_to(host, learned, TUMOR_SLICE)
    finish(host, learned)
    np.testing.assert_allclose(learned.logic.shownPicture.array, 2 * original(learned), rtol=1e-5)
    assert len(painter.asked()) == 2


def test_a_style_of_the_bank_is_written_once_as_it_is(host, learned, painter):
    learned.parameters.bankStyle = "simulated:64mT:1"
    finish(host, learned)
    style = learned.logic.styleVolume(
        learned.parameters, learned.logic.contrastOf(learned.parameters, learned.parameters.flair)
    )
    file = Path(painter.asked()[-1]["--style"])
    assert np.array_equal(np.load(file), style.array[0]) and painter.asked()[-1]["--style-contrast"] == "t2f"
    stamp = file.stat().st_mtime_ns
    go_to(host, learned, TUMOR_SLICE + 1)
    finish(host, learned)
    assert painter.asked()[-1]["--style"] == str(file) and file.stat().st_mtime_ns == stamp
    learned.ui.styleSelector.setCurrentNode(learned.parameters.t1)
    finish(host, learned)
    assert painter.asked()[-1]["--style"].endswith(".nii"), "a loaded volume goes as a whole"
    assert errors(host) == []


def test_only_the_newest_wish_is_shown_and_answers_to_older_ones_are_dropped(host, learned, painter):
    painter.says("hold")
    go_to(host, learned, TUMOR_SLICE + 1)
    assert host.wait_until(lambda: len(painter.asked()) == 2, seconds=30)
    assert learned.logic.busy and not learned.ui.cancelButton.isHidden()
    painter.says("hold", False)
    go_to(host, learned, TUMOR_SLICE + 2)
    finish(host, learned)
    assert len(painter.asked()) == 3, "both slices were asked for"
    assert np.array_equal(learned.logic.shownPicture.array, 5 * original(learned))
    kept = {key[0][3] for key in learned.logic._full if key[2] == "rain-card"}
    assert kept == {TUMOR_SLICE, TUMOR_SLICE + 2}


def test_going_back_to_a_slice_that_is_known_takes_the_wish_back(host, learned, painter):
    painter.says("hold")
    go_to(host, learned, TUMOR_SLICE + 1)
    assert host.wait_until(lambda: len(painter.asked()) == 2, seconds=30)
    go_to(host, learned, TUMOR_SLICE)
    finish(host, learned)
    assert host.wait_until(lambda: {"cancel": 2}.items() <= painter.requests()[-1].items(), seconds=30)
    assert np.array_equal(learned.logic.shownPicture.array, 3 * original(learned)) and not learned.logic.busy


def test_a_killed_child_is_reported_and_the_next_slice_starts_another_one(host, learned, painter):
    first = learned.logic.pictureProcess
    painter.says("hold")
    go_to(host, learned, TUMOR_SLICE + 1)
    assert host.wait_until(lambda: len(painter.asked()) == 2, seconds=30)
    psutil.Process(first).kill()
    text = finish(host, learned)
    assert text.startswith("The background program was killed by the system"), text
    assert "#d03030" in learned.ui.statusDot.text and learned.logic.pictureProcess is None
    assert live_children() == []
    painter.says("hold", False)
    go_to(host, learned, TUMOR_SLICE + 2)
    finish(host, learned)
    assert np.array_equal(learned.logic.shownPicture.array, 3 * original(learned)), "the first of a new child"
    assert learned.logic.pictureProcess not in (None, first)
    go_to(host, learned, TUMOR_SLICE + 1)
    host.process_events(0.1)
    learned.ui.updateButton.click()
    finish(host, learned)
    assert np.array_equal(learned.logic.shownPicture.array, 4 * original(learned)), "Update tries it again"
    assert errors(host) == []


def test_a_child_that_died_while_it_rested_is_replaced_without_a_word(host, learned):
    first = learned.logic.pictureProcess
    psutil.Process(first).kill()
    assert host.wait_until(lambda: learned.logic.pictureProcess is None, seconds=30)
    go_to(host, learned, TUMOR_SLICE + 1)
    assert finish(host, learned).startswith("Ready")
    assert np.array_equal(learned.logic.shownPicture.array, 3 * original(learned))
    assert len(live_children()) == 1 and len(left_over()) == 1


def test_a_set_up_that_cannot_load_says_what_is_missing(host, learned, painter):
    painter.says("broken")
    learned.ui.methodSelector.setCurrentIndex(learned.ui.methodSelector.findData("adaconv-card"))
    text = finish(host, learned)
    assert "torch" in text and "#d03030" in learned.ui.statusDot.text
    assert learned.logic.pictureProcess is None and learned.logic.shownPicture is None


def test_an_error_of_one_picture_is_told_and_the_child_stays(host, learned, painter):
    first = learned.logic.pictureProcess
    painter.says("refuse")
    go_to(host, learned, TUMOR_SLICE + 1)
    assert finish(host, learned) == "The image is empty. Choose another."
    assert learned.logic.pictureProcess == first
    assert np.array_equal(shown(learned), original(learned))
    assert learned.parameters.stylised.GetName() == "No result: the original is shown"


@pytest.mark.parametrize("method", ["histogram", "adaconv-card"])
def test_another_method_or_package_ends_the_child(host, learned, method):
    first = learned.logic.pictureProcess
    learned.ui.methodSelector.setCurrentIndex(learned.ui.methodSelector.findData(method))
    assert finish(host, learned).startswith("Ready")
    assert not psutil.pid_exists(first) or psutil.Process(first).status() == psutil.STATUS_ZOMBIE
    assert len(live_children()) == len(left_over()) == (0 if method == "histogram" else 1)


def test_cancel_ends_the_child_and_update_starts_it_again(host, learned, painter):
    painter.says("hold")
    go_to(host, learned, TUMOR_SLICE + 1)
    assert host.wait_until(lambda: learned.logic.busy, seconds=30)
    learned.ui.cancelButton.click()
    assert learned.ui.statusLabel.text == "Cancelled. Nothing was changed."
    assert live_children() == [] and left_over() == [] and not learned.logic.pictureWanted
    painter.says("hold", False)
    learned.ui.updateButton.click()
    finish(host, learned)
    assert not np.array_equal(learned.logic.shownPicture.array, original(learned))


def test_closing_the_scene_ends_the_child(host, learned, painter):
    painter.says("hold")
    go_to(host, learned, TUMOR_SLICE + 1)
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)
    assert live_children() == [] and left_over() == [] and errors(host) == []


def test_closing_the_panel_ends_the_child(host, learned):
    assert len(live_children()) == 1
    let_go_of(host, learned, "SSAStyleTransfer")
    assert live_children() == [] and left_over() == []


def test_a_search_in_the_style_space_goes_as_the_whole_case(host, learned, painter):
    painter.says("hold")
    learned.ui.epsilonSpinBox.value = 2
    assert host.wait_until(lambda: len(painter.asked()) == 2, seconds=30)
    words = painter.asked()[-1]
    assert words["--epsilon-iterations"] == "2" and words["--segmenter"].endswith("glioma-2d-small")
    names = sorted(path.name for path in Path(words["--content"]).iterdir())
    assert names == [f"picture2-content-{value}.nii" for value in ("t1c", "t1n", "t2f", "t2w")]
    learned.logic.stopAll()
