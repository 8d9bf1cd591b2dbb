"""The cardiac study: squares and back, scores by hand, and one small run of all its parts."""

import json

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError
from ssaglioma.experiments.cardiac_design import CARDIAC, SETTINGS, CardiacProtocol
from ssaglioma.experiments.cardiac_hearts import Hearts
from ssaglioma.experiments.cardiac_study import score_heart
from ssaglioma.experiments.fold_tasks import fold_tasks
from ssaglioma.experiments.heart_images import label_squares, largest_component, square_grid, to_native
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.volume import Volume, read_labelmap

TINY = {"epochs": 1, "steps_per_epoch": 2, "batch_size": 1, "style_epochs": 1, "style_steps": 1}


@pytest.fixture
def protocol():
    return CardiacProtocol(source_pixels="header")


@pytest.mark.parametrize("edge", [48, 32])
def test_labels_come_back_from_squares_to_their_own_grid(hearts_folder, edge):
    volume = read_labelmap(hearts_folder / "patient0_LGE_manual.nii.gz", CARDIAC_LGE)
    grid = square_grid(volume, 1.5, edge)
    assert (grid.axis, grid.native, grid.resampled) == (2, (40, 44), (40, 44)), "slices lie on the last axis"
    squares = label_squares(volume, grid, CARDIAC_LGE)
    assert squares.shape == (4, edge, edge) and set(np.unique(squares)) - {OUTSIDE} == {0, 1, 2, 3}
    classes = np.where(squares == OUTSIDE, 0, squares)
    probabilities = np.moveaxis(np.eye(4, dtype=np.float32)[classes], -1, 1)
    back = to_native(probabilities, grid, volume, CARDIAC_LGE)
    rows = slice(0, 40) if edge == 48 else slice(4, 36)
    columns = slice(0, 44) if edge == 48 else slice(6, 38)
    assert np.array_equal(back.array[rows, columns], volume.array[rows, columns])
    assert back.same_grid(volume)


def test_of_each_class_the_largest_component_stays():
    mask = np.zeros((2, 5, 5), bool)
    mask[0, :2, :2] = mask[1, 4, 4] = True
    kept = largest_component(mask)
    assert kept.sum() == 4 and not kept[1].any()
    assert not largest_component(np.zeros((2, 2, 2), bool)).any()


def test_the_hausdorff_distance_counts_millimetres_in_the_plane_and_slices_as_one():
    reference, prediction = (np.zeros((4, 20, 20), np.uint16) for _ in range(2))
    reference[1, 5:10, 5:10] = prediction[1, 5:10, 7:12] = 500
    prediction[3, 5:10, 7:12] = 500
    volumes = [Volume(one, (8.0, 0.5, 0.5)) for one in (reference, prediction)]
    scores = score_heart(*volumes)
    assert scores["LV"]["dice"] == pytest.approx(2 * 15 / (25 + 50))
    # The farthest voxel lies two slices up and two pixels (1 mm) aside: sqrt(2 ** 2 + 1 ** 2).
    assert scores["LV"]["hd_voxel"] == pytest.approx(5**0.5)
    assert scores["LV"]["missed"] == 0 and scores["RV"] == {"dice": 1.0, "hd_voxel": 0.0, "hd95_mm": 0.0, "missed": 0}


def test_a_missed_class_has_the_diagonal_for_distance_and_is_counted():
    reference = np.zeros((2, 6, 8), np.uint16)
    reference[0, 2:4, 2:4] = 200
    volume = Volume(reference, (5.0, 1.0, 1.0))
    scores = score_heart(volume, volume.with_array(np.zeros_like(reference)))["MYO"]
    assert scores["missed"] == 1 and scores["dice"] == 0
    assert scores["hd_voxel"] == pytest.approx((2**2 + 6**2 + 8**2) ** 0.5)
    assert scores["hd95_mm"] == pytest.approx((10**2 + 6**2 + 8**2) ** 0.5)


def test_tested_patients_lend_neither_content_nor_style(hearts_folder, protocol):
    hearts = Hearts(hearts_folder, hearts_folder, protocol)
    for task in fold_tasks(hearts.target_labels, 2, (1,)):
        for names in (hearts.training_sources(task), hearts.training_targets(task)):
            assert names and not set(names) & set(task.test)


def test_the_source_takes_the_target_s_pixels_where_its_headers_are_wrong(hearts_folder):
    wrong = CardiacProtocol(pixel_mm=3.0, source_pixels="as_target")
    hearts = Hearts(hearts_folder, hearts_folder, wrong)
    assert (hearts.source_case("patient1").labels[0] != OUTSIDE).sum() == 20 * 22


def test_patients_that_are_excluded_have_to_be_there(hearts_folder, protocol):
    assert "patient0" not in Hearts(hearts_folder, hearts_folder, protocol, ("patient0",)).source_cases
    with pytest.raises(DatasetError, match="patient9"):
        Hearts(hearts_folder, hearts_folder, protocol, ("patient9",))


def test_a_folder_without_hearts_says_what_it_expects(tmp_path, protocol):
    with pytest.raises(DatasetError, match="patient01_C0.nii.gz"):
        Hearts(tmp_path, tmp_path, protocol)


def test_rows_are_the_settings_of_the_work():
    assert set(SETTINGS) == {row.name for row in CARDIAC.rows}
    assert SETTINGS["0"].method is None and SETTINGS["3-rain"].pairing == "same_patient"
    assert [SETTINGS[name].iterations for name in ("1-rain-k1", "1-rain-k3", "1-rain")] == [1, 3, 5]


@pytest.mark.slow
def test_a_small_run_goes_on_after_a_stop_and_writes_the_table(hearts_folder, tmp_path, capsys):
    words = ["experiment", "cardiac-lge", "--source", str(hearts_folder), "--target", str(hearts_folder)]
    words += ["--output", str(tmp_path / "out"), "--device", "cpu", "--folds", "2", "--no-estimate"]
    words += [part for name, value in TINY.items() for part in ("--set", f"{name}={value}")]
    assert main([*words, "--rows", "0"]) == 0
    first = (tmp_path / "out" / "results" / "0" / "seed1-fold0.json").read_bytes()
    assert main([*words, "--rows", "0", "1-rain", "2-adaconv"]) == 0
    assert (tmp_path / "out" / "results" / "0" / "seed1-fold0.json").read_bytes() == first
    table = json.loads((tmp_path / "out" / "table.json").read_text())
    known = [cell for cell in table["cells"] if cell["row"] == "2-adaconv" and cell["score"] == "dice"]
    assert len(known) == 4 and all(cell["summary"]["count"] == 4 for cell in known)
    assert "Kullback-Leibler" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert main([*words, "--report"]) == 0
    assert "6 of 18 trainings done" in (tmp_path / "out" / "table.txt").read_text(encoding="utf-8")
    assert main([*words, "--set", "epochs=2"]) == 2
    assert "another protocol" in capsys.readouterr().err
