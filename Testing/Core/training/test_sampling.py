import numpy as np
import pytest

from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.sampling import PatchSampler


@pytest.fixture
def case_with_one_et_voxel():
    labels = np.zeros((5, 9, 7), np.uint8)
    labels[3, 6, 2] = 3
    labels[1, 1, 1] = 2
    return TrainingCase("a", np.arange(2 * 5 * 9 * 7, dtype=np.float16).reshape(2, 5, 9, 7), labels)


def test_the_same_seed_draws_the_same_places(case_with_one_et_voxel):
    sampler = PatchSampler([case_with_one_et_voxel], (4, 4), 0.5)
    first = sampler.draw_batch(np.random.default_rng([1, 7]), 6)
    assert first == sampler.draw_batch(np.random.default_rng([1, 7]), 6)
    assert first != sampler.draw_batch(np.random.default_rng([1, 8]), 6)


def test_forced_patches_lie_at_the_end_of_the_batch_and_hold_tumour(case_with_one_et_voxel):
    sampler = PatchSampler([case_with_one_et_voxel], (4, 4), 0.5)
    for seed in range(20):
        places = sampler.draw_batch(np.random.default_rng(seed), 4)
        for place in places[2:]:
            _, labels = sampler.cut(place)
            assert ((labels > 0) & (labels != OUTSIDE)).any()


def test_a_patch_larger_than_the_slice_is_padded_evenly(case_with_one_et_voxel):
    sampler = PatchSampler([case_with_one_et_voxel], (16, 16), 0)
    image, labels = sampler.cut(sampler.draw_batch(np.random.default_rng(0), 1)[0])
    assert image.shape == (2, 16, 16) and labels.shape == (16, 16)
    assert (labels != OUTSIDE).sum() == 9 * 7
    assert (labels[3:12, 4:11] != OUTSIDE).all()


def test_a_volume_patch_holds_the_voxels_of_its_place(case_with_one_et_voxel):
    sampler = PatchSampler([case_with_one_et_voxel], (3, 4, 5), 1)
    place = sampler.draw_batch(np.random.default_rng(3), 1)[0]
    image, _ = sampler.cut(place)
    z, y, x = place.start
    assert np.array_equal(image, case_with_one_et_voxel.image[:, z : z + 3, y : y + 4, x : x + 5])


def test_a_case_without_tumour_can_still_be_drawn_from():
    case = TrainingCase("empty", np.ones((1, 3, 4, 4), np.float16), np.zeros((3, 4, 4), np.uint8))
    places = PatchSampler([case], (2, 2), 1.0).draw_batch(np.random.default_rng(0), 3)
    assert len(places) == 3
