"""The leakage guard: no held-out patient lends content or style, under whatever name; nothing without provenance."""

import json
from dataclasses import dataclass, replace

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.training.folds import Folds
from ssaglioma.training.style_provenance import (
    PROVENANCE_FILE,
    Provenance,
    check_added_case,
    check_leakage,
    check_trained_cases,
    looks_stylised,
    patient_of,
    read_provenance,
    without_leaks,
    write_provenance,
)
from ssaglioma.volume import find_case

FOLDS = Folds((("BraTS-SSA-00051-000", "Brats18_TCIA10_639_1"), ("BraTS-SSA-00192-000",), ("adult-1", "adult-2")))
GOOD = Provenance("adult-1", "adult-1", ("adult-2",), ("adult-2",), "histogram", 0.5)


@dataclass(frozen=True)
class Copy:
    name: str
    provenance: Provenance


@pytest.fixture
def copy_of():
    return lambda **changes: Copy("the-copy", replace(GOOD, **changes))


@pytest.fixture
def added_case(write_labelled_case, tmp_path):
    return lambda name: find_case(write_labelled_case(tmp_path, name))


@pytest.mark.parametrize(
    ("case", "patient"),
    [
        ("BraTS-SSA-00192-000", "BraTS-SSA-00192"),
        ("BraTS-GLI-00005-101", "BraTS-GLI-00005"),
        ("BraTS2021_01476", "BraTS2021_01476"),
        ("Brats18_TCIA10_639_1", "Brats18_TCIA10_639"),
        ("Brats18_CBICA_ABM_1", "Brats18_CBICA_ABM"),
        ("sub-07_ses-2", "sub-07"),
        ("sub-07", "sub-07"),
        ("ab12cd-r3", "ab12cd"),
        ("SYN-00001-00004", "SYN-00001-00004"),
        ("stylized-BraTS-SSA-00126-000", "BraTS-SSA-00126"),
        ("BraTS-SSA-00192-000_nst1", "BraTS-SSA-00192"),
        ("adult-1_stylised-fourier", "adult-1"),
        ("TCGA-FG-6692", "TCGA-FG-6692"),
    ],
)
def test_a_case_name_stands_for_a_patient(case, patient):
    assert patient_of(case) == patient


def test_names_of_copies_are_known():
    assert looks_stylised("stylized-BraTS-SSA-00126-000") and looks_stylised("a_nst2") and looks_stylised("a-stylised")
    assert (
        not looks_stylised("adult-1") and not looks_stylised("BraTS-SSA-00192-000") and not looks_stylised("lifestyle")
    )


LEAKS = {
    "content": ({"content_case": "BraTS-SSA-00192-000"}, "content", "BraTS-SSA-00192"),
    "content of another visit": ({"content_case": "BraTS-SSA-00192-001"}, "content", "BraTS-SSA-00192"),
    "declared content": ({"content_patient": "BraTS-SSA-00192"}, "content", "BraTS-SSA-00192"),
    "copy of a copy": ({"content_case": "BraTS-SSA-00192-000_nst1"}, "content", "BraTS-SSA-00192"),
    "style": ({"style_cases": ("BraTS-SSA-00192-000",)}, "style", "BraTS-SSA-00192"),
    "style of another visit": ({"style_cases": ("BraTS-SSA-00192-007",)}, "style", "BraTS-SSA-00192"),
    "declared style": ({"style_patients": ("BraTS-SSA-00192",)}, "style", "BraTS-SSA-00192"),
    "one of many styles": ({"style_cases": ("adult-2", "BraTS-SSA-00192-000")}, "style", "BraTS-SSA-00192"),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_each_kind_of_leak_is_caught_and_named(copy_of, kind):
    changes, role, patient = LEAKS[kind]
    leaking = copy_of(**changes)
    with pytest.raises(DatasetError, match=f"'the-copy' takes its {role} from the patient '{patient}', whom fold 1"):
        check_leakage([copy_of(), leaking], FOLDS, 1)
    assert without_leaks([copy_of(), leaking], FOLDS, 1) == [copy_of()]
    check_leakage([leaking], FOLDS, 0)  # a copy waits for the folds that it belongs to
    check_leakage([leaking], None, None)


def test_a_second_scan_of_a_held_out_patient_counts(copy_of):
    with pytest.raises(DatasetError, match="'Brats18_TCIA10_639', whom fold 0 holds out"):
        check_leakage([copy_of(style_cases=("Brats18_TCIA10_639_2",))], FOLDS, 0)
    check_leakage([copy_of(style_cases=("Brats18_TCIA10_640_1",))], FOLDS, 0)


def test_a_copy_of_the_training_side_passes(copy_of):
    check_leakage([copy_of()], FOLDS, 0)
    with pytest.raises(DatasetError, match="'adult-1', whom fold 2"):
        check_leakage([copy_of()], FOLDS, 2)


def test_a_fold_that_does_not_exist_is_refused(copy_of):
    with pytest.raises(DatasetError, match="no fold 9"):
        check_leakage([copy_of()], FOLDS, 9)


def test_provenance_survives_the_disk(tmp_path):
    path = write_provenance(tmp_path, GOOD)
    assert path.name == PROVENANCE_FILE and read_provenance(tmp_path) == GOOD
    assert json.loads(path.read_text())["style_patients"] == ["adult-2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "does not exist"),
        ("{", "cannot be read"),
        ('{"format": 1}', "cannot be read"),
        ("[1]", "cannot be read"),
        (json.dumps({**GOOD.to_json(), "format": 2}), "format 2"),
        (json.dumps({**GOOD.to_json(), "style_cases": []}), "cannot be read"),
        (json.dumps({**GOOD.to_json(), "content_patient": ""}), "cannot be read"),
    ],
)
def test_missing_or_damaged_provenance_is_refused_with_what_to_do(tmp_path, text, words):
    if text is not None:
        (tmp_path / PROVENANCE_FILE).write_text(text)
    with pytest.raises(DatasetError, match=f"stylised.json' .*{words}.*ssaglioma stylize.*leave the case out"):
        read_provenance(tmp_path)


def test_an_added_copy_needs_its_provenance_and_passes_the_guard(added_case):
    case = added_case("adult-1_nst1")
    with pytest.raises(DatasetError, match="stylised.json' does not exist, so nobody knows"):
        check_added_case(case, FOLDS, 0)
    folder = next(iter(case.sequences.values())).parent
    write_provenance(folder, GOOD)
    check_added_case(case, FOLDS, 0)
    write_provenance(folder, replace(GOOD, style_cases=("BraTS-SSA-00051-000",)))
    with pytest.raises(DatasetError, match="'adult-1_nst1' takes its style from the patient 'BraTS-SSA-00051'"):
        check_added_case(case, FOLDS, 0)


def test_an_added_case_of_a_held_out_patient_is_refused(added_case):
    case = added_case("BraTS-SSA-00192-001")
    check_added_case(case, FOLDS, 0)
    with pytest.raises(DatasetError, match="'BraTS-SSA-00192-001' is of the patient 'BraTS-SSA-00192', whom fold 1"):
        check_added_case(case, FOLDS, 1)


def test_a_stylizer_that_learned_from_a_held_out_patient_is_refused():
    folds = Folds((("Brats18_TCIA01_201_1", "x"), ("y", "z")))
    check_trained_cases("rain", ["y", "z"], folds, 0)
    check_trained_cases("rain", ["x", "y"], folds, None)
    with pytest.raises(DatasetError, match=r"'rain' was trained on \['Brats18_TCIA01_201'\]"):
        check_trained_cases("rain", ["Brats18_TCIA01_201_2", "y"], folds, 0)
