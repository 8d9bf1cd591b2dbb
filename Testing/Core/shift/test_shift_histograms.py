"""Histograms of two sets: hand-computed divergences, scipy as the judge, regions, and what is refused."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from ssaglioma.errors import DatasetError
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.shift import Histogram, histogram, histogram_distances, region_samples, unit_intensities


@pytest.fixture
def generator():
    return np.random.default_rng(4)


@pytest.fixture
def samples(generator):
    return generator.beta(2, 5, 20000), generator.beta(3, 3, 15000)


def test_divergences_of_two_bins_match_the_hand():
    first, second = (Histogram(np.array(p), 0.0, 1.0, 10) for p in ([0.5, 0.5], [0.9, 0.1]))
    found = histogram_distances(first, second)
    assert found.kl_to_second == pytest.approx(0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1), abs=1e-8)
    assert found.kl_to_first == pytest.approx(0.9 * np.log(0.9 / 0.5) + 0.1 * np.log(0.1 / 0.5), abs=1e-8)
    assert found.wasserstein == pytest.approx(0.4 * 0.5)  # 0.4 of the voxels move by one bin of width 0.5


def test_scipy_gives_the_same_divergences(samples):
    first, second = (histogram([sample]) for sample in samples)
    found = histogram_distances(first, second)
    p, q = first.shares + 1e-10, second.shares + 1e-10
    assert found.kl_to_second == pytest.approx(stats.entropy(p, q))
    assert found.js == pytest.approx(jensenshannon(p, q) ** 2)
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(*samples), abs=1 / 256)


def test_equal_sets_are_at_no_distance(samples):
    one = histogram([samples[0]])
    found = histogram_distances(one, one)
    assert (found.kl_to_second, found.kl_to_first, found.js, found.wasserstein) == (0, 0, 0, 0)


def test_every_image_weighs_the_same():
    found = histogram([np.zeros(1000), np.ones(10)], bins=2)
    assert found.shares.tolist() == [0.5, 0.5] and found.voxels == 1010
    assert found.centres.tolist() == [0.25, 0.75]


def test_values_outside_the_range_count_at_its_ends():
    assert histogram([np.array([-3.0, 0.1, 7.0])], bins=2).shares == pytest.approx([2 / 3, 1 / 3])


def test_regions_are_scaled_over_the_whole_mask():
    image = np.array([[0.0, 100, 200], [300, 400, 999]])
    mask = np.array([[True, True, True], [True, True, False]])
    labels = np.array([[0, 200, 200], [500, 0, 500]])
    found = region_samples(image, labels, mask, CARDIAC_LGE)
    assert list(found) == ["all", "MYO", "LV", "other"]
    assert found["MYO"].tolist() == [0.25, 0.5] and found["LV"].tolist() == [0.75]
    assert found["other"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("image", "mask", "words"),
    [
        (np.ones((2, 2)), np.zeros((2, 2), bool), "holds 0 voxels"),
        (np.array([1.0, np.nan]), np.ones(2, bool), "1 of them not finite"),
        (np.full(3, 5.0), np.ones(3, bool), "All voxels under the mask are 5.0"),
    ],
)
def test_images_without_a_histogram_are_named(image, mask, words):
    with pytest.raises(DatasetError, match=words):
        unit_intensities(image, mask)


def test_histograms_with_other_bins_are_refused():
    with pytest.raises(DatasetError, match="the same bins"):
        histogram_distances(histogram([np.zeros(3)], bins=4), histogram([np.zeros(3)], bins=8))
    with pytest.raises(DatasetError, match="no voxel"):
        histogram([np.array([])])
