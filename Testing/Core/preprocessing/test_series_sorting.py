"""Sorting by names, tags and voxels; the voxels are the shipped synthetic case, which the rules were not fitted to."""

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.packages.resources import locate
from ssaglioma.preprocessing.contrast_rules import contrast_evidence
from ssaglioma.preprocessing.series import Series, find_series, read_candidates
from ssaglioma.preprocessing.series_sorting import sort_series
from ssaglioma.volume import Volume, read_volume, write_volume
from ssaglioma.volume.sitk import from_sitk

T1, T1GD, T2, FLAIR = Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F
CASE = "ICBM152-grown-001"
RAW = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data")) / "clinical"


@pytest.fixture(scope="module")
def images():
    folder = locate("SampleCases") / CASE
    result = {}
    for sequence in SEQUENCE_ORDER:
        image = SimpleITK.ReadImage(str(folder / f"{CASE}-{sequence.value}.nii.gz"), SimpleITK.sitkFloat32)
        result[sequence] = from_sitk(SimpleITK.BinShrink(image, [3, 3, 3]))
    return result


def series_named(*names, **tags_of):
    """Series whose key is a letter; tags by letter."""
    keys = "abcdefghij"[: len(names)]
    return [Series(key, name, tags_of.get(key, {}), Path(name)) for key, name in zip(keys, names)]


def chosen_keys(sorting):
    return {sequence: choice.key for sequence, choice in sorting.chosen.items()}


@pytest.mark.parametrize(
    "names",
    [
        ("Ax T1", "Ax T1 +C", "Ax T2 FSE", "Ax FLAIR"),
        ("T1 sans injection", "T1 après injection de gado", "Axial T2", "FLAIR axial"),
        ("T1 sem contraste", "T1 pós-contraste", "AXIAL T2 TSE", "FLAIR AXIAL"),
        ("t1_se_tra", "t1_mpr_KM", "t2_tse_tra", "t2_tirm_tra_dark-fluid"),
    ],
)
def test_descriptions_in_four_styles_are_sorted(names):
    others = ("Localizer", "ADC", "MIP T1")
    sorting = sort_series(series_named(*names, *others))
    assert chosen_keys(sorting) == {T1: "a", T1GD: "b", T2: "c", FLAIR: "d"}
    assert set(sorting.left_out) == {"e", "f", "g"}
    assert all(choice.confidence > 0.8 for choice in sorting.chosen.values())
    assert sorting.conflicts == ()


def test_tags_help_where_names_tell_nothing_and_contradict_where_they_lie():
    tags = {
        "a": {"EchoTime": "9", "RepetitionTime": "550"},
        "b": {"EchoTime": "120", "RepetitionTime": "9000", "InversionTime": "2500"},
    }
    sorting = sort_series(series_named("Series 2", "Ax T1", "nothing", **tags))
    assert chosen_keys(sorting)[T1] == "a"
    assert "nothing tells what it is" in sorting.left_out["c"]
    lying = sort_series(series_named("Ax T2", a=tags["b"]))
    (conflict,) = lying.conflicts
    assert "'Ax T2' is used as" in conflict and ("FLAIR" in conflict and "T2" in conflict)


def test_of_two_equal_series_the_thinner_is_used_and_the_other_is_named():
    thick = Series("a", "AX T1", {"SliceThickness": "6"}, Path("a"))
    thin = Series("b", "AX T1", {"SliceThickness": "1"}, Path("b"))
    sorting = sort_series([thick, thin])
    assert chosen_keys(sorting) == {T1: "b"}
    assert "which is finer (1 mm against 6 mm)" in sorting.left_out["a"]
    assert sorting.chosen[T1].confidence > 0.9


def test_images_without_names_are_told_by_their_voxels(images):
    order = (FLAIR, T1GD, T1, T2)
    sorting = sort_series(series_named("1", "2", "3", "4"), {k: images[s] for k, s in zip("abcd", order)})
    assert chosen_keys(sorting) == {T1: "c", T1GD: "b", T2: "d", FLAIR: "a"}


@pytest.mark.parametrize("swapped", [(T1, FLAIR), (T2, FLAIR), (T1GD, T2)])
def test_two_swapped_names_are_found_and_reported(images, swapped):
    names = ("case_t1", "case_t1ce", "case_t2", "case_flair")
    held = dict(zip(SEQUENCE_ORDER, SEQUENCE_ORDER))
    held[swapped[0]], held[swapped[1]] = swapped[1], swapped[0]
    volumes = {key: images[held[slot]] for key, slot in zip("abcd", SEQUENCE_ORDER)}
    sorting = sort_series(series_named(*names), volumes)
    assert chosen_keys(sorting) == {held[slot]: key for key, slot in zip("abcd", SEQUENCE_ORDER)}
    assert len(sorting.conflicts) == 2
    assert all("but its name says" in text for text in sorting.conflicts)


def test_what_the_user_says_holds_and_the_conflict_is_still_reported(images):
    names = ("case_t1", "case_t1ce", "case_t2", "case_flair")
    volumes = {key: images[slot] for key, slot in zip("abcd", SEQUENCE_ORDER)}
    sorting = sort_series(series_named(*names), volumes, overrides={T2: "d", FLAIR: "c"})
    assert chosen_keys(sorting) == {T1: "a", T1GD: "b", T2: "d", FLAIR: "c"}
    assert sorting.chosen[T2].confidence == 1 and sorting.chosen[T2].reasons == ("chosen by the user",)
    assert any("'case_flair' is used as T2" in text and "looks like FLAIR" in text for text in sorting.conflicts)


def test_an_override_can_use_what_was_left_out_and_must_exist():
    sorting = sort_series(series_named("T1 projection"), overrides={T1: "a"})
    assert chosen_keys(sorting) == {T1: "a"} and sorting.left_out == {}
    with pytest.raises(SequenceError, match="no series 'z'"):
        sort_series(series_named("T1"), overrides={T1: "z"})
    with pytest.raises(SequenceError, match="for two sequences"):
        sort_series(series_named("T1"), overrides={T1: "a", T2: "a"})


def test_masks_copies_and_damaged_files_change_nothing(images, tmp_path):
    for sequence in SEQUENCE_ORDER:
        write_volume(images[sequence], tmp_path / f"case_{sequence.value}.nii.gz")
    alone = sort_series(find_series(tmp_path), *[read_candidates(find_series(tmp_path))[0]])
    mask = images[T2].with_array((images[T2].array > 0).astype(np.uint8))
    write_volume(mask, tmp_path / "brainmask_t2f.nii.gz")
    write_volume(mask, tmp_path / "outline_t1c.nii.gz")
    write_volume(images[T1], tmp_path / "copy_of_t1n.nii.gz")
    (tmp_path / "broken_t2w.nii.gz").write_bytes(b"no image")
    series = find_series(tmp_path)
    volumes, left_out = read_candidates(series)
    sorting = sort_series(series, volumes, left_out=left_out)
    assert {s: choice.key.split("_")[-1] for s, choice in sorting.chosen.items()} == {
        s: choice.key.split("_")[-1] for s, choice in alone.chosen.items()
    }
    assert "mask" in sorting.left_out["brainmask_t2f.nii.gz"]
    assert "2 different values" in sorting.left_out["outline_t1c.nii.gz"]
    assert "same voxels" in sorting.left_out["copy_of_t1n.nii.gz"] + sorting.left_out.get("case_t1n.nii.gz", "")
    assert "cannot be read" in sorting.left_out["broken_t2w.nii.gz"]


def test_contrast_does_not_depend_on_scale_orientation_or_grid(images):
    straight = contrast_evidence({s.value: v for s, v in images.items()}).probabilities()
    other = {}
    for sequence, volume in images.items():
        flipped = np.ascontiguousarray(volume.array[:, ::-1] * 0.13)
        origin = tuple((volume.affine_lps @ [0, volume.shape[1] - 1, 0, 1])[:3])
        direction = volume.direction_lps @ np.diag([1.0, -1.0, 1.0])
        other[sequence.value] = Volume(flipped, volume.spacing_zyx_mm, origin, direction)
    turned = contrast_evidence(other).probabilities()
    for sequence in SEQUENCE_ORDER:
        assert straight[sequence.value].sum() == pytest.approx(1)
        assert turned[sequence.value] == pytest.approx(straight[sequence.value], abs=0.02)


@pytest.mark.shared_data
@pytest.mark.skipif(not RAW.is_dir(), reason=f"the real cases are not unpacked at {RAW} (make data)")
def test_raw_scans_of_a_patient_never_fitted_to_are_told_without_their_names():
    """Not stripped, slices of 5.5 mm, up to 13 degrees apart."""
    folder = RAW / "TCGA-FG-6692" / "native"
    volumes = {s.value: read_volume(folder / f"TCGA-FG-6692_{s.value}.nii.gz") for s in reversed(SEQUENCE_ORDER)}
    series = [Series(key, f"image {number}", {}, folder) for number, key in enumerate(volumes)]
    assert chosen_keys(sort_series(series, volumes)) == {s: s.value for s in SEQUENCE_ORDER}
