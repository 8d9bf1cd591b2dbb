import pytest
import torch

from ssaglioma.style.encoder_heads import EncoderTask, normalise_activations
from ssaglioma.style.encoders import STYLE_LAYERS, build_encoder


@pytest.fixture
def task():
    torch.manual_seed(0)
    task = EncoderTask(build_encoder("mri_small", frozen=False), contrasts=7, regions=3)
    task(torch.rand(8, 1, 32, 32, generator=torch.Generator().manual_seed(3)))  # running statistics
    return task.eval()


@pytest.fixture
def pictures():
    return torch.rand(3, 1, 48, 64, generator=torch.Generator().manual_seed(1))


def test_each_head_has_the_shape_that_it_promises(task, pictures):
    found = task(pictures)
    shapes = {name: tuple(value.shape) for name, value in found.items()}
    assert shapes == {"picture": (3, 1, 48, 64), "contrast": (3, 7), "scanner": (3, 2), "regions": (3, 3, 12, 16)}


def test_folding_leaves_plain_layers_that_do_the_same(task, pictures):
    before = task(pictures)
    task.fold()
    for name, value in task(pictures).items():
        torch.testing.assert_close(value, before[name], rtol=1e-3, atol=1e-4)
    plain = build_encoder("mri_small", task.encoder.state_dict())
    torch.testing.assert_close(plain(pictures), task.encoder(pictures))
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in task.modules())


def test_contrast_and_scanner_are_told_from_two_statistics_of_240_channels(task):
    assert task.contrast.in_features == task.scanner.in_features == 2 * (16 + 32 + 64 + 128)


def test_contrast_does_not_depend_on_the_place_of_a_texture_far_from_the_border(task):
    picture = torch.zeros(1, 1, 160, 160)
    generator = torch.Generator().manual_seed(2)
    texture = torch.rand(16, 16, generator=generator)
    moved = picture.clone()
    picture[..., 64:80, 64:80] = texture
    moved[..., 80:96, 80:96] = texture  # 16 pixels on: a multiple of all strides
    torch.testing.assert_close(task(picture)["contrast"], task(moved)["contrast"], rtol=1e-4, atol=1e-4)


def test_after_normalisation_mean_activations_are_1_and_the_rebuilt_picture_is_the_same(task, pictures):
    before = task(pictures)["picture"]
    task.fold()
    normalise_activations(task, pictures)
    for layer in task.encoder.features(pictures, (*STYLE_LAYERS, "relu3_3")):
        means = layer.mean((0, 2, 3))
        fires = means > 0
        torch.testing.assert_close(means[fires], torch.ones_like(means[fires]), rtol=1e-3, atol=1e-3)
        assert fires.float().mean() > 0.5
    torch.testing.assert_close(task(pictures)["picture"], before, rtol=1e-3, atol=1e-3)


def test_a_channel_that_never_fires_is_left_alone(task, pictures):
    task.fold()
    with torch.no_grad():
        task.encoder.convs["conv2_1"].weight[4] = 0
        task.encoder.convs["conv2_1"].bias[4] = -1
    normalise_activations(task, pictures)
    assert task.encoder.convs["conv2_1"].bias[4].item() == -1
    assert all(torch.isfinite(value).all() for value in task.state_dict().values())
