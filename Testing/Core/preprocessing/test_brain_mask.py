"""Brain masks on a phantom whose brain is known at every point in space."""

import numpy as np
import pytest
from head_phantom import BRAIN_ML, brain_of, dice, grid, scanned

from ssaglioma.errors import DatasetError, GeometryError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.brain_mask import BrainMaskError, find_brain
from ssaglioma.preprocessing.mask_input import MASK_CENTRE, MASK_SHAPE, MASK_SPACING_MM
from ssaglioma.preprocessing.stripped import is_stripped

GRIDS = {
    "4 mm": {},
    "6 mm slices": {"shape": (26, 104, 88), "spacing": (6.0, 2.0, 2.0)},
    "sagittal, turned over": {"axes": (1, 2, 0), "signs": (1, -1, -1), "shape": (44, 40, 52)},
    "oblique": {"turn": 14.0, "shape": (40, 60, 54)},
}


class GreyPredictor:
    """Calls brain what has the phantom's grey of brain; remembers what it saw."""

    def __init__(self, low=0.3, high=0.75):
        self.low, self.high, self.seen = low, high, []

    def predict(self, array, spacing_zyx_mm):
        self.seen.append((array.shape, array.dtype, spacing_zyx_mm))
        return ((array > self.low) & (array < self.high)).astype(np.float32)


class NoPredictor:
    def predict(self, array, spacing_zyx_mm):
        raise AssertionError("a stripped image needs no model")


@pytest.fixture
def head():
    return scanned(grid(), noise=20.0)


@pytest.fixture
def stripped_brain():
    """The phantom's brain alone, with a hole of exactly 0 inside."""
    volume = scanned(grid())
    array = np.where(brain_of(volume), volume.array, 0)
    array[20, 26, 22] = 0
    return volume.with_array(array)


@pytest.mark.parametrize("name", GRIDS)
def test_the_mask_covers_the_brain_on_the_grid_of_the_image(name):
    volume = scanned(grid(**GRIDS[name]), noise=20.0)
    predictor = GreyPredictor()
    found = find_brain({Sequence.T1N: volume}, predictor)
    assert found.method == "network" and found.volume.same_grid(volume)
    assert found.volume.array.dtype == np.uint8
    assert dice(found.volume.array > 0, brain_of(volume)) > 0.96
    assert found.volume_ml == pytest.approx(BRAIN_ML, rel=0.05)
    assert found.agreement is None and found.warnings == ()
    assert 1 <= len(predictor.seen) <= 3
    assert set(predictor.seen) == {((1, *MASK_SHAPE), np.dtype(np.float32), MASK_SPACING_MM)}


def test_the_model_looks_again_until_the_brain_is_where_it_was_in_training():
    """The head lies far from the middle of a large field, and a bright bar beside it misleads the first look."""
    volume = scanned(grid(shape=(60, 80, 70), centre=(40.0, -50.0, 30.0)), noise=20.0)
    array = volume.array.copy()
    array[30:, 10:14, 5:60] = 900
    looks = []

    class Watching(GreyPredictor):
        def predict(self, array, spacing_zyx_mm):
            found = super().predict(array, spacing_zyx_mm)
            looks.append(np.argwhere(found[0] > 0.5).mean(axis=0))
            return found

    found = find_brain({Sequence.T1N: volume.with_array(array)}, Watching())
    assert dice(found.volume.array > 0, brain_of(volume)) > 0.95
    wanted = np.array(MASK_SHAPE) * MASK_CENTRE
    assert len(looks) >= 2
    assert np.linalg.norm(looks[-1] - wanted) < 4 < np.linalg.norm(looks[0] - wanted)


@pytest.mark.parametrize("name", ["4 mm", "6 mm slices"])
def test_without_a_model_thresholds_and_morphology_find_the_brain(name):
    volume = scanned(grid(**GRIDS[name]), noise=20.0)
    found = find_brain({Sequence.T2F: volume}, None)
    assert found.method == "classical" and found.warnings[0].startswith("The brain was found without a trained model")
    assert dice(found.volume.array > 0, brain_of(volume)) > 0.9


def test_a_stripped_image_is_left_alone(stripped_brain):
    found = find_brain({Sequence.T1C: stripped_brain}, NoPredictor())
    assert found.method == "stripped"
    assert np.array_equal(found.volume.array > 0, brain_of(stripped_brain))
    assert np.array_equal(found.apply(stripped_brain).array, stripped_brain.array)


def test_a_stripped_image_may_have_any_background_value(stripped_brain):
    moved = stripped_brain.with_array(np.where(stripped_brain.array > 0, stripped_brain.array - 480, -1000))
    found = find_brain({Sequence.T1C: moved}, NoPredictor())
    assert np.array_equal(found.volume.array > 0, brain_of(stripped_brain))


@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_a_whole_head_is_not_taken_for_a_stripped_one(noise):
    assert not is_stripped(scanned(grid(), noise=noise))


def test_the_stripped_images_of_a_mixed_set_decide(head, stripped_brain):
    found = find_brain({Sequence.T1C: stripped_brain, Sequence.T2F: head}, NoPredictor())
    assert found.method == "stripped"
    assert found.warnings == ("The skull is in FLAIR and was taken away in T1Gd; the brain of T1Gd counts.",)


def test_an_image_that_disagrees_is_named(head):
    place = np.roll(head.array, 9, axis=1)
    good = {Sequence.T1N: head, Sequence.T1C: head, Sequence.T2W: head}
    alike = find_brain(good, GreyPredictor())
    assert alike.agreement == pytest.approx(1.0) and alike.warnings == ()
    found = find_brain({**good, Sequence.T2F: head.with_array(place)}, GreyPredictor())
    assert found.agreement < 1
    assert len(found.warnings) == 1 and found.warnings[0].startswith("The brain in FLAIR alone differs")


def test_a_brain_that_goes_on_beyond_the_image_is_told():
    cut = scanned(grid(shape=(24, 52, 44), centre=(0.0, 0.0, -30.0)), noise=20.0)
    found = find_brain({Sequence.T1N: cut}, GreyPredictor())
    assert found.warnings[0] == "The brain reaches the image's edge above: part of it was not scanned."


def test_what_is_no_brain_is_refused(head):
    with pytest.raises(BrainMaskError, match="No brain was found"):
        find_brain({Sequence.T1N: head}, GreyPredictor(low=2.0))
    small = scanned(grid(spacing=(1.2, 1.2, 1.2)), noise=20.0)
    with pytest.raises(BrainMaskError, match=r"has \d+ ml. Expected 250 to 2300 ml"):
        find_brain({Sequence.T1N: small}, GreyPredictor())
    with pytest.raises(DatasetError, match="a grey image of a head"):
        find_brain({Sequence.T1N: head.with_array(np.full(head.shape, 7.0))}, GreyPredictor())


def test_images_must_be_there_and_lie_on_one_grid(head):
    with pytest.raises(SequenceError, match="no image to find the brain in"):
        find_brain({}, None)
    other = scanned(grid(shape=(30, 52, 44)))
    with pytest.raises(GeometryError, match="different grids"):
        find_brain({Sequence.T1N: head, Sequence.T2W: other}, None)


def test_a_mask_sets_the_outside_to_0_and_keeps_the_type(head):
    found = find_brain({Sequence.T1N: head}, GreyPredictor())
    counted = head.with_array(head.array.astype(np.int16))
    cut = found.apply(counted)
    assert cut.array.dtype == np.int16
    assert np.array_equal(cut.array, counted.array * found.volume.array)
    with pytest.raises(GeometryError, match="brain mask"):
        found.apply(scanned(grid(shape=(30, 52, 44))))
    assert found.to_json() == {"method": "network", "volume_ml": found.volume_ml, "agreement": None, "warnings": []}
