"""N4 on a coarse copy: the field that was put on is the field that is found."""

import json

import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.bias import BiasField, BiasSettings, estimate_bias
from ssaglioma.preprocessing.chain import BiasDivided, Chain
from ssaglioma.synthesis.scanner import BiasField as Coil
from ssaglioma.synthesis.scanner.fields import biased
from ssaglioma.volume import Volume

SHAPE, SPACING = (24, 56, 48), (5.5, 3.0, 3.0)
QUICK = BiasSettings(voxel_mm=6.0)


@pytest.fixture(scope="module")
def brain():
    """Two tissues in an ellipsoid with folds, so that the histogram has two peaks."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in grid))
    folds = 0.12 * np.sin(9 * grid[1]) * np.cos(8 * grid[2])
    noise = np.random.default_rng(0).normal(0, 6, SHAPE)
    image = np.where(radius + folds < 0.62, 400.0, 280.0) + noise
    return Volume((image * (radius < 0.95)).astype(np.float32), SPACING), radius < 0.95


def spread_of_ratio(found, truth, mask):
    logs = np.log(found[mask]) - np.log(truth[mask])
    return float(logs.std())


@pytest.mark.parametrize(("percent", "seed"), [(20, 1), (40, 3)])
def test_most_of_a_coils_field_is_found(brain, percent, seed):
    volume, mask = brain
    shaded = biased(volume.array, mask, Coil(percent, seed), SPACING)
    truth = np.where(mask, shaded / np.maximum(volume.array, 1e-6), 1.0)
    field = estimate_bias(volume.with_array(shaded), mask, QUICK)
    before = float(np.log(truth[mask]).std())
    assert spread_of_ratio(field.values(), truth, mask) < 0.35 * before
    assert field.peak_to_peak_percent(mask) == pytest.approx(percent, rel=0.35)


def test_an_even_brain_stays_as_it_is(brain):
    volume, mask = brain
    field = estimate_bias(volume, mask, QUICK)
    assert field.peak_to_peak_percent(mask) < 5
    assert np.log(field.values()[mask]).mean() == pytest.approx(0, abs=0.01)


def test_the_lattice_says_what_n4_itself_says_at_every_voxel(brain):
    volume, mask = brain
    shaded = volume.with_array(biased(volume.array, mask, Coil(40, 3), SPACING))
    field = estimate_bias(shaded, mask, BiasSettings(voxel_mm=1.0))
    image = SimpleITK.GetImageFromArray(np.where(mask, shaded.array, 0).astype(np.float32))
    image.SetSpacing(SPACING[::-1])
    n4 = SimpleITK.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([50])
    middle = float(np.median(shaded.array[mask]))
    n4.Execute(image / middle + 1e-3, _like(mask, image))
    judge = np.exp(SimpleITK.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)))
    ratio = field.values()[mask] / judge[mask]
    assert ratio.std() / ratio.mean() < 0.003


def _like(mask, image):
    result = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    result.CopyInformation(image)
    return result


def test_a_spline_goes_through_its_numbers_and_is_smooth_between():
    line = (0.0, 4.0, 9.0, 14.0)
    cubic = [0.001 * (k - 3) ** 3 for k in line]
    field = BiasField((15, 1, 1), (line, (0.0,), (0.0,)), tuple(cubic))
    assert np.allclose(np.log(field.values()[:, 0, 0]), [0.001 * (k - 3) ** 3 for k in range(15)], atol=1e-5)


def test_dividing_by_the_field_is_recorded_and_taken_back(brain):
    volume, mask = brain
    step = BiasDivided(estimate_bias(volume, mask, QUICK))
    again = Chain.from_json(json.loads(json.dumps(Chain((step,)).to_json()))).steps[0]
    assert again == step
    assert np.allclose(again.back(again.forward(volume)).array, volume.array, rtol=1e-5)
    labels = volume.with_array(mask.astype(np.uint8))
    assert np.array_equal(step.back(labels, order=0).array, labels.array)


def test_too_small_a_brain_and_another_shape_are_refused(brain):
    volume, mask = brain
    with pytest.raises(DatasetError, match="too little signal"):
        estimate_bias(volume, np.zeros_like(mask))
    with pytest.raises(GeometryError, match="mask has shape"):
        estimate_bias(volume, mask[1:])


@pytest.mark.parametrize("changes", [{"knots": 3}, {"iterations": ()}, {"voxel_mm": 0}, {"fwhm": -1}])
def test_settings_without_sense_are_refused(changes):
    with pytest.raises(ValueError, match="make no sense"):
        BiasSettings(**changes)
