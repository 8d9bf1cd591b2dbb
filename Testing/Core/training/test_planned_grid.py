"""Cases of any voxel size for a network that starts fresh: as its package will see them at inference."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.package import planned_card
from ssaglioma.training.planned_grid import fits_plan, load_on_plan
from ssaglioma.training.recipe_run import RunHooks, carry_out
from ssaglioma.training.run_request import RunRequest
from ssaglioma.volume import Volume, find_cases, write_volume


@pytest.fixture
def case_at(images_of, tmp_path):
    """Writes a case of a voxel size."""

    def write(name, spacing, seed=0):
        images, labels = images_of(seed=seed)
        (tmp_path / "cases" / name).mkdir(parents=True)
        for sequence, image in zip(SEQUENCE_ORDER, images):
            write_volume(Volume(image, spacing), tmp_path / "cases" / name / f"{name}-{sequence.value}.nii.gz")
        write_volume(Volume(labels, spacing), tmp_path / "cases" / name / f"{name}-seg.nii.gz")
        return tmp_path / "cases"

    return write


def test_fine_pixels_are_stretched_to_the_plan_and_slices_stay_as_they_are(case_at, tmp_path):
    cases = find_cases(case_at("fine", (5.0, 0.5, 0.5)))
    (loaded,) = load_on_plan(cases, tmp_path / "cache", TrainingConfig(), GLIOMA)
    (own,) = load_on_plan(find_cases(case_at("usual", (5.0, 1.0, 1.0))), tmp_path / "cache", TrainingConfig(), GLIOMA)[
        1:
    ]
    assert loaded.image.shape[1] == own.image.shape[1]
    assert loaded.image.shape[2:] == tuple(round(size / 2) for size in own.image.shape[2:])
    assert loaded.labels.shape == loaded.image.shape[1:] and loaded.image.dtype == np.float16
    shares = [(case.labels == 3).mean() for case in (loaded, own)]
    assert shares[0] == pytest.approx(shares[1], rel=0.15)


def test_a_three_dimensional_network_takes_cubes(case_at, tmp_path):
    cases = find_cases(case_at("thick", (3.0, 1.0, 1.0)))
    card = planned_card(TrainingConfig(network="small_3d"))
    assert not fits_plan(cases[0], card, GLIOMA) and fits_plan(cases[0], planned_card(TrainingConfig()), GLIOMA)
    (loaded,) = load_on_plan(cases, tmp_path / "cache", TrainingConfig(network="small_3d"), GLIOMA)
    (own,) = load_on_plan(cases, tmp_path / "cache", TrainingConfig(), GLIOMA)
    assert loaded.image.shape[1:] == (3 * own.image.shape[1], *own.image.shape[2:])


def test_stylised_copies_are_refused_for_cases_off_the_plan(case_at, tmp_path):
    for seed, name in enumerate(("fine-1", "fine-2")):
        folder = case_at(name, (5.0, 0.5, 0.5), seed)
    request = RunRequest("style_augmentation", source=str(folder), style=str(folder), device="cpu", workers=0)
    with pytest.raises(DatasetError, match=r"another voxel size .*'fine-\d'.*Resample them first"):
        carry_out(request, tmp_path / "run", RunHooks())


@pytest.mark.parametrize("name", ["my model", "a/b", "v1.2", "", "-", "modèle:2"])
def test_a_name_that_no_package_may_have_is_refused_at_the_start(name):
    with pytest.raises(DatasetError, match="model's name is .*one word of letters, digits"):
        RunRequest("from_scratch", source="x", name=name)
    assert RunRequest("from_scratch", source="x", name="modèle_2-b").name == "modèle_2-b"
