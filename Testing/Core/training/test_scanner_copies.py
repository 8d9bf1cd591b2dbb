"""Copies of training cases through simulated scanners, with badly cut brain masks among them."""

from types import SimpleNamespace

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.training import fresh
from ssaglioma.training.cases import OUTSIDE, load_training_cases
from ssaglioma.training.copies import all_of
from ssaglioma.training.folds import Folds
from ssaglioma.training.mask_faults import MaskFault, with_fault
from ssaglioma.training.scanner_copies import ScannedSet, ScannerAugmentation, make_scans, plan_scans
from ssaglioma.volume import Volume

FAULTY = ScannerAugmentation(presets=("1.5T_ssa",), copies=1, faults=1.0, probability=1.0)


@pytest.fixture
def ball():
    """A brain of radius 12 mm and value 100 in a box of 32 voxels of 1 mm."""
    places = np.indices((32, 32, 32)) - 15.5
    brain = (places**2).sum(0) < 12**2
    return dict.fromkeys(SEQUENCE_ORDER, 100.0 * brain), brain


def test_a_cut_takes_a_part_of_the_rim_away_in_all_contrasts(ball):
    images, brain = ball
    cut = with_fault(images, brain, MaskFault("cut", 3.0, 0.2, (1, 1, 1, 1), 5), (1.0, 1.0, 1.0))
    lost = brain & (cut[Sequence.T1C] == 0)
    depth = 12 - np.sqrt(((np.indices(brain.shape) - 15.5) ** 2).sum(0))
    assert 0 < lost.sum() < 0.2 * brain.sum()
    assert depth[lost].max() < 4.5
    assert all(np.array_equal(image == 0, cut[Sequence.T1C] == 0) for image in cut.values())


def test_a_remnant_lies_outside_at_its_level_and_leaves_the_brain_alone(ball):
    images, brain = ball
    fault = MaskFault("remnant", 4.0, 0.3, (2.0, 0.1, 1.0, 0.5), 5)
    left = with_fault(images, brain, fault, (1.0, 1.0, 1.0))
    beside = (left[Sequence.T1N] > 0) & ~brain
    assert beside.any()
    assert all(np.array_equal(left[name][brain], images[name][brain]) for name in images)
    assert left[Sequence.T1N][beside].mean() == pytest.approx(200, rel=0.1)
    assert left[Sequence.T1C][beside].mean() == pytest.approx(10, rel=0.1)


def test_a_fault_that_makes_no_sense_is_refused():
    with pytest.raises(DatasetError, match="mask fault.*'hole'"):
        MaskFault("hole", 3.0, 0.2, (1, 1, 1, 1), 5)


def test_copies_lie_on_the_grid_of_their_case_and_are_made_once(source_files, source_cases, cache, monkeypatch):
    plan = plan_scans(FAULTY, source_files)
    assert [one.to_json() for one in plan] == [one.to_json() for one in plan_scans(FAULTY, source_files)]
    made = make_scans(plan, source_cases, cache, SEQUENCE_ORDER)
    for case in source_cases:
        (copy,) = made[case.name]
        assert copy.image.shape == case.image.shape and copy.labels.shape == case.labels.shape
        assert not np.array_equal(copy.image, case.image)
        outside = ~np.any(copy.image != 0, axis=0)
        assert np.array_equal(copy.labels == OUTSIDE, outside)
        kept = ~outside & (case.labels != OUTSIDE)
        assert np.array_equal(copy.labels[kept], case.labels[kept])
    monkeypatch.setattr("ssaglioma.training.scanner_copies.apply_scan", None)  # a second scan would fail
    again = make_scans(plan, source_cases, cache, SEQUENCE_ORDER)
    assert np.array_equal(again["adult-0"][0].image, made["adult-0"][0].image)


def test_copies_follow_their_case_to_another_voxel_size(source_files, cache):
    spacing = (2.0, 2.0, 2.0)
    coarse = load_training_cases(source_files[:1], cache, SEQUENCE_ORDER, GLIOMA, spacing_zyx_mm=spacing)
    copies = make_scans(plan_scans(FAULTY, source_files[:1]), coarse, cache, SEQUENCE_ORDER, spacing)
    assert copies["adult-0"][0].image.shape == coarse[0].image.shape
    assert coarse[0].slice_mm == pytest.approx(2.0, rel=0.1)
    fine = load_training_cases(source_files[:1], cache, SEQUENCE_ORDER, GLIOMA)[0]
    assert fine.slice_mm == 3.0
    assert coarse[0].labels.shape[1] == round(fine.labels.shape[1] / 2)
    assert set(np.unique(coarse[0].labels)) <= set(np.unique(fine.labels))


def test_patches_are_cut_from_copies_with_the_chance_that_was_asked(source_files, source_cases, cache):
    made = make_scans(plan_scans(FAULTY, source_files), source_cases, cache, SEQUENCE_ORDER)
    always = ScannedSet(made, FAULTY, folds=None, fold=None)
    names = [case.name for case in always.drawn(source_cases, np.random.default_rng(0))]
    assert names == ["adult-0_scan1", "adult-1_scan1", "adult-2_scan1"]
    assert "1.5T_ssa" in always.words() and always.identity()["scanners"]["copies"] == 1
    never = ScannedSet(made, ScannerAugmentation(probability=0.0), folds=None, fold=None)
    both = all_of([never, always])
    assert [case.name for case in both.drawn(source_cases, np.random.default_rng(0))] == names
    assert all_of([]) is None and all_of([never]) is never


def test_a_copy_of_a_held_out_patient_is_refused(source_cases):
    copies = {case.name: [case] for case in source_cases}
    folds = Folds((("adult-1",), ("adult-0", "adult-2")))
    with pytest.raises(DatasetError, match="'adult-1'.*fold 0 holds out"):
        ScannedSet(copies, FAULTY, folds=folds, fold=0)


def test_a_synthetic_case_made_meanwhile_is_stretched_too(images_of, tmp_path, monkeypatch):
    arrays, labels = images_of((12, 30, 28))
    images = {name: Volume(array, (1.0, 1.0, 1.0)) for name, array in zip(SEQUENCE_ORDER, arrays)}
    made = SimpleNamespace(images=images, labels=Volume(labels, (1.0, 1.0, 1.0)))
    monkeypatch.setattr(fresh, "make_requested", lambda _request: made)
    fine = fresh.make_training_case(None, tmp_path / "fine", SEQUENCE_ORDER)
    coarse = fresh.make_training_case(None, tmp_path / "coarse", SEQUENCE_ORDER, (2.0, 2.0, 2.0))
    size = np.load(fine / "labels.npy").shape
    assert np.load(coarse / "image.npy").shape == (4, *(round(edge / 2) for edge in size))
    assert set(np.unique(np.load(coarse / "labels.npy"))) <= {0, 1, 2, 3, OUTSIDE}
