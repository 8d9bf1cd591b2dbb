import errno
import os

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.volume import Volume, atomic_path, read_volume, write_volume


def test_a_failure_half_way_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_half_way():
        with atomic_path(target) as temporary:
            temporary.write_text("ne")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_named_and_loses_nothing(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fill_the_disk():
        with atomic_path(target):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SSAGliomaError, match=r"a\.txt' cannot be written.*Free some space; nothing") as caught:
        fill_the_disk()
    assert caught.value.exit_code == 3
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with (
        pytest.raises(SSAGliomaError, match="Choose a folder that exists"),
        atomic_path(tmp_path / "no" / "a.txt"),
    ):
        pass


def test_the_written_file_takes_the_place_of_the_old_one(tmp_path):
    write_volume(Volume(np.zeros((2, 2, 2), np.uint8)), tmp_path / "a.nii.gz")
    write_volume(Volume(np.ones((2, 2, 2), np.uint8)), tmp_path / "a.nii.gz")
    assert read_volume(tmp_path / "a.nii.gz").array.min() == 1


def test_small_labels_are_stored_in_one_byte(tmp_path):
    write_volume(Volume(np.full((2, 2, 2), 3, np.int64)), tmp_path / "a.nrrd")
    assert read_volume(tmp_path / "a.nrrd").array.dtype == np.uint8


def test_nan_is_never_written(tmp_path):
    with pytest.raises(DatasetError, match="NaN or infinity"):
        write_volume(Volume(np.full((2, 2, 2), np.nan)), tmp_path / "a.nii")
    assert not (tmp_path / "a.nii").exists()


def test_an_unknown_suffix_names_the_known_ones(tmp_path):
    with pytest.raises(DatasetError, match=r"\.nii\.gz"):
        write_volume(Volume(np.zeros((2, 2, 2))), tmp_path / "a.png")
