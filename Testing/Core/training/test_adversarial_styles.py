"""Styles that the segmenter's gradient makes harder: batches, moves along the gradient, pairing, and the loop."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.style.building import build_style_network
from ssaglioma.style.epsilon_search import ascent_move
from ssaglioma.training.adversarial_styles import StyledBatches, StyledTrainer, StyleMining, group_and_turn
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.class_loss import class_loss, class_numbers
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.slice_augmentation import SliceAugmentation
from ssaglioma.training.style_bank import StyleBank, StyleSlices, style_slices

CPU = torch.device("cpu")
CONFIG = TrainingConfig(
    network="dru_net_2d_96",
    channels=("bssfp",),
    epochs=2,
    steps_per_epoch=2,
    batch_size=1,
    channel_dropout=0.0,
    precision="fp32",
    warmup_steps=0,
)


@pytest.fixture(scope="module")
def hearts():
    """Two patients of three slices with a bright disc of class 2."""
    cases = []
    rows, columns = np.mgrid[:96, :96] - 48
    for number in range(2):
        generator = np.random.default_rng(number)
        labels = np.repeat((np.hypot(rows, columns) < 20)[None] * np.uint8(2), 3, 0)
        image = 0.2 + 0.5 * (labels > 0) + generator.normal(0, 0.02, labels.shape)
        cases.append(TrainingCase(f"patient{number}", image.clip(0, 1)[None].astype(np.float32), labels))
    return cases


@pytest.fixture(scope="module")
def slices(hearts):
    return style_slices([(case.name, 1 - case.image[0, [0, 2]]) for case in hearts])


@pytest.fixture(scope="module")
def rain_bank(slices):
    torch.manual_seed(0)
    return StyleBank(build_style_network("rain", "mri_small", options={"keep_detail": 1}), slices, CPU)


def test_k_steps_share_a_batch_and_epochs_begin_anew():
    config = TrainingConfig(network="dru_net_2d_96", epochs=5, steps_per_epoch=4)
    mining = StyleMining(iterations=3, warmup_fraction=0.2)
    shown = [group_and_turn(step, config, mining, searched=True) for step in range(12)]
    assert shown[:4] == [(0, 0), (1, 0), (2, 0), (3, 0)], "the first of five epochs warms up"
    assert shown[4:8] == [(4, 0), (4, 1), (4, 2), (5, 0)]
    assert shown[8] == (8, 0), "a new epoch begins with a new batch, so that a resumed run sees the same"
    assert {turn for _, turn in (group_and_turn(step, config, mining, searched=False) for step in range(12))} == {0}


def test_turns_of_a_group_show_the_same_slices_in_the_same_styles(hearts, rain_bank):
    mining = StyleMining(iterations=2, warmup_fraction=0.0)
    batches = StyledBatches(hearts, CONFIG, 0, 4, rain_bank, mining)
    first, second, third = (batches[index] for index in range(3))
    assert all(torch.equal(one, other) for one, other in zip(first[:4], second[:4]))
    assert (int(first[4]), int(second[4]), int(third[4])) == (0, 1, 0)
    assert not torch.equal(first[3], third[3])


def test_the_style_of_the_same_patient_is_the_slice_nearest_in_height(slices):
    assert slices.cases == ("patient0", "patient0", "patient1", "patient1")
    assert (slices.nearest("patient1", 0.4), slices.nearest("patient1", 0.6)) == (2, 3)
    with pytest.raises(DatasetError, match="'patient7' lends no style"):
        slices.nearest("patient7", 0.5)


def test_same_patient_pairing_takes_the_content_s_own_patient(hearts, rain_bank):
    batches = StyledBatches(hearts, CONFIG, 0, 8, rain_bank, StyleMining(pairing="same_patient", warmup_fraction=1.0))
    means = {0: float(hearts[0].image.mean()), 1: float(hearts[1].image.mean())}
    assert means[0] != means[1]
    for index in range(8):
        generator = np.random.default_rng([CONFIG.seed, index])
        place = batches._sampler.draw_batch(generator, 1)[0]
        assert rain_bank.slices.cases[int(batches[index][2])] == hearts[place.case].name


def test_a_move_is_step_over_loss_times_gradient_and_no_longer_than_the_limit():
    gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    moved = ascent_move(2.0, gradient, limit=20.0, step=10.0)
    assert torch.allclose(moved, torch.tensor([[12.0, 16.0], [1.5, 2.0]])), "5 x (3, 4) is 25 long, shortened to 20"


def test_styles_climb_the_segmenters_loss(hearts, rain_bank, tmp_path):
    mining = StyleMining(iterations=3, step=5.0, warmup_fraction=0.0)
    trainer = StyledTrainer(CONFIG, hearts, tmp_path, CPU, CARDIAC_LGE, workers=0, bank=rain_bank, mining=mining)
    torch.manual_seed(0)
    network = trainer.build().train()
    batches = trainer.batches(0, 2)
    loss = trainer.losses(network, batches[0], 0.0)
    loss["loss"].backward()
    before, gradient = trainer._points.detach().clone(), trainer._points.grad.clone()
    trainer.losses(network, batches[1], 0.0)
    change = trainer._points.detach() - before
    expected = ascent_move(
        float(loss["segmentation_loss"].detach()), gradient, mining.longest_step * rain_bank.longest, mining.step
    )
    assert float(change.norm()) > 0 and torch.allclose(change, expected, atol=1e-5)
    assert all(parameter.grad is None for parameter in rain_bank.network.parameters()), "the stylizer stays as it is"


def test_a_run_with_styles_is_resumed_to_the_same_weights(hearts, rain_bank, tmp_path):
    def trainer(folder, **more):
        mining = StyleMining(iterations=2, warmup_fraction=0.0)
        return StyledTrainer(
            CONFIG, hearts, tmp_path / folder, CPU, CARDIAC_LGE, workers=0, bank=rain_bank, mining=mining, **more
        )

    whole = trainer("whole").run().state_dict()
    trainer("parts", should_stop=lambda: True).run()
    found = trainer("parts").run().state_dict()
    assert all(torch.equal(whole[name], found[name]) for name in whole)


def test_stylised_pictures_stay_within_the_unit_range_and_keep_their_order(rain_bank, hearts):
    content = torch.from_numpy(hearts[0].image[:, :1])
    point = rain_bank.points(torch.tensor([0]), torch.zeros(1, rain_bank.noise_size))
    made = rain_bank.stylised(content, 50 * point)
    assert float(made.min()) >= 0 and float(made.max()) <= 1
    assert (made < 1).float().mean() > 0.5, "a picture above 1 is scaled down, not cut flat"


def test_class_loss_is_zero_for_a_sure_and_right_answer_and_counts_padding_as_background():
    labels = torch.tensor([[[0, 1], [2, OUTSIDE]]], dtype=torch.uint8)
    classes = class_numbers(labels, CARDIAC_LGE)
    assert classes.tolist() == [[[0, 1], [2, 0]]]
    sure = torch.nn.functional.one_hot(classes, 4).permute(0, 3, 1, 2) * 60.0
    assert float(class_loss(sure, classes)) == pytest.approx(0, abs=1e-4), "class 3, in neither, counts as right"
    assert float(class_loss(-sure, classes)) > 10
    with pytest.raises(ValueError, match="up to 9"):
        class_numbers(torch.tensor([9]), CARDIAC_LGE)


def test_slices_move_with_their_labels_and_keep_their_intensities():
    augment = SliceAugmentation((96, 96))
    image, labels = np.full((1, 96, 96), 0.5, np.float32), np.zeros((96, 96), np.uint8)
    labels[30:60, 40:70] = 3
    image[0, 30:60, 40:70] = 1.0
    moved = False
    for seed in range(6):
        picture, classes = augment(image, labels, seed)
        again = augment(image, labels, seed)
        assert np.array_equal(picture, again[0]) and np.array_equal(classes, again[1])
        inside = classes == 3
        assert picture[0][inside].mean() > 0.95 and picture[0][classes == 0].mean() < 0.55
        moved |= not np.array_equal(classes, labels)
    assert moved


def test_style_slices_need_their_cases():
    with pytest.raises(DatasetError, match="2 style pictures of 1 named cases"):
        StyleSlices(np.zeros((2, 8, 8), np.float32), ("a",), np.zeros(2))
