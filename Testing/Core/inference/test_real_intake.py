"""The main job on real scans: from the scanner's files to a tumour on the T1Gd that the reader opened."""

import json
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.packages import find_package_of
from ssaglioma.preprocessing.alignment import align
from ssaglioma.preprocessing.grid import Grid, sampled
from ssaglioma.volume import read_labelmap, read_volume

DATA = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data")) / "clinical"
GLIOMA_CASE, OTHER_CASE = DATA / "TCGA-FG-6692", DATA / "openms-patient01"
MASK_MODEL = os.environ.get("SSAGLIOMA_MASK_MODEL")


def has_mask_model():
    try:
        find_package_of("brain_mask", MASK_MODEL)
    except ModelPackageError:
        return False
    return True


pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real cases are not unpacked at {DATA} (make data)"),
    pytest.mark.skipif(
        not has_mask_model(), reason="no brain-mask model is installed (SSAGLIOMA_MASK_MODEL names one)"
    ),
]


def dice(first, second):
    return 2.0 * float((first & second).sum()) / float(first.sum() + second.sum())


def segmented(folder, output):
    command = ["segment", str(folder), "--output", str(output), "--progress", "none"]
    assert main([*command, *(["--mask-model", MASK_MODEL] if MASK_MODEL else [])]) == 0
    log = next(output.glob("*-intake.json"))
    return read_labelmap(next(output.glob("*-seg.nii.gz")), GLIOMA), json.loads(log.read_text())


@pytest.fixture(scope="module")
def glioma(tmp_path_factory):
    return segmented(GLIOMA_CASE / "native", tmp_path_factory.mktemp("glioma"))


@pytest.fixture(scope="module")
def in_brats_space(glioma):
    """The whole tumour moved to where five challenge algorithms and two fusions of them lie."""
    native = read_volume(GLIOMA_CASE / "native" / "TCGA-FG-6692_t1c.nii.gz")
    mask = read_volume(GLIOMA_CASE / "native" / "brainmask_t1c.nii.gz")
    target = read_volume(GLIOMA_CASE / "brats_space" / "t1c.nii.gz")
    way = align(native.with_array(native.array * (mask.array > 0)), target).transform
    return GLIOMA.mask(sampled(glioma[0], Grid.of(target), way, order=0).array, "WT")


def published(name):
    path = GLIOMA_CASE / "brats_space" / "segmentations" / f"{name}.nii.gz"
    return GLIOMA.mask(read_labelmap(path, GLIOMA).array, "WT")


def test_the_result_lies_on_the_native_t1gd(glioma):
    assert glioma[0].same_grid(read_volume(GLIOMA_CASE / "native" / "TCGA-FG-6692_t1c.nii.gz"))


def test_the_series_are_told_apart_and_another_tools_masks_are_not_among_them(glioma):
    slots = glioma[1]["study"]["slots"]
    assert {key: slot["name"] for key, slot in slots.items()} == {
        sequence.value: f"TCGA-FG-6692_{sequence.value}.nii.gz" for sequence in Sequence
    }


@pytest.mark.parametrize("fusion", ["mav", "simple"])
def test_the_whole_tumour_agrees_with_the_fusions(in_brats_space, fusion):
    assert dice(published(fusion), in_brats_space) >= 0.75


def test_the_whole_tumour_agrees_nearly_as_the_algorithms_among_themselves(in_brats_space):
    five = [published(name) for name in ("hnfnetv1-20", "isen-20", "sanet0-20", "scan-20", "yixinmpl-20")]
    among = [dice(first, second) for first, second in combinations(five, 2)]
    ours = np.mean([dice(one, in_brats_space) for one in five])
    assert ours >= min(among) - 0.03


def test_a_brain_without_glioma_ends_with_little_or_nothing_and_a_warning(tmp_path):
    labels, log = segmented(OTHER_CASE, tmp_path / "out")
    assert (labels.array > 0).sum() * labels.voxel_volume_ml < 15
    keys = {one["key"] for one in log["quality"]["findings"] if one["light"] != "green"}
    assert keys & {"no_tumour", "small_tumour", "scattered", "unsure"}
