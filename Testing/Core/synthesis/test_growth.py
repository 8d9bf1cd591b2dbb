"""Fisher-Kolmogorov growth against what is known of it."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.tumours.growth import GrowthParameters, grow, time_step_days


def front_place(line):
    """Where the density of a line falls through one half, in voxels."""
    last = int(np.flatnonzero(line > 0.5)[-1])
    return last + (line[last] - 0.5) / (line[last] - line[last + 1])


@pytest.mark.parametrize(("diffusion", "rho"), [(0.5, 0.05), (0.2, 0.02), (1.0, 0.03)])
def test_the_front_travels_at_fishers_speed(diffusion, rho):
    parameters = GrowthParameters(diffusion, 10.0, rho)
    spacing, length = 1.0, 700
    white = np.ones((1, 1, length))
    start = np.zeros_like(white)
    start[..., :5] = 1
    early, _ = grow(start, white, 0 * white, parameters, spacing_mm=spacing, days=25 / rho)
    late, _ = grow(early, white, 0 * white, parameters, spacing_mm=spacing, days=20 / rho)
    speed = (front_place(late[0, 0]) - front_place(early[0, 0])) * spacing / (20 / rho)
    assert speed == pytest.approx(2 * np.sqrt(diffusion * rho), rel=0.10)
    assert parameters.front_speed_mm_per_day == pytest.approx(2 * np.sqrt(diffusion * rho))


def test_mass_is_kept_without_proliferation():
    generator = np.random.default_rng(0)
    white = generator.uniform(0, 1, (14, 15, 16))
    grey = (1 - white) * (generator.random(white.shape) > 0.3)
    start = generator.uniform(0, 1, white.shape) * (white + grey >= 0.4)
    end, days = grow(start, white, grey, GrowthParameters(0.3, 12.0, 0.0), spacing_mm=2.0, days=120)
    assert days == 120
    assert end.sum() == pytest.approx(start.sum(), rel=1e-12)
    assert np.abs(end - start).max() > 0.1


def test_no_cell_enters_csf_or_crosses_it():
    white = np.ones((5, 5, 21))
    white[..., 10] = 0
    start = np.zeros_like(white)
    start[2, 2, 2] = 1
    end, _ = grow(start, white, 0 * white, GrowthParameters(0.5, 10.0, 0.1), spacing_mm=1.0, days=300)
    assert end[..., :10].min() > 0.9
    assert np.all(end[..., 10:] == 0)


def test_growth_reaches_further_in_white_than_in_grey_matter():
    white = np.zeros((9, 9, 81))
    white[..., :41] = 1
    start = np.zeros_like(white)
    start[4, 4, 40] = 1
    end, _ = grow(start, white, 1 - white, GrowthParameters(0.4, 15.0, 0.05), spacing_mm=1.0, days=160)
    line = end[4, 4] > 0.1
    assert line[:40].sum() > 2 * line[41:].sum() > 0


def test_a_front_in_grey_matter_is_slower_by_the_root_of_the_ratio():
    parameters = GrowthParameters(4.0, 4.0, 0.02)
    line = np.ones((1, 1, 400))
    start = np.zeros_like(line)
    start[..., :5] = 1
    reach = []
    for white in (line, 0 * line):
        early, _ = grow(start, white, line - white, parameters, spacing_mm=1.0, days=500)
        late, _ = grow(early, white, line - white, parameters, spacing_mm=1.0, days=150)
        reach.append(front_place(late[0, 0]) - front_place(early[0, 0]))
    assert reach[0] / reach[1] == pytest.approx(2, rel=0.05)


def test_the_step_is_stable_in_three_dimensions():
    parameters = GrowthParameters(2.0, 10.0, 0.01)
    white = np.ones((9, 9, 9))
    checks = np.indices(white.shape).sum(0) % 2 * 1.0
    end, _ = grow(checks, white, 0 * white, parameters, spacing_mm=1.0, days=30 * time_step_days(parameters, 1.0))
    assert end.min() >= 0 and end.max() <= 1 + 1e-9
    assert end.std() < 0.01


def test_growth_stops_where_it_is_told_to():
    white = np.ones((31, 31, 31))
    start = np.zeros_like(white)
    start[13:18, 13:18, 13:18] = 1
    end, days = grow(
        start,
        white,
        0 * white,
        GrowthParameters(0.1, 10.0, 0.05),
        spacing_mm=1.0,
        days=1000,
        until=lambda u: bool((u > 0.5).sum() >= 500),
    )
    assert 500 <= (end > 0.5).sum() < 700
    assert days < 400


@pytest.mark.parametrize("values", [(-1, 10, 0.1), (0.1, 0.5, 0.1), (0.1, 10, -0.1)])
def test_impossible_growth_is_refused(values):
    with pytest.raises(DatasetError, match="D above 0"):
        GrowthParameters(*values)
