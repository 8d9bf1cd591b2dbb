"""What came of a training: before and after, the model in SSAGliomaSeg, roll back, jobs for another computer."""

from __future__ import annotations

import json

import pytest
from slicerhost.qtlayer import dialogs
from train_scene import finished, site_folder, table_texts


def seg_models(host) -> list[str]:
    """The models that SSAGliomaSeg lists when it is opened."""
    from seg_scene import MODULE, let_go

    panel = host.load_module(MODULE, enter=True)
    names = [panel.ui.modelSelector.itemData(index) for index in range(panel.ui.modelSelector.count)]
    let_go(host, panel)
    return names


def test_before_and_after_are_shown_and_the_model_goes_to_segmentation_and_back(host, desk, tmp_path, shipped):
    from ssaglioma.packages.site_models import site_packages

    desk.ui.trainRunPath.currentPath = str(finished(tmp_path / "run", shipped, accepted=True, start=shipped))
    assert table_texts(desk.ui.trainResultTable) == [
        ["WT", "0.800", "0.850", "+0.050", "4"],
        ["ET", "-", "0.500", "-", "3"],
    ]
    assert desk.parameters.resultTable.GetCellText(0, 3) == "+0.050"
    assert desk.ui.trainResultLabel.text == (
        "Not worse than shipped 1 on a, b. Left out: key-3, because it has neither T1Gd nor FLAIR."
    )
    assert desk.ui.trainUseButton.enabled and not desk.ui.trainRollBackButton.enabled
    desk.ui.trainUseButton.click()
    assert "lists the model ours now" in desk.panel.ui.statusLabel.text
    assert not desk.ui.trainUseButton.enabled and desk.ui.trainUseButton.toolTip == "This model is in use."
    assert [package.card.version for package in site_packages(site_folder())] == ["9"]
    desk.ui.trainRollBackButton.click()
    assert [package.card.version for package in site_packages(site_folder())] != ["9"]
    assert desk.ui.trainUseButton.enabled and not desk.ui.trainRollBackButton.enabled
    desk.ui.trainUseButton.click()
    host.leave_module()
    assert seg_models(host) == ["glioma-2d-small", "ours"] and host.messages.texts("error") == []


def test_a_segmentation_panel_that_was_open_before_lists_the_new_model_when_it_is_entered_again(
    host, desk, tmp_path, shipped
):
    from seg_scene import MODULE, let_go

    panel = host.load_module(MODULE, enter=True)
    assert panel.ui.modelSelector.findData("ours") < 0
    host.enter_module("SSAStyleTransfer")
    desk.parameters.runFolder = str(finished(tmp_path / "run", shipped, accepted=True))
    desk.logic.useModel(desk.parameters)
    host.enter_module("SSAGliomaSeg")
    assert panel.ui.modelSelector.findData("ours") > 0
    let_go(host, panel)


def test_a_model_that_is_worse_is_not_taken_into_use(desk, tmp_path, shipped):
    from ssaglioma.errors import DatasetError

    desk.ui.trainRunPath.currentPath = str(finished(tmp_path / "run", shipped, accepted=False, start=shipped))
    assert not desk.ui.trainUseButton.enabled and desk.ui.trainUseButton.toolTip == "Refused: The mean Dice fell."
    with pytest.raises(DatasetError, match="The mean Dice fell"):
        desk.logic.useModel(desk.parameters)
    assert not site_folder().exists()


def test_the_report_of_a_training_is_opened_where_there_is_one(desk, tmp_path, shipped, monkeypatch):
    import qt

    opened = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    folder = finished(tmp_path / "run", shipped, accepted=False, start=shipped)
    desk.ui.trainRunPath.currentPath = str(folder)
    assert not desk.ui.trainReportButton.enabled
    assert desk.ui.trainReportButton.toolTip == "There is no report of this training yet."
    (folder / "report.html").write_text("before and after")
    desk.panel.refresh()
    assert desk.ui.trainReportButton.enabled
    desk.ui.trainReportButton.click()
    assert opened == [str(folder / "report.html")]


def test_a_job_is_exported_and_its_result_comes_back(host, desk, tiny_cases, tmp_path, shipped):
    desk.ui.trainSourcePath.currentPath = str(tiny_cases)
    desk.ui.trainNameEdit.text = "ours"
    desk.ui.trainNameEdit.editingFinished.emit()
    assert desk.ui.trainExportButton.enabled and not desk.ui.trainImportButton.enabled
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainExportButton.click()
    assert host.wait_until(lambda: not desk.logic.checking, seconds=120)
    host.process_events(0.1)
    assert "sh run.sh" in desk.panel.ui.statusLabel.text and (tmp_path / "job" / "run.sh").is_file()
    assert json.loads((tmp_path / "job" / "job.json").read_text())["name"] == "ours"

    desk.ui.trainRunPath.currentPath = str(tmp_path / "home")
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainImportButton.click()
    assert "has no result" in desk.panel.ui.statusLabel.text
    dialogs.answer_next(str(finished(tmp_path / "back", shipped, accepted=True)))
    desk.ui.trainImportButton.click()
    assert "The result is taken over." in desk.panel.ui.statusLabel.text
    assert desk.ui.trainUseButton.enabled and "Done." in desk.ui.trainRunLabel.text
