"""What the panel says where prepared images look as if they lay in each other's place."""

from __future__ import annotations

import json
import sys

import pytest
from seg_scene import QUICK, add_four, choose

from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.quality_gate import slot_findings
from ssaglioma.preprocessing.slot_check import SlotDoubt

SENTENCE = "The image given as T1Gd looks like FLAIR; the image given as FLAIR looks like T1Gd."


@pytest.fixture
def doubting_child(host, monkeypatch):
    """A child that doubts the slots as the core does."""
    from SSASlicerLib import processes

    looks = {Sequence.T1C: Sequence.T2F, Sequence.T2F: Sequence.T1C}
    quality = QualityReport(tuple(slot_findings(SlotDoubt(looks, 4.0))))
    told = {"warnings": [quality.reasons[0].text()], "quality": quality.to_json()}
    script = QUICK.replace('"warnings": []}', f"**json.loads({json.dumps(told)!r})}}")
    assert script != QUICK
    monkeypatch.setattr(processes, "command_line", lambda arguments: [sys.executable, "-c", script, *arguments])


def test_mixed_up_images_are_told_in_the_message_and_by_the_light(doubting_child, widget, apply, tmp_path):
    choose(widget, add_four())
    text = apply()
    assert text.startswith("Done in") and SENTENCE in text and "swap the two and segment again" in text, text
    label = widget.ui.qualityLabel
    assert not label.isHidden() and "#d99000" in label.text and SENTENCE in label.toolTip
    assert "Dice to expect" not in widget.ui.trustLabel.text
    assert widget.logic.measurements(widget.parameters)["expected_dice"] == {}
    report = widget.logic.writeReport(widget.parameters, tmp_path / "report.html").read_text(encoding="utf-8")
    assert report.count("The image given as T1Gd looks like FLAIR") == 1 and 'class="light amber"' in report


def test_the_message_is_told_in_the_users_language(doubting_child, widget, apply, monkeypatch):
    from SSAGliomaSegLib import intake

    monkeypatch.setattr(intake, "_language", lambda: "fr")
    choose(widget, add_four())
    assert "L'image donnée comme T1Gd ressemble à FLAIR" in apply()
