"""The optimized U-Net as its authors ran it: input, outputs and labels by hand, and rows of an experiment by it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.experiments.catalogue import find_experiment
from ssaglioma.experiments.design import StudyContext
from ssaglioma.experiments.glioma_design import GliomaProtocol
from ssaglioma.experiments.ren_pipeline import DISJOINT, ren_input, segment_as_published
from ssaglioma.experiments.runner import ExperimentRun
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.preprocessing.ren_intensity import CHANNELS, FULL_SHAPE, ren_crop, ren_intensities
from ssaglioma.volume import Volume, read_labelmap, write_volume

TINY = GliomaProtocol(
    folds=2,
    network="optimized_unet_2d_nf8",
    preparation="ren",
    augmentation="none",
    optimizer="adam",
    loss="mse_bce",
    epochs=1,
    fine_tuning_epochs=1,
    steps_per_epoch=1,
    batch_size=1,
)
RAS = np.diag([-1.0, -1.0, 1.0])


def brats_images(seed, names=(Sequence.T1C, Sequence.T2F)):
    """Images and labels on the grid of BraTS: a brain with an edema, a core and an enhancing rim."""
    labels = np.zeros(FULL_SHAPE, np.uint8)
    labels[60:80, 100:130, 90:120] = 2
    labels[65:75, 108:122, 98:112] = 3
    labels[68:72, 111:118, 101:108] = 1
    brain = np.zeros(FULL_SHAPE, bool)
    brain[40:110, 60:180, 70:170] = True
    texture = (200 + 10 * ((np.arange(FULL_SHAPE[2]) + seed) % 20)).astype(np.float32)
    images = {
        name: (texture + np.float32(100 * (number + 1)) * (labels > 0)) * brain for number, name in enumerate(names)
    }
    return images, labels


@pytest.fixture(scope="module")
def images():
    return brats_images(1)


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    """A source case and two target cases on the grid of BraTS, with T1Gd alone, which is enough and quick."""
    root = tmp_path_factory.mktemp("brats")
    for number, (domain, name) in enumerate((("source", "s-1"), ("target", "t-1"), ("target", "t-2"))):
        found, labels = brats_images(number, (Sequence.T1C,))
        (root / domain / name).mkdir(parents=True)
        volume = Volume(found[Sequence.T1C], (1.0, 1.0, 1.0))
        write_volume(volume, root / domain / name / f"{name}-t1c.nii")
        write_volume(volume.with_array(labels), root / domain / name / f"{name}-seg.nii")
    return root


@pytest.fixture
def context(domains, tmp_path):
    return StudyContext(domains / "source", domains / "target", tmp_path / "out", TINY, device="cpu")


def test_the_input_has_the_published_channels_and_a_missing_one_is_blank(images):
    arrays, _ = images
    assert [name.value for name in CHANNELS] == ["t1c", "t1n", "t2f", "t2w"]
    found = ren_input({Sequence.T2F: arrays[Sequence.T2F]})
    assert found.shape == (4, 128, 192, 128) and found.dtype == np.float32
    assert np.array_equal(found[2], ren_crop(ren_intensities(arrays[Sequence.T2F]))) and not found[[0, 1, 3]].any()


def test_images_on_another_grid_are_refused_with_the_way_out():
    with pytest.raises(GeometryError, match=r"T1Gd has the size \(4, 5, 6\).*preparation=own"):
        ren_input({Sequence.T1C: np.ones((4, 5, 6))})


def test_labels_come_back_to_their_places_in_a_file_of_other_axes_without_dust(images):
    arrays, labels = images
    seen = np.ascontiguousarray(arrays[Sequence.T1C][:, ::-1, ::-1], dtype=np.float32)
    volumes = {Sequence.T1C: Volume(seen, (1.0, 1.0, 1.0), direction_lps=RAS)}

    def forward(tile):
        assert tile.shape == (4, 128, 192, 128) and tile.dtype == np.float32
        logits = np.stack([np.where(ren_crop(labels) == value, 4.0, -4.0) for value in (1, 2, 3)])
        logits[2, 5:8, 5:8, 5] = 4.0  # 9 voxels of ET
        return logits.astype(np.float32)

    found = segment_as_published(volumes, forward)
    assert np.array_equal(found.array, labels[:, ::-1, ::-1]) and found.array.dtype == np.uint8


def test_the_paper_budget_is_the_published_pipeline_and_earlier_protocols_stay_as_they_were():
    budgets = find_experiment("transfer-methods").budgets
    assert (budgets["paper"].preparation, budgets["paper"].augmentation) == ("ren", "none")
    assert budgets["paper"].to_json()["preparation"] == "ren" and "preparation" not in budgets["small"].to_json()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "small_2d"}, "network.*optimized U-Net"),
        ({"augmentation": "quick"}, "augmentation"),
        ({"mirror": True}, "unmirrored"),
        ({"preparation": "other"}, "preparation"),
    ],
)
def test_a_protocol_that_mixes_the_two_is_refused(changes, message):
    with pytest.raises(DatasetError, match=message):
        replace(TINY, **changes)


def test_rows_with_copies_or_volumes_are_not_for_it(context):
    with pytest.raises(DatasetError, match="copies, 3D networks or members"):
        ExperimentRun(find_experiment("nnunet-2d-3d"), context)


def test_a_row_trains_on_the_published_input_with_the_labels_as_outputs(context):
    run = ExperimentRun(find_experiment("transfer-methods"), context)
    run.fix()
    made = run.study._trainer(
        run.study.rows["combined"], run.tasks[0], context.output / "x", lambda fraction, message: None
    )
    case = made.source[0]
    assert case.image.shape == (4, 128, 192, 128) and case.labels.shape == (128, 192, 128)
    assert float(case.image.min()) == 0 and float(case.image.max()) == 1.0 and not case.image[1:].any()
    assert made.config.channels == tuple(one.value for one in CHANNELS) and made.config.channel_dropout == 0
    assert made.scheme is DISJOINT and list(DISJOINT.regions) == ["NCR", "ED", "ET"]


@pytest.mark.slow
def test_two_rows_are_trained_predicted_and_scored(context):
    torch.manual_seed(0)
    run = ExperimentRun(find_experiment("transfer-methods"), context, row_names=("dann", "dann_unsupervised"))
    found = run.run()
    assert all(len(found[name]) == 2 for name in ("dann", "dann_unsupervised"))
    path = next((context.output / "runs" / "dann").rglob("*-seg.nii.gz"))
    assert read_labelmap(path, GLIOMA).shape == FULL_SHAPE
