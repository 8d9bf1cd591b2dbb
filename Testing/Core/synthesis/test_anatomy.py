"""Anatomies from label maps and tissue maps, placed on the grid of cases."""

from dataclasses import replace

import numpy as np
import pytest
from small_heads import head_codes, head_volume

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy import (
    Head,
    HeadParameters,
    anatomy_from_labels,
    anatomy_from_maps,
    box_places,
    draw_head,
    find_anatomies,
    read_anatomy,
)
from ssaglioma.synthesis.anatomy.subclusters import Subclusters, cluster_numbers
from ssaglioma.synthesis.fields import jacobian_determinant
from ssaglioma.volume import Volume, write_volume

STRAIGHT = HeadParameters(warp_amplitude_mm=0.0)


def test_a_label_map_without_white_matter_is_refused():
    codes = head_codes()
    codes[np.isin(codes, (2, 41))] = 3
    with pytest.raises(DatasetError, match=r"0\.0 ml of white matter.*codes 2 and 41"):
        anatomy_from_labels(Volume(codes, (2.0, 2.0, 2.0)), "grey.nii")


def test_a_tumour_labelmap_is_no_anatomy():
    labels = np.zeros((40, 40, 40), np.uint8)
    labels[10:20, 10:20, 10:20] = 2
    with pytest.raises(DatasetError, match="at least 50 ml"):
        anatomy_from_labels(Volume(labels), "seg.nii")


def test_the_brain_comes_to_lie_where_it_is_asked_for(small_head):
    head = Head(small_head, STRAIGHT)
    white_or_cortex = sum(
        part for name, part in head.fractions(box_places(head.box)).items() if name in ("white", "cortex")
    )
    mask = white_or_cortex > 0.5
    for axis in range(3):
        span = np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) + head.box[axis].start
        assert (span[0] + span[-1]) / 2 == pytest.approx(STRAIGHT.centre_mm[axis], abs=1.5)
        assert span[-1] - span[0] + 1 == pytest.approx(STRAIGHT.size_mm[axis], abs=3)


def test_fractions_are_shares_that_sum_to_one_inside_the_brain(small_head):
    head = Head(small_head, draw_head(np.random.default_rng(1)))
    places = box_places(head.box, 2)
    parts = head.fractions(places)
    total = sum(parts.values())
    assert min(part.min() for part in parts.values()) >= 0
    assert total.max() <= 1 + 1e-5
    brain = head.brain(places)
    inside = brain > 0.99
    assert np.allclose(total[inside], brain[inside], atol=1e-4)  # the rest of a border voxel is not brain


@pytest.mark.parametrize("seed", range(5))
def test_drawn_heads_do_not_fold(small_head, seed):
    head = Head(small_head, draw_head(np.random.default_rng(seed)))
    assert np.abs(head._warp).max() > 1
    assert jacobian_determinant(head._warp, (4.0, 4.0, 4.0)).min() > 0.05


def test_a_mirrored_head_is_the_mirror_image(small_head):
    plain = Head(small_head, replace(STRAIGHT, centre_mm=(70.5, 128.5, 119.5)))
    mirrored = Head(small_head, replace(STRAIGHT, centre_mm=(70.5, 128.5, 119.5), mirrored=True))
    z, y, x = np.meshgrid(np.arange(40.0, 100), np.arange(80.0, 180), np.arange(60.0, 180), indexing="ij")
    there = np.stack([z, y, x]).astype(np.float32)
    back = np.stack([z, y, 239 - x]).astype(np.float32)
    found = mirrored.fractions(back)
    for name, part in plain.fractions(there).items():
        assert np.allclose(part, found[name], atol=1e-3), name


def test_files_of_any_orientation_give_the_same_head():
    upright = anatomy_from_labels(head_volume(), "head")
    turned_codes = np.ascontiguousarray(np.flip(head_codes().transpose(1, 0, 2), 0))
    turned = Volume(
        turned_codes,
        (2.0, 2.0, 2.0),
        (0.0, 0.0, 0.0),
        np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]),
    )
    other = anatomy_from_labels(turned, "head")
    assert set(other.fractions) == set(upright.fractions)
    for name, part in upright.fractions.items():
        assert np.array_equal(part, other.fractions[name]), name


def test_the_skull_is_kept_only_where_there_is_one(small_head):
    whole = Head(anatomy_from_labels(head_volume(skull=True), "head"), replace(STRAIGHT, stripped=False))
    parts = whole.fractions(box_places(whole.box, 2))
    assert parts["bone"].max() > 0.9 and parts["skin"].max() > 0.9
    with pytest.raises(DatasetError, match="holds no skull"):
        Head(small_head, replace(STRAIGHT, stripped=False))


def test_tissue_maps_give_an_anatomy():
    codes = head_codes()
    grey = np.isin(codes, (3, 42, 10, 49)).astype(np.float32) * 255
    white = np.isin(codes, (2, 41)).astype(np.float32) * 255
    brain = (codes > 0).astype(np.float32) * 200
    volumes = [Volume(a, (2.0, 2.0, 2.0)) for a in (grey, white, brain)]
    source = anatomy_from_maps(*volumes, "maps")
    assert {name: int((part > 127).sum()) for name, part in source.fractions.items()} == {
        "cortex": int((grey > 0).sum()),
        "white": int((white > 0).sum()),
        "csf": int(np.isin(codes, (24, 4, 43)).sum()),
    }
    with pytest.raises(DatasetError, match=r"0\.0 ml of white matter"):
        anatomy_from_maps(volumes[0], volumes[0].with_array(grey * 0), volumes[2], "maps")


def test_three_maps_of_one_template_are_one_anatomy(tmp_path):
    codes = head_codes()
    for word, mask in (("gm", np.isin(codes, (3, 42))), ("wm", np.isin(codes, (2, 41))), ("t1", codes > 0)):
        write_volume(Volume(mask.astype(np.uint8) * 255, (2.0, 2.0, 2.0)), tmp_path / f"icbm_{word}_09a.nii.gz")
    write_volume(head_volume(), tmp_path / "head.nii.gz")
    assert [path.name for path in find_anatomies(tmp_path)] == ["head.nii.gz", "icbm_gm_09a.nii.gz"]
    assert set(read_anatomy(tmp_path / "icbm_gm_09a.nii.gz").fractions) == {"white", "cortex", "csf"}
    with pytest.raises(DatasetError, match="does not exist"):
        find_anatomies(tmp_path / "none")


def test_subclusters_are_of_equal_size_and_number():
    numbers = cluster_numbers(Subclusters(count=4, scale_mm=6, seed=2), (60, 64, 62))
    shares = np.bincount(numbers.ravel()) / numbers.size
    assert len(shares) == 4
    assert shares == pytest.approx(0.25, abs=0.03)
    with pytest.raises(DatasetError, match="1 to 5"):
        Subclusters(count=9)
