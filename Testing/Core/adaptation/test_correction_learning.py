"""Cases of a corrections folder as training material: which are used, on which grid, and none of them in the check."""

from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.adaptation.corrections import check_apart, gather_corrections
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.packages import read_package
from ssaglioma.training.cases import OUTSIDE, load_training_cases
from ssaglioma.training.correction_cases import case_on_model_grid
from ssaglioma.volume import Case, Volume, write_volume
from ssaglioma.volume.corrections import CorrectionNotes, save_correction

SPACING = (3.0, 1.0, 1.0)


@pytest.fixture(scope="session")
def volumes_of(images_of):
    """Makes the four images and the labels of a tiny case."""

    def make(seed):
        images, labels = images_of(seed=seed)
        return {s: Volume(image, SPACING) for s, image in zip(SEQUENCE_ORDER, images)}, Volume(labels, SPACING)

    return make


@pytest.fixture
def case_of(volumes_of, tmp_path):
    """Writes a labelled case to disk."""

    def make(name, seed):
        images, labels = volumes_of(seed)
        folder = tmp_path / "cases" / name
        folder.mkdir(parents=True)
        files = {s: folder / f"{name}-{s.value}.nii.gz" for s in SEQUENCE_ORDER}
        for sequence, path in files.items():
            write_volume(images[sequence], path)
        write_volume(labels, folder / f"{name}-seg.nii.gz")
        return Case(name, files, folder / f"{name}-seg.nii.gz")

    return make


@pytest.fixture
def correct(volumes_of, tmp_path):
    """Saves a correction of a tiny case: its key, seed, and optionally labels and sequences."""

    def save(key, seed, labels=None, sequences=SEQUENCE_ORDER):
        images, true = volumes_of(seed)
        corrected = true if labels is None else true.with_array(labels)
        prediction = true.with_array(np.zeros_like(true.array))
        notes = CorrectionNotes("tiny-test", "0.0.1", minutes=6.5)
        given = {sequence: images[sequence] for sequence in sequences}
        save_correction(tmp_path / "corrections", key, given, prediction=prediction, corrected=corrected, notes=notes)
        return tmp_path / "corrections"

    return save


@pytest.fixture
def card(package_folder):
    return read_package(package_folder).card


@pytest.mark.parametrize("which", ["name", "images"])
def test_a_held_out_case_among_the_corrections_is_refused(correct, card, case_of, which):
    corrected = gather_corrections(correct("case-1", seed=1), card).cases
    held_out = case_of("case-1", 9) if which == "name" else case_of("another", 1)
    with pytest.raises(DatasetError, match="is trained on \\(as 'case-1'\\).*other patients"):
        check_apart(corrected, [held_out])


def test_a_held_out_case_among_the_replayed_is_refused(case_of):
    case = case_of("earlier", 5)
    with pytest.raises(DatasetError, match="'earlier' is trained on"):
        check_apart([case], [case_of("apart", 6), case])


def test_without_a_held_out_case_nothing_is_learned(case_of):
    with pytest.raises(DatasetError, match="no held-out case"):
        check_apart([case_of("earlier", 5)], [])


def test_a_held_out_case_without_labels_is_refused(case_of):
    with pytest.raises(DatasetError, match="no labelmap.*'held-out'"):
        check_apart([], [replace(case_of("held-out", 9), reference=None)])


def test_the_newest_revision_of_each_case_is_used(correct, card, volumes_of):
    correct("case-1", seed=1)
    root = correct("case-1", seed=1, labels=np.zeros_like(volumes_of(1)[1].array))
    (used,) = gather_corrections(root, card).used
    assert used.record.revision == 2 and used.case.name == "case-1"


def test_a_case_that_lacks_sequences_is_used_only_by_a_model_that_can_do_without(correct, card):
    root = correct("case-1", seed=1)
    correct("case-2", seed=2, sequences=(Sequence.T1N, Sequence.T1C))
    correct("case-3", seed=3, sequences=(Sequence.T1N, Sequence.T2W))
    gathered = gather_corrections(root, card)
    assert [case.name for case in gathered.cases] == ["case-1", "case-2"]
    assert gathered.left_out == {"case-3": "it has neither T1Gd nor FLAIR"}
    strict = gather_corrections(root, replace(card, missing_channels="refuse"))
    assert [case.name for case in strict.cases] == ["case-1"]
    assert strict.left_out["case-2"] == "it lacks t2w, t2f, which this model needs"


def test_corrections_of_another_label_scheme_are_left_out_and_named(correct, card):
    root = correct("case-1", seed=1)
    with pytest.raises(DatasetError, match="case-1: its labels are of the scheme 'glioma', the model's 'glioma_post'"):
        gather_corrections(root, replace(card, labels="glioma_post"))


def test_a_case_at_the_model_s_spacing_is_what_training_reads(case_of, card, tmp_path):
    case = case_of("a", 3)
    ours = case_on_model_grid(case, card)
    (theirs,) = load_training_cases([case], tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    assert np.array_equal(ours.image, theirs.image) and np.array_equal(ours.labels, theirs.labels)


def test_a_finer_case_is_stretched_to_the_model_s_spacing(card, tmp_path, images_of):
    images, labels = images_of(shape=(6, 40, 32))
    files = {s: tmp_path / f"a-{s.value}.nii.gz" for s in SEQUENCE_ORDER}
    for sequence, image in zip(SEQUENCE_ORDER, images):
        write_volume(Volume(image, (4.0, 0.5, 2.0)), files[sequence])
    write_volume(Volume(labels, (4.0, 0.5, 2.0)), tmp_path / "a-seg.nii.gz")
    case = case_on_model_grid(Case("a", files, tmp_path / "a-seg.nii.gz"), card)
    z, y, x = case.labels.shape
    box = np.argwhere(images[0] > 0)
    height, width = (box.max(0) - box.min(0) + 1)[1:]
    assert case.image.shape == (4, z, y, x)
    assert abs(y - height / 2) <= 1 and abs(x - width * 2) <= 1
    assert set(np.unique(case.labels)) <= {0, 1, 2, 3, OUTSIDE}
    volume_before = np.count_nonzero(labels) * 0.5 * 2.0
    assert np.count_nonzero((case.labels > 0) & (case.labels != OUTSIDE)) == pytest.approx(volume_before, rel=0.08)
