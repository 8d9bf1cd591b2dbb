"""Charts as plot and table nodes with the right numbers, and what is exported."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import slicer
from PIL import Image
from scipy import stats
from slicerhost.qtlayer import dialogs
from style_scene import columns, errors, original, rest

from ssaglioma.volume import Volume, write_volume


def unit(values):
    return (values - values.min()) / (values.max() - values.min())


def test_the_histograms_are_those_of_the_three_pictures(stage):
    stage.ui.histogramButton.click()
    found = columns(stage.parameters.histogramTable)
    before, after = original(stage), stage.logic.shownPicture.array
    expected = np.histogram(unit(before[before != 0]), 64, (0, 1))[0] / (before != 0).sum()
    np.testing.assert_allclose(found["Original"], expected, atol=1e-6)
    assert all(values.sum() == pytest.approx(1, abs=1e-4) for name, values in found.items() if name != "Gray value")
    assert list(found) == ["Gray value", "Original", "Result", "Style"]
    chart = stage.parameters.histogramChart
    assert chart.GetNumberOfPlotSeriesNodes() == 3 and stage.logic.shownChart() is chart
    names = [chart.GetNthPlotSeriesNode(number).GetYColumnName() for number in range(3)]
    assert names == ["Original", "Result", "Style"]
    np.testing.assert_allclose(
        found["Result"], np.histogram(unit(after[before != 0]), 64, (0, 1))[0] / (before != 0).sum(), atol=1e-6
    )


def test_the_distances_shrink_and_agree_with_another_implementation(stage):
    before, after = stage.logic.styleDistances(stage.parameters)
    sequence = stage.logic.contrastOf(stage.parameters, stage.parameters.content)
    style = stage.logic.styleVolume(stage.parameters, sequence).array[0]
    content = original(stage)
    expected = stats.wasserstein_distance(unit(content[content != 0]), unit(style[style != 0]))
    assert before.wasserstein == pytest.approx(expected, abs=1 / 64)
    assert after.wasserstein < before.wasserstein and after.kl < before.kl
    assert f"KL {before.kl:.2f} → {after.kl:.2f}" in stage.ui.histogramLabel.text


def test_a_region_has_histograms_of_its_own(host, stage):
    selector = stage.ui.regionSelector
    assert selector.itemData(0) == "all"
    assert selector.findData("ED") > 0
    stage.ui.histogramButton.click()
    whole = columns(stage.parameters.histogramTable)["Original"]
    selector.setCurrentIndex(selector.findData("ED"))
    rest(host, stage)  # the chart follows
    edema = columns(stage.parameters.histogramTable)["Original"]
    assert not np.allclose(whole, edema) and edema.sum() == pytest.approx(1)
    assert "ED" in stage.parameters.histogramChart.GetTitle()


def test_the_chart_follows_the_picture_once_it_rests(host, stage):
    stage.ui.histogramButton.click()
    first = columns(stage.parameters.histogramTable)["Result"]
    stage.parameters.strength = 0.2
    rest(host, stage)
    assert not np.allclose(first, columns(stage.parameters.histogramTable)["Result"])


def test_the_dot_on_the_feature_map_moves_with_strength_and_rests_on_the_original_at_zero(host, stage):
    stage.ui.mapButton.click()
    found = columns(stage.parameters.mapTable)
    assert (found["Original x"][0], found["Original y"][0]) != (found["Result x"][0], found["Result y"][0])
    clouds = [
        name for name in found if name.endswith(" x") and name.split(" x")[0] not in ("Original", "Result", "Style")
    ]
    assert len(clouds) == 2 and abs(found[clouds[0]].mean() - found[clouds[1]].mean()) > 1
    stage.parameters.strength = 0.0
    rest(host, stage)
    found = columns(stage.parameters.mapTable)
    assert found["Original x"][0] == pytest.approx(found["Result x"][0], abs=1e-6)
    assert errors(host) == []


def test_the_curve_holds_one_dice_for_each_strength(stage):
    masks = [np.zeros((2, 4, 4), np.uint8) for _ in range(3)]
    masks[0][0, :2], masks[1][0, :1], masks[2][0, 2:] = 2, 2, 2
    found = [(strength, mask) for strength, mask in zip((0.0, 0.5, 1.0), masks)]
    chart = stage.logic.drawCurve(stage.parameters, found, show=False)
    table = columns(stage.parameters.curveTable)
    np.testing.assert_allclose(table["Strength"], (0, 0.5, 1))
    np.testing.assert_allclose(table["WT"], (1, 2 / 3, 0), atol=1e-6)
    assert chart.GetTitle() == "Dice to the mask of the original" and chart.GetNumberOfPlotSeriesNodes() == 3


def test_the_figure_shows_original_style_result_and_difference(host, stage, tmp_path):
    dialogs.answer_next(str(tmp_path / "figure.png"))
    stage.ui.exportFigureButton.click()
    with Image.open(tmp_path / "figure.png") as picture:
        figure = np.asarray(picture, float)
    width = original(stage).shape[1]
    assert figure.shape[1] == 4 * width + 3 * 6
    assert np.corrcoef(figure[:, :width].ravel(), original(stage).ravel())[0, 1] > 0.95
    assert "figure.png" in stage.ui.statusLabel.text


def test_tables_and_charts_are_written_as_csv_and_png(host, stage, tmp_path):
    stage.ui.histogramButton.click()
    dialogs.answer_next(str(tmp_path))
    stage.ui.exportTablesButton.click()
    with open(tmp_path / "histogram.csv", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    table = columns(stage.parameters.histogramTable)
    assert rows[0] == list(table) and len(rows) == 65
    np.testing.assert_allclose([float(row[1]) for row in rows[1:]], table["Original"], atol=1e-6)
    with Image.open(tmp_path / "histogram.png") as picture:
        colors = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert picture.size == (900, 600) and len(np.unique(colors, axis=0)) > 10


@pytest.fixture
def own_image(tmp_path):
    """A private style image: stripes."""
    y, x = np.indices((60, 50))
    array = np.where((y - 30) ** 2 + (x - 25) ** 2 < 400, 300 + 200 * np.sin(x), 0).astype(np.float32)
    file = tmp_path / "patient.nii.gz"
    write_volume(Volume(np.stack([array] * 3), (5.0, 1.0, 1.0)), file)
    return file


def test_an_own_image_enters_the_bank_and_leaves_it_again(host, stage, own_image):
    dialogs.answer_next(str(own_image))
    stage.ui.addStyleButton.click()
    rest(host, stage)
    assert stage.parameters.bankStyle == "own:patient" and stage.ui.bankSelector.currentText == "Own: patient"
    assert stage.logic.thumbnail(stage.parameters).shape == (60, 50)
    dialogs.answer_next(str(own_image))
    stage.ui.addStyleButton.click()
    assert "has an own style 'patient' already" in stage.ui.statusLabel.text
    stage.ui.removeStyleButton.click()
    assert stage.parameters.bankStyle != "own:patient" and stage.ui.bankSelector.findData("own:patient") < 0
    assert list(stage.logic.ownStylesFolder().glob("*")) == [] and own_image.is_file()


def test_an_own_image_enters_no_export_unless_it_is_allowed(host, stage, own_image, tmp_path):
    stage.parameters.bankStyle = stage.logic.addOwnStyle(own_image).key
    rest(host, stage)
    stage.ui.histogramButton.click()
    width = original(stage).shape[1]
    for allowed, parts, files in ((False, 3, {"histogram.csv"}), (True, 4, {"histogram.csv", "histogram.png"})):
        folder = tmp_path / str(allowed)
        folder.mkdir()
        stage.ui.exportPrivateCheckBox.checked = allowed
        dialogs.answer_next(str(folder / "figure.png"), str(folder))
        stage.ui.exportFigureButton.click()
        stage.ui.exportTablesButton.click()
        with Image.open(folder / "figure.png") as picture:
            extra = 50 + 6 if allowed else 0
            assert picture.size[0] == 3 * width + 2 * 6 + extra, parts
        assert {path.name for path in folder.iterdir()} - {"figure.png"} == files
        header = (folder / "histogram.csv").read_text(encoding="utf-8").splitlines()[0]
        assert ("Style" in header) == allowed
    assert "patient" not in (tmp_path / "False" / "histogram.csv").read_text(encoding="utf-8")


def test_no_private_style_is_saved_with_the_scene(host, stage, own_image, tmp_path):
    stage.parameters.bankStyle = stage.logic.addOwnStyle(own_image).key
    rest(host, stage)
    file = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(file))
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(str(file))
    saved = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
    assert "Style slice" not in saved
