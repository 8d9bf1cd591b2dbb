"""Single slices of a scan: the same as in the whole volume, without computing again what a knob leaves alone."""

from dataclasses import replace

import numpy as np
import pytest
from test_scanner import EVERYTHING, head

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner import (
    BiasField,
    Ghosting,
    InPlane,
    Noise,
    ResidualSkull,
    ScanParameters,
    Slices,
    SliceScanner,
    Wrap,
    apply_scan,
    live,
)
from ssaglioma.volume import Volume

T1N, T2W, T2F = Sequence.T1N, Sequence.T2W, Sequence.T2F


@pytest.fixture
def volume():
    return Volume(head(), (1.5, 1.0, 1.0))


def whole(volume, sequence, scan):
    return apply_scan({sequence: volume}, scan, grid="original", threads=1)[sequence].array


@pytest.mark.parametrize("sequence", [T1N, T2W, T2F])
def test_every_slice_is_that_of_the_whole_volume_to_the_bit(volume, sequence):
    scan = replace(EVERYTHING, slices=Slices(4.0, 0.5))
    scanner = SliceScanner(volume, sequence)
    made = np.stack([scanner.slice(scan, index) for index in range(volume.shape[0])])
    assert made.dtype == np.float32 and np.array_equal(made, whole(volume, sequence, scan))


@pytest.mark.parametrize(
    "scan",
    [
        ScanParameters(),
        ScanParameters(noise=Noise(9, 4)),
        ScanParameters(bias=BiasField(40, 2), in_plane=InPlane(2.0, 1.5, 0.3)),
        ScanParameters(slices=Slices(5.0, plane="coronal"), noise=Noise(9, 4), wrap=Wrap(25.0)),
        ScanParameters(slices=Slices(1.0, plane="sagittal"), ghosting=Ghosting(4, 9.0)),
    ],
)
def test_effects_alone_and_other_planes_agree_too(volume, scan):
    axis = 0 if scan.slices is None else {"coronal": 1, "sagittal": 2}[scan.slices.plane]
    scanner = SliceScanner(volume, T2F)
    for index in (0, 9, volume.shape[axis] - 1):
        assert np.array_equal(scanner.slice(scan, index), np.take(whole(volume, T2F, scan), index, axis=axis))


def test_an_image_with_its_skull_and_air_agrees_too():
    noisy = Volume(
        np.abs(np.random.default_rng(1).normal(5, 2, (12, 30, 28))).astype(np.float32) + head((12, 30, 28)),
        (1.5, 1.0, 1.0),
    )
    scan = replace(EVERYTHING, slices=Slices(3.0), registration=())
    assert np.array_equal(SliceScanner(noisy, T2F).slice(scan, 6), whole(noisy, T2F, scan)[6])


def test_knobs_may_change_in_any_order(volume):
    scanner = SliceScanner(volume, T2F)
    scans = [
        ScanParameters(slices=Slices(4.0), bias=BiasField(30, 1), noise=Noise(20, 1)),
        ScanParameters(slices=Slices(4.0), bias=BiasField(30, 2), noise=Noise(20, 1)),
        ScanParameters(slices=Slices(6.0), bias=BiasField(30, 2)),
        ScanParameters(bias=BiasField(30, 2)),
        ScanParameters(slices=Slices(4.0), bias=BiasField(30, 1), noise=Noise(20, 1)),
    ]
    for scan in scans:
        assert np.array_equal(scanner.slice(scan, 8), whole(volume, T2F, scan)[8])


def test_a_knob_of_k_space_computes_head_slices_and_coil_no_second_time(volume, monkeypatch):
    calls = []
    for name in ("in_head", "in_slices", "in_coil"):
        real = getattr(live, name)
        monkeypatch.setattr(live, name, lambda *given, name=name, real=real: calls.append(name) or real(*given))
    scanner = SliceScanner(volume, T2F)
    scan = ScanParameters(slices=Slices(4.0), bias=BiasField(30, 1), noise=Noise(20, 1))
    scanner.slice(scan, 5)
    for snr in (10, 11, 12):
        scanner.slice(replace(scan, noise=Noise(snr, 1)), 5)
    scanner.slice(scan, 6)
    assert calls == ["in_head", "in_slices", "in_coil"]
    scanner.slice(replace(scan, bias=BiasField(35, 1)), 5)
    assert calls[3:] == ["in_coil"]
    scanner.slice(replace(scan, slices=Slices(5.0)), 5)
    assert calls[4:] == ["in_slices", "in_coil"]


def test_what_cannot_be_shown_is_refused_in_words(volume):
    scanner = SliceScanner(volume, T2F)
    with pytest.raises(DatasetError, match="slice 20 was asked of an image of 20 slices.*0 to 19"):
        scanner.slice(ScanParameters(noise=Noise()), 20)
    with pytest.raises(DatasetError, match="skull"):
        scanner.slice(ScanParameters(skull=ResidualSkull()), 3)
    with pytest.raises(DatasetError, match=r"Slices of 1.0 mm were asked"):
        scanner.slice(ScanParameters(slices=Slices(1.0)), 3)


def test_the_volume_stays_as_it_is(volume):
    before = volume.array.copy()
    floats = volume.with_array(before.astype(np.float32))
    SliceScanner(floats, T1N).slice(replace(EVERYTHING, slices=Slices(4.0)), 3)
    SliceScanner(floats, T1N).slice(ScanParameters(bias=BiasField(30, 1)), 3)
    assert np.array_equal(floats.array, before)
