"""The table of scripts/learning_curve.py against means worked out by hand."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def learning_curve(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("learning_curve")


def write_run(folder, whole, enhancing, enhancing_ml=(1.0, 1.0)):
    cases = [
        {
            "regions": {
                "WT": {"dice": wt, "volume_reference_ml": 30.0},
                "TC": {"dice": 0.5, "volume_reference_ml": 10.0},
                "ET": {"dice": et, "volume_reference_ml": volume},
            }
        }
        for wt, et, volume in zip(whole, enhancing, enhancing_ml)
    ]
    folder.mkdir(parents=True)
    (folder / "scores.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path / "real0-seed1", (0.6, 0.8), (0.0, 0.4), (0.0, 2.0))
    write_run(tmp_path / "real19-seed1", (0.8, 0.8), (0.6, 0.6))
    write_run(tmp_path / "real19-seed2", (0.9, 0.9), (0.8, 0.8))
    (tmp_path / "real4-seed1").mkdir()
    return tmp_path


def test_a_region_counts_only_in_cases_that_hold_it(learning_curve, runs):
    assert learning_curve.read_point(runs / "real0-seed1").dice == pytest.approx({"WT": 0.7, "TC": 0.5, "ET": 0.4})


def test_a_number_of_real_cases_with_several_seeds_gets_a_line_of_their_mean(learning_curve, runs):
    points = [learning_curve.read_point(runs / name) for name in ("real19-seed2", "real0-seed1", "real19-seed1")]
    assert learning_curve.rows(points)[2:] == [
        "| 0 | 1 | 0.700 | 0.500 | 0.400 |",
        "| 19 | 1 | 0.800 | 0.500 | 0.600 |",
        "| 19 | 2 | 0.900 | 0.500 | 0.800 |",
        "| 19 | mean of 2 | 0.850 (SD 0.071) | 0.500 (SD 0.000) | 0.700 (SD 0.141) |",
    ]


def test_a_training_that_is_not_finished_is_named_and_left_out(learning_curve, runs, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["learning_curve.py", str(runs)])
    learning_curve.main()
    printed = capsys.readouterr().out
    assert "real4-seed1: not finished" in printed
    assert "| 4 |" not in printed


def test_another_name_of_a_folder_is_refused(learning_curve, tmp_path):
    write_run(tmp_path / "clean", (0.5,), (0.5,), (1.0,))
    with pytest.raises(SystemExit, match="realN-seedS"):
        learning_curve.read_point(tmp_path / "clean")
