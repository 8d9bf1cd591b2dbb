"""The main job on real cases: segment, score, and compare the scores with two other implementations."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from ssaglioma.cli.main import main
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import list_packages
from ssaglioma.training.folds import read_folds
from ssaglioma.volume import find_cases, read_labelmap, read_volume

DATA = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data")) / "glioma"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real cases are not unpacked at {DATA} (make data)"),
]


@pytest.fixture(scope="module")
def held_out_case():
    shipped_fold = list_packages()[0].card.scores["shipped_fold"]
    name = read_folds().held_out(shipped_fold)[1]
    return next(case for case in find_cases(DATA) if case.name == name)


@pytest.fixture(scope="module")
def segmented(held_out_case, tmp_path_factory):
    output = tmp_path_factory.mktemp("segment") / "seg.nii.gz"
    assert main(["segment", str(DATA / held_out_case.name), "--output", str(output), "--progress", "none"]) == 0
    return output


@pytest.fixture(scope="module")
def scores(held_out_case, segmented):
    target = segmented.with_suffix(".json")
    reference = str(held_out_case.reference)
    assert main(["evaluate", "--reference", reference, "--prediction", str(segmented), "--json", str(target)]) == 0
    return json.loads(target.read_text())["cases"][0]["regions"]


def test_the_folds_name_exactly_the_cases_at_hand():
    names = {name for group in read_folds().groups for name in group}
    assert names == {case.name for case in find_cases(DATA)}


def test_the_labelmap_lies_on_the_grid_of_the_images(held_out_case, segmented):
    image = read_volume(next(iter(held_out_case.sequences.values())))
    assert read_volume(segmented).same_grid(image)


def test_a_held_out_tumour_is_found(scores):
    assert scores["WT"]["dice"] > 0.6


def test_scores_equal_those_of_surface_distance_and_monai(held_out_case, segmented, scores):
    import surface_distance
    from monai.metrics import compute_dice

    reference = read_labelmap(held_out_case.reference, GLIOMA)
    prediction = read_labelmap(segmented, GLIOMA)
    for region in GLIOMA.regions:
        wanted, found = GLIOMA.mask(reference.array, region), GLIOMA.mask(prediction.array, region)
        dice = compute_dice(torch.from_numpy(found[None, None]), torch.from_numpy(wanted[None, None]))
        assert scores[region]["dice"] == pytest.approx(float(dice), abs=1e-6)
        distances = surface_distance.compute_surface_distances(wanted, found, reference.spacing_zyx_mm)
        hd95 = surface_distance.compute_robust_hausdorff(distances, 95)
        assert scores[region]["hd95_mm"] == pytest.approx(hd95, abs=1e-6)
        nsd = surface_distance.compute_surface_dice_at_tolerance(distances, 1.0)
        assert scores[region]["nsd_1mm"] == pytest.approx(nsd, abs=1e-6)


def test_a_reoriented_case_gives_the_reoriented_labelmap(held_out_case, segmented, tmp_path):
    from ssaglioma.volume import Volume, write_volume

    for sequence, path in held_out_case.sequences.items():
        volume = read_volume(path)
        turned = Volume(
            np.ascontiguousarray(volume.array.transpose(2, 0, 1)[::-1]),
            volume.spacing_zyx_mm,
            tuple((volume.affine_lps @ [volume.shape[2] - 1, 0, 0, 1])[:3]),
            np.array([[0, 0, -1], [1, 0, 0], [0, 1, 0]], float),
        )
        write_volume(turned, tmp_path / f"{held_out_case.name}-{sequence.value}.nii.gz")
    assert main(["segment", str(tmp_path), "--output", str(tmp_path / "out.nrrd"), "--progress", "none"]) == 0
    turned_labels = read_volume(tmp_path / "out.nrrd").array
    straight = read_volume(segmented).array
    assert np.array_equal(turned_labels[::-1].transpose(1, 2, 0), straight)
