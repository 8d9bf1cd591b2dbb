"""A volume arrives whole or not at all, and its values are the ones that were given."""

import json
import os
import signal

import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.volume import Volume, read_volume, write_volume
from ssaglioma.volume.atomic import write_json_atomic

SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".mha"]


@pytest.fixture
def volume():
    return Volume(np.random.default_rng(2).normal(size=(12, 13, 14)).astype(np.float32))


@pytest.fixture
def a_small_disk():
    """Return a function that lets files of this process grow to so many bytes only, as a full disk does."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("missing", [1, 100, 5000])
def test_a_full_disk_leaves_the_old_volume(volume, tmp_path, a_small_disk, suffix, missing):
    path = tmp_path / f"a{suffix}"
    write_volume(volume, path)
    old = path.read_bytes()
    a_small_disk(len(old) - missing)
    with pytest.raises(SSAGliomaError, match=rf"a\{suffix}' cannot be written.*nothing was changed") as caught:
        write_volume(volume, path)
    a_small_disk(1 << 30)
    assert caught.value.exit_code == 3
    assert path.read_bytes() == old and os.listdir(tmp_path) == [path.name]


def test_a_writer_that_fails_half_way_leaves_the_old_volume(volume, tmp_path, monkeypatch):
    path = tmp_path / "a.nii.gz"
    write_volume(volume, path)

    def write_half(image, name, useCompression):
        with open(name, "wb") as stream:
            stream.write(b"half")
        raise RuntimeError("ITK ERROR: No space left on device")

    monkeypatch.setattr(SimpleITK, "WriteImage", write_half)
    with pytest.raises(SSAGliomaError, match=r"a\.nii\.gz' cannot be written.*No space left.*Free some space"):
        write_volume(volume.with_array(volume.array * 2), path)
    monkeypatch.undo()
    assert np.array_equal(read_volume(path).array, volume.array) and os.listdir(tmp_path) == ["a.nii.gz"]


@pytest.mark.parametrize(
    ("values", "dtype"), [((0, 3), np.uint8), ((200, 600), np.uint16), ((-1, 3), np.int64), ((0, 70000), np.int64)]
)
def test_whole_numbers_take_the_smallest_unsigned_type_that_holds_them(tmp_path, values, dtype):
    array = np.full((2, 2, 2), values[0], np.int64)
    array[1] = values[1]
    write_volume(Volume(array), tmp_path / "a.nii.gz")
    again = read_volume(tmp_path / "a.nii.gz").array
    assert again.dtype == dtype and np.array_equal(again, array)


@pytest.mark.parametrize(("value", "dtype"), [(300, np.uint8), (-1, np.uint16), (1e300, np.float32)])
def test_values_are_never_wrapped_or_made_infinite(tmp_path, value, dtype):
    with pytest.raises(DatasetError, match=rf"a\.nii' holds values from .* that fit the type {np.dtype(dtype)}"):
        write_volume(Volume(np.full((2, 2, 2), value)), tmp_path / "a.nii", dtype=dtype)
    assert not (tmp_path / "a.nii").exists()


def test_complex_numbers_are_not_written(tmp_path):
    with pytest.raises(DatasetError, match="type complex128.*real numbers"):
        write_volume(Volume(np.zeros((2, 2, 2), complex)), tmp_path / "a.nii")


def test_a_name_in_capitals_is_written_too(volume, tmp_path):
    write_volume(volume, tmp_path / "A.NII.GZ")
    assert np.array_equal(read_volume(tmp_path / "A.NII.GZ").array, volume.array)


def test_json_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "facts.json"
    write_json_atomic({"a": [1, 2]}, target)
    assert target.read_text(encoding="utf-8") == '{\n "a": [\n  1,\n  2\n ]\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json_atomic({"a": float("nan")}, target, allow_nan=False)
    assert json.loads(target.read_text(encoding="utf-8")) == {"a": [1, 2]}
    assert [path.name for path in tmp_path.iterdir()] == ["facts.json"]
