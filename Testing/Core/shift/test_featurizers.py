"""Slices to vectors: what each hand-made feature answers to, and encoder statistics against a plain loop."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import ssaglioma
from ssaglioma.errors import DatasetError
from ssaglioma.shift import encoder_features, plain_features

QUANTILES, POWERS, SLOPES, NOISE = slice(0, 9), slice(9, 27), slice(27, 33), 33


@pytest.fixture
def brain():
    """A slice of odd size: two tissues inside a disc, background 0."""
    generator = np.random.default_rng(2)
    rows, columns = np.mgrid[-1:1:81j, -1:1:75j]
    tissue = 0.4 + 0.4 * (ndimage.gaussian_filter(generator.normal(size=rows.shape), 4) > 0)
    return np.where(np.hypot(rows, columns) < 0.9, tissue, 0.0).astype(np.float32)


def noisy(image, sigma):
    noise = np.random.default_rng(5).normal(0, sigma, image.shape)
    return np.where(image > 0, np.maximum(image + noise, 1e-3), 0)


def test_the_vectors_have_the_stated_length_and_are_finite(brain):
    found = plain_features(np.stack([brain, brain[::-1]]))
    assert found.shape == (2, 34) and np.isfinite(found).all()
    assert found[0] == pytest.approx(found[1], abs=1e-6)  # upside down is the same brain


def test_quantiles_are_those_of_the_foreground(brain):
    expected = np.quantile(brain[brain > 0], (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99))
    assert plain_features(brain[None])[0, QUANTILES] == pytest.approx(expected)


def test_the_noise_is_measured_within_a_tenth():
    rows, columns = np.mgrid[-1:1:121j, -1:1:121j]
    flat = np.where(np.hypot(rows, columns) < 0.9, 0.5, 0.0)
    for sigma in (0.01, 0.05):
        assert 10 ** plain_features(noisy(flat, sigma)[None])[0, NOISE] == pytest.approx(sigma, rel=0.1)


def test_blur_takes_power_and_slope_away_and_noise_brings_power(brain):
    sharp = noisy(brain, 0.01)
    blurred = np.where(brain > 0, ndimage.gaussian_filter(sharp, 1.5), 0)
    plain, soft, loud = plain_features(np.stack([sharp, blurred, noisy(brain, 0.1)]))
    assert soft[POWERS][-6:].mean() < plain[POWERS][-6:].mean() - 0.5 < loud[POWERS][-6:].mean()
    assert soft[SLOPES][-1] < plain[SLOPES][-1]


@pytest.mark.parametrize("wrong", [np.zeros((1, 40, 40)), np.full((1, 40, 40), np.nan), np.ones((40, 40))])
def test_slices_without_a_brain_are_refused(wrong):
    with pytest.raises(DatasetError, match=r"foreground|finite"):
        plain_features(wrong)


def test_encoder_statistics_are_weighted_means_and_deviations(brain):
    torch = pytest.importorskip("torch")

    class Encoder:
        """Gives the picture and its square, and their averages over blocks of 2 x 2."""

        def features(self, picture, layers):
            maps = torch.cat([picture, picture**2], dim=1)
            return [maps, torch.nn.functional.avg_pool2d(maps, 2, ceil_mode=True)][: len(layers)]

    cut = brain[:60, :60]  # even, so that a block of 2 x 2 is a place of the second layer
    found = encoder_features(Encoder(), ("first", "second"))(np.stack([cut, cut.T]))
    assert found.shape == (2, 8)
    inside = ndimage.binary_fill_holes(cut != 0).astype(float)
    expected = []
    for size in (1, 2):
        share = inside.reshape(60 // size, size, 60 // size, size).mean(axis=(1, 3))
        for power in (1, 2):
            values = (cut.astype(float) ** power).reshape(60 // size, size, 60 // size, size).mean(axis=(1, 3))
            mean = np.average(values, weights=share)
            expected.append((mean, np.sqrt(np.average((values - mean) ** 2, weights=share))))
    first, second = expected[:2], expected[2:]
    flat = [pair[k] for group in (first, second) for k in (0, 1) for pair in group]
    assert found[0] == pytest.approx(flat, abs=1e-5)
    assert found[1] == pytest.approx(flat, abs=1e-5)


def test_more_background_does_not_move_the_statistics_of_an_encoder(brain):
    torch = pytest.importorskip("torch")

    class Encoder(torch.nn.Module):
        """One layer that looks at single pixels."""

        def features(self, picture, layers):
            return [torch.relu(picture - 0.5)]

    featurize = encoder_features(Encoder(), ("only",))
    assert featurize(np.pad(brain, 30)[None]) == pytest.approx(featurize(brain[None]), abs=1e-6)
    with pytest.raises(DatasetError, match="empty"):
        featurize(np.zeros((1, 20, 20)))


def test_the_projects_encoder_fits():
    encoders = pytest.importorskip("ssaglioma.style.encoders")
    encoder = encoders.build_encoder("mri_small")
    image = np.zeros((1, 33, 47), np.float32)
    image[0, 4:-4, 4:-4] = np.random.default_rng(1).random((25, 39))
    found = encoder_features(encoder)(image)
    assert found.shape == (1, 2 * (16 + 32 + 64 + 128)) and np.isfinite(found).all()


def test_the_room_loads_neither_torch_nor_matplotlib():
    script = "import sys, ssaglioma.shift, ssaglioma.shift.figure; print({'torch', 'matplotlib'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "set()"
