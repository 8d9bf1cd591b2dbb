"""Two sets compared from end to end on made-up brains whose differences are known."""

import json

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.shift import (
    CaseMeasures,
    ContrastMeasures,
    ShiftConfig,
    ShiftReport,
    SliceSampling,
    compare_measured,
    compare_sets,
    measure_case,
    wasserstein,
)
from ssaglioma.shift.estimates import draw_cases, estimate
from ssaglioma.volume import Volume

QUICK = ShiftConfig(SliceSampling(slices=2), draws=30, splits=10, permutations=99)


def brain(seed, blur=0.0, noise=3.0):
    """A slice (81, 75) with fluid, two tissues and noise."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[-1:1:81j, -1:1:75j]
    folds = ndimage.gaussian_filter(generator.normal(size=rows.shape), 3)
    image = 180 + 80.0 * (folds > 0) - 150 * (ndimage.gaussian_filter(folds, 2) > 0.06)
    image = ndimage.gaussian_filter(image, blur) if blur else image
    return np.where(np.hypot(rows, columns) < 0.93, np.maximum(image + generator.normal(0, noise, image.shape), 1), 0)


@pytest.fixture(scope="module")
def sharp():
    return {f"sharp-{seed}": [brain(seed), brain(seed + 100)] for seed in range(6)}


@pytest.fixture(scope="module")
def others():
    return {f"other-{seed}": [brain(seed + 20), brain(seed + 120)] for seed in range(6)}


@pytest.fixture(scope="module")
def blurred():
    return {f"blurred-{seed}": [brain(seed + 40, 1.2, 9.0), brain(seed + 140, 1.2, 9.0)] for seed in range(5)}


@pytest.fixture(scope="module")
def report(sharp, blurred):
    softened = {name: [brain(int(name[6:]), 1.2, 9.0)] for name in sharp}
    return compare_sets(sharp, blurred, stylised=softened, config=QUICK)


def made(name, shares, edge=2.0, features=((0.0, 1.0), (1.0, 0.0))):
    """Measures of a case from given numbers."""
    shares = np.pad(np.asarray(shares, float), (0, 256 - len(shares)))
    one = ContrastMeasures(
        {"all": shares}, np.zeros(4), edge, 1.0, np.array(features, float), np.zeros((3, 3), np.uint8)
    )
    return CaseMeasures(name, {"t2f": one})


def test_a_blurred_and_noisy_set_is_told_from_a_sharp_one(report):
    found = report.contrasts["image"].distances["source_target"]["all"]
    assert set(found) == {
        *("kl_to_target", "kl_from_target", "js", "wasserstein"),
        *("spectrum", "edge_width_px", "noise_percent", "frechet", "energy"),
    }
    for name in ("js", "spectrum", "edge_width_px", "noise_percent", "frechet", "energy"):
        assert found[name].value > 2 * found[name].floor, name
        assert found[name].low > found[name].floor, name
        assert found[name].low <= found[name].high
    source, target = (report.contrasts["image"].sets[kind] for kind in ("source", "target"))
    assert source.edge_width_px < target.edge_width_px and source.noise_percent < target.noise_percent
    assert report.contrasts["image"].energy_p["source_target"] == pytest.approx(0.01)


def test_two_sets_of_one_source_lie_near_their_floor(sharp, others):
    found = compare_sets(sharp, others, config=QUICK).contrasts["image"]
    distances = found.distances["source_target"]["all"]
    for name in ("js", "spectrum", "edge_width_px", "noise_percent"):
        assert distances[name].value <= 2 * distances[name].floor, name
        assert 0 <= distances[name].low <= distances[name].value <= distances[name].high, name
    assert found.energy_p["source_target"] > 0.05 and found.changes == {}


def test_a_stylised_set_that_resembles_the_target_comes_nearer(report):
    changes = report.contrasts["image"].changes["all"]
    before, after = (report.contrasts["image"].distances[pair]["all"] for pair in ("source_target", "stylised_target"))
    for name in ("js", "noise_percent", "frechet", "energy"):
        assert changes[name].value == pytest.approx(after[name].value - before[name].value)
        assert changes[name].percent == pytest.approx(100 * (after[name].value / before[name].value - 1))
        assert changes[name].high < 0 and changes[name].percent < -50, name


def test_hand_made_histograms_give_hand_made_distances():
    source = [made("a", [1.0]), made("b", [0.5, 0.5])]  # mean 0.75, 0.25
    target = [made("c", [0.25, 0.75])] * 2
    found = compare_measured(source, target, config=QUICK).contrasts["t2f"].distances["source_target"]["all"]
    assert found["wasserstein"].value == pytest.approx(0.5 / 256)
    assert found["kl_to_target"].value == pytest.approx(0.75 * np.log(3) + 0.25 * np.log(1 / 3), abs=1e-6)
    assert found["kl_from_target"].value == pytest.approx(found["kl_to_target"].value, abs=1e-6)
    assert found["wasserstein"].floor == pytest.approx(0.5 / 256)  # a and b differ by half of their pixels, one bin


def test_cases_without_an_edge_are_left_out_of_the_edge_distance():
    source = [made("a", [1.0], edge=1.0), made("b", [1.0], edge=float("nan")), made("c", [1.0], edge=3.0)]
    found = compare_measured(source, [made("d", [1.0], edge=5.0)] * 2, config=QUICK).contrasts["t2f"]
    assert found.distances["source_target"]["all"]["edge_width_px"].value == pytest.approx(3.0)
    assert found.sets["source"].edge_width_px == 2.0
    blind = [made("a", [1.0], edge=float("nan"))] * 2
    found = compare_measured(blind, source, config=QUICK).contrasts["t2f"]
    assert "edge_width_px" not in found.distances["source_target"]["all"] and found.sets["source"].edge_width_px is None


def test_one_case_has_a_distance_but_no_interval():
    found = compare_measured([made("a", [1.0])], [made("b", [0.0, 1.0])], config=QUICK).contrasts["t2f"]
    one = found.distances["source_target"]["all"]["wasserstein"]
    assert (one.value, one.low, one.high, one.floor) == (pytest.approx(1 / 256), None, None, None)
    assert found.energy_p["source_target"] is None and "energy" not in found.distances["source_target"]["all"]


def test_regions_are_compared_where_both_sets_have_them():
    generator = np.random.default_rng(3)
    inside = np.hypot(*np.mgrid[-1:1:41j, -1:1:41j]) < 0.9

    def case(level, values):
        image = np.where(inside, 300 + generator.normal(0, 20, (3, 41, 41)), 0)
        labels = np.zeros((3, 41, 41), np.uint16)
        for row, value in enumerate(values):
            labels[:, 12 + 5 * row : 17 + 5 * row, 15:25] = value
        image[labels == 2] += level
        return {Sequence.T2F: Volume(image)}, Volume(labels)

    source = {f"a{k}": case(0, (2, 3)) for k in range(3)}
    target = {f"b{k}": case(200, (2, 1)) for k in range(3)}
    report = compare_sets(
        {name: images for name, (images, _) in source.items()},
        {name: images for name, (images, _) in target.items()},
        labels={
            kind: {name: labels for name, (_, labels) in cases.items()}
            for kind, cases in (("source", source), ("target", target))
        },
        scheme=GLIOMA,
        config=QUICK,
    )
    found = report.contrasts["t2f"].distances["source_target"]
    assert set(found) == {"all", "ED", "other"} and report.labels == "glioma"
    assert found["ED"]["wasserstein"].value > 3 * found["all"]["wasserstein"].floor
    assert set(report.contrasts["t2f"].sets["source"].histograms) == {"all", "ED", "ET", "other"}


def test_only_shared_contrasts_are_compared_and_the_others_are_named():
    first, second = made("a", [1.0]), made("b", [1.0])
    both = CaseMeasures("c", {**first.contrasts, "t1n": first.contrasts["t2f"]})
    report = compare_measured([both, first], [second, second], config=QUICK)
    assert list(report.contrasts) == ["t2f"] and report.left_out == {"t1n": ("target",)}
    other = CaseMeasures("d", {"t1n": first.contrasts["t2f"]})
    with pytest.raises(DatasetError, match="no contrast in common .source: t2f; target: t1n."):
        compare_measured([first], [other], config=QUICK)


def test_the_same_seed_gives_the_same_report_whatever_the_order(sharp, blurred, report):
    again = compare_sets(dict(reversed(sharp.items())), blurred, config=QUICK).to_json()
    first = report.to_json()["contrasts"]["image"]
    assert again["contrasts"]["image"]["distances"]["source_target"] == first["distances"]["source_target"]


def test_a_report_survives_its_json_file(report):
    text = json.dumps(report.to_json(), allow_nan=False)
    again = ShiftReport.from_json(json.loads(text), "x.json")
    assert json.dumps(again.to_json()) == text
    one, other = (which.contrasts["image"].feature_map for which in (report, again))
    assert np.array_equal(one.project(one.centre[None] + 1), other.project(one.centre[None] + 1))


@pytest.mark.parametrize("values", [{}, [], {"format": 99}, {"format": 1, "config": {}}])
def test_other_files_are_no_reports(values):
    with pytest.raises(DatasetError, match="x.json"):
        ShiftReport.from_json(values, "x.json")


def test_the_dot_of_a_case_is_where_its_features_project_to(sharp, report):
    found = report.contrasts["image"]
    name = found.sets["source"].cases[2]
    case = measure_case(name, sharp[name], sampling=QUICK.sampling).contrasts["image"]
    place = found.feature_map.project(case.features).mean(axis=0)
    assert found.sets["source"].points[2] == pytest.approx(place)


def test_stylised_cases_are_drawn_with_their_sources():
    members = {"source": np.arange(4), "target": np.arange(4, 7), "stylised": np.arange(7, 11)}
    draws = draw_cases(members, draws=20, splits=5, tied=("source", "stylised"), seed=1)
    assert np.array_equal(draws.again["stylised"], draws.again["source"] + 7)
    assert {int(one) for one in draws.again["target"].ravel()} == {4, 5, 6}
    assert all(sorted(row) == [4, 5, 6] for row in draws.halves["target"].tolist())


def test_intervals_and_floors_are_those_of_the_draws():
    values = np.array([0.0, 2.0, 4.0, 10.0, 11.0])
    members = {"source": np.arange(3), "target": np.arange(3, 5)}
    draws = draw_cases(members, draws=40, splits=12, tied=None, seed=2)

    def distances(first, second):
        return np.array([wasserstein(values[first], values[second])])

    (found,), drawn = estimate(distances, members, draws, "source", "target")
    by_hand = [wasserstein(values[a], values[b]) for a, b in zip(draws.again["source"], draws.again["target"])]
    assert drawn[:, 0].tolist() == by_hand
    moved = 8.5 - np.mean(by_hand)  # 10.5 - 2
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(by_hand, (0.025, 0.975)) + moved))
    halves = np.mean([wasserstein(values[row[:1]], values[row[1:]]) for row in draws.halves["source"]])
    assert found.value == pytest.approx(8.5) and found.floor == pytest.approx(max(halves, 1.0))


@pytest.mark.parametrize("change", [{"draws": 0}, {"splits": 0}, {"permutations": 0}, {"components": 0}, {"seed": -1}])
def test_senseless_configurations_are_refused(change):
    with pytest.raises(DatasetError):
        ShiftConfig(**change)


def test_a_case_that_cannot_be_measured_is_named():
    with pytest.raises(DatasetError, match="The t1c image of 'case-7' cannot be measured: .*foreground"):
        measure_case("case-7", {Sequence.T1C: np.zeros((30, 30))})
    with pytest.raises(DatasetError, match="no image"):
        measure_case("case-7", {})
