"""From a corrections folder to an installed model, or to a refusal; and back."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.adaptation.check import SafetyLimits
from ssaglioma.adaptation.corrections import check_apart, gather_corrections
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.packages import read_package, write_package
from ssaglioma.packages.shelf import PackageShelf
from ssaglioma.training.cases import OUTSIDE, load_training_cases
from ssaglioma.training.correction_cases import case_on_model_grid
from ssaglioma.training.correction_learning import CorrectionLearner, CorrectionPlan
from ssaglioma.volume import Case, Volume, write_volume
from ssaglioma.volume.corrections import CorrectionNotes, save_correction

SPACING = (3.0, 1.0, 1.0)
CPU = torch.device("cpu")
ANYTHING_GOES = SafetyLimits(mean_drop=1, region_drop=1, case_drop=1, false_volume_ml=1000)


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
def shelf(package_folder, tmp_path):
    return PackageShelf.create(tmp_path / "shelf", read_package(package_folder))


@pytest.fixture
def learner(shelf, tmp_path):
    def make(folder="round", shelf=shelf, **changes):
        plan = CorrectionPlan(
            epochs=2, steps_per_epoch=1, batch_size=2, limits=ANYTHING_GOES, precision="fp32", learning_rate=1e-4
        )
        values = {"replay": [], "held_out": [], "plan": replace(plan, **changes.pop("plan", {})), **changes}
        return CorrectionLearner(shelf, tmp_path / "corrections", folder=tmp_path / folder, device=CPU, **values)

    return make


@pytest.mark.slow
def test_a_useful_correction_is_learned_a_harmful_one_refused_and_both_are_reported(learner, shelf, correct, case_of):
    held_out = [case_of("held-out", 9)]
    for number in (1, 2, 3):
        correct(f"case-{number}", seed=number)
    plan = {"epochs": 2, "steps_per_epoch": 15, "batch_size": 4, "learning_rate": 2e-3, "limits": SafetyLimits()}
    good = learner("good", replay=[case_of("earlier", 5)], held_out=held_out, plan=plan).run()
    assert good.installed and shelf.current().card.version == "0.0.1+corrected.2"
    assert good.verdict.regions["WT"].change > 0.05
    assert (good.corrected_cases, good.replayed_cases, good.correction_minutes) == (3, 1, 19.5)
    assert shelf.current().card.scores["mean_dice"]["WT"]["mean"] == good.verdict.regions["WT"].mean_after

    for number in (1, 2, 3):  # newer revisions that wipe the tumour out
        correct(f"case-{number}", seed=number, labels=np.zeros((8, 40, 36), np.uint8))
    bad = learner("bad", held_out=held_out, plan=plan).run()
    assert not bad.installed and shelf.current().card.version == "0.0.1+corrected.2"
    assert any("fell from" in reason for reason in bad.verdict.reasons)
    assert [row["action"] for row in shelf.history()] == ["installed", "installed", "refused"]
    assert shelf.history()[-1]["note"] == " ".join(bad.verdict.reasons)

    assert shelf.roll_back().card.version == shelf.current().card.version == "0.0.1"


def test_a_round_installs_the_new_model_and_writes_its_report(learner, shelf, correct, case_of, tmp_path):
    correct("case-1", seed=1)
    report = learner(replay=[case_of("earlier", 5)], held_out=[case_of("held-out", 9)]).run()
    assert report.installed and shelf.current().folder == shelf.root / "v2"
    before, after = read_package(shelf.root / "v1").weights(), shelf.current().weights()
    assert any(not np.array_equal(before[name], after[name]) for name in before)
    values = json.loads((tmp_path / "round" / "report.json").read_text())
    assert values["installed"] and values["scores"]["before"]["cases"][0]["case"] == "held-out"
    assert (tmp_path / "round" / "report.txt").read_text() == report.to_text()
    assert "1 corrected cases of this site, with 1 earlier" in shelf.current().card.training_data


@pytest.fixture
def eager_shelf(package_folder, tmp_path):
    """A model that marks every voxel of the brain, if only just: it is easily talked out of it."""
    package = read_package(package_folder)
    weights = package.weights()
    weights["decoder.seg_layers.4.weight"] *= 0
    weights["decoder.seg_layers.4.bias"] = np.full(3, 0.02, np.float32)
    return PackageShelf.create(tmp_path / "eager-shelf", write_package(tmp_path / "eager", package.card, weights))


def test_a_worse_model_is_refused_and_nothing_is_installed(learner, eager_shelf, correct, case_of, volumes_of):
    correct("case-1", seed=1, labels=np.zeros_like(volumes_of(1)[1].array))  # "there is no tumour"
    before = {path.name for path in eager_shelf.root.iterdir()}
    plan = {"epochs": 1, "steps_per_epoch": 3, "learning_rate": 0.05, "limits": SafetyLimits()}
    report = learner(shelf=eager_shelf, held_out=[case_of("held-out", 9)], plan=plan).run()
    assert not report.installed
    change = report.verdict.regions["WT"]
    assert change.mean_before > 0.1 and change.mean_after == 0
    assert any(f"to 0.000, by {change.mean_before:.3f}" in reason for reason in report.verdict.reasons)
    assert "NOT INSTALLED: version 0.0.1 stays in use." in report.to_text()
    assert {path.name for path in eager_shelf.root.iterdir()} == before
    assert eager_shelf.current().card.version == "0.0.1" and eager_shelf.history()[-1]["action"] == "refused"


def test_a_paused_round_goes_on_where_it_stopped(learner, shelf, correct, case_of):
    correct("case-1", seed=1)
    held_out = [case_of("held-out", 9)]
    whole = learner("whole", held_out=held_out)
    expected = whole._trainer(shelf.current(), gather_corrections(whole.corrections, shelf.current().card)).run()
    assert learner("parts", held_out=held_out, should_stop=lambda: True).run() is None
    assert shelf.current().folder == shelf.root / "v1"
    assert learner("parts", held_out=held_out).run().installed
    found = shelf.current().weights()
    for name, tensor in expected.state_dict().items():
        assert np.array_equal(tensor.numpy().astype(np.float16).astype(np.float32), found[name]), name


def test_a_frozen_decoder_keeps_its_weights_in_the_new_model(learner, shelf, correct, case_of):
    correct("case-1", seed=1)
    start = shelf.current().weights()
    learner(held_out=[case_of("held-out", 9)], plan={"frozen": ("decoder",)}).run()
    after = shelf.current().weights()
    changed = {name.split(".")[0] for name in start if not np.allclose(start[name], after[name], atol=1e-3, rtol=1e-3)}
    kept = [name for name in start if name.startswith("decoder")]
    half = {name: start[name].astype(np.float16).astype(np.float32) for name in kept}
    assert all(np.array_equal(half[name], after[name]) for name in kept)
    assert changed <= {"encoder"}


@pytest.mark.parametrize("which", ["name", "images"])
def test_a_held_out_case_among_the_corrections_is_refused(learner, correct, case_of, which):
    correct("case-1", seed=1)
    held_out = case_of("case-1", 9) if which == "name" else case_of("another", 1)
    with pytest.raises(DatasetError, match="is trained on \\(as 'case-1'\\).*other patients"):
        learner(held_out=[held_out]).run()


def test_a_held_out_case_among_the_replayed_is_refused(case_of):
    case = case_of("earlier", 5)
    with pytest.raises(DatasetError, match="'earlier' is trained on"):
        check_apart([case], [case_of("apart", 6), case])


def test_without_a_held_out_case_nothing_is_learned(learner, correct):
    correct("case-1", seed=1)
    with pytest.raises(DatasetError, match="no held-out case"):
        learner().run()


def test_a_held_out_case_without_labels_is_refused(case_of):
    with pytest.raises(DatasetError, match="no labelmap.*'held-out'"):
        check_apart([], [replace(case_of("held-out", 9), reference=None)])


def test_the_newest_revision_of_each_case_is_used(correct, shelf, volumes_of):
    correct("case-1", seed=1)
    root = correct("case-1", seed=1, labels=np.zeros_like(volumes_of(1)[1].array))
    (used,) = gather_corrections(root, shelf.current().card).used
    assert used.record.revision == 2 and used.case.name == "case-1"


def test_a_case_that_lacks_sequences_is_used_only_by_a_model_that_can_do_without(correct, shelf):
    root = correct("case-1", seed=1)
    correct("case-2", seed=2, sequences=(Sequence.T1N, Sequence.T1C))
    correct("case-3", seed=3, sequences=(Sequence.T1N, Sequence.T2W))
    card = shelf.current().card
    gathered = gather_corrections(root, card)
    assert [case.name for case in gathered.cases] == ["case-1", "case-2"]
    assert gathered.left_out == {"case-3": "it has neither T1Gd nor FLAIR"}
    strict = gather_corrections(root, replace(card, missing_channels="refuse"))
    assert [case.name for case in strict.cases] == ["case-1"]
    assert strict.left_out["case-2"] == "it lacks t2w, t2f, which this model needs"


def test_corrections_of_another_label_scheme_are_left_out_and_named(correct, shelf):
    root = correct("case-1", seed=1)
    with pytest.raises(DatasetError, match="case-1: its labels are of the scheme 'glioma', the model's 'glioma_post'"):
        gather_corrections(root, replace(shelf.current().card, labels="glioma_post"))


def test_a_folder_of_another_round_is_not_resumed(learner, correct, case_of):
    correct("case-1", seed=1)
    held_out = [case_of("held-out", 9)]
    learner(held_out=held_out).run()
    with pytest.raises(ModelPackageError, match="run of another kind"):
        learner(held_out=held_out).run()


def test_a_case_at_the_model_s_spacing_is_what_training_reads(case_of, shelf, tmp_path):
    case = case_of("a", 3)
    ours = case_on_model_grid(case, shelf.current().card)
    (theirs,) = load_training_cases([case], tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    assert np.array_equal(ours.image, theirs.image) and np.array_equal(ours.labels, theirs.labels)


def test_a_finer_case_is_stretched_to_the_model_s_spacing(shelf, tmp_path, images_of):
    images, labels = images_of(shape=(6, 40, 32))
    files = {s: tmp_path / f"a-{s.value}.nii.gz" for s in SEQUENCE_ORDER}
    for sequence, image in zip(SEQUENCE_ORDER, images):
        write_volume(Volume(image, (4.0, 0.5, 2.0)), files[sequence])
    write_volume(Volume(labels, (4.0, 0.5, 2.0)), tmp_path / "a-seg.nii.gz")
    case = case_on_model_grid(Case("a", files, tmp_path / "a-seg.nii.gz"), shelf.current().card)
    z, y, x = case.labels.shape
    box = np.argwhere(images[0] > 0)
    height, width = (box.max(0) - box.min(0) + 1)[1:]
    assert case.image.shape == (4, z, y, x)
    assert abs(y - height / 2) <= 1 and abs(x - width * 2) <= 1
    assert set(np.unique(case.labels)) <= {0, 1, 2, 3, OUTSIDE}
    volume_before = np.count_nonzero(labels) * 0.5 * 2.0
    assert np.count_nonzero((case.labels > 0) & (case.labels != OUTSIDE)) == pytest.approx(volume_before, rel=0.08)
