"""From raw scans to a result on the grid that the reader knows."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from raw_heads import brain_of, head_grid, scan, tumour_of, turned

from ssaglioma.errors import DatasetError, GeometryError, SequenceError
from ssaglioma.inference.intake import IntakeSettings, take_in
from ssaglioma.inference.intake_files import LOG_NAME, write_prepared
from ssaglioma.inference.intake_passed import passed_intake
from ssaglioma.inference.intake_segment import segment_intake
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import AlignmentError, AlignmentSettings
from ssaglioma.preprocessing.chain import Chain
from ssaglioma.preprocessing.grid import Grid
from ssaglioma.preprocessing.rigid import LEVELS
from ssaglioma.preprocessing.series import Series
from ssaglioma.preprocessing.study import Slot, SortedStudy
from ssaglioma.volume import Volume, find_case, read_volume

QUICK = AlignmentSettings(levels=LEVELS[:2], most_disagreement_mm=8.0)
SETTINGS = IntakeSettings(spacing_mm=2.0, alignment=QUICK)
COARSE = IntakeSettings(spacing_mm=3.0, alignment=AlignmentSettings(levels=LEVELS[:1], most_disagreement_mm=10.0))
OBLIQUE = np.linalg.qr(turned((6, -4, 9), (0, 0, 0)).matrix_lps[:3, :3])[0]
OBLIQUE = OBLIQUE * np.sign(np.diag(OBLIQUE))
FLIPPED = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # sagittal slices
POSES = {
    Sequence.T1N: turned((0, 3, 0), (2, 0, 0)),
    Sequence.T1C: None,
    Sequence.T2W: turned((-6, 0, 3), (4, 7, -5)),
    Sequence.T2F: turned((5, 4, -3), (-6, 3, 8)),
}
GRIDS = {
    Sequence.T1N: head_grid((5.5, 3.0, 3.0)),
    Sequence.T1C: head_grid((5.5, 2.6, 2.9), OBLIQUE),
    Sequence.T2W: head_grid((5.0, 3.0, 3.5)),
    Sequence.T2F: head_grid((4.5, 3.0, 3.0), FLIPPED),
}


def study_of(volumes, overrides=None):
    slots = {
        name: Slot(name, Series(f"{name.value}.nii", f"{name.value}.nii", {}, None), volume, 0.99, ("by hand",))
        for name, volume in volumes.items()
    }
    return SortedStudy(slots, overrides=overrides or {})


@pytest.fixture(scope="module")
def natives():
    return {name: scan(name, GRIDS[name], POSES[name]) for name in SEQUENCE_ORDER}


@pytest.fixture(scope="module")
def brain():
    return brain_of(GRIDS[Sequence.T1C])


@pytest.fixture(scope="module")
def intake(natives, brain):
    return take_in(study_of(natives), SETTINGS, mask=brain)


class BrightFlair:
    """A predictor that calls the brightest of FLAIR a tumour: its place can be checked against the truth."""

    def __init__(self, card):
        self.package = SimpleNamespace(card=card)

    def predict(self, array, spacing_zyx_mm, progress=None):
        flair = array[3]
        one = 1 / (1 + np.exp(-4 * (flair - 1.6)))
        return np.stack([one, 0.0 * one, 0.0 * one]).astype(np.float32)


@pytest.fixture
def bright_flair(package_folder):
    from ssaglioma.packages import read_package

    return BrightFlair(read_package(package_folder).card)


def dice(first, second):
    return 2 * (first & second).sum() / (first.sum() + second.sum())


def centre_mm(mask, volume):
    index = np.argwhere(mask).mean(axis=0)[::-1]
    return (volume.affine_lps @ [*index, 1.0])[:3]


def test_all_images_come_to_lie_on_each_other_without_their_skull(intake):
    grids = {Grid.of(volume) for volume in intake.images.values()}
    assert len(grids) == 1 and next(iter(grids)).spacing_zyx_mm == (2.0, 2.0, 2.0)
    truth = tumour_of(next(iter(grids)))
    for name, volume in intake.images.items():
        assert 0.3 < (volume.array == 0).mean() < 0.8
        inside, around = volume.array[truth], volume.array[(volume.array > 0) & ~truth]
        assert abs(np.median(inside) - np.median(around)) > (60 if name is not Sequence.T1N else 20), name


@pytest.mark.parametrize("grid", [None, Sequence.T2F, Sequence.T2W])
def test_the_result_lies_on_the_chosen_native_grid_at_the_true_place(intake, natives, bright_flair, grid):
    home = segment_intake(intake, bright_flair, grid=grid)
    anchor = grid or Sequence.T1C
    labelmap = home.result.labelmap
    assert home.anchor is anchor and labelmap.same_grid(natives[anchor], 0.0)
    found, truth = labelmap.array > 0, tumour_of(GRIDS[anchor], POSES[anchor])
    assert dice(found, truth) > 0.85
    assert np.linalg.norm(centre_mm(found, labelmap) - centre_mm(truth, labelmap)) < 1.5
    assert set(home.result.probabilities) == {"WT", "TC", "ET"}
    assert home.result.probabilities["WT"].same_grid(natives[anchor], 0.0)


def test_the_record_alone_brings_a_result_home(intake, natives):
    record = json.loads(json.dumps(intake.to_json(), allow_nan=False))
    assert [step["step"] for step in record["steps"]] == ["align", "brain_mask", *["bias_and_grid"] * 4, "quality"]
    assert all(step["seconds"] >= 0 for step in record["steps"])
    assert record["quality"]["light"] in ("green", "amber", "red")
    chain = Chain.from_json(record["chains"]["t1c"])
    first = intake.images[Sequence.T1C]
    truth = first.with_array(tumour_of(Grid.of(first)).astype(np.uint8))
    back = chain.labels_back(truth)
    assert back.same_grid(natives[Sequence.T1C], 0.0)
    assert dice(back.array > 0, tumour_of(GRIDS[Sequence.T1C])) > 0.95


def test_pictures_of_all_images_lie_on_the_readers_grid(intake, natives):
    shown = intake.on_grid_of(Sequence.T1C)
    truth = tumour_of(GRIDS[Sequence.T1C])
    inside = brain_of(GRIDS[Sequence.T1C]).array > 0
    assert np.allclose(shown[Sequence.T1C].array[inside], natives[Sequence.T1C].array[inside], rtol=0.1)
    flair = shown[Sequence.T2F].array
    assert np.median(flair[truth]) > 1.3 * np.median(flair[brain_of(GRIDS[Sequence.T1C]).array > 0])


def test_the_brain_is_shown_on_the_readers_grid(intake, natives):
    shown = intake.brain_on_grid_of(Sequence.T2F)
    assert shown.same_grid(natives[Sequence.T2F], 0.0)
    assert dice(shown.array > 0, brain_of(GRIDS[Sequence.T2F], POSES[Sequence.T2F]).array > 0) > 0.95


def test_without_bias_correction_the_numbers_stay_in_proportion(natives, brain):
    settings = IntakeSettings(spacing_mm=None, correct_bias=False, alignment=QUICK)
    one = take_in(study_of({Sequence.T1C: natives[Sequence.T1C]}), settings, mask=brain)
    prepared = one.images[Sequence.T1C]
    inside = prepared.array > 0
    restored = one.chains[Sequence.T1C].back(prepared).array
    mask = brain.array > 0
    assert inside.sum() == mask.sum()
    assert np.allclose(restored[mask], natives[Sequence.T1C].array[mask], rtol=1e-4, atol=0.05)


def test_an_image_of_something_else_is_left_out_in_red_or_refused_where_it_was_named(natives, brain):
    noise = np.random.default_rng(0).uniform(0, 300, GRIDS[Sequence.T1N].shape).astype(np.float32)
    volumes = {Sequence.T1C: natives[Sequence.T1C], Sequence.T1N: GRIDS[Sequence.T1N].volume(noise)}
    found = take_in(study_of(volumes), COARSE, mask=brain)
    assert list(found.images) == [Sequence.T1C] and found.quality.light == "red"
    assert any("left out" in one.text() for one in found.quality.reasons)
    with pytest.raises(AlignmentError):
        take_in(study_of(volumes, {Sequence.T1N: "t1n.nii"}), COARSE, mask=brain)


def test_a_study_without_t1gd_and_flair_is_refused(natives):
    with pytest.raises(SequenceError, match="T1Gd and FLAIR are missing; there is T1, T2"):
        take_in(study_of({name: natives[name] for name in (Sequence.T1N, Sequence.T2W)}), SETTINGS)


def test_a_mask_may_lie_on_any_image(natives, brain):
    volumes = {name: natives[name] for name in (Sequence.T1C, Sequence.T2F)}
    found = take_in(study_of(volumes), SETTINGS, mask=brain_of(GRIDS[Sequence.T2F], POSES[Sequence.T2F]))
    assert dice(found.brain.volume.array > 0, brain.array > 0) > 0.93
    assert found.brain.method == "given"


def test_a_mask_of_nothing_or_of_another_grid_is_refused(natives, brain):
    alone = study_of({Sequence.T1C: natives[Sequence.T1C]})
    with pytest.raises(GeometryError, match="lies on the grid of no image"):
        take_in(alone, SETTINGS, mask=Volume(np.eye(3, dtype=np.uint8)[None].repeat(2, 0)))
    with pytest.raises(DatasetError, match="holds the values"):
        take_in(alone, SETTINGS, mask=brain.with_array(brain.array * 0))


def test_a_grid_that_is_not_there_is_refused(intake, bright_flair):
    alone = type(intake)(**{**vars(intake), "natives": {Sequence.T1C: intake.natives[Sequence.T1C]}})
    with pytest.raises(SequenceError, match="on the grid of FLAIR, which is not there"):
        segment_intake(alone, bright_flair, grid=Sequence.T2F)


def test_prepared_images_are_a_case_that_segment_reads_again(intake, tmp_path):
    folder = write_prepared(intake, tmp_path / "new" / "prepared", "case-7")
    case = find_case(folder)
    assert case.name == "case-7" and list(case.sequences) == list(SEQUENCE_ORDER)
    flair = read_volume(case.sequences[Sequence.T2F])
    assert np.array_equal(flair.array, intake.images[Sequence.T2F].array)
    mask = read_volume(folder / "case-7-brainmask.nii.gz")
    assert np.array_equal(mask.array > 0, flair.array > 0)
    assert json.loads((folder / LOG_NAME).read_text())["reference"] == "t1c"


def test_other_files_are_never_replaced_and_a_failed_writing_leaves_nothing(intake, tmp_path, monkeypatch):
    target = tmp_path / "prepared"
    write_prepared(intake, target, "a")
    with pytest.raises(DatasetError, match="holds prepared images already"):
        write_prepared(intake, target, "a")
    write_prepared(intake, target, "b", overwrite=True)
    assert sorted(path.name for path in target.iterdir())[0] == "b-brainmask.nii.gz"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(DatasetError, match="holds other files already"):
        write_prepared(intake, tmp_path / "mine", "a", overwrite=True)
    before = sorted(path.name for path in tmp_path.iterdir())

    def full_disk(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ssaglioma.inference.intake_files.write_json_atomic", full_disk)
    with pytest.raises(Exception, match="nothing was changed"):
        write_prepared(intake, target, "c", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (target / "b-t1c.nii.gz").is_file()


def test_prepared_images_pass_unchanged(case_volumes):
    passed = passed_intake(case_volumes, None, 0.5)
    for name, volume in case_volumes.items():
        assert np.array_equal(passed.images[name].array, volume.array)
        assert np.allclose(passed.chains[name].forward(volume).array, volume.array)
    assert passed.to_json()["steps"][0]["step"] == "passed_unchanged"


def test_a_temperature_leaves_the_labels_on_the_native_grid_as_they_are(intake, bright_flair):
    plain = segment_intake(intake, bright_flair).result
    warm = BrightFlair(replace(bright_flair.package.card, temperatures={"WT": 4.0}))
    made = segment_intake(intake, warm).result
    assert np.array_equal(made.labelmap.array, plain.labelmap.array) and plain.labelmap.array.any()
    before, after = plain.probabilities["WT"].array, made.probabilities["WT"].array
    sure = before > 0.9
    assert sure.any() and (after[sure] < before[sure]).all() and ((before > 0.5) == (after > 0.5)).mean() == 1
