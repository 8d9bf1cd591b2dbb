from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, DeviceError, GeometryError, ModelPackageError, SequenceError
from ssaglioma.inference import segment_case
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.packages import ModelCard, ModelPackage, read_package
from ssaglioma.volume import Volume, to_canonical

T1N, T1C, T2W, T2F = SEQUENCE_ORDER


@pytest.fixture(scope="module")
def engine(package_folder):
    return TorchEngine(read_package(package_folder), device="cpu")


@pytest.fixture
def labelmap(engine, case_volumes):
    return segment_case(case_volumes, engine).labelmap


def turned(volume, order=(2, 0, 1), flips=(0, 2)):
    """Return the same image stored with permuted and flipped axes."""
    array = np.flip(volume.array.transpose(order), flips)
    columns = [2 - axis for axis in reversed(order)]
    direction = np.eye(3)[:, columns]
    corner = np.zeros(3)
    for axis in flips:
        direction[:, 2 - axis] *= -1
        corner[2 - order[axis]] = volume.shape[order[axis]] - 1
    origin = (volume.affine_lps @ [*corner, 1])[:3]
    return Volume(array, tuple(volume.spacing_zyx_mm[axis] for axis in order), tuple(origin), direction)


def test_the_result_lies_on_the_grid_of_t1gd_with_probabilities_beside(engine, case_volumes):
    result = segment_case(case_volumes, engine)
    assert result.labelmap.same_grid(case_volumes[T1C])
    assert set(np.unique(result.labelmap.array)) <= {0, 1, 2, 3}
    assert set(result.probabilities) == {"WT", "TC", "ET"}
    outside = case_volumes[T1C].array == 0
    for volume in result.probabilities.values():
        assert volume.array.min() >= 0 and volume.array.max() <= 1
        assert volume.same_grid(case_volumes[T1C]) and (volume.array[outside] == 0).all()
    assert result.timings.keys() == {"prepare", "predict", "restore"}
    assert result.peak_memory_gib is None or result.peak_memory_gib > 0


def test_random_weights_paint_something_so_that_the_next_tests_mean_something(labelmap):
    assert 0 < (labelmap.array > 0).mean() < 1


def test_a_rotated_and_flipped_case_gives_the_rotated_and_flipped_labelmap(engine, case_volumes, labelmap):
    moved = {name: turned(volume) for name, volume in case_volumes.items()}
    assert to_canonical(moved[T1C]).same_grid(case_volumes[T1C])
    result = segment_case(moved, engine).labelmap
    assert result.same_grid(moved[T1C])
    assert np.array_equal(to_canonical(result).array, labelmap.array)


def test_each_sequence_may_be_stored_in_its_own_orientation(engine, case_volumes, labelmap):
    mixed = {**case_volumes, T2W: turned(case_volumes[T2W]), T1N: turned(case_volumes[T1N], (1, 2, 0), (1,))}
    assert np.array_equal(segment_case(mixed, engine).labelmap.array, labelmap.array)


def test_grids_that_differ_are_shown_and_can_be_resampled(engine, case_volumes):
    shifted = Volume(case_volumes[T2F].array, (3.0, 1.0, 1.0), (0.0, 5.0, 0.0))
    with pytest.raises(GeometryError, match=r"FLAIR.*36x40x8 voxels of 1x1x3 mm.*--resample"):
        segment_case({**case_volumes, T2F: shifted}, engine)
    result = segment_case({**case_volumes, T2F: shifted}, engine, resample=True, grid=T2F)
    assert result.labelmap.same_grid(shifted)


def test_the_grid_of_a_sequence_that_was_not_given_is_refused(engine, case_volumes):
    del case_volumes[T2W]
    with pytest.raises(SequenceError, match="grid of T2, which was not given"):
        segment_case(case_volumes, engine, grid=T2W)


def test_a_missing_sequence_is_allowed_and_its_cost_is_told(engine, case_volumes):
    del case_volumes[T2W]
    result = segment_case(case_volumes, engine)
    assert any("T2 is missing" in text and "cost 0.03" in text for text in result.warnings)


def test_two_missing_sequences_are_told_without_a_cost_that_nobody_measured(engine, case_volumes):
    del case_volumes[T2W], case_volumes[T1N]
    result = segment_case(case_volumes, engine)
    assert any("T1, T2 are missing: the result is less accurate." in text for text in result.warnings)


def test_without_t1gd_the_result_lies_on_flair(engine, case_volumes):
    result = segment_case({T2W: case_volumes[T2W], T2F: case_volumes[T2F]}, engine)
    assert result.labelmap.same_grid(case_volumes[T2F])


def test_without_t1gd_and_flair_nothing_is_segmented(engine, case_volumes):
    with pytest.raises(SequenceError, match="T1Gd, FLAIR are missing.*T1Gd or FLAIR at least"):
        segment_case({T1N: case_volumes[T1N], T2W: case_volumes[T2W]}, engine)


def test_a_model_that_needs_all_sequences_says_so(engine, case_volumes):
    card = ModelCard(**{**engine.package.card.to_json(), "missing_channels": "refuse"})
    strict = TorchEngine(ModelPackage(engine.package.folder, card), device="cpu")
    del case_volumes[T1N]
    with pytest.raises(SequenceError, match="T1 are missing.*all sequences of the model"):
        segment_case(case_volumes, strict)


def test_images_with_a_skull_draw_a_warning(engine, case_volumes):
    filled = {name: volume.with_array(volume.array + 5) for name, volume in case_volumes.items()}
    assert any("skull-stripped" in text for text in segment_case(filled, engine).warnings)


def test_empty_images_are_refused(engine, case_volumes):
    empty = {name: volume.with_array(np.zeros_like(volume.array)) for name, volume in case_volumes.items()}
    with pytest.raises(DatasetError, match="every voxel is 0"):
        segment_case(empty, engine)


def test_finer_voxels_are_resampled_for_the_network_and_back(engine, images_of):
    images, _ = images_of((5, 61, 47))
    volumes = {name: Volume(image, (5.5, 0.5, 0.6)) for name, image in zip(SEQUENCE_ORDER, images)}
    result = segment_case(volumes, engine)
    assert result.labelmap.shape == (5, 61, 47)
    assert result.labelmap.same_grid(volumes[T1C])


def test_with_mirroring_left_and_right_are_treated_alike(engine, case_volumes):
    mirroring = TorchEngine(engine.package, device="cpu", mirror=True)
    plain = segment_case(case_volumes, mirroring).probabilities["WT"].array
    mirrored = {name: volume.with_array(volume.array[:, :, ::-1].copy()) for name, volume in case_volumes.items()}
    other = segment_case(mirrored, mirroring).probabilities["WT"].array[:, :, ::-1]
    assert np.abs(plain - other).max() < 1e-3


def test_progress_rises_from_the_start_to_one(engine, case_volumes):
    seen = []
    segment_case(case_volumes, engine, progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1


@pytest.mark.parametrize("name", ["tpu", "gpu0"])
def test_an_unknown_device_names_the_known_ones(package_folder, name):
    with pytest.raises(DeviceError, match=rf"{name}' is not known.*auto, cpu, cuda"):
        TorchEngine(read_package(package_folder), device=name)


def test_a_gpu_that_is_absent_is_named_and_auto_falls_back(package_folder, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"'cuda' cannot be used.*--device cpu"):
        TorchEngine(read_package(package_folder), device="cuda")
    assert TorchEngine(read_package(package_folder), device="auto").device.type == "cpu"


def test_weights_of_another_network_are_refused(package_folder):
    package = read_package(package_folder)
    card = ModelCard(**{**package.card.to_json(), "network": "nnunet_2d"})
    with pytest.raises(ModelPackageError, match="do not fit the network 'nnunet_2d'"):
        TorchEngine(ModelPackage(package.folder, card), device="cpu")


def test_every_sequence_name_of_the_card_is_understood(engine):
    assert engine.package.card.sequences == tuple(Sequence)


def test_an_oblique_case_keeps_its_direction_and_its_labels(engine, case_volumes, labelmap):
    turn, tilt = np.deg2rad([12, 7])
    about_z = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    about_x = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    direction = np.array(about_z) @ np.array(about_x)
    oblique = {
        name: Volume(volume.array, volume.spacing_zyx_mm, (3.0, -5.0, 7.0), direction)
        for name, volume in case_volumes.items()
    }
    result = segment_case(oblique, engine).labelmap
    assert result.same_grid(oblique[T1C]) and np.array_equal(result.array, labelmap.array)


def test_thick_slices_come_back_on_their_grid_and_stay_in_the_brain(engine, images_of):
    volumes = {name: Volume(image, (5.5, 0.9, 0.9)) for name, image in zip(SEQUENCE_ORDER, images_of((5, 44, 41))[0])}
    result = segment_case(volumes, engine)
    assert result.labelmap.same_grid(volumes[T1C])
    outside = volumes[T1C].array == 0
    for volume in result.probabilities.values():
        assert volume.array.min() >= 0 and volume.array.max() <= 1 and (volume.array[outside] == 0).all()


def test_a_temperature_changes_probabilities_and_not_one_label(engine, case_volumes):
    card = replace(engine.package.card, temperatures={"WT": 3.0, "ET": 0.4})
    calibrated = TorchEngine(ModelPackage(engine.package.folder, card), device="cpu")
    plain, made = segment_case(case_volumes, engine), segment_case(case_volumes, calibrated)
    raw = segment_case(case_volumes, calibrated, calibrate=False)
    assert np.array_equal(made.labelmap.array, plain.labelmap.array) and plain.labelmap.array.any()
    for region, temperature in (("WT", 3.0), ("TC", 1.0), ("ET", 0.4)):
        before, after = (result.probabilities[region].array.astype(float) for result in (plain, made))
        assert np.array_equal(raw.probabilities[region].array, plain.probabilities[region].array)
        inside = (before > 0) & (before < 1)
        logit = np.log(before[inside] / (1 - before[inside]))
        assert np.allclose(after[inside], 1 / (1 + np.exp(-logit / temperature)), atol=1e-5)
