"""The anatomy guard on volumes and cases, and what it refuses to judge."""

import numpy as np
import pytest
from guarded_heads import SPACING, distance, head

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import CARDIAC_LGE, Sequence
from ssaglioma.style.guard import GuardConfig, examine
from ssaglioma.volume import Volume


@pytest.fixture
def content():
    return head()[0]


def test_a_volume_is_judged_slice_by_slice_and_pooled():
    picture, labels = head()
    array = np.stack([np.zeros_like(picture), *[head(seed=seed)[0] for seed in range(3)]])
    volume = Volume(array, (4.0, *SPACING))
    bad = array.copy()
    bad[2] = np.roll(bad[2], 2, axis=1)
    report = examine(volume, volume.with_array(bad), labels=np.stack([labels * 0, labels, labels, labels]))
    assert report.name == "volume" and [one.name for one in report.parts] == ["slice 1", "slice 2", "slice 3"]
    assert [one.passed for one in report.parts] == [True, False, True]
    assert "1 of 3 slices are refused on their own (limit 10%)" in report.reasons
    assert report.measures.edges.count == sum(one.measures.edges.count for one in report.parts)
    assert report.part("slice 2").measures.edges.p95_mm > 1
    assert examine(volume, volume.with_array(array.copy())).passed


def test_a_case_names_the_contrast_that_fails():
    picture = head()[0]
    case = {key: Volume(picture[None] * gain, (3.0, *SPACING)) for key, gain in zip(Sequence, (1, 2, 3, 0.5))}
    moved = {key: volume.with_array(volume.array.copy()) for key, volume in case.items()}
    assert examine(case, moved).passed
    moved[Sequence.T2F] = moved[Sequence.T2F].with_array(np.roll(picture[None] * 0.5, 1, axis=1))
    report = examine(case, moved)
    assert report.name == "case" and [one.name for one in report.parts] == ["T1", "T1Gd", "T2", "FLAIR"]
    assert report.reasons and all(reason.startswith("FLAIR: ") for reason in report.reasons)


def test_thick_slices_can_lie_along_any_axis(content):
    thick = np.moveaxis(np.stack([content, content]), 0, 2)
    volume = Volume(thick, (1.0, 1.2, 8.0))
    report = examine(volume, volume.with_array(thick.copy()), config=GuardConfig(slice_axis="through_plane"))
    assert report.passed and len(report.parts) == 2
    assert report.measures.edges.count == 200


def test_a_picture_without_background_is_judged_without_a_brain():
    full = np.clip(head()[0], 50, None)
    labels = np.where(distance((34, 30)) < 13, 200, 0)
    report = examine(full, full.copy(), spacing_yx_mm=SPACING, labels=labels, scheme=CARDIAC_LGE)
    assert report.passed and report.measures.brain_overlap is None
    assert set(report.measures.contrast_before) == {"MYO"}


@pytest.mark.parametrize(
    ("content", "stylised", "options", "words"),
    [
        (np.ones((9, 9)), np.ones((9, 8)), {"spacing_yx_mm": (1, 1)}, "two slices"),
        (np.ones((9, 9)), np.ones((9, 9)), {}, "pixel size is None"),
        (np.ones((9, 9)), np.ones((9, 9)), {"spacing_yx_mm": (1, 0)}, "positive"),
        (np.ones((9, 9)), Volume(np.ones((1, 9, 9))), {}, "cannot be compared"),
        (Volume(np.ones((2, 9, 9))), Volume(np.ones((2, 9, 9)), (2, 1, 1)), {}, "different grids"),
        (np.ones((9, 9)), np.ones((9, 9)), {"spacing_yx_mm": (1, 1), "labels": np.ones((8, 9))}, "labels"),
    ],
)
def test_images_that_do_not_belong_together_are_refused(content, stylised, options, words):
    with pytest.raises(GeometryError, match=words):
        examine(content, stylised, **options)


def test_empty_and_broken_images_are_refused(content):
    with pytest.raises(DatasetError, match="content is empty"):
        examine(content * 0, content, spacing_yx_mm=SPACING)
    broken = content.copy()
    broken[3, 3] = np.nan
    with pytest.raises(DatasetError, match="stylised image"):
        examine(content, broken, spacing_yx_mm=SPACING)


@pytest.mark.parametrize("change", [{"edge_mm": -1}, {"new_edges": float("nan")}, {"slice_axis": "sagittal"}])
def test_limits_that_make_no_sense_are_refused(change):
    with pytest.raises(DatasetError):
        GuardConfig(**change)


def test_of_a_long_volume_some_slices_are_measured_and_all_are_searched_for_tissue_outside(content):
    volume = Volume(np.stack([content] * 40), (1.0, *SPACING))
    smeared = volume.array.copy()
    smeared[7, 0, 0] = 100.0
    report = examine(volume, volume.with_array(smeared), config=GuardConfig(measured_slices=5))
    names = [part.name for part in report.parts]
    assert names == ["slice 0", "slice 7", "slice 10", "slice 20", "slice 29", "slice 39"]
    assert report.measures.outside_share > 0 and not report.passed
    everything = examine(volume, volume, config=GuardConfig(measured_slices=0))
    assert len(everything.parts) == 40
