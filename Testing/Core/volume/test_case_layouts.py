"""Folders that invite a mix-up: labels taken for images, two patients of one name, copies in derivatives."""

import json

import pytest

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.volume import find_case, find_cases


def test_a_label_whose_name_ends_in_four_digits_is_no_channel(touch):
    root = touch("imagesTr/BRATS_0001_0000.nii.gz", "labelsTr/BRATS_0001.nii.gz")
    case = find_case(root)
    assert case.name == "BRATS_0001" and case.sequences == {Sequence.T1N: root / "imagesTr/BRATS_0001_0000.nii.gz"}
    assert case.reference == root / "labelsTr/BRATS_0001.nii.gz"


def test_the_labels_beside_an_images_folder_are_found(touch):
    root = touch("imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz", "labelsTr/deep/b.nii.gz")
    assert find_case(root / "imagesTr").reference == root / "labelsTr/a.nii.gz"


def test_labels_with_a_word_in_a_labels_folder_belong_to_their_case(touch):
    root = touch("images/p-1-t1c.nii", "labels/p-1-seg.nii")
    assert find_case(root).reference == root / "labels/p-1-seg.nii"


def test_a_folder_that_only_begins_like_labels_holds_images(touch):
    assert find_case(touch("labels-2024/t1.nii")).name == "labels-2024"


def test_two_patients_of_one_folder_name_are_never_mixed(touch):
    root = touch("siteA/001/t1.nii", "siteA/001/seg.nii", "siteB/001/flair.nii")
    first, second = find_cases(root)
    assert (first.name, second.name) == ("siteA_001", "siteB_001")
    assert first.sequences == {Sequence.T1N: root / "siteA/001/t1.nii"}
    assert first.reference == root / "siteA/001/seg.nii" and second.reference is None


def test_a_folder_named_like_a_file_is_no_image(touch):
    case = find_case(touch("x_t1.nii/7_brain_t1.nii", "x_flair.nii/7_brain_flair.nii"))
    assert case.name == "7_brain" and set(case.sequences) == {Sequence.T1N, Sequence.T2F}


def test_bids_derivatives_give_labels_but_no_second_image(touch):
    root = touch(
        "sub-01/anat/sub-01_T1w.nii.gz",
        "derivatives/prep/sub-01/anat/sub-01_desc-preproc_T1w.nii.gz",
        "derivatives/manual/sub-01/anat/sub-01_dseg.nii.gz",
    )
    case = find_case(root)
    assert case.sequences == {Sequence.T1N: root / "sub-01/anat/sub-01_T1w.nii.gz"}
    assert case.reference == root / "derivatives/manual/sub-01/anat/sub-01_dseg.nii.gz"


@pytest.mark.parametrize("name", ["sub-01_0001.nii.gz", "sub-01-t1c.nii.gz", "sub-01_t1ce.nii.gz"])
def test_a_case_called_sub_need_not_be_bids(touch, name):
    case = find_case(touch(name))
    assert case.name == "sub-01" and set(case.sequences) == {Sequence.T1C}


def test_the_modalities_of_the_first_nnunet_are_read(touch):
    root = touch("imagesTr/a_0000.nii.gz")
    (root / "dataset.json").write_text(json.dumps({"modality": {"0": "FLAIR"}}))
    assert set(find_case(root).sequences) == {Sequence.T2F}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ({"channel_names": {"0": "CT"}}, SequenceError, r"a_0000\.nii' is channel 'CT' by its dataset\.json"),
        ({"channel_names": {"1": "T1"}}, SequenceError, r"a_0000\.nii' is channel 0"),
        (["x"], DatasetError, r"dataset\.json' has no readable channel_names"),
        ({"name": "x"}, DatasetError, r"dataset\.json' has no readable channel_names"),
    ],
)
def test_a_dataset_file_that_does_not_help_is_named(touch, content, error, message):
    root = touch("a_0000.nii")
    (root / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(error, match=message):
        find_cases(root)


def test_two_labelmaps_of_one_case_are_both_named(touch):
    with pytest.raises(SequenceError, match=r"a-seg\.nii' and '.*labelsTr/a\.nii' are both labelmaps of 'a'"):
        find_cases(touch("a-t1c.nii", "a-seg.nii", "labelsTr/a.nii"))
