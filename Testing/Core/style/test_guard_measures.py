"""The guard's measures against hand-computed values and a second implementation."""

import numpy as np
import pytest
from monai.metrics.regression import compute_ssim_and_cs
from monai.utils.type_conversion import convert_to_tensor
from scipy import ndimage

from ssaglioma.style.guard_findings import extra_noise
from ssaglioma.style.guard_measures import (
    brain_place,
    contrast_to_noise,
    gradient_similarity,
    large_parts,
    lesion_changes,
    structural_similarity,
    tissue,
)

SHAPE = (111, 95)
SPACING = (1.0, 1.2)


@pytest.fixture
def picture(slice_of):
    return slice_of(SHAPE)


def test_structural_similarity_equals_that_of_monai(picture):
    one = picture / 700
    other = ndimage.gaussian_filter(one, 1.0) + 0.05
    images = [convert_to_tensor(image[None, None].astype(np.float64)) for image in (one, other)]
    judge, _ = compute_ssim_and_cs(*images, 2, (11, 11), (1.5, 1.5), data_range=1.0, kernel_type="gaussian")
    # MONAI keeps only windows inside the picture, five pixels from its border, and counts in float32.
    ours = structural_similarity(one, other, 1.0)[5:-5, 5:-5]
    np.testing.assert_allclose(ours, judge[0, 0].numpy(), atol=3e-3)


def test_gradients_are_alike_whatever_the_contrast(picture):
    mask = picture > 0
    assert gradient_similarity(picture, 1000 - 2 * picture, mask, SPACING).mean() == pytest.approx(1, abs=1e-6)
    assert gradient_similarity(picture, np.roll(picture, 3, 0), mask, SPACING).mean() < 0.5


def test_contrast_to_noise_by_hand():
    # Means 6 and 2, variances 4 and 4.
    assert contrast_to_noise(np.array([4.0, 8.0]), np.array([0.0, 4.0])) == pytest.approx(2.0)
    assert np.isnan(contrast_to_noise(np.array([]), np.array([1.0])))
    assert np.isnan(contrast_to_noise(np.array([3.0]), np.array([1.0])))


def test_lesions_are_matched_by_overlap():
    before, after = np.zeros((3, 20, 40), bool), np.zeros((3, 20, 40), bool)
    before[:, 2:12, 2:12] = after[:, 2:12, 11:20] = True  # 30 of 300 and of 270 voxels shared
    before[1, 15:18, 2:5] = True  # 9 voxels
    after[:, 2:8, 30:36] = True  # 108 voxels, new
    changes = lesion_changes(before, after, (2.0, 1.0, 1.0), 50)
    assert (changes.before, changes.after) == (1, 2)
    assert changes.lost_mm3 == () and changes.new_mm3 == (216.0,)
    after[:, 2:12, 11] = False
    assert lesion_changes(before, after, (2.0, 1.0, 1.0), 10).lost_mm3 == (600.0, 18.0)
    assert lesion_changes(before, before * False, (1.0, 1.0, 1.0), 1e6).before == 0


def test_place_and_parts_by_hand():
    one = np.zeros((20, 30), bool)
    one[5:15, 5:15] = True
    place = brain_place(one, np.roll(one, 5, axis=1), (1.0, 2.0))
    assert place.dice == pytest.approx(0.5) and place.offset_mm == pytest.approx(10) and place.new_parts == 0
    one[5, 20:29] = True  # 9 of 100 pixels: not large
    assert large_parts(one) == 1
    one[6, 20] = True
    assert large_parts(one) == 2
    assert large_parts(one * False) == 0 and not tissue(np.zeros((4, 4))).any()
    assert np.isnan(brain_place(one, one * False, (1.0, 1.0)).offset_mm)


def test_extra_noise_is_what_the_picture_lacks(picture):
    mask = ndimage.binary_erosion(picture > 0, iterations=4)
    noisy = picture + np.random.default_rng(7).normal(0, 30, SHAPE)
    assert extra_noise(picture, 2 * noisy, mask) == pytest.approx(30, rel=0.25)
    assert extra_noise(noisy, picture, mask) == 0 and extra_noise(picture, picture, mask) == 0
