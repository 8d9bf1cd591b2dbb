import pickle

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, SequenceError, SSAGliomaError
from ssaglioma.labels import CARDIAC_LGE, GLIOMA, LABEL_SCHEMES, SEQUENCE_ORDER, LabelScheme, Sequence, label_scheme


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        ("t1n", Sequence.T1N), ("T1", Sequence.T1N), ("T1w", Sequence.T1N),
        ("t1ce", Sequence.T1C), ("T1Gd", Sequence.T1C), ("T1-ce", Sequence.T1C),
        ("T2", Sequence.T2W), ("t2w", Sequence.T2W),
        ("FLAIR", Sequence.T2F), ("T2-FLAIR", Sequence.T2F), ("t2f", Sequence.T2F),
    ],
)  # fmt: skip
def test_aliases_name_their_sequence(text, sequence):
    assert Sequence.parse(text) is sequence


def test_an_unknown_sequence_lists_the_known_names():
    with pytest.raises(SequenceError, match="'dwi' is not known.*flair"):
        Sequence.parse("dwi")


def test_the_channel_order_is_t1_t1gd_t2_flair():
    assert [sequence.display_name for sequence in SEQUENCE_ORDER] == ["T1", "T1Gd", "T2", "FLAIR"]


def test_regions_are_unions_of_labels():
    labels = np.arange(4)
    assert GLIOMA.mask(labels, "WT").tolist() == [False, True, True, True]
    assert GLIOMA.mask(labels, "TC").tolist() == [False, True, False, True]
    assert GLIOMA.mask(labels, "ET").tolist() == [False, False, False, True]
    assert GLIOMA.mask(labels, "ED").tolist() == [False, False, True, False]


def test_cardiac_values_are_those_of_the_challenge():
    assert CARDIAC_LGE.allowed_values == {0, 200, 500, 600}


def test_an_unknown_region_or_scheme_lists_the_known_ones():
    with pytest.raises(DatasetError, match="'XX' is not in scheme 'glioma'.*WT"):
        GLIOMA.region_values("XX")
    with pytest.raises(DatasetError, match="'liver' is not known.*cardiac_lge"):
        label_scheme("liver")


def test_a_scheme_with_the_same_value_twice_is_refused():
    with pytest.raises(ValueError, match="unique"):
        LabelScheme("x", {"A": 1, "B": 1}, {"A": ("A",)})


def test_schemes_cannot_be_changed_and_survive_pickling():
    with pytest.raises(TypeError):
        GLIOMA.values["NCR"] = 9
    for scheme in LABEL_SCHEMES.values():
        assert pickle.loads(pickle.dumps(scheme)) == scheme


def test_an_error_says_what_was_found_expected_and_to_be_done():
    error = SSAGliomaError("Found 3", expected="4", remedy="Add one")
    assert str(error) == "Found 3. Expected 4. Add one."
    assert (error.problem, error.expected, error.remedy, error.exit_code) == ("Found 3", "4", "Add one", 2)
