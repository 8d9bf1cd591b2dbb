"""The published input of the optimized U-Net, step by step by hand."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.ren_intensity import CROP, FULL_SHAPE, ren_crop, ren_intensities, ren_uncrop


def test_intensities_are_those_of_the_published_steps():
    array = np.zeros(200)
    array[:150] = np.arange(1, 151)
    mean, sd = 75.5, np.arange(1, 151).std()
    scores = (array - mean) / sd
    b = 255 / (1 - scores.max() / scores.min())
    mapped = np.round(-b / scores.min() * scores + b, 2)
    first, last = np.percentile(mapped, (1, 99))
    expected = (np.clip(mapped, first, last) - first) / (last - first)
    found = ren_intensities(array)
    assert np.allclose(found, expected, atol=1e-4) and found.min() == 0 and found.max() == 1
    assert (found[150:] == 0).all(), "the background ends at 0"


def test_the_scale_of_the_scanner_plays_no_part():
    array = np.random.default_rng(0).integers(1, 500, 400).astype(float)
    array[:100] = 0
    assert np.allclose(ren_intensities(array), ren_intensities(7 * array), atol=1e-4)


@pytest.mark.parametrize("array", [np.zeros(8), np.full(8, 3.0), np.array([0, 1, np.nan])])
def test_an_image_without_contrast_is_refused(array):
    with pytest.raises(DatasetError, match="non-zero voxels"):
        ren_intensities(array)


def test_the_crop_and_its_way_back():
    array = np.ones(FULL_SHAPE, np.uint8)
    cropped = ren_crop(array)
    assert cropped.shape == (128, 192, 128)
    back = ren_uncrop(cropped)
    assert back.shape == FULL_SHAPE and back[CROP].all() and back.sum() == cropped.size
    with pytest.raises(GeometryError, match=r"\(4, 5, 6\)"):
        ren_crop(np.zeros((4, 5, 6)))
