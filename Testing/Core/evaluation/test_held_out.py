"""The file of a held-out prediction comes back as it was written."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def held_out(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("held_out")


def test_a_held_out_prediction_is_the_same_after_writing(held_out, tmp_path):
    generator = np.random.default_rng(0)
    made = held_out.HeldOut(
        case="a_1",
        scanner="clean",
        fold=2,
        regions=("WT", "TC", "ET"),
        logits=generator.normal(size=(3, 2, 3, 4)).astype(np.float16),
        reference=generator.integers(0, 4, (2, 3, 4)).astype(np.uint8),
        brain=generator.random((2, 3, 4)) > 0.2,
        spacing_zyx_mm=(5.0, 1.0, 1.0),
        looks={"t1c": 0.5},
    )
    made.write(tmp_path / "a_1@clean.npz")
    (found,) = held_out.read_held_out(tmp_path, "clean")
    assert held_out.read_held_out(tmp_path, "64mT") == []
    for name in ("case", "scanner", "fold", "regions", "spacing_zyx_mm", "looks"):
        assert getattr(found, name) == getattr(made, name), name
    for name in ("logits", "reference", "brain"):
        assert np.array_equal(getattr(found, name), getattr(made, name)), name
    assert np.array_equal(found.truth("TC"), np.isin(made.reference, (1, 3)))
