"""What the panel tells of how good a result is likely to be."""

from __future__ import annotations

import json

from seg_scene import add_four, choose


def test_the_panel_tells_the_dice_to_expect_of_the_models_own_result(quick_child, widget, apply):
    choose(widget, add_four())
    assert widget.ui.trustLabel.text == ""
    apply()
    told = widget.ui.trustLabel.text
    assert told.startswith("Dice to expect (told without a reference): WT "), told
    found = widget.logic.measurements(widget.parameters)
    assert set(found["expected_dice"]) == {"WT", "TC", "ET"} and found["lesions"]
    assert f"WT {found['expected_dice']['WT']['dice']:.2f}" in told


def test_poor_regions_and_lesions_that_may_not_be_real_are_named(quick_child, widget, apply):
    choose(widget, add_four())
    apply()
    logic, parameters = widget.logic, widget.parameters
    found = logic.measurements(parameters)
    found["expected_dice"]["ET"] = {"dice": 0.41, "low": 0.2, "high": 0.6, "doubtful": True}
    found["lesions"] = [{"region": "ET", "volume_ml": 0.1, "center_lps_mm": [0, 0, 0], "confidence": 0.3}]
    parameters.resultTable.SetAttribute("SSAGlioma.measurements", json.dumps(found))
    told = logic.trustText(parameters)
    assert "ET 0.41 (0.20-0.60)" in told and "Probably poor: ET." in told
    assert "Lesions that may not be real: 1;" in told
