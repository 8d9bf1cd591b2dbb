import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing import bounding_box, prepare_case, zscore_in_mask
from ssaglioma.preprocessing.intensity import brain_mask


@pytest.fixture
def brain():
    image = np.zeros((9, 11, 7), np.float32)
    image[2:7, 3:9, 1:6] = np.random.default_rng(0).uniform(50, 150, (5, 6, 5))
    return image


def test_a_dark_hole_inside_the_brain_belongs_to_the_brain(brain):
    brain[4, 5, 3] = 0
    assert brain_mask(brain[None])[4, 5, 3]
    assert brain_mask(brain[None]).sum() == 5 * 6 * 5


def test_the_box_is_the_smallest_one():
    mask = np.zeros((4, 5, 6), bool)
    mask[1, 2, 3] = mask[2, 4, 3] = True
    assert bounding_box(mask) == (slice(1, 3), slice(2, 5), slice(3, 4))


def test_zscore_has_mean_zero_and_sd_one_inside_and_zero_outside(brain):
    mask = brain > 0
    result = zscore_in_mask(brain, mask)
    assert result[mask].mean() == pytest.approx(0, abs=1e-5)
    assert result[mask].std() == pytest.approx(1, abs=1e-4)
    assert (result[~mask] == 0).all()


def test_a_constant_image_does_not_divide_by_zero():
    assert np.isfinite(zscore_in_mask(np.full((2, 2, 2), 7.0), np.ones((2, 2, 2), bool))).all()


def test_a_missing_sequence_becomes_a_zero_channel_in_its_place(brain):
    prepared = prepare_case({Sequence.T1C: brain, Sequence.T2F: 2 * brain}, SEQUENCE_ORDER)
    assert prepared.image.shape == (4, 5, 6, 5)
    assert not prepared.image[0].any() and not prepared.image[2].any()
    assert np.allclose(prepared.image[1], prepared.image[3], atol=1e-4)


def test_uncropping_puts_every_voxel_back(brain):
    prepared = prepare_case({Sequence.T1N: brain}, (Sequence.T1N,))
    full = prepared.uncrop(prepared.mask.astype(np.uint8))
    assert np.array_equal(full.astype(bool), brain > 0)


def test_empty_images_are_refused():
    with pytest.raises(DatasetError, match="every voxel is 0"):
        prepare_case({Sequence.T1N: np.zeros((3, 3, 3))}, (Sequence.T1N,))
