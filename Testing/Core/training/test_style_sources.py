"""Slices from folders: by contrast, without held-out patients, stylised copies or empty images."""

import numpy as np
import pytest
from PIL import Image

from ssaglioma.errors import DatasetError
from ssaglioma.training.style_provenance import Provenance, write_provenance
from ssaglioma.training.style_sources import SliceSource, paired, read_slices
from ssaglioma.volume import Volume, write_volume


@pytest.fixture
def pictures_folder(tmp_path):
    for contrast, count in (("FLAIR", 3), ("lge", 2)):
        folder = tmp_path / "pictures" / contrast
        folder.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(np.full((9, 7), 50 + number, np.uint8)).save(folder / f"p{number}.png")
    return tmp_path / "pictures"


def test_cases_give_slices_of_each_contrast(cases_folder):
    found = read_slices(SliceSource(cases_folder, per_case=3))
    assert {key: len(slices) for key, slices in found.training.items()} == dict.fromkeys(
        ("t1n", "t1c", "t2w", "t2f"), 9
    )
    assert found.cases == ["case-0", "case-1", "case-2"] and not found.held_out
    assert all(slices[0].shape == (40, 36) and slices[0].any() for slices in found.training.values())


def test_held_out_patients_never_enter(cases_folder):
    found = read_slices(SliceSource(cases_folder, ("FLAIR",), per_case=2, held_out=frozenset({"case-1"})))
    assert found.cases == ["case-0", "case-2"] and list(found.training) == ["t2f"]
    assert len(found.training["t2f"]) == 4 and len(found.held_out["t2f"]) == 2 and len(found.largest["t2f"]) == 2
    kept = {array.tobytes() for array in found.training["t2f"]}
    assert not kept & {array.tobytes() for array in found.held_out["t2f"]}


def test_stylised_copies_are_left_out(cases_folder):
    write_provenance(cases_folder / "case-2", Provenance("case-0", "case-0", ("x",), ("x",), "rain"))
    assert read_slices(SliceSource(cases_folder)).cases == ["case-0", "case-1"]


def test_folders_of_pictures_are_contrasts(pictures_folder):
    found = read_slices(SliceSource(pictures_folder))
    assert {key: len(slices) for key, slices in found.training.items()} == {"t2f": 3, "lge": 2}
    assert found.training["lge"][1].mean() == 51


def test_pictures_without_a_contrast_may_be_named(pictures_folder):
    assert list(read_slices(SliceSource(pictures_folder / "lge")).training) == ["all"]
    assert list(read_slices(SliceSource(pictures_folder / "lge", ("bSSFP",))).training) == ["bssfp"]


def test_volumes_of_one_named_contrast_are_cut_along_the_thick_axis(tmp_path):
    array = np.zeros((6, 10, 3), np.float32)
    array[1:5, 2:9, 1:] = 7
    write_volume(Volume(array, (1.0, 1.0, 8.0)), tmp_path / "patient1.nii.gz")
    found = read_slices(SliceSource(tmp_path, ("lge",), per_case=9, slice_axis="through_plane"))
    assert [slices.shape for slices in found.training["lge"]] == [(6, 10)] * 2
    assert found.largest["lge"][0].sum() == 4 * 7 * 7


def test_pairs_share_their_contrasts(cases_folder, pictures_folder):
    content, style, left = paired(read_slices(SliceSource(cases_folder)), read_slices(SliceSource(pictures_folder)))
    assert list(content.training) == list(style.training) == ["t2f"] and left == ("lge", "t1c", "t1n", "t2w")
    other = read_slices(SliceSource(pictures_folder / "lge"))
    with pytest.raises(DatasetError, match=r"the style \['all'\].*--contrasts NAME"):
        paired(read_slices(SliceSource(cases_folder)), other)


def test_what_is_missing_or_empty_is_named(cases_folder, tmp_path):
    everyone = frozenset({"case-0", "case-1", "case-2"})
    with pytest.raises(DatasetError, match="no images of training patients"):
        read_slices(SliceSource(cases_folder, held_out=everyone))
    with pytest.raises(DatasetError, match=r"no images of \['lge'\]"):
        read_slices(SliceSource(cases_folder, ("t2f", "lge")))
    with pytest.raises(DatasetError, match="0 slices of each case"):
        SliceSource(cases_folder, per_case=0)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(tmp_path / "black.png")
    with pytest.raises(DatasetError, match=r"black\.png' is empty"):
        read_slices(SliceSource(tmp_path))
    with pytest.raises(DatasetError, match="does not exist"):
        read_slices(SliceSource(tmp_path / "no-such"))
