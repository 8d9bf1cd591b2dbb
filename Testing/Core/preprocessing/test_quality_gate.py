"""Limits, looks and prepared input: what the gate says of a case."""

import json

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.image_measures import ImageMeasures
from ssaglioma.preprocessing.prepared_input import is_prepared
from ssaglioma.preprocessing.quality_gate import (
    brain_findings,
    coverage_finding,
    image_findings,
    look_finding,
    sequence_findings,
    shading_finding,
)
from ssaglioma.preprocessing.training_look import FEATURES, Look, look_features, training_looks
from ssaglioma.volume import Volume

GOOD = {"slices": 26, "slice_mm": 5.5, "pixel_mm": 0.9, "edge_cm2": 12.0, "snr": 35.0, "ghost_percent": 0.8}


def lights(**changes):
    found = image_findings(Sequence.T2F, ImageMeasures(**{**GOOD, **changes}))
    return {finding.key: finding.light for finding in found}


def test_an_ordinary_clinical_scan_is_green():
    assert set(lights().values()) == {"green"}


@pytest.mark.parametrize(
    ("change", "key", "light"),
    [
        ({"slices": 12}, "slices", "amber"),
        ({"slices": 9}, "slices", "red"),
        ({"slice_mm": 7.0}, "slice_thickness", "amber"),
        ({"slice_mm": 12.0}, "slice_thickness", "red"),
        ({"pixel_mm": 2.0}, "pixel_size", "amber"),
        ({"edge_cm2": 120.0}, "brain_cut", "red"),
        ({"snr": 8.0}, "noise", "amber"),
        ({"snr": 3.0}, "noise", "red"),
        ({"ghost_percent": 7.0}, "ghosts", "amber"),
    ],
)
def test_each_figure_alone_changes_its_own_light(change, key, light):
    found = lights(**change)
    assert found.pop(key) == light
    assert set(found.values()) == {"green"}


def test_ghosts_that_cannot_be_told_are_not_spoken_of():
    assert "ghosts" not in lights(ghost_percent=None)


@pytest.mark.parametrize(
    ("volume_ml", "light"), [(1400, "green"), (900, "amber"), (500, "red"), (2100, "amber"), (2500, "red")]
)
def test_a_brain_of_an_impossible_size_is_red(volume_ml, light):
    assert brain_findings(volume_ml, "network", 0.97)[0].light == light


def test_a_simple_mask_and_masks_that_disagree_are_said():
    found = {one.key: one.light for one in brain_findings(1400, "classical", 0.85)}
    assert found == {"brain_volume": "green", "mask_method": "amber", "mask_agreement": "amber"}


def test_missing_and_doubtful_sequences_are_said_with_their_file():
    found = sequence_findings({Sequence.T1C: (0.99, "a.nii"), Sequence.T2F: (0.7, "b.nii")})
    assert [one.light for one in found] == ["amber", "green", "amber", "amber"]
    assert "b.nii" in found[3].text() and found[0].text() == "T1 is missing."


def test_shading_is_worse_where_it_was_not_corrected():
    assert shading_finding(Sequence.T1N, 70.0, corrected=True).light == "green"
    assert shading_finding(Sequence.T1N, 70.0, corrected=False).light == "amber"
    assert coverage_finding(Sequence.T1N, 70.0).light == "red"


@pytest.fixture(scope="module")
def pictures():
    """Twelve alike brains, their mask, and one that was inverted."""
    generator = np.random.default_rng(0)
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in (20, 40, 36)), indexing="ij")
    mask = np.sqrt(sum(axis**2 for axis in grid)) < 0.9
    made = []
    for _ in range(12):
        tissue = ndimage.gaussian_filter(generator.normal(size=mask.shape), 2)
        made.append(np.exp(1.5 * tissue / tissue.std()) * 100 + generator.normal(0, 5, mask.shape))
    return made, mask


def test_an_inverted_picture_is_farther_than_any_of_the_training(pictures):
    made, mask = pictures
    features = np.stack([look_features(one, mask) for one in made])
    assert features.shape == (12, len(FEATURES))
    look = Look.fit(features[:-1])
    strange = look_features(made[-1].max() - made[-1], mask)
    assert look.distance(features[-1]) < 2 * look.limit
    assert look.distance(strange) > 3 * look.limit
    assert look_finding(Sequence.T1C, look.distance(strange), look.limit).light == "red"


def test_looks_do_not_depend_on_the_scale_of_the_numbers(pictures):
    made, mask = pictures
    assert np.allclose(look_features(made[0], mask), look_features(17 * made[0] + 300, mask), atol=1e-3)


def test_a_fit_written_and_read_is_the_same(pictures):
    made, mask = pictures
    look = Look.fit(np.stack([look_features(one, mask) for one in made]))
    again = Look.from_json(json.loads(json.dumps(look.to_json())))
    strange = look_features(-made[0], mask)
    assert again.distance(strange) == pytest.approx(look.distance(strange), rel=1e-3)


def test_the_shipped_looks_have_all_sequences_and_plain_limits():
    looks = training_looks()
    assert set(looks) == set(SEQUENCE_ORDER)
    assert all(0.8 < look.limit < 4 and look.mean.shape == (len(FEATURES),) for look in looks.values())


def test_too_small_a_brain_has_no_look():
    with pytest.raises(DatasetError, match="The brain has 8 voxels"):
        look_features(np.ones((4, 4, 4)), np.pad(np.ones((2, 2, 2), bool), 1))


@pytest.fixture
def stripped_case(images_of):
    images, _ = images_of((12, 40, 36))
    return {name: Volume(image, (8.0, 4.0, 4.0)) for name, image in zip(SEQUENCE_ORDER, images)}


def test_one_grid_and_one_background_are_prepared_in_any_order_of_the_axes(stripped_case):
    assert is_prepared(stripped_case)
    turned = stripped_case[Sequence.T1C]
    flipped = np.ascontiguousarray(turned.array[:, ::-1])
    origin = (0.0, float((turned.affine_lps @ [0, 39, 0, 1])[1]), 0.0)
    other = Volume(flipped, turned.spacing_zyx_mm, origin, np.diag([1.0, -1.0, 1.0]))
    assert is_prepared({**stripped_case, Sequence.T1C: other})


def test_another_grid_a_filled_background_or_a_whole_head_are_not_prepared(stripped_case):
    moved = stripped_case[Sequence.T2F]
    apart = Volume(moved.array, moved.spacing_zyx_mm, (5.0, 0.0, 0.0))
    assert not is_prepared({**stripped_case, Sequence.T2F: apart})
    assert not is_prepared({name: one.with_array(one.array + 1) for name, one in stripped_case.items()})
    large = {name: Volume(one.array, (16.0, 8.0, 8.0)) for name, one in stripped_case.items()}
    assert not is_prepared(large)
    assert not is_prepared({})
