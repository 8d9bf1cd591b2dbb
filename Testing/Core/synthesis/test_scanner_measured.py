"""Every physical parameter of the scanner, measured on what comes out of it."""

import numpy as np
import pytest
from scipy import fft

from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner import (
    BiasField,
    Displacement,
    FieldContrast,
    Ghosting,
    InPlane,
    Missing,
    Noise,
    Pose,
    ResidualSkull,
    ScanParameters,
    Slices,
    Spike,
    Spikes,
    Wrap,
    apply_scan,
    scan_labels,
)
from ssaglioma.synthesis.scanner.fields import t1_seconds
from ssaglioma.synthesis.scanner.head import displaced
from ssaglioma.synthesis.scanner.kspace import KSpacePlan, moved_kspace
from ssaglioma.volume import Volume

T1, T1C, T2, FLAIR = Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F


def disc(shape, radius, center=None):
    center = center or [(size - 1) / 2 for size in shape]
    grid = np.meshgrid(*(np.arange(size) - middle for size, middle in zip(shape, center)), indexing="ij")
    return sum(axis**2 for axis in grid) <= radius**2


def scan(array, spacing=(1.0, 1.0, 1.0), sequence=T2, grid="native", **effects):
    """The output array of one phantom; air is filled with a grain of signal where the mask must not cut."""
    volume = Volume(np.asarray(array, np.float32), spacing)
    return apply_scan({sequence: volume}, ScanParameters(**effects), grid=grid)[sequence]


def full_width(profile, step):
    """Full width at half height of a sampled peak, linear between the samples."""
    profile = np.asarray(profile, float) / np.max(profile)
    above = np.flatnonzero(profile >= 0.5)
    left, right = above[0], above[-1]
    first = left - (profile[left] - 0.5) / (profile[left] - profile[left - 1])
    last = right + (profile[right] - 0.5) / (profile[right] - profile[right + 1])
    return (last - first) * step


@pytest.mark.parametrize("profile", ["sinc", "gaussian"])
@pytest.mark.parametrize(("thickness", "gap", "spacing"), [(5.0, 0.0, 1.0), (6.5, 1.3, 1.0), (4.0, 1.0, 0.5)])
def test_the_slice_profile_has_the_thickness_that_was_asked(profile, thickness, gap, spacing):
    count = 61
    answers = []
    for place in range(count):  # a thin plate moved through the slice
        phantom = np.full((count, 3, 3), 1e-6, np.float32)
        phantom[place] = 1
        out = scan(phantom, (spacing, 1.0, 1.0), slices=Slices(thickness, gap, "axial", profile))
        answers.append(out.array[:, 1, 1])
    middle = len(answers[0]) // 2
    assert full_width(np.array(answers)[:, middle], spacing) == pytest.approx(thickness, rel=0.05)


def test_slices_lie_a_thickness_and_a_gap_apart_and_where_the_header_says():
    ramp = np.broadcast_to(np.arange(1, 62, dtype=np.float32)[:, None, None], (61, 4, 4))
    out = scan(ramp, (1.0, 1.0, 1.0), slices=Slices(5.0, 1.0))
    assert out.spacing_zyx_mm == (6.0, 1.0, 1.0)
    places = out.origin_lps_mm[2] + 6.0 * np.arange(len(out.array))
    inner = slice(2, -2)
    assert out.array[inner, 1, 1] == pytest.approx(places[inner] + 1, abs=0.05)


def test_a_label_map_of_thick_slices_holds_the_label_with_most_weight():
    labels = np.zeros((30, 4, 4), np.uint8)
    labels[10:20] = 2
    parameters = ScanParameters(slices=Slices(5.0))
    thick = scan_labels(Volume(labels), parameters)
    assert thick.array[:, 1, 1].tolist() == [0, 0, 2, 2, 0, 0]
    assert scan_labels(Volume(labels), parameters, grid="original").array is labels


@pytest.mark.parametrize("size", [(64, 64), (63, 50)])
@pytest.mark.parametrize("gibbs", [1.0, 0.5, 0.0])
def test_the_point_spread_function_is_as_wide_as_asked(size, gibbs):
    phantom = np.full((1, *size), 10.0, np.float32)
    point = phantom.copy()
    point[0, size[0] // 2, size[1] // 2] += 5
    in_plane = InPlane(phase_mm=1.7, read_mm=2.6, gibbs=gibbs)
    spread = (scan(point, in_plane=in_plane).array - scan(phantom, in_plane=in_plane).array)[0]
    row, column = spread.sum(axis=1), spread.sum(axis=0)
    assert row.sum() / row.max() == pytest.approx(1.7, rel=0.05)
    assert column.sum() / column.max() == pytest.approx(2.6, rel=0.05)


def test_a_sharp_end_of_k_space_rings_by_nine_percent_and_a_soft_one_does_not():
    edge = np.full((1, 256, 256), 10.0, np.float32)
    edge[0, 64:192] = 110.0
    sharp, soft = (scan(edge, in_plane=InPlane(4.0, 1.0, gibbs)).array[0, :, 128] for gibbs in (1.0, 0.0))
    assert (sharp.max() - 110) / 100 == pytest.approx(0.09, abs=0.01)
    assert (soft.max() - 110) / 100 < 0.01


@pytest.mark.parametrize("in_plane", [None, InPlane(1.8, 1.3, 0.6)])
def test_noise_has_the_asked_strength_in_signal_and_is_rayleigh_in_air(in_plane):
    phantom = np.full((12, 96, 96), 1e-3, np.float32)  # not exactly 0: the image counts as one with air
    body = np.broadcast_to(disc((96, 96), 34), phantom.shape)
    phantom[body] = 1000
    inside, air = (
        np.broadcast_to(disc((96, 96), 26), phantom.shape),
        ~np.broadcast_to(disc((96, 96), 44), phantom.shape),
    )
    out = scan(phantom, noise=Noise(snr=20, seed=4), in_plane=in_plane).array
    clean = scan(phantom, in_plane=in_plane).array if in_plane else phantom
    assert (out - clean)[inside].std() == pytest.approx(50, rel=0.05)
    if in_plane is None:  # with truncation the edge rings into the air
        assert out[air].mean() == pytest.approx(50 * np.sqrt(np.pi / 2), rel=0.05)
        assert out[air].std() == pytest.approx(50 * np.sqrt(2 - np.pi / 2), rel=0.05)


@pytest.mark.parametrize("percent", [10.0, 40.0])
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_the_bias_field_has_the_asked_range_in_the_brain(percent, seed):
    phantom = np.where(disc((30, 60, 51), 24, (15, 30, 22)), 700.0, 0)
    out = scan(phantom, (2.0, 1.0, 1.3), bias=BiasField(percent, seed)).array
    field = out[phantom > 0] / 700
    assert 100 * (field.max() - field.min()) / ((field.max() + field.min()) / 2) == pytest.approx(percent, rel=0.05)
    step = np.abs(np.diff(out[15], axis=0))[(phantom[15, 1:] > 0) & (phantom[15, :-1] > 0)] / 700
    assert step.max() < 0.2 * percent / 100  # smooth


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_after_a_movement_see_the_head_shifted_by_so_many_mm(axis):
    image = np.random.default_rng(0).random((48, 40)).astype(np.float32)
    spacing, shift = (1.0, 2.0), (1.5, -3.0)
    space = moved_kspace(image, KSpacePlan(spacing, axis, poses=(Pose(0.75, shift),)))
    still = fft.fft2(image, norm="ortho")
    turned = np.moveaxis(space / still, axis, 0)
    size = image.shape[axis]
    line = round(0.9 * size) - size // 2
    phase = -2 * np.pi * (line / (size * spacing[axis]) * shift[axis])
    assert np.angle(turned[line, 0] * np.exp(-1j * phase)) == pytest.approx(0, abs=1e-4)
    quiet = np.moveaxis(space - still, axis, 0)[: size // 4 - 1]
    assert np.abs(quiet).max() < 1e-5  # the middle of k-space never moves


def test_a_turn_that_all_lines_saw_turns_the_whole_image():
    phantom = np.zeros((1, 81, 81), np.float32)
    phantom[0, 40 - 2 : 40 + 3, 65:70] = 100
    plan = KSpacePlan(
        (1.0, 1.0), poses=(Pose(0.0001, degrees=30.0), Pose(0.5, degrees=30.0), Pose(0.4999, degrees=30.0))
    )
    turned = np.abs(fft.ifft2(moved_kspace(phantom[0], plan), norm="ortho"))
    rows, columns = np.indices(turned.shape) - 40
    angle = np.degrees(np.arctan2((turned * rows).sum(), (turned * columns).sum()))
    assert abs(angle) == pytest.approx(30, rel=0.05)


@pytest.mark.parametrize("period", [2, 3, 4])
@pytest.mark.parametrize("axis", [0, 1])
def test_ghosts_have_the_asked_height_and_distance(period, axis):
    phantom = np.full((1, 96, 96), 1e-3, np.float32)
    phantom[0, 46:50, 46:50] = 100
    out = scan(phantom, ghosting=Ghosting(period, 8.0), phase_axis=axis).array[0]
    out = out if axis == 0 else out.T
    assert out[(47 + 96 // period) % 96, 48] == pytest.approx(8.0, rel=0.05)
    assert out[47, 48] == pytest.approx(100, rel=0.05)


def test_a_spike_makes_stripes_of_the_asked_height_and_spacing_in_one_slice():
    phantom = np.full((5, 64, 64), 200.0, np.float32)
    spikes = Spikes((Spike((0.25, 0.0), 10.0, slice_at=0.5),))
    out = scan(phantom, spikes=spikes).array
    assert out[[0, 1, 3, 4]] == pytest.approx(200, rel=1e-4)
    column = out[2, :, 30]
    assert (column.max() - column.min()) / 2 == pytest.approx(20, rel=0.05)
    assert np.argmax(np.abs(np.fft.rfft(column - column.mean()))) == 8  # 0.25 of 32 lines


def test_what_lies_outside_the_field_of_view_folds_over_to_the_other_side():
    phantom = np.zeros((1, 100, 60), np.float32)
    phantom[0, 5:95, 10:50] = 10
    phantom[0, 12, 30] = 60
    out = scan(phantom, (1.0, 2.0, 1.0), wrap=Wrap(140.0)).array[0]  # 70 of 100 rows, from row 15 on
    assert out[12 + 70, 30] == pytest.approx(70)
    assert out[:15].max() == 0 and out[85:].max() == 0
    assert out.sum() == pytest.approx(phantom.sum())


@pytest.mark.parametrize("to_mt", [1500.0, 300.0, 64.0])
def test_contrast_of_white_grey_and_fluid_follows_t1_at_the_field(to_mt):
    times = {
        field: np.array([4.3, t1_seconds(field, (0.00116, 0.376)), t1_seconds(field, (0.00071, 0.382))])
        for field in (3000.0, to_mt)
    }
    assert times[3000.0][1:] == pytest.approx([1.30, 0.89], abs=0.01)
    before, after = (1 - np.exp(-0.5 / times[field]) for field in (3000.0, to_mt))
    values = before / before[1] * 400
    phantom = np.zeros((4, 20, 20), np.float32)
    between = np.sqrt(values[1] * values[2])  # the brain's median
    columns = {2: values[0], 3: values[1], 4: values[1], 5: between, 6: values[2], 7: values[2], 8: values[2]}
    for column, value in columns.items():
        phantom[:, 2:18, column] = value
    contrast = FieldContrast(3000.0, to_mt, 500.0)
    out = scan(phantom, sequence=T1, contrast=contrast).array
    fluid, grey, white = out[2, 3, 2], out[2, 3, 3], out[2, 3, 7]
    assert white / grey == pytest.approx(after[2] / after[1], rel=0.05)
    assert fluid / grey == pytest.approx(after[0] / after[1], rel=0.05)
    assert scan(phantom, sequence=FLAIR, contrast=contrast).array == pytest.approx(phantom)


def test_a_displaced_sequence_lies_so_many_mm_away_and_turned():
    shape, spacing = (31, 61, 61), (2.0, 1.0, 1.5)
    blob = np.zeros(shape, np.float32)
    blob[12:17, 18:24, 40:46] = 100
    middle = (np.array(shape) - 1) / 2

    def place(array):
        grid = np.indices(shape).reshape(3, -1)
        return ((grid * array.ravel()).sum(axis=1) / array.sum() - middle) * spacing

    moved = displaced(blob, Displacement("t2w", (3.0, -4.0, 2.5)), spacing)
    assert place(moved) - place(blob) == pytest.approx([3.0, -4.0, 2.5], abs=0.1)
    turned = displaced(blob, Displacement("t2w", degrees=(20.0, 0.0, 0.0)), spacing)
    before, after = place(blob)[1:], place(turned)[1:]
    angle = np.degrees(np.arctan2(after[0] * before[1] - after[1] * before[0], np.dot(after, before)))
    assert abs(angle) == pytest.approx(20, rel=0.05)
    assert np.abs(place(scan(blob, spacing, registration=(Displacement("t2w", (4.0, 0, 0)),)).array) - place(blob)) == (
        pytest.approx([4.0, 0, 0], abs=0.01)
    )
    other = scan(blob, spacing, sequence=FLAIR, registration=(Displacement("t2w", (3.0, 0, 0)),)).array
    assert np.array_equal(other, blob)


def test_the_asked_share_of_the_skulls_rim_stays():
    brain = np.where(disc((24, 80, 80), 22), 500.0, 0).astype(np.float32)
    head = np.where(disc((24, 80, 80), 38) & (brain == 0), 300.0, 0).astype(np.float32)
    out = apply_scan(
        {T2: Volume(brain)},
        ScanParameters(skull=ResidualSkull(rim_mm=6, percent=30, seed=2)),
        background={T2: Volume(head)},
    )[T2].array
    rim = disc((24, 80, 80), 28) & (brain == 0)
    assert (out[rim] == 300).mean() == pytest.approx(0.30, rel=0.05)
    assert np.array_equal(out[brain > 0], brain[brain > 0]) and out[~disc((24, 80, 80), 30)].max() == 0


def test_missing_sequences_are_left_out():
    volumes = {sequence: Volume(np.ones((3, 4, 5), np.float32)) for sequence in (T1, T1C, T2)}
    assert list(apply_scan(volumes, ScanParameters(missing=Missing(("t1c",))))) == [T1, T2]
