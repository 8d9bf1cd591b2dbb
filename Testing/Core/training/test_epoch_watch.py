"""What the course of a training is told by: Dice on fixed held-out patches, composed as a segmentation is."""

import numpy as np
import pytest
import torch
from PIL import Image

from ssaglioma.labels import GLIOMA
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.epoch_watch import HeldOutWatch

PATCH = (24, 20)


class Told(torch.nn.Module):
    """A network that finds what its image holds: WT in channel 0, TC in 1, ET in 2; `everywhere` it finds more."""

    def __init__(self, everywhere=()):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.everywhere = everywhere

    def forward(self, image):
        logits = 20 * (image[:, :3] - 0.5)
        logits[:, list(self.everywhere)] = 20.0
        return logits * self.weight


@pytest.fixture
def case():
    labels = np.zeros((3, 30, 26), np.uint8)
    labels[:, 8:22, 6:20], labels[:, 11:19, 9:17], labels[:, 13:16, 11:14] = 2, 3, 1
    image = np.stack([np.isin(labels, GLIOMA.region_values(name)) for name in GLIOMA.regions])
    labels[:, :2] = OUTSIDE
    return TrainingCase("held-out", np.concatenate([image, image[:1]]).astype(np.float16), labels)


def scores(case, folder, network):
    network.train()
    found = HeldOutWatch([case], PATCH, GLIOMA, folder)(network, {"epoch": 3})
    assert network.training, "the watch leaves the network as it was"
    return found


def test_a_perfect_network_has_dice_1_and_its_picture_shows_both_masks(case, tmp_path):
    assert scores(case, tmp_path, Told()) == {"dice_WT": 1.0, "dice_TC": 1.0, "dice_ET": 1.0}
    picture = np.array(Image.open(tmp_path / "epoch-0003.png"))
    assert picture.shape == (PATCH[0], 3 * PATCH[1], 3)
    parts = np.split(picture, 3, axis=1)
    assert np.array_equal(parts[1], parts[2]) and not np.array_equal(parts[0], parts[1])


def test_a_core_that_is_found_everywhere_counts_against_the_whole_tumor_too(case, tmp_path):
    found = scores(case, tmp_path, Told(everywhere=(1,)))
    assert found["dice_TC"] < found["dice_WT"] < 0.8
    assert found["dice_ET"] == 1.0


def test_the_patches_are_the_same_every_time(case, tmp_path):
    network = Told(everywhere=(2,))
    assert scores(case, tmp_path / "a", network) == scores(case, tmp_path / "b", network)


def test_a_region_that_nobody_finds_and_nothing_holds_has_no_dice(tmp_path):
    labels = np.zeros((2, 30, 26), np.uint8)
    labels[:, 8:22, 6:20] = 2
    image = np.stack([np.isin(labels, GLIOMA.region_values(name)) for name in GLIOMA.regions])
    case = TrainingCase("no core", np.concatenate([image, image[:1]]).astype(np.float16), labels)
    assert scores(case, tmp_path, Told()) == {"dice_WT": 1.0, "dice_TC": None, "dice_ET": None}
