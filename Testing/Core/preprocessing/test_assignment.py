import pytest

from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.assignment import assign_sequences, guess_sequence

T1, T1GD, T2, FLAIR = Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BraTS2021_00001_t1ce", T1GD),
        ("BraTS-SSA-00192-000-t2f.nii.gz", FLAIR),
        ("Brats18_2013_11_1_t1", T1),
        ("sub-01_T2w", T2),
        ("T1 SE AX + Gd", T1GD),
        ("5: AX T1+C", T1GD),
        ("t1_post_contrast", T1GD),
        ("AX T2 FLAIR", FLAIR),
        ("T2 TIRM DARK-FLUID", FLAIR),
        ("MRBrainTumor1 T1ax", T1),
        ("T1c", T1GD),
        ("Ax T1 GADO", T1GD),
        ("AXFLAIRLONGTR", FLAIR),
    ],
)
def test_names_from_archives_and_scanners_are_understood(name, expected):
    assert guess_sequence(name).sequence is expected


@pytest.mark.parametrize(
    "name", ["localizer", "case-1-seg", "ADC", "t2 trace dwi", "Volume 3", "study 12", "T1 label", ""]
)
def test_other_images_are_left_alone(name):
    guess = guess_sequence(name)
    assert guess.sequence is None
    assert guess.confidence == 0
    assert guess.reason


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"EchoTime": "9", "RepetitionTime": "550"}, T1),
        ({"EchoTime": "9", "RepetitionTime": "550", "ContrastBolusAgent": "Dotarem"}, T1GD),
        ({"EchoTime": "3", "RepetitionTime": "1900", "InversionTime": "900"}, T1),
        ({"EchoTime": "98", "RepetitionTime": "4500"}, T2),
        ({"EchoTime": "120", "RepetitionTime": "9000", "InversionTime": "2500"}, FLAIR),
        ({"EchoTime": "30", "RepetitionTime": "3000"}, None),
        ({"EchoTime": "", "RepetitionTime": "3000"}, None),
    ],
)
def test_a_name_that_tells_nothing_is_helped_by_the_dicom_values(tags, expected):
    assert guess_sequence("Series 4", tags).sequence is expected


def test_a_name_that_contradicts_the_values_costs_confidence_and_says_so():
    flair_values = {"EchoTime": "120", "RepetitionTime": "9000", "InversionTime": "2500"}
    guess = guess_sequence("AX T1", flair_values)
    assert guess.sequence is FLAIR
    assert guess.confidence < 0.5
    assert "but the name says T1" in guess.reason
    assert guess_sequence("AX FLAIR", flair_values).confidence > 0.95


def test_each_sequence_gets_its_best_image_and_no_image_is_used_twice():
    images = {key: (key, {}) for key in ("a_t1", "a_t1ce", "MRBrainT1ax", "a_flair", "seg")}
    assigned = assign_sequences(images)
    assert {sequence: key for sequence, (key, _) in assigned.items()} == {T1: "a_t1", T1GD: "a_t1ce", FLAIR: "a_flair"}


def test_two_equal_candidates_are_named():
    assigned = assign_sequences({"1": ("visit1_t1", {}), "2": ("visit2_t1", {})})
    key, guess = assigned[T1]
    assert key == "1"
    assert guess.confidence < 0.5
    assert "also possible: visit2_t1" in guess.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ax T1 FLAIR", T1),
        ("Ax T1 FLAIR +C", T1GD),
        ("Ax T2 FLAIR +C", FLAIR),
        ("Sag 3D MPRAGE", T1),
        ("FSPGR 3D + GADO", T1GD),
        ("T1 après injection", T1GD),
        ("T1 sem contraste", T1),
        ("PD T2 AX", None),
        ("STIR COR", None),
    ],
)
def test_names_of_methods_are_understood(name, expected):
    assert guess_sequence(name).sequence is expected


@pytest.mark.parametrize(
    ("sequence_name", "expected"),
    [("*tir2d1_16", FLAIR), ("*spcir_178ns", FLAIR), ("*tfl3d1_ns", T1), ("*ep_b1000t", None), ("*se2d1", None)],
)
def test_the_name_of_the_pulse_sequence_helps_where_times_are_missing(sequence_name, expected):
    assert guess_sequence("series 4", {"SequenceName": sequence_name}).sequence is expected


def test_the_times_win_over_the_name_of_the_pulse_sequence():
    tags = {"SequenceName": "*tir2d1_7", "EchoTime": "12", "RepetitionTime": "2000", "InversionTime": "800"}
    assert guess_sequence("series 4", tags).sequence is T1
