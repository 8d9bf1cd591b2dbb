"""Added (synthetic) cases: half of the patches, never a held-out case, a fixed order of the real ones."""

import argparse

import numpy as np
import pytest

from ssaglioma.cli import train_cases
from ssaglioma.errors import DatasetError
from ssaglioma.training.cases import TrainingCase, balanced
from ssaglioma.training.folds import Folds
from ssaglioma.training.mask_guard import check_shapes
from ssaglioma.volume import Case


def cases_named(*names):
    return [TrainingCase(name, np.zeros((4, 1, 1, 1), np.float16), np.zeros((1, 1, 1), np.uint8)) for name in names]


@pytest.fixture
def training():
    return [Case(f"case-{number:02d}", {}, None) for number in range(19)]


def options(**values):
    return argparse.Namespace(**{"real": None, "add": [], "synthesize": None, **values})


def test_four_real_cases_are_repeated_until_they_match_seventy_two():
    names = [case.name for case in balanced(cases_named(*"abcd"), cases_named(*(f"s{k}" for k in range(72))))]
    assert len(names) == 144
    assert all(names.count(name) == 18 for name in "abcd")


def test_one_set_alone_stays_as_it_is():
    real = cases_named("a", "b")
    assert balanced(real, []) == real and balanced([], real) == real


def test_fewer_real_cases_are_part_of_more_and_do_not_depend_on_the_order(training):
    names = {n: [case.name for case in train_cases.first_cases(training, options(real=n))] for n in (4, 12, 19)}
    turned = [case.name for case in train_cases.first_cases(training[::-1], options(real=4))]
    assert names[4] == turned == names[12][:4] and names[12] == names[19][:12]
    assert sorted(names[19]) == [case.name for case in training]
    assert names[4] != sorted(names[19])[:4]


@pytest.mark.parametrize("real", [-1, 0, 20])
def test_a_number_of_real_cases_that_cannot_be_is_refused(training, real):
    with pytest.raises(DatasetError, match=f"--real is {real}.*0 to 19"):
        train_cases.first_cases(training, options(real=real))


def test_an_added_folder_with_a_case_of_the_folds_is_refused(case_folder):
    (found,) = train_cases.cases_to_add(case_folder.parent, [])
    with pytest.raises(DatasetError, match=f"holds cases of the folds.*{found.name}"):
        train_cases.cases_to_add(case_folder.parent, [found])


def test_a_tumour_shape_of_a_held_out_patient_is_refused(tmp_path):
    folds = Folds((("BraTS2021_01485", "Brats18_CBICA_ABM_1"), ("somebody",)))
    check_shapes(["BraTS-GLI-01485-000.nii.gz"], folds, 1)
    for name in ("BraTS-GLI-01485-001.nii.gz", "lib/BraTS2021_01485-seg.nii", "Brats18_CBICA_ABM_1_seg.nii.gz"):
        with pytest.raises(DatasetError, match="fold 0 holds out"):
            check_shapes(["BraTS-GLI-00001-000.nii.gz", name], folds, 0)
    folder = tmp_path / "SYN-1"
    folder.mkdir()
    for name in ("t1c", "seg"):
        (folder / f"SYN-1-{name}.nii.gz").write_bytes(b"")
    (folder / "synthesis.json").write_text(
        '{"labels": "glioma", "parameters": {"tumour": {"mask": "somebody.nii.gz"}}}'
    )
    assert len(train_cases.cases_to_add(tmp_path, [], folds, 0)) == 1
    with pytest.raises(DatasetError, match="fold 1 holds out.*somebody"):
        train_cases.cases_to_add(tmp_path, [], folds, 1)
    (folder / "synthesis.json").write_text('{"labels": "glioma", "parameters": {"tumour": null}}')  # a healthy one
    assert len(train_cases.cases_to_add(tmp_path, [], folds, 1)) == 1


def test_an_added_case_with_a_cavity_is_refused(tmp_path):
    folder = tmp_path / "SYN-1"
    folder.mkdir()
    for name in ("t1c", "seg"):
        (folder / f"SYN-1-{name}.nii.gz").write_bytes(b"")
    (folder / "synthesis.json").write_text('{"labels": "glioma"}')
    assert [case.name for case in train_cases.cases_to_add(tmp_path, [])] == ["SYN-1"]
    (folder / "synthesis.json").write_text('{"labels": "glioma_post"}')
    with pytest.raises(DatasetError, match="'SYN-1' holds a resection cavity"):
        train_cases.cases_to_add(tmp_path, [])
