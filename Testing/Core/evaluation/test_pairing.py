"""Files are paired by the case's name."""

from __future__ import annotations

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation import case_name, find_labelmaps, pair_labelmaps


@pytest.fixture
def folders(tmp_path):
    """Two folders and a function that makes empty files in them."""

    def touch(*names: str) -> None:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    (tmp_path / "r").mkdir()
    (tmp_path / "p").mkdir()
    return tmp_path / "r", tmp_path / "p", touch


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("BraTS-SSA-00002-000-seg.nii.gz", "BraTS-SSA-00002-000"),
        ("BraTS2021_01476_seg.nii", "BraTS2021_01476"),
        ("case1.nrrd", "case1"),
        ("case1-prediction.mha", "case1"),
        ("v1.2-seg.nii.gz", "v1.2"),
        ("patient01_LGE_manual.nii", "patient01_LGE"),
    ],
)
def test_the_case_name_is_the_file_name_without_role_and_suffix(file, name):
    assert case_name(file) == name


def test_case_folders_and_flat_folders_pair_up(folders):
    reference, prediction, touch = folders
    touch("r/A/A-seg.nii", "r/A/A-t1c.nii", "r/A/A-t2f.nii", "r/B/B-seg.nii.gz", "p/A-seg.nii.gz", "p/B.nii.gz")
    pairing = pair_labelmaps(reference, prediction)
    assert list(pairing.pairs) == ["A", "B"]
    assert pairing.pairs["B"][1].name == "B.nii.gz"


def test_files_without_a_partner_are_listed(folders):
    reference, prediction, touch = folders
    touch("r/A-seg.nii", "r/B-seg.nii", "p/A.nii", "p/C.nii")
    pairing = pair_labelmaps(reference, prediction)
    assert (pairing.only_reference, pairing.only_prediction) == (("B",), ("C",))


def test_images_channels_and_other_files_are_no_labelmaps(folders):
    reference, _, touch = folders
    touch(
        "r/A_0000.nii.gz",
        "r/A_flair.nii.gz",
        "r/A.nii.gz",
        "r/notes.txt",
        "r/.hidden.nii",
        "r/A-prediction.nii",
    )
    assert list(find_labelmaps(reference)) == ["A"]
    with pytest.raises(DatasetError, match="two labelmaps for case 'A'"):
        find_labelmaps(reference, predictions=True)


def test_two_files_pair_whatever_their_names(folders):
    reference, prediction, touch = folders
    touch("r/A-seg.nii", "p/result.nii.gz")
    pairing = pair_labelmaps(reference / "A-seg.nii", prediction / "result.nii.gz")
    assert list(pairing.pairs) == ["A"]


def test_a_reference_file_finds_its_case_in_a_folder_of_predictions(folders):
    reference, prediction, touch = folders
    touch("r/A-seg.nii", "p/A.nii.gz", "p/B.nii.gz")
    pairing = pair_labelmaps(reference / "A-seg.nii", prediction)
    assert pairing.pairs["A"][1].name == "A.nii.gz"
    assert pairing.only_prediction == ()


def test_nothing_to_pair_names_both_sides(folders):
    reference, prediction, touch = folders
    touch("r/A-seg.nii", "p/B.nii")
    with pytest.raises(DatasetError, match="references: 'A'; predictions: 'B'"):
        pair_labelmaps(reference, prediction)


def test_a_missing_path_is_named(folders):
    with pytest.raises(DatasetError, match=r"prediction .*nowhere.* does not exist"):
        pair_labelmaps(folders[0], folders[0] / "nowhere")
