"""Layer tables, parameter counts, and weights in three naming schemes, against a plain second implementation."""

import pytest
import torch
from torch import nn

from ssaglioma.errors import ModelPackageError
from ssaglioma.style.decoders import MirrorDecoder, mirrored_widths, upsampled
from ssaglioma.style.encoders import (
    ENCODERS,
    STYLE_LAYERS,
    build_encoder,
    normalised_places,
    our_names,
    torchvision_places,
)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def torchvision_features(widths, convs):
    """VGG-19's `features` up to a layer as torchvision lays it out (but with reflection padding)."""
    layers, channels = [], 3
    for stage, (width, number) in enumerate(zip(widths, convs)):
        layers += [nn.MaxPool2d(2, ceil_mode=True)] if stage else []
        for _ in range(number):
            layers += [nn.Conv2d(channels, width, 3, padding=1, padding_mode="reflect"), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


def normalised_modules():
    """The first 31 modules of AdaIN's normalised VGG-19, padding apart from convolution."""
    layers, channels = [nn.Conv2d(3, 3, 1)], 3
    for stage, (width, number) in enumerate(zip((64, 128, 256, 512), (2, 2, 4, 1))):
        layers += [nn.MaxPool2d(2, 2, 0, ceil_mode=True)] if stage else []
        for _ in range(number):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, width, 3), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


@pytest.fixture
def picture():
    return torch.rand(2, 1, 37, 29)


def test_the_layers_of_vgg19_to_relu4_1():
    assert ENCODERS["vgg19"].layers == (
        "conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4", "conv4_1",
    )  # fmt: skip


def test_the_layers_of_vgg16_to_relu4_1():
    assert ENCODERS["vgg16"].layers == (
        "conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv4_1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("vgg19", 3_505_728),
        ("vgg19_normalised", 3_505_740),
        ("vgg19_conv5", 15_304_768),
        ("vgg16", 2_915_648),
        ("vgg16_unit", 2_915_648),
        ("mri_small", 219_504),
    ],
)
def test_parameter_counts_of_the_encoders(name, parameters):
    """By hand for VGG-19: sum of 9 * in * out + out, 1,792 in the first layer to 1,180,160 in conv4_1.

    VGG-16 lacks conv3_4, 590,080.
    """
    assert count(build_encoder(name)) == parameters


def test_positions_in_torchvisions_file():
    places = torchvision_places(ENCODERS["vgg19_conv5"])
    assert list(places.values()) == [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30]


def test_positions_in_the_normalised_file():
    places = normalised_places(ENCODERS["vgg19_normalised"])
    assert list(places.values()) == [2, 5, 9, 12, 16, 19, 22, 25, 29]
    assert len(normalised_modules()) == 31


def test_shapes_of_the_style_layers_at_224():
    encoder = build_encoder("mri_small")
    shapes = [tuple(one.shape[1:]) for one in encoder.features(torch.rand(1, 1, 224, 224), STYLE_LAYERS)]
    assert shapes == [(16, 224, 224), (32, 112, 112), (64, 56, 56), (128, 28, 28)]


def test_odd_sizes_round_up(picture):
    shapes = [tuple(one.shape[2:]) for one in build_encoder("mri_small").features(picture, STYLE_LAYERS)]
    assert shapes == [(37, 29), (19, 15), (10, 8), (5, 4)]


def test_torchvisions_weights_give_torchvisions_features(picture):
    judge = torchvision_features((64, 128, 256, 512), (2, 2, 4, 1))
    state = {f"features.{key}": value for key, value in judge.state_dict().items()}
    state["features.21.weight"] = torch.zeros(512, 512, 3, 3)  # later layers are left out
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    colours = (picture.expand(-1, 3, -1, -1) - mean.view(3, 1, 1)) / sd.view(3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(build_encoder("vgg19", state)(picture), judge(colours))


def test_normalised_weights_give_the_features_of_the_31_modules(picture):
    judge = normalised_modules()
    with torch.no_grad():
        ours = build_encoder("vgg19_normalised", judge.state_dict())(picture)
        torch.testing.assert_close(ours, judge(picture.expand(-1, 3, -1, -1)))


def keras_state(judge):
    """The names that an ONNX file made from a Keras VGG-16 has, with layers that no encoder here needs."""
    places = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 1)]
    convolutions = [module for module in judge if isinstance(module, nn.Conv2d)]
    state = {"functional_1/dense_1/MatMul:0": torch.zeros(7, 4), "functional_1/dense_1/BiasAdd:0": torch.zeros(4)}
    for (block, number), module in zip(places, convolutions, strict=True):
        name = f"functional_1/block{block}_conv{number}_1"
        state[f"{name}/convolution/ReadVariableOp:0"] = module.weight.detach()
        state[f"{name}/Squeeze:0"] = module.bias.detach()
    state["functional_1/block5_conv1_1/Squeeze:0"] = torch.zeros(512)
    return state


def test_keras_weights_give_the_features_of_blue_green_red_less_their_means(picture):
    judge = torchvision_features((64, 128, 256, 512), (2, 2, 3, 1))
    colours = torch.rand(2, 3, 37, 29)
    mean = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    encoder = build_encoder("vgg16", keras_state(judge))
    with torch.no_grad():
        torch.testing.assert_close(encoder(colours), judge(255 * colours[:, [2, 1, 0]] - mean), rtol=1e-4, atol=1e-2)
        gray = 255 * picture.expand(-1, 3, -1, -1) - mean
        torch.testing.assert_close(encoder(picture), judge(gray), rtol=1e-4, atol=1e-2)


def test_keras_weights_can_be_fed_as_the_package_does(picture):
    judge = torchvision_features((64, 128, 256, 512), (2, 2, 3, 1))
    with torch.no_grad():
        ours = build_encoder("vgg16_unit", keras_state(judge))(picture)
        torch.testing.assert_close(ours, judge(picture.expand(-1, 3, -1, -1)))


def test_keras_weights_of_another_depth_are_refused():
    judge = torchvision_features((64, 128, 256, 512), (2, 2, 3, 1))
    with pytest.raises(ModelPackageError, match="do not fit the encoder 'vgg19'"):
        build_encoder("vgg19", keras_state(judge))


def test_our_own_names_pass_through(picture):
    first = build_encoder("mri_small")
    second = build_encoder("mri_small", first.state_dict())
    assert our_names(first.state_dict(), ENCODERS["mri_small"]).keys() == first.state_dict().keys()
    torch.testing.assert_close(second(picture), first(picture))


def test_layers_come_in_the_order_asked_for_with_and_without_relu(picture):
    encoder = build_encoder("mri_small")
    relu, plain = encoder.features(picture, ("relu3_2", "conv1_1"))
    assert relu.shape[1] == 64 and plain.shape[1] == 16
    assert relu.min() >= 0 and plain.min() < 0


def test_the_weights_are_frozen_unless_asked_otherwise():
    assert not any(parameter.requires_grad for parameter in build_encoder("mri_small").parameters())
    assert all(parameter.requires_grad for parameter in build_encoder("mri_small", frozen=False).parameters())


def test_average_pooling_can_be_chosen():
    encoder = build_encoder("mri_small", pooling="average")
    assert encoder._halved(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])).item() == 3.0


def test_wrong_weights_names_and_layers_are_refused(picture):
    with pytest.raises(ModelPackageError, match="'vgg99' is not known"):
        build_encoder("vgg99")
    with pytest.raises(ModelPackageError, match="do not fit the encoder 'vgg19'"):
        build_encoder("vgg19", build_encoder("mri_small").state_dict())
    with pytest.raises(ModelPackageError, match="do not fit"):
        build_encoder("vgg19", {"features.0.weight": torch.zeros(64, 3, 3, 3)})
    with pytest.raises(ModelPackageError, match=r"no layer \['relu5_1'\]"):
        build_encoder("mri_small").features(picture, ("relu5_1",))


def test_the_decoder_mirrors_vgg19_in_nine_convolutions():
    table = mirrored_widths(ENCODERS["vgg19"])
    assert table == [
        [(512, 256)],
        [(256, 256), (256, 256), (256, 256), (256, 128)],
        [(128, 128), (128, 64)],
        [(64, 64), (64, 3)],
    ]
    assert sum(map(len, table)) == 9
    assert count(MirrorDecoder(ENCODERS["vgg19"])) == 3_505_219


def test_the_decoder_gives_eight_times_the_size_and_is_linear_at_the_end():
    made = MirrorDecoder(ENCODERS["mri_small"])(torch.randn(2, 128, 3, 4))
    assert made.shape == (2, 1, 24, 32)
    assert made.min() < 0


def test_upsampling_repeats_each_value():
    assert upsampled(torch.tensor([[[[1.0, 2.0]]]])).tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
