"""The script that compares generated tumours with real ones."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")
_PATH = Path(__file__).parents[3] / "scripts" / "compare_tumours.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("compare_tumours", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shells(outer, ring, inner, size=64):
    z, y, x = np.meshgrid(*(np.arange(size) - size / 2 + 0.5,) * 3, indexing="ij")
    distance = np.sqrt(z**2 + y**2 + x**2)
    labels = np.zeros((size,) * 3, np.uint8)
    labels[distance < outer] = 2
    labels[distance < ring] = 3
    labels[distance < inner] = 1
    return labels


def test_nested_balls_have_the_shares_and_the_ring_they_were_made_with(script):
    found = script.measure(shells(24, 16, 10))
    assert found["volume_ml"] == pytest.approx(4 / 3 * np.pi * 24**3 / 1000, rel=0.01)
    assert found["core_share"] == pytest.approx((16 / 24) ** 3, rel=0.02)
    assert found["necrosis_share"] == pytest.approx((10 / 16) ** 3, rel=0.03)
    assert found["ring_mm"] == pytest.approx(6, abs=1.0)
    assert found["ring_closed"] == 1
    assert found["core_sphericity"] == pytest.approx(1, abs=0.05)
    assert found["parts"] == 1
    assert found["centre_side"] == pytest.approx(119.5 - 31.5)


def test_a_gap_opens_the_ring_and_a_long_shape_is_less_spherical(script):
    labels = shells(24, 16, 10)
    cut = labels.copy()
    cut[:32][cut[:32] == 3] = 2
    assert script.measure(cut)["ring_closed"] == pytest.approx(0.5, abs=0.1)
    rod = np.zeros((64, 64, 64), bool)
    rod[4:60, 28:36, 28:36] = True
    assert script.sphericity(rod) < 0.9 * script.sphericity(labels > 0)


def test_a_tumour_without_a_ring_has_no_ring_statistics(script):
    labels = shells(24, 16, 10)
    labels[labels == 3] = 1
    found = script.measure(labels)
    assert np.isnan(found["ring_mm"]) and found["necrosis_share"] == 1


def test_the_energy_test_tells_shifted_samples_from_equal_ones(script):
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(60, 3)), generator.normal(size=(50, 3))
    assert script.energy_test(first, second)[1] > 0.05
    distance, p = script.energy_test(first, second + 1.0)
    assert p == pytest.approx(1 / 500) and distance > 0.3
