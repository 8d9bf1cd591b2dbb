"""Prepared images in the wrong place: what is told of them, what is not, and what is refused."""

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import SequenceError
from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.resources import locate
from ssaglioma.preprocessing.contrast_rules import PAIRS, ContrastEvidence
from ssaglioma.preprocessing.depth import depth_mm, fill_slices
from ssaglioma.preprocessing.quality_gate import slot_findings
from ssaglioma.preprocessing.slot_check import SlotDoubt, check_slots, doubt_of
from ssaglioma.volume import Volume, find_case, find_cases, read_volume

T1N, T1C, T2W, T2F = SEQUENCE_ORDER
SHARED = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data"))
DATA, CLINICAL = SHARED / "glioma", SHARED / "clinical" / "TCGA-FG-6692" / "brats_space"


@pytest.fixture(scope="module")
def thick():
    """The sample case as an old scanner shows it: few voxels, quickly judged."""
    case = find_case(locate("SampleCases/ICBM152-grown-001-ssa"))
    return {name: read_volume(path) for name, path in case.sequences.items()}


def told(scores: dict) -> ContrastEvidence:
    """Evidence of single images alone: by slot, how much likelier, in log-odds, its image is each of some sequences."""
    single = {
        slot.value: np.array([odds.get(sequence, 0.0) for sequence in SEQUENCE_ORDER]) for slot, odds in scores.items()
    }
    pair = {(a, b): np.zeros(len(PAIRS)) for a in single for b in single if a != b}
    return ContrastEvidence(single, pair)


def test_images_in_their_own_places_are_not_doubted(thick):
    assert check_slots(thick) is None


@pytest.mark.parametrize(("one", "other"), [(T1C, T2F), (T1N, T1C), (T2W, T2F)])
def test_two_images_in_each_others_place_are_named(thick, one, other):
    doubt = check_slots({**thick, one: thick[other], other: thick[one]})
    assert doubt.looks == {one: other, other: one}
    assert doubt.swapped == ((one, other),) and doubt.log_odds > 2.5


def test_neither_axes_nor_scale_of_the_values_matter(thick):
    wrong = {**thick, T1C: thick[T2F], T2F: thick[T1C]}
    turned = {
        name: Volume(
            np.ascontiguousarray(3.7 * volume.array[:, ::-1].transpose(0, 2, 1)),
            tuple(volume.spacing_zyx_mm[axis] for axis in (0, 2, 1)),
            tuple((volume.affine_lps @ [0, volume.shape[1] - 1, 0, 1])[:3]),
            np.stack([-volume.direction_lps[:, 1], volume.direction_lps[:, 0], volume.direction_lps[:, 2]], axis=1),
        )
        for name, volume in wrong.items()
    }
    assert check_slots(turned).log_odds == pytest.approx(check_slots(wrong).log_odds, abs=0.5)


@pytest.mark.parametrize(("slot", "shown"), [(T2F, T2W), (T2W, T2F)])
def test_one_image_in_an_empty_slot_is_named(thick, slot, shown):
    doubt = check_slots({T1N: thick[T1N], T1C: thick[T1C], slot: thick[shown]})
    assert doubt.looks == {slot: shown}


def test_a_t1_without_its_partner_is_not_doubted(thick):
    assert check_slots({T1C: thick[T1N], T2W: thick[T2W], T2F: thick[T2F]}) is None


def test_one_image_alone_is_not_doubted(thick):
    assert check_slots({T2F: thick[T1C]}) is None


def test_a_part_of_a_brain_is_not_judged(thick):
    wrong = {**thick, T1C: thick[T2F], T2F: thick[T1C]}
    parts = {
        name: Volume(v.array[8:12], v.spacing_zyx_mm, v.origin_lps_mm, v.direction_lps) for name, v in wrong.items()
    }
    assert check_slots(parts) is None


def test_noise_and_empty_images_are_left_to_others():
    grid = np.random.default_rng(1).random((60, 90, 100)).astype(np.float32)
    assert check_slots({T1C: Volume(grid, (3, 3, 3)), T2F: Volume(grid * 0, (3, 3, 3))}) is None


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_one_image_given_twice_is_refused(thick, kind):
    copy = thick[T1C].with_array(thick[T1C].array.astype(kind))
    with pytest.raises(SequenceError, match="given as T1Gd and as FLAIR are the same, voxel for voxel"):
        check_slots({**thick, T2F: copy})


def test_doubt_is_the_distance_from_the_likeliest_assignment():
    assert doubt_of(told({slot: {slot: 1.0} for slot in SEQUENCE_ORDER})) == SlotDoubt({}, 0.0)
    turned = told({T1N: {}, T1C: {T2F: 3.0}, T2W: {T2W: 9.0}, T2F: {T1C: 2.5, T2F: 1.5}})
    assert doubt_of(turned) == SlotDoubt({T1C: T2F, T2F: T1C}, 3.0 + 2.5 - 1.5)


def test_without_its_partner_t1_counts_as_t1_with_agent_or_without():
    scores = {T1C: {T1N: 9.0}, T2F: {T2F: 4.0}}
    assert doubt_of(told(scores)) == SlotDoubt({}, 0.0)
    assert doubt_of(told({**scores, T1C: {T1N: 9.0, T2W: 10.0}})) == SlotDoubt({T1C: T2W}, 1.0)


def test_a_swap_is_one_amber_finding_and_three_turned_images_are_three():
    (swapped,) = slot_findings(SlotDoubt({T1C: T2F, T2F: T1C}, 4.0))
    assert swapped.light == "amber" and QualityReport((swapped,)).mixed_up
    assert swapped.text().startswith(
        "The image given as T1Gd looks like FLAIR; the image given as FLAIR looks like T1Gd."
    )
    assert "swap the two" in swapped.text() and "interverties" in swapped.text("fr")
    turned = slot_findings(SlotDoubt({T1N: T1C, T1C: T2F, T2F: T1N}, 4.0))
    assert [one.subject for one in turned] == ["T1", "T1Gd", "FLAIR"]
    assert turned[1].text().startswith("The image given as T1Gd looks like FLAIR. ")
    assert "ressemble à FLAIR" in turned[1].text("fr")
    assert slot_findings(None) == [] and not QualityReport().mixed_up


def test_holes_are_filled_and_depths_measured_as_ndimage_does():
    generator = np.random.default_rng(5)
    mask = ndimage.gaussian_filter(generator.standard_normal((12, 40, 36)), 2) > -0.03
    slow = np.stack([ndimage.binary_fill_holes(part) for part in mask])
    assert np.array_equal(fill_slices(mask), slow) and slow.sum() > mask.sum()
    spacing, most = (5.0, 0.9, 1.1), 6.0
    true, fast = ndimage.distance_transform_edt(slow, sampling=spacing), depth_mm(slow, spacing, most)
    near = true <= most
    assert np.abs(true - fast)[near].max() < 1e-3 and (fast[~near] > most).all() and (~near).any()


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real cases in {DATA}: unpack the shared data first")
def test_swaps_of_real_cases_are_found_and_right_ones_left_alone():
    for case in find_cases(DATA)[::8]:
        images = {name: read_volume(path) for name, path in case.sequences.items()}
        assert check_slots(images) is None, case.name
        for one, other in combinations(SEQUENCE_ORDER, 2):
            doubt = check_slots({**images, one: images[other], other: images[one]})
            assert doubt.looks == {one: other, other: one}, case.name


@pytest.mark.shared_data
@pytest.mark.skipif(not CLINICAL.is_dir(), reason=f"no clinical case in {CLINICAL}: unpack the shared data first")
def test_a_clinical_case_prepared_by_other_software_is_not_doubted():
    images = {name: read_volume(CLINICAL / f"{name.value}.nii.gz") for name in SEQUENCE_ORDER}
    assert check_slots(images) is None
    for missing in SEQUENCE_ORDER:
        assert check_slots({name: image for name, image in images.items() if name is not missing}) is None
    assert check_slots({**images, T1C: images[T2F], T2F: images[T1C]}).looks == {T1C: T2F, T2F: T1C}
