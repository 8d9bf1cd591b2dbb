"""Style transfer by optimisation: published settings, the loss against a second implementation, convergence."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.feature_statistics import gram_matrix
from ssaglioma.style.gatys import GatysConfig, GatysStylizer, paper_settings, resized, settings_for
from ssaglioma.style.pictures import slice_pictures
from ssaglioma.types import no_progress

LAYERS = ("relu1_1", "relu2_1")


@pytest.fixture
def encoder():
    return build_encoder("mri_small")


def config_of(**changes):
    return GatysConfig(**{"content_layer": "relu2_2", "style_layers": LAYERS, "steps": 20, **changes})


def test_the_published_settings():
    settings = paper_settings()
    assert settings.content_layer == "relu5_2"
    assert settings.style_layers == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    assert (settings.content_weight, settings.style_weight, settings.tv_weight) == (1e4, 1e-2, 30.0)
    assert (settings.learning_rate, settings.beta1, settings.epsilon) == (0.02, 0.99, 0.1)
    assert (settings.steps, settings.longest_side, settings.channels) == (1000, 512, 3)
    assert settings.boundary_weight == 0 and not settings.relative and not settings.by_foreground


def test_the_published_layers_exist_in_vgg19():
    settings = paper_settings()
    encoder = build_encoder("vgg19_conv5")
    features = encoder.features(torch.rand(1, 1, 32, 32), (settings.content_layer, *settings.style_layers))
    assert [one.shape[1] for one in features] == [512, 64, 128, 256, 512, 512]


def test_the_published_loss_by_a_second_implementation(encoder):
    """10^4 * content + 10^-2 / n * sum of Gram differences + 30 * sum of absolute neighbour differences."""
    config = config_of(
        content_weight=1e4, style_weight=1e-2, tv_weight=30.0, boundary_weight=0.0, relative=False, feature_scale=2.0,
        channels=3,
    )  # fmt: skip
    stylizer = GatysStylizer(network=encoder, config=config)
    gray, start = torch.rand(1, 1, 20, 24), torch.rand(1, 1, 20, 24)
    picture = gray
    target = 2 * encoder.features(start, ("relu2_2",))[0]
    grams = [torch.rand(1, 16, 16), torch.rand(1, 32, 32)]
    one, two, content = (2 * part for part in encoder.features(picture, (*LAYERS, "relu2_2")))
    expected = 1e4 * (content - target).square().mean()
    for features, gram in zip((one, two), grams):
        flat = features[0].flatten(1)
        expected = expected + 1e-2 / 2 * (flat @ flat.T / flat.shape[1] - gram[0]).square().mean()
    expected = expected + 30 * (picture.diff(dim=2).abs().sum() + picture.diff(dim=3).abs().sum())
    torch.testing.assert_close(stylizer.loss(picture, start, target, grams), expected)


def test_the_loss_falls_and_the_grams_draw_nearer(encoder, content, style):
    stylizer = GatysStylizer(network=encoder, config=config_of(steps=40, content_weight=0.1, boundary_weight=0.0))
    wanted = stylizer._summarise([slice_pictures(style, "style")])
    start = torch.from_numpy(slice_pictures(content, "content").unit)[None].clamp(0, 1)
    made = stylizer.optimised(start, wanted, no_progress)
    share = float((start > 0).float().mean()) / wanted.foreground_share

    def distance(picture):
        features = encoder.features(picture, LAYERS)
        return sum(
            float((gram_matrix(one) - share * gram).square().mean()) for one, gram in zip(features, wanted.grams)
        )

    assert distance(made) < 0.5 * distance(start)
    assert made.min() >= 0 and made.max() <= 1


def test_gram_targets_follow_the_share_of_foreground(encoder, content):
    """The content as its own style, in a wider frame, is already there: nothing is left to change."""
    frame = np.pad(content, 40)
    stylizer = GatysStylizer(network=encoder, config=config_of(steps=2))
    style = stylizer._summarise([slice_pictures(frame, "style")])
    assert 0.3 < style.foreground_share <= 1.0
    result = stylizer.stylize(content, frame)
    np.testing.assert_allclose(result, content, atol=0.12 * content.max())


def test_the_mean_of_a_style_set_is_the_mean_gram(encoder, style, slice_of):
    stylizer = GatysStylizer(network=encoder, config=config_of())
    pictures = [slice_pictures(one, "style") for one in (style, slice_of(seed=6))]
    each = [stylizer._summarise([one]).grams[1] for one in pictures]
    torch.testing.assert_close(stylizer._summarise(pictures).grams[1], (each[0] + each[1]) / 2)


def test_settings_fit_the_encoder():
    assert settings_for(build_encoder("mri_small")).content_layer == "relu4_1"
    assert len(settings_for(build_encoder("mri_small")).style_layers) == 4
    assert settings_for(build_encoder("vgg19_conv5")) == GatysConfig()


def test_layers_that_the_encoder_lacks_are_refused(encoder, content, style):
    with pytest.raises(ModelPackageError, match="relu5_1"):
        GatysStylizer(network=encoder, config=paper_settings()).stylize(content, style)


def test_resizing_sets_the_longer_edge():
    assert resized(torch.rand(1, 1, 30, 60), 512).shape[2:] == (256, 512)
    assert resized(torch.rand(1, 1, 30, 60), None).shape[2:] == (30, 60)


def test_a_resized_run_gives_back_the_size_of_the_content(encoder, content, style):
    stylizer = GatysStylizer(network=encoder, config=config_of(steps=1, longest_side=64, channels=1))
    assert stylizer.stylize(content, style).shape == content.shape


def test_impossible_settings_are_refused():
    for wrong in ({"steps": 0}, {"channels": 2}, {"tv_weight": -1.0}, {"style_layers": ()}):
        with pytest.raises(DatasetError, match="Style transfer with"):
            config_of(**wrong)
