"""Writing a labelled case into a folder of cases."""

import errno

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, GeometryError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.volume import Volume, case_writing, find_case, read_volume
from ssaglioma.volume.case_writing import save_case


@pytest.fixture
def images(case_volumes):
    return dict(case_volumes)


@pytest.fixture
def labels(images):
    array = np.zeros(images[SEQUENCE_ORDER[0]].shape, np.uint8)
    array[3:5, 10:20, 12:18] = 3
    return next(iter(images.values())).with_array(array)


def test_a_written_case_is_found_again(tmp_path, images, labels):
    folder = save_case(tmp_path, "case-a", images, labels)
    case = find_case(folder)
    assert case.name == "case-a" and list(case.sequences) == list(SEQUENCE_ORDER)
    assert np.array_equal(read_volume(case.reference).array, labels.array)
    assert read_volume(case.reference).same_grid(labels)


def test_a_case_that_is_there_is_not_written_over(tmp_path, images, labels):
    folder = save_case(tmp_path, "case-a", images, labels)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(DatasetError, match="'case-a' is in .* already"):
        save_case(tmp_path, "case-a", images, labels)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_wrong_input_leaves_nothing_behind(tmp_path, images, labels):
    moved = Volume(labels.array, (1.0, 1.0, 1.0))
    empty = labels.with_array(np.zeros_like(labels.array))
    strange = labels.with_array(labels.array * 3)
    for given, kind in ((moved, GeometryError), (empty, DatasetError), (strange, DatasetError)):
        with pytest.raises(kind):
            save_case(tmp_path / "cases", "case-a", images, given)
    with pytest.raises(DatasetError, match="has no image"):
        save_case(tmp_path / "cases", "case-a", {}, labels)
    assert not (tmp_path / "cases").exists()


def test_a_full_disk_leaves_nothing_behind(tmp_path, images, labels, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case_writing, "write_volume", full)
    with pytest.raises(SSAGliomaError, match="No space left on device"):
        save_case(tmp_path, "case-a", images, labels)
    assert list(tmp_path.iterdir()) == []
