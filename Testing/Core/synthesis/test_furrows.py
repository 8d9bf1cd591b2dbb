"""Furrows keep fluid in their middle, and dura between the brain's parts is no hole."""

import numpy as np
import pytest
from small_heads import head_codes

from ssaglioma.synthesis.anatomy import anatomy_from_labels
from ssaglioma.synthesis.anatomy.vessels import narrowed_furrows, with_vessels
from ssaglioma.volume import Volume


def furrow(thickness):
    """Return fractions of a block of cortex with one furrow of CSF of some voxels' width."""
    csf = np.zeros((21, 23, 25), np.float32)
    csf[:, :, 8 : 8 + thickness] = 1
    return {"csf": csf, "cortex": 1 - csf}


@pytest.mark.parametrize(
    ("thickness", "width", "wanted"),
    [
        (1, 0.4, [0.65]),  # 1 - 0.6 * 1 + 0.25
        (3, 0.4, [0.05, 1, 0.05]),  # depths 1, 2, 1; 1 - 0.6 * 2 + 0.25
        (3, 0.65, [0.55, 1, 0.55]),
        (3, 1.0, [1, 1, 1]),
    ],
)
def test_a_furrow_is_narrowed_from_its_banks(thickness, width, wanted):
    parts = narrowed_furrows(furrow(thickness), width)
    assert parts["csf"][10, 11, 8 : 8 + thickness] == pytest.approx(wanted, abs=1e-6)
    assert parts["csf"] + parts["cortex"] == pytest.approx(np.ones((21, 23, 25)), abs=1e-6)


def test_fluid_far_from_cortex_stays():
    parts = furrow(3)
    parts["cortex"], parts["white"] = np.zeros_like(parts["csf"]), parts["cortex"]
    assert np.array_equal(narrowed_furrows(parts, 0.2)["csf"], parts["csf"])


def test_fluid_that_is_nowhere_the_most_is_scaled():
    parts = {"csf": np.full((9, 9, 9), 0.4, np.float32), "cortex": np.full((9, 9, 9), 0.6, np.float32)}
    assert narrowed_furrows(parts, 0.3)["csf"] == pytest.approx(np.full((9, 9, 9), 0.12))


def test_vessels_are_added_to_those_of_the_anatomy():
    parts = furrow(5)
    parts["vessel"] = np.zeros_like(parts["csf"])
    parts["cortex"][0], parts["vessel"][0] = 0, 1 - parts["csf"][0]
    drawn = with_vessels(parts, 3)
    assert drawn["vessel"][0][:, 0] == pytest.approx(1)
    assert drawn["vessel"][5:].sum() > 0
    assert sum(drawn.values()) == pytest.approx(np.ones((21, 23, 25)), abs=1e-6)


@pytest.fixture(scope="module")
def head_with_falx():
    codes = head_codes(skull=True)
    codes[:, :, 37:39][(codes[:, :, 37:39] != 511) & (codes[:, :, 37:39] != 515)] = 514
    return anatomy_from_labels(Volume(codes, (2.0, 2.0, 2.0)), "falx")


def test_dura_deep_between_the_brains_parts_is_kept_as_vessel(head_with_falx):
    middle = np.argwhere(head_with_falx.fractions["vessel"] > 0).mean(axis=0)
    assert np.linalg.norm(middle - np.argwhere(head_with_falx.brain > 0).mean(axis=0)) < 4
    deep = head_with_falx.fractions["vessel"] > 0
    assert deep.sum() > 5000
    assert (head_with_falx.brain[deep] == 255).all()
    assert (head_with_falx.fractions["soft"][deep] == 0).all()


def test_dura_near_the_skull_is_still_stripped(head_with_falx):
    soft = head_with_falx.fractions["soft"] > 0
    assert soft.any()
    assert (head_with_falx.brain[soft] == 0).all()
