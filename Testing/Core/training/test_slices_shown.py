"""2D networks that see neighbouring slices: training and inference show them the same input."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.model_grid import neighbours
from ssaglioma.inference.sliding_window import predict_slices
from ssaglioma.labels import GLIOMA
from ssaglioma.networks import build_network
from ssaglioma.packages import read_package, write_package
from ssaglioma.training.batches import PatchBatches
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.epoch_watch import HeldOutWatch
from ssaglioma.training.loop import Trainer
from ssaglioma.training.nnunet_export import export_nnunet
from ssaglioma.training.package import package_run, planned_card, spacing_of
from ssaglioma.training.sampling import Patch, PatchSampler

OFFSETS = (-2.0, 0.0, 2.0)


@pytest.fixture
def numbered_case():
    """Each voxel tells its channel and slice: 100 * channel + slice."""
    numbers = 100 * np.arange(2)[:, None] + np.arange(6)[None]
    image = np.broadcast_to(numbers[:, :, None, None], (2, 6, 16, 16)).astype(np.float16)
    return TrainingCase("numbered", image, np.zeros((6, 16, 16), np.uint8), slice_mm=1.0)


def test_neighbours_are_the_nearest_slices_and_the_last_one_at_the_ends():
    assert neighbours(5, 1.0, OFFSETS).tolist() == [[0, 0, 2], [0, 1, 3], [0, 2, 4], [1, 3, 4], [2, 4, 4]]
    assert neighbours(3, 5.0, OFFSETS).tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]  # thick slices are shown again


def test_a_training_patch_holds_its_slices_one_after_the_other(numbered_case):
    image, labels = PatchSampler([numbered_case], (16, 16), 0.5, OFFSETS).cut(Patch(0, (0, 0), 3))
    assert image[:, 0, 0].tolist() == [1, 101, 3, 103, 5, 105]
    assert labels.shape == (16, 16)


def test_inference_shows_what_training_showed(numbered_case):
    shown = neighbours(6, 1.0, OFFSETS)
    tiles = []

    def forward(batch):
        tiles.append(batch)
        return batch[:, :1]

    predict_slices(numbered_case.image.astype(np.float32), (16, 16), forward, shown=shown, batch_size=4)
    sampler = PatchSampler([numbered_case], (16, 16), 0.5, OFFSETS)
    trained = np.stack([sampler.cut(Patch(0, (0, 0), index))[0] for index in range(6)])
    np.testing.assert_array_equal(np.concatenate(tiles), trained)


def test_a_network_of_several_slices_goes_from_training_to_a_segmentation(tmp_path, source_cases):
    config = TrainingConfig(
        network="small_2d",
        slice_offsets_mm=OFFSETS,
        augmentation="strong",
        epochs=1,
        steps_per_epoch=1,
        batch_size=1,
        precision="fp32",
    )
    assert PatchBatches(source_cases, config, 0, 1)[0][0].shape == (1, 12, 192, 160)
    Trainer(config, source_cases, tmp_path / "run", torch.device("cpu"), workers=0).run()
    words = {"name": "slab", "title": "slab", "training_data": "made up"}
    package_run(tmp_path / "run", tmp_path / "package", **words)
    package = read_package(tmp_path / "package")
    assert package.card.slice_offsets_mm == OFFSETS and package.card.inputs == 12
    image = np.random.default_rng(0).normal(size=(4, 3, 20, 18)).astype(np.float32)
    assert TorchEngine(package, device="cpu").predict(image, (1.0, 1.0, 1.0)).shape == (3, 3, 20, 18)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"slice_offsets_mm": (1.0, 2.0), "augmentation": "quick"}, "slice_offsets_mm.*one 0"),
        ({"slice_offsets_mm": OFFSETS, "augmentation": "quick", "network": "small_3d"}, "3D network"),
        ({"slice_offsets_mm": OFFSETS}, "augmentation is 'nnunet'"),
        ({"spacing_mm": 0.0}, "spacing_mm is 0.0"),
        ({"augmentation": "wild"}, "augmentation is 'wild'"),
    ],
)
def test_a_configuration_without_sense_is_refused(values, words):
    with pytest.raises(DatasetError, match=words):
        TrainingConfig(**values)


def test_a_card_whose_slices_lack_the_labelled_one_is_refused():
    with pytest.raises(ModelPackageError, match="slice_offsets_mm.*one 0"):
        replace(planned_card(TrainingConfig()), slice_offsets_mm=(-1.0, 1.0))


def test_the_watch_shows_a_network_of_several_slices_what_it_was_trained_with(tmp_path, source_cases):
    watch = HeldOutWatch(source_cases[:1], (64, 64), GLIOMA, tmp_path, OFFSETS)
    seen = []

    class Nothing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, image):
            seen.append(image.shape)
            return torch.full((1, 3, *image.shape[2:]), -9.0)

    assert watch(Nothing(), {"epoch": 1})["dice_WT"] == 0.0
    assert set(seen) == {torch.Size((1, 12, 64, 64))}
    assert (tmp_path / "epoch-0001.png").is_file()


def test_a_model_is_trained_on_at_its_own_voxel_size_and_slices():
    for config in (
        TrainingConfig(network="preview_3d", spacing_mm=2.0),
        TrainingConfig(),
        TrainingConfig(spacing_mm=0.5),
    ):
        assert spacing_of(planned_card(config)) == config.spacing_mm


def test_a_network_of_several_slices_is_not_given_to_nnunet(tmp_path):
    config = TrainingConfig(slice_offsets_mm=OFFSETS, augmentation="quick")
    card = replace(planned_card(config), name="slab", title="slab")
    weights = build_network("small_2d", in_channels=card.inputs, out_channels=3).state_dict()
    package = write_package(tmp_path / "slab", card, {name: value.numpy() for name, value in weights.items()})
    with pytest.raises(ModelPackageError, match="'slab' sees 3 slices at once"):
        export_nnunet(package, tmp_path / "results", "Dataset501_Glioma")
