"""Drawing, replaying and refusing scans."""

import json
import re

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner import (
    PRESETS,
    BiasField,
    Displacement,
    FieldContrast,
    Ghosting,
    InPlane,
    Missing,
    Motion,
    Noise,
    Pose,
    ResidualSkull,
    ScanParameters,
    Slices,
    Spike,
    Wrap,
    apply_scan,
    draw_scan,
    presets,
    scanner_preset,
)
from ssaglioma.volume import Volume, to_canonical


def head(shape=(20, 45, 38), seed=0):
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    brain = sum(axis**2 for axis in grid) < 0.8
    values = np.random.default_rng(seed).integers(200, 900, shape)
    return (values * brain).astype(np.uint16)


@pytest.fixture
def a_case():
    return {one: Volume(head(seed=number), (1.0, 1.0, 1.0)) for number, one in enumerate(SEQUENCE_ORDER)}


EVERYTHING = ScanParameters(
    contrast=FieldContrast(),
    slices=Slices(3.0, 0.5),
    in_plane=InPlane(1.4, 1.2, 0.7),
    bias=BiasField(30, 3),
    noise=Noise(15, 8),
    motion=Motion((Pose(0.7, (2.0, 1.0), 3.0), Pose(0.2, (0.0, -1.0), 0.0)), ("t1n", "t2f")),
    ghosting=Ghosting(3, 4.0, ("t2w",)),
    wrap=Wrap(38.0, ("t1c",)),
    registration=(Displacement("t2w", (1.0, 0.5, -0.5), (1.0, 2.0, -1.0)),),
    phase_axis=1,
)


def test_with_all_effects_off_nothing_changes(a_case):
    for grid in ("native", "original"):
        out = apply_scan(a_case, ScanParameters(), grid=grid)
        for sequence, volume in a_case.items():
            assert np.array_equal(out[sequence].array, volume.array) and out[sequence].same_grid(volume)


def test_effects_of_no_strength_change_nothing_to_speak_of(a_case):
    idle = ScanParameters(
        contrast=FieldContrast(1500, 1500), slices=Slices(1.0), in_plane=InPlane(1.0, 1.0), bias=BiasField(0),
        motion=Motion(()), ghosting=Ghosting(4, 0.0), wrap=Wrap(1000.0),
    )  # fmt: skip
    out = apply_scan(a_case, idle)
    for sequence, volume in a_case.items():
        assert np.abs(out[sequence].array - volume.array).max() < 1e-4 * volume.array.max()


@pytest.mark.parametrize("grid", ["native", "original"])
def test_one_or_two_threads_give_the_same_bytes(a_case, grid):
    one, two, again = (apply_scan(a_case, EVERYTHING, grid=grid, threads=count) for count in (1, 2, 2))
    for sequence in SEQUENCE_ORDER:
        assert one[sequence].array.tobytes() == two[sequence].array.tobytes() == again[sequence].array.tobytes()
        assert one[sequence].array.dtype == np.float32


def test_each_sequence_has_noise_of_its_own():
    same = {one: Volume(head()) for one in SEQUENCE_ORDER}
    out = apply_scan(same, ScanParameters(noise=Noise(10, 1)))
    first, second = (out[one].array - same[one].array for one in SEQUENCE_ORDER[:2])
    assert abs(np.corrcoef(first[first != 0], second[first != 0])[0, 1]) < 0.1


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_same_seed_draws_the_same_scan_and_json_gives_it_back(name):
    drawn = [draw_scan(name, np.random.default_rng(seed)) for seed in range(30)]
    again = [draw_scan(name, np.random.default_rng(seed)) for seed in range(30)]
    assert [one.digest for one in drawn] == [one.digest for one in again]
    assert len({one.digest for one in drawn}) == 30
    for one in drawn:
        assert ScanParameters.from_json(json.loads(json.dumps(one.to_json()))) == one
    preset = scanner_preset(name)
    snr = [one.noise.snr for one in drawn]
    assert preset.snr[0] <= min(snr) and max(snr) <= preset.snr[1]


def test_the_digest_of_a_drawn_scan_is_the_same_on_every_machine():
    assert draw_scan("1.5T_ssa", np.random.default_rng(7)).digest == "2567164296c10a0b"


def test_a_full_set_of_parameters_survives_json():
    back = ScanParameters.from_json(json.loads(json.dumps(EVERYTHING.to_json())))
    assert back == EVERYTHING and back.digest == EVERYTHING.digest
    changed = EVERYTHING.to_json()
    changed["scan"]["noise"]["snr"] = 16
    with pytest.raises(DatasetError, match="digest"):
        ScanParameters.from_json(changed)


def test_every_number_of_a_preset_names_its_source():
    numbers = ("thickness_mm", "gap_mm", "in_plane_mm", "snr", "bias_percent", "motion_chance", "ghost_percent")
    for preset in PRESETS.values():
        for name in numbers:
            cited = re.findall(r"\[(\w+)\]", preset.sources[name])
            assert all(f"[{one}] " in presets.__doc__ for one in cited)
            assert cited or "estimate" in preset.sources[name] or getattr(preset, name) == (0.0, 0.0), (
                preset.name,
                name,
            )


def test_values_are_changed_by_dotted_names():
    scan = EVERYTHING.changed({"noise.snr": 12, "motion": None, "skull.percent": 5, "missing": "t1c"})
    assert scan.noise == Noise(12, 8) and scan.motion is None
    assert scan.skull == ResidualSkull(percent=5) and scan.missing == Missing(("t1c",))
    for name, found in (("noise.colour", "noise.snr"), ("lens.size", "slices"), ("noise", "noise.snr=VALUE")):
        with pytest.raises(DatasetError, match=found):
            EVERYTHING.changed({name: 3})


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: Noise(snr=-3), "-3"),
        (lambda: Noise(snr=0), "snr is 0"),
        (lambda: Noise(snr=float("nan")), "nan"),
        (lambda: Noise(snr="12"), "'12'"),
        (lambda: Noise(seed=-1), "seed is -1"),
        (lambda: Slices(0.0), "thickness_mm is 0.0"),
        (lambda: Slices(5.0, -1.0), "gap_mm is -1.0"),
        (lambda: Slices(5.0, plane="oblique"), "'oblique'"),
        (lambda: InPlane(phase_mm=-1.0), "phase_mm"),
        (lambda: InPlane(gibbs=2.0), "gibbs is 2.0"),
        (lambda: BiasField(200.0), "200.0"),
        (lambda: Pose(1.5), "1.5"),
        (lambda: Pose(0.7, (1.0,)), "shift_mm"),
        (lambda: Pose(0.7, degrees=500.0), "500.0"),
        (lambda: Ghosting(1), "period_lines is 1"),
        (lambda: Spike((2.0, 0.0)), "place"),
        (lambda: Wrap(0.0), "field_of_view_mm"),
        (lambda: FieldContrast(to_mt=0.0), "to_mt"),
        (lambda: Displacement("t9"), "'t9'"),
        (lambda: Missing(("t1n", "t1n")), "t1n"),
        (lambda: Missing(("t1n", "t1c", "t2w", "t2f")), "All sequences"),
        (lambda: ScanParameters(phase_axis=2), "phase_axis is 2"),
        (lambda: scanner_preset("7T"), "'7T'"),
    ],
)
def test_impossible_physics_is_refused_with_what_was_found(make, found):
    with pytest.raises(DatasetError) as error:
        make()
    assert found in str(error.value) and error.value.expected


def test_slices_or_pixels_finer_than_the_image_are_refused(a_case):
    coarse = {one: Volume(volume.array, (5.5, 0.9, 0.9)) for one, volume in a_case.items()}
    with pytest.raises(DatasetError, match="5.5 mm or more"):
        apply_scan(coarse, ScanParameters(slices=Slices(4.0)))
    with pytest.raises(DatasetError, match=r"0.9 mm or more.*in_plane=none"):
        apply_scan(coarse, ScanParameters(in_plane=InPlane(0.5, 0.9)))


def test_residual_skull_without_a_skull_and_a_case_without_a_sequence_are_refused(a_case):
    with pytest.raises(DatasetError, match="hold no skull"):
        apply_scan(a_case, ScanParameters(skull=ResidualSkull()))
    with pytest.raises(DatasetError, match="No sequence is left"):
        apply_scan({Sequence.T1N: a_case[Sequence.T1N]}, ScanParameters(missing=Missing(("t1n",))))
    with pytest.raises(DatasetError, match="magnitude"):
        apply_scan({Sequence.T1N: Volume(np.zeros((3, 4, 5)))}, ScanParameters(noise=Noise()))
    with pytest.raises(DatasetError, match="'thin'"):
        apply_scan(a_case, ScanParameters(), grid="thin")


@pytest.mark.parametrize("shape", [(1, 31, 27), (2, 9, 40), (7, 1, 33), (5, 16, 2)])
def test_odd_sizes_and_single_slices_are_scanned(shape):
    volume = Volume(np.full(shape, 300.0, np.float32), (2.5, 1.0, 0.7))
    scan = EVERYTHING.changed({"missing": None, "slices.thickness_mm": 4.0})
    out = apply_scan({Sequence.T2W: volume}, scan, grid="original")[Sequence.T2W]
    assert out.same_grid(volume) and np.isfinite(out.array).all()
    if shape[0] == 1:
        assert apply_scan({Sequence.T2W: volume}, scan)[Sequence.T2W].same_grid(volume)


def test_a_single_slice_is_displaced_in_its_plane_alone():
    volume = Volume(head((3, 40, 40))[1:2])
    flat = Displacement("t2w", (0.0, 4.0, 0.0))
    deep = Displacement("t2w", (9.0, 4.0, 0.0), (0.0, 5.0, 5.0))
    first, second = (
        apply_scan({Sequence.T2W: volume}, ScanParameters(registration=(one,)))[Sequence.T2W].array
        for one in (flat, deep)
    )
    assert np.array_equal(first, second) and np.array_equal(first[0, 4:], volume.array[0, :-4])


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_slices_follow_the_patient_not_the_order_of_the_axes(plane):
    direction = np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]])
    turned = Volume(head((12, 10, 14)), direction_lps=direction)
    scan = ScanParameters(slices=Slices(3.0, plane=plane), noise=Noise(20, 1))
    out = apply_scan({Sequence.T1N: turned}, scan)[Sequence.T1N]
    axis = ("axial", "coronal", "sagittal").index(plane)
    assert out.spacing_zyx_mm[axis] == 3.0 and sorted(out.spacing_zyx_mm) == [1.0, 1.0, 3.0]
    assert to_canonical(out).same_grid(out)
    assert apply_scan({Sequence.T1N: turned}, scan, grid="original")[Sequence.T1N].same_grid(turned)


def test_the_background_of_a_brain_extraction_stays_zero(a_case):
    out = apply_scan(a_case, ScanParameters(noise=Noise(10, 2), in_plane=InPlane(1.5, 1.5)))
    for sequence, volume in a_case.items():
        assert np.array_equal(out[sequence].array > 0, volume.array > 0)
