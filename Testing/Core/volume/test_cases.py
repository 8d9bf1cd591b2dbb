import json

import pytest

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.volume import find_case, find_cases


@pytest.mark.parametrize(
    "names",
    [
        [
            "BraTS-SSA-00002-000-t1n.nii.gz",
            "BraTS-SSA-00002-000-t1c.nii.gz",
            "BraTS-SSA-00002-000-t2w.nii.gz",
            "BraTS-SSA-00002-000-t2f.nii.gz",
            "BraTS-SSA-00002-000-seg.nii.gz",
        ],
        [
            "Brats18_CBICA_ABM_1_t1.nii",
            "Brats18_CBICA_ABM_1_t1ce.nii",
            "Brats18_CBICA_ABM_1_t2.nii",
            "Brats18_CBICA_ABM_1_flair.nii",
            "Brats18_CBICA_ABM_1_seg.nii",
        ],
        ["t1.nrrd", "T1Gd.nrrd", "T2.nrrd", "FLAIR.nrrd", "seg.nrrd"],
        [
            "sub-01/anat/sub-01_T1w.nii.gz",
            "sub-01/anat/sub-01_ce-gadolinium_T1w.nii.gz",
            "sub-01/anat/sub-01_T2w.nii.gz",
            "sub-01/anat/sub-01_FLAIR.nii.gz",
            "sub-01/anat/sub-01_dseg.nii.gz",
        ],
        ["a_0000.nii.gz", "a_0001.nii.gz", "a_0002.nii.gz", "a_0003.nii.gz", "a-seg.nii.gz"],
    ],
)
def test_the_usual_names_fill_all_slots(touch, names):
    root = touch(*names)
    case = find_case(root)
    assert [case.sequences[sequence] for sequence in SEQUENCE_ORDER] == [root / name for name in names[:4]]
    assert case.reference == root / names[4]


def test_nnunet_folders_find_labels_and_channel_names(touch):
    root = touch("imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "labelsTr/a.nii.gz", "imagesTr/b_0000.nii.gz")
    (root / "dataset.json").write_text(json.dumps({"channel_names": {"0": "FLAIR", "1": "T1ce"}}))
    first, second = find_cases(root)
    assert first.sequences == {
        Sequence.T2F: root / "imagesTr/a_0000.nii.gz",
        Sequence.T1C: root / "imagesTr/a_0001.nii.gz",
    }
    assert first.reference == root / "labelsTr/a.nii.gz" and second.reference is None


def test_bids_sessions_are_cases_of_their_own(touch):
    root = touch("sub-1/ses-a/anat/sub-1_ses-a_T2w.nii.gz", "sub-1/ses-b/anat/sub-1_ses-b_T2w.nii.gz")
    assert [case.name for case in find_cases(root)] == ["sub-1_ses-a", "sub-1_ses-b"]


def test_two_files_for_one_sequence_are_both_named(touch):
    with pytest.raises(SequenceError, match=r"a-t1c\.nii\.gz' and '.*a_t1ce\.nii' are both T1Gd"):
        find_cases(touch("a-t1c.nii.gz", "a_t1ce.nii"))


def test_an_empty_folder_shows_the_names_that_are_known(tmp_path):
    with pytest.raises(DatasetError, match="No case was found.*CASE-t1c"):
        find_cases(tmp_path)


def test_a_folder_of_several_cases_is_not_one_case(touch):
    with pytest.raises(DatasetError, match=r"holds 2 cases \(a, b"):
        find_case(touch("a-t1c.nii", "b-t1c.nii"))


def test_hidden_files_are_passed_over(touch):
    assert len(find_case(touch("a-t1c.nii", ".a-t1c.nii", "._a-t2f.nii.gz")).sequences) == 1


def test_linked_folders_of_cases_are_found_and_a_link_in_a_circle_ends(touch, tmp_path):
    touch("archive/p1/p1-t1c.nii.gz", "archive/p1/p1-seg.nii.gz")
    (tmp_path / "study").mkdir()
    try:
        (tmp_path / "study" / "p1").symlink_to(tmp_path / "archive" / "p1", target_is_directory=True)
        (tmp_path / "study" / "again").symlink_to(tmp_path / "study", target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links here")
    (case,) = find_cases(tmp_path / "study")
    assert case.name == "p1" and case.reference == tmp_path / "study" / "p1" / "p1-seg.nii.gz"
