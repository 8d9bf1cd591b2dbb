"""Tables, comparisons and files against values computed by hand."""

import csv
import json
import math

import pytest

from ssaglioma.experiments.ledger import FoldResult
from ssaglioma.experiments.page import write_reports
from ssaglioma.experiments.runner import ExperimentRun
from ssaglioma.experiments.table import build_table, case_values
from ssaglioma.experiments.table_text import table_text


def result(row, fold, values, seed=1):
    scores = {
        case: {"A": {"dice": a, "missed": 0.0}, "B": {"dice": b, "missed": 1.0}} for case, (a, b) in values.items()
    }
    return FoldResult(row, seed, fold, scores, {"steps": 10 + fold, "training_seconds": 30.0})


@pytest.fixture
def results():
    return {
        "plain": [result("plain", 0, {"x": (0.2, 0.4), "y": (0.4, 0.6)}), result("plain", 1, {"z": (0.6, 0.2)})],
        "better": [result("better", 0, {"x": (0.3, 0.5), "y": (0.6, 0.8)}), result("better", 1, {"z": (0.9, 0.5)})],
    }


def test_figures_are_means_over_cases_and_averages_over_classes(experiment, results):
    table = build_table(experiment, results)
    assert table.cell("plain", "dice", "A").summary.mean == pytest.approx(0.4)
    assert table.cell("plain", "dice", "B").summary.mean == pytest.approx(0.4)
    average = table.cell("better", "dice", "average")
    assert average.summary.mean == pytest.approx((0.4 + 0.7 + 0.7) / 3)
    assert average.class_sd == pytest.approx(0.0), "both classes have the mean 0.6"
    assert table.cell("plain", "dice", "A").published == 0.4 and average.published is None
    assert table.facts["plain"] == {
        "folds": 2,
        "seeds": [1],
        "cases": 3,
        "missed": 3,
        "of_folds": 0,
        "steps": 10.5,
        "training_seconds": 30.0,
    }


def test_pairs_are_compared_over_cases_and_over_folds(experiment, results):
    (test,) = build_table(experiment, results).tests
    differences = [0.1, 0.2, 0.3]  # of the cases' averages
    assert test.cases.count == 3 and test.cases.mean_difference == pytest.approx(0.2)
    assert test.cases.t_statistic == pytest.approx(0.2 / (0.1 / math.sqrt(3)))
    assert test.holm_p == pytest.approx(test.cases.t_p), "one comparison needs no adjustment"
    assert test.folds.count == 2 and test.folds.mean_difference == pytest.approx((0.15 + 0.3) / 2)
    assert differences[0] - 1e-9 <= test.cases.ci_low <= test.cases.ci_high <= differences[-1] + 1e-9


def test_only_folds_that_both_rows_have_are_compared(experiment, results):
    (test,) = build_table(experiment, {**results, "better": results["better"][:1]}).tests
    assert test.cases.count == 2 and test.cases.mean_difference == pytest.approx(0.15)


def test_seeds_of_a_case_count_once(experiment):
    found = [result("plain", 0, {"x": (0.2, 0.2)}), result("plain", 0, {"x": (0.4, 0.4)}, seed=2)]
    assert case_values(found, "dice", "average", experiment.classes) == {"x": pytest.approx(0.3)}


def test_a_class_without_a_value_leaves_its_average_out_and_is_counted(experiment):
    found = [result("plain", 0, {"x": (None, 0.5), "y": (0.5, 0.7)})]
    cell = build_table(experiment, {"plain": found}).cell("plain", "dice", "average")
    assert (cell.summary.mean, cell.summary.missing) == (pytest.approx(0.6), 1)


def test_an_empty_table_can_be_shown(experiment):
    text = table_text(experiment, build_table(experiment, {}), "nothing yet")
    assert "Better" in text and "as published" in text and "0.600" in text and "nothing yet" in text
    assert "No two rows of a comparison have finished the same fold yet." in text
    assert "- A note.\n- Better: This row is ours." in text


def test_a_row_that_is_not_finished_says_so_and_the_protocol_is_told(experiment, results):
    table = build_table(experiment, {**results, "better": results["better"][:1]}, trainings=2)
    text = table_text(experiment, table, "", {"network": "small_2d", "seeds": [1, 2]})
    assert "Better (1 of 2 folds)" in text and "Plain (" not in text
    assert "Protocol: network small_2d; seeds 1, 2." in text


def test_the_reports_hold_figures_published_values_and_notes(experiment, context):
    run = ExperimentRun(experiment, context)
    table = build_table(experiment, run.run())
    analysis = {"tables": {"More": [["", "KL"], ["Better", "0.123"]]}}
    written = write_reports(experiment, table, context.output, heading="a test", analysis=analysis)
    with open(written["csv"], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    first = rows[0]
    assert (first["row"], first["class"], first["published"], first["cases"]) == ("plain", "A", "0.4", "6")
    assert float(first["ours"]) == pytest.approx(0.5 + 0.01 * 2.5) and first["steps"] == "10.0"
    page = written["page"].read_text(encoding="utf-8")
    for words in ("A pretended experiment", "0.525", "as published", "0.123", "This row is ours", "A note."):
        assert words in page
    assert "data:image/png;base64" in page and written["figure"].read_bytes().startswith(b"\x89PNG")
    assert "+0.200" in written["text"].read_text(encoding="utf-8")
    assert json.loads(written["json"].read_text())["heading"] == "a test"
