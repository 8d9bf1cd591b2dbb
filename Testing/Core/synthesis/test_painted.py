import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis import (
    ContrastParameters,
    TissueMaps,
    TumourParameters,
    draw_tumour,
    paint_tumour,
    render_contrasts,
)


@pytest.fixture(scope="module")
def maps():
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in (61, 71, 65)), indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2) / 0.9
    white = (radius < 0.8).astype(np.float32)
    grey = ((radius >= 0.8) & (radius < 0.93)).astype(np.float32)
    csf = ((radius >= 0.93) & (radius < 1)).astype(np.float32)
    return TissueMaps(grey, white, csf)


@pytest.fixture(scope="module")
def tumour():
    return TumourParameters(
        centre_zyx=(31, 33, 30),
        core_radius_mm=11,
        ring_mm=4,
        edema_mm=7,
        roughness_mm=1,
        white_matter_pull_mm=4,
        seed=5,
    )


@pytest.fixture(scope="module")
def labels(maps, tumour):
    return paint_tumour(maps, tumour)


@pytest.fixture(scope="module")
def images(maps, labels):
    return render_contrasts(maps, labels, ContrastParameters(seed=3))


def test_the_same_parameters_paint_the_same_tumour(maps, tumour, labels):
    assert np.array_equal(paint_tumour(maps, tumour), labels)


def test_a_drawn_tumour_is_centred_in_white_matter_and_follows_the_generator(maps):
    drawn = draw_tumour(maps, np.random.default_rng(4))
    assert maps.white[drawn.centre_zyx] > 0.8
    assert drawn == draw_tumour(maps, np.random.default_rng(4)) != draw_tumour(maps, np.random.default_rng(5))


def test_all_three_labels_appear_inside_the_brain(maps, labels):
    assert set(np.unique(labels)) == GLIOMA.allowed_values
    assert not labels[~maps.brain].any()


def test_the_ring_lies_between_necrosis_and_edema(labels):
    where = {value: np.argwhere(labels == value).mean(axis=0) for value in (1, 3)}
    centre = np.argwhere(labels == 1).mean(axis=0)
    far = {value: np.linalg.norm(np.argwhere(labels == value) - centre, axis=1).mean() for value in (1, 2, 3)}
    assert far[1] < far[3] < far[2]
    assert np.linalg.norm(where[1] - where[3]) < 6


def test_background_is_exactly_zero_and_brain_is_not(maps, images):
    for image in images.values():
        assert image.dtype == np.uint16
        assert (image[~maps.brain] == 0).all() and (image[maps.brain] > 0).all()


def test_the_brightest_brain_voxels_are_scaled_as_stated(maps, images):
    for image in images.values():
        assert np.percentile(image[maps.brain], 99.9) == pytest.approx(1000, abs=2)


def test_each_contrast_shows_what_a_radiologist_expects(maps, labels, images):
    assert tuple(images) == SEQUENCE_ORDER

    def level(sequence, mask):
        return np.median(images[sequence][mask])

    healthy_white, csf = (maps.white > 0.9) & (labels == 0), (maps.csf > 0.9) & (labels == 0)
    assert level(Sequence.T1C, labels == 3) > 1.2 * level(Sequence.T1C, healthy_white)
    assert level(Sequence.T1N, labels == 3) < level(Sequence.T1N, healthy_white)
    assert level(Sequence.T2F, labels == 2) > 1.3 * level(Sequence.T2F, healthy_white)
    assert level(Sequence.T2W, csf) > 1.5 * level(Sequence.T2W, healthy_white)
    assert level(Sequence.T2F, csf) < 0.6 * level(Sequence.T2F, healthy_white)


def test_another_seed_changes_the_noise_but_not_the_anatomy(maps, labels, images):
    other = render_contrasts(maps, labels, ContrastParameters(seed=4))[Sequence.T1N]
    assert not np.array_equal(other, images[Sequence.T1N])
    assert np.corrcoef(other[maps.brain], images[Sequence.T1N][maps.brain])[0, 1] > 0.7


def test_a_tumour_of_no_size_is_refused(tumour):
    from dataclasses import replace

    with pytest.raises(DatasetError, match="ring_mm is 0"):
        replace(tumour, ring_mm=0)


def test_maps_without_deep_white_matter_are_refused(maps):
    empty = TissueMaps(maps.grey, np.zeros_like(maps.white), maps.csf)
    with pytest.raises(DatasetError, match="no white matter"):
        draw_tumour(empty, np.random.default_rng(0))
