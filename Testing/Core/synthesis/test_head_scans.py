"""Synthetic scans of whole heads at low resolution."""

from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.fields import turning
from ssaglioma.synthesis.heads import (
    CLASSES,
    GRID_SHAPE,
    HeadMap,
    Placement,
    Ranges,
    draw_head_scan,
    head_map,
    make_head_scan,
    read_head_maps,
)
from ssaglioma.synthesis.heads.scans import slice_matrix
from ssaglioma.volume import Volume, write_volume

QUIET = Ranges(random_share=0, tumour_share=1, surface_share=1, stripped_share=0, zero_share=1, cut_share=0)


def ball_codes(size=110):
    """White matter, cortex, CSF, bone, soft tissue and skin in shells about the middle, 1 mm."""
    axis = np.arange(size) - (size - 1) / 2
    radius = np.sqrt(sum(part**2 for part in np.meshgrid(axis, axis, axis, indexing="ij")))
    codes = np.zeros(radius.shape, np.uint16)
    for limit, code in ((53, 511), (50, 507), (40, 515), (33, 24), (31, 3), (27, 2)):
        codes[radius < limit] = code
    return codes


@pytest.fixture(scope="module")
def ball():
    return head_map(Volume(ball_codes()), "ball")


@pytest.fixture
def plain_scan():
    """A scan without faults, tumour, bend or turn."""
    drawn = draw_head_scan(np.random.default_rng(5), QUIET, contrast=Sequence.T1N)
    return replace(
        drawn,
        placement=Placement(),
        tumour=None,
        slice_axis=0,
        slice_mm=1.0,
        gap_mm=0.0,
        blur_mm=0.0,
        noise=0.0,
        bias=0.0,
        gamma=1.0,
        spreads=(0.0,) * len(CLASSES),
    )


def test_a_map_parts_the_head_into_shares(ball):
    shares = dict(zip(CLASSES, ball.shares))
    total = sum(part.astype(int) for part in shares.values())
    assert total.max() <= 255 + len(CLASSES) and total[tuple(size // 2 for size in total.shape)] == 255
    middle = shares["white"][ball.shares.shape[1] // 2, ball.shares.shape[2] // 2]
    assert middle[ball.shares.shape[3] // 2] == 255
    assert ball.brain.sum() / 255 * 8 == pytest.approx(4 / 3 * np.pi * 32**3, rel=0.06)  # cortex and a rim of 1 mm
    assert shares["fat"].sum() > 0 and shares["soft"].sum() > 0 and shares["marrow"].sum() > 0


def test_maps_without_brain_or_skull_are_refused():
    codes = ball_codes()
    with pytest.raises(DatasetError, match=r"bare\.nii holds no brain, or no skull"):
        head_map(Volume(np.where(codes > 500, 0, codes)), "bare.nii")
    with pytest.raises(DatasetError, match="Expected 1 mm"):
        head_map(Volume(codes, (2.0, 2.0, 2.0)), "coarse.nii")
    with pytest.raises(DatasetError, match="empty"):
        head_map(Volume(np.zeros((9, 9, 9), np.uint16)), "empty.nii")


def test_maps_are_kept_for_the_next_run(tmp_path):
    path = tmp_path / "ball.nii.gz"
    write_volume(Volume(ball_codes()), path)
    first = read_head_maps([path], tmp_path / "cache")[0]
    path.unlink()
    again = read_head_maps([path], tmp_path / "cache")[0]
    assert np.array_equal(first.shares, again.shares) and again.name == "ball.nii.gz"


def test_a_quiet_scan_shows_the_levels_of_the_tissues(ball, plain_scan):
    made = make_head_scan(ball, plain_scan)
    levels = dict(zip(CLASSES, plain_scan.levels))
    centre = tuple(np.argwhere(made.brain > 0.5).mean(axis=0).round().astype(int))
    assert made.image[centre] == pytest.approx(levels["white"], rel=1e-3)
    assert made.image.shape == made.brain.shape == GRID_SHAPE
    assert made.brain.sum() * 27 == pytest.approx(ball.brain.sum() / 255 * 8, rel=0.03)
    assert made.tumour.sum() == 0 and made.image.min() >= 0


def test_equal_parameters_give_equal_voxels(ball):
    scan = draw_head_scan(np.random.default_rng(1))
    assert scan == draw_head_scan(np.random.default_rng(1))
    first, second = make_head_scan(ball, scan), make_head_scan(ball, scan)
    assert np.array_equal(first.image, second.image)
    assert not np.array_equal(first.image, make_head_scan(ball, replace(scan, seed=scan.seed + 1)).image)


def test_the_tumour_is_brain_and_lies_at_the_surface_if_asked(ball):
    scan = draw_head_scan(np.random.default_rng(3), QUIET)
    made = make_head_scan(ball, scan)
    assert made.tumour.max() > 0.9 and np.all(made.tumour <= made.brain + 1e-6)
    assert made.tumour[(made.brain > 0.1) & (made.brain < 0.9)].sum() > 0


def test_what_was_not_scanned_is_neither_image_nor_brain(ball, plain_scan):
    made = make_head_scan(ball, replace(plain_scan, field_of_view=(0.5, 0.75)))
    assert made.scanned == (slice(32, 48), slice(None), slice(None))
    outside = np.ones(GRID_SHAPE, bool)
    outside[made.scanned] = False
    assert not made.image[outside].any() and not made.brain[outside].any() and made.brain.any()


def test_a_stripped_scan_holds_the_brain_alone(ball, plain_scan):
    made = make_head_scan(ball, replace(plain_scan, air="stripped"))
    assert np.array_equal(made.image > 0, made.brain > 0.5)


def test_a_larger_and_mirrored_head_keeps_its_shape(ball, plain_scan):
    big = make_head_scan(ball, replace(plain_scan, placement=Placement(scale=(1.1, 1.0, 1.0))))
    same = make_head_scan(ball, plain_scan)
    assert big.brain.sum() == pytest.approx(1.1 * same.brain.sum(), rel=0.03)
    assert np.allclose(turning((90.0, 0.0, 0.0)) @ [0, 1, 0], [0, 0, 1])
    assert np.linalg.det(turning((10.0, -20.0, 30.0))) == pytest.approx(1)


def test_thick_slices_average_and_keep_what_is_constant_or_straight():
    matrix = slice_matrix(40, 6.0, 0.0, 3.0)
    assert np.allclose(matrix.sum(axis=1), 1)
    ramp = np.arange(40.0)
    assert np.allclose((matrix @ ramp)[2:-2], ramp[2:-2], atol=1e-5)
    spike = np.zeros(40)
    spike[20] = 1
    assert (matrix @ spike).max() <= 0.5 + 1e-6  # half of a slice of two voxels


@pytest.mark.parametrize("sequence", SEQUENCE_ORDER)
def test_contrasts_follow_physics(sequence):
    """In the mean over draws: fluid is brightest on T2 and dark on FLAIR and T1; white above grey on T1 alone."""
    rows = [draw_head_scan(np.random.default_rng(k), Ranges(random_share=0), contrast=sequence) for k in range(30)]
    levels = dict(zip(CLASSES, np.median([row.levels for row in rows], axis=0)))
    assert (levels["csf"] > levels["white"]) == (sequence is Sequence.T2W)
    assert (levels["white"] > levels["cortex"]) == (sequence in (Sequence.T1N, Sequence.T1C))
    assert levels["bone"] < 0.5 * levels["white"]


@pytest.mark.parametrize("changes", [{"random_share": 1.5}, {"slice_mm": (5.0, 1.0)}])
def test_ranges_that_make_no_sense_are_refused(changes):
    with pytest.raises(DatasetError, match="make no sense"):
        Ranges(**changes)


def test_a_head_map_knows_its_brain():
    shares = np.zeros((len(CLASSES) + 1, 2, 2, 2), np.uint8)
    shares[-1] = 7
    assert (HeadMap("x", shares).brain == 7).all()
