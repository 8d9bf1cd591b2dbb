"""AdaConv's parts against grouped convolutions by hand, and the parameter counts of its layer table."""

import pytest
import torch
from torch.nn import functional

from ssaglioma.errors import GeometryError, ModelPackageError
from ssaglioma.style.adaconv import build_adaconv, centred
from ssaglioma.style.feature_statistics import normalised
from ssaglioma.style.kernel_prediction import (
    KernelPredictor,
    StyleDescriptor,
    composed_kernels,
    instance_statistics,
    predicted_convolution,
)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def full_network():
    return build_adaconv("vgg19")


@pytest.fixture(scope="module")
def small_network():
    torch.manual_seed(5)
    return build_adaconv(style_edge=64)


def test_the_trained_parameters_with_vgg19(full_network):
    assert count(full_network) - count(full_network.encoder) == 59_320_323
    assert count(full_network.descriptor) == 44_832_768
    assert [count(one) for one in full_network.predictors] == [2_885_120, 2_753_792, 2_688_128, 2_655_296]


def test_groups_and_convolutions_of_the_four_scales(full_network):
    groups = [one.channels // one.per_group for one in full_network.predictors]
    assert groups == [512, 128, 32, 8]
    assert [len(stage) for stage in full_network.stages] == [1, 4, 2, 2]


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_predicted_kernels_have_the_papers_shapes(kernel_size):
    predictor = KernelPredictor(descriptor_channels=6, channels=8, groups=2, kernel_size=kernel_size)
    spatial, pointwise, bias = predictor(torch.randn(3, 6, kernel_size, kernel_size))
    assert spatial.shape == (3, 8, 4, kernel_size, kernel_size)
    assert pointwise.shape == (3, 8, 4, 1, 1) and bias.shape == (3, 8)


def test_pointwise_kernel_and_bias_come_from_the_mean_descriptor():
    predictor = KernelPredictor(descriptor_channels=2, channels=2, groups=2, kernel_size=3)
    descriptor = torch.randn(1, 2, 3, 3)
    _, pointwise, bias = predictor(descriptor)
    pooled = descriptor.mean((2, 3))
    expected = predictor.pointwise.weight[:, :, 0, 0] @ pooled[0] + predictor.pointwise.bias
    torch.testing.assert_close(pointwise.flatten(), expected)
    torch.testing.assert_close(bias[0], predictor.bias.weight[:, :, 0, 0] @ pooled[0] + predictor.bias.bias)


@pytest.mark.parametrize(("groups", "kernel_size", "styles"), [(8, 3, 3), (2, 3, 3), (4, 5, 3), (2, 3, 1)])
def test_each_picture_is_convolved_by_its_own_kernels(groups, kernel_size, styles):
    """Second implementation: picture by picture, first the spatial, then the pointwise convolution."""
    features = torch.randn(3, 8, 9, 7)
    predictor = KernelPredictor(descriptor_channels=5, channels=8, groups=groups, kernel_size=kernel_size)
    spatial, pointwise, bias = kernels = predictor(torch.randn(styles, 5, kernel_size, kernel_size))
    made = predicted_convolution(features, kernels)
    for index in range(3):
        own = index if styles == 3 else 0
        padded = functional.pad(features[index : index + 1], (kernel_size // 2,) * 4, mode="reflect")
        value = functional.conv2d(padded, spatial[own], groups=groups)
        value = functional.conv2d(value, pointwise[own], bias[own], groups=groups)
        torch.testing.assert_close(made[index : index + 1], value, atol=1e-4, rtol=1e-4)


def test_composed_kernels_by_hand():
    """One group of two channels, 1 x 1: the product of two matrices."""
    spatial = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 2, 2, 1, 1)
    pointwise = torch.tensor([[0.0, 1.0], [2.0, 5.0]]).view(1, 2, 2, 1, 1)
    made = composed_kernels((spatial, pointwise, torch.zeros(1, 2)))
    assert made.view(2, 2).tolist() == [[3.0, 4.0], [17.0, 24.0]]


def test_one_kernel_by_hand():
    """A kernel of ones sums 3 x 3 neighbours; at the corner of 0 .. 8 rows and columns are reflected: 1 0 1."""
    features = torch.arange(9.0).view(1, 1, 3, 3)
    kernels = torch.ones(1, 1, 1, 3, 3), torch.full((1, 1, 1, 1, 1), 2.0), torch.tensor([[0.5]])
    made = predicted_convolution(features, kernels)[0, 0]
    assert made[1, 1].item() == 2 * 36 + 0.5
    assert made[0, 0].item() == 2 * (4 + 3 + 4 + 1 + 0 + 1 + 4 + 3 + 4) + 0.5


def test_instance_statistics_are_those_of_instance_normalisation():
    features = torch.randn(2, 3, 6, 5)
    torch.testing.assert_close(
        normalised(features, *instance_statistics(features)), functional.instance_norm(features), atol=1e-5, rtol=1e-5
    )


def test_the_descriptor_takes_one_size_only():
    descriptor = StyleDescriptor(channels=4, edge=16, kernel_size=3)
    assert descriptor(torch.rand(2, 4, 16, 16)).shape == (2, 4, 3, 3)
    with pytest.raises(GeometryError, match=r"\(1, 4, 24, 24\)"):
        descriptor(torch.rand(1, 4, 24, 24))


def test_styles_of_any_size_are_cut_or_padded_about_their_middle(small_network):
    picture = torch.rand(1, 1, 48, 72)
    made = centred(picture, 64)
    assert made.shape == (1, 1, 64, 64)
    torch.testing.assert_close(made[:, :, 8:56], picture[..., 4:68])
    assert not made[:, :, :8].any()
    assert small_network.encode_style(picture).shape == (1, 128 * 9)


def test_the_descriptor_as_a_row_gives_the_same_kernels(small_network):
    style = torch.rand(1, 1, 64, 64)
    descriptor = small_network.descriptor(small_network.encoder(style))
    for one, other in zip(
        small_network.kernels(small_network.encode_style(style))[2], small_network.predictors[2](descriptor)
    ):
        torch.testing.assert_close(one, other)


def test_the_anchor_of_the_content_itself_changes_nothing(small_network):
    content, code = torch.rand(1, 1, 32, 40), small_network.encode_style(torch.rand(1, 1, 64, 64))
    anchor = small_network.anchor(content, code)
    assert len(anchor) == 4
    torch.testing.assert_close(small_network(content, code, anchor), small_network(content, code))


def test_styles_differ_and_gradients_reach_every_trained_weight(small_network):
    content, styles = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 64, 64)
    code = small_network.encode_style(styles)
    made = small_network(content, code)
    assert made.shape == content.shape
    assert not torch.allclose(small_network(content, code.flip(0)), made, rtol=1e-3)
    made.square().mean().backward()
    idle = [name for name, one in small_network.named_parameters() if one.requires_grad and one.grad is None]
    assert idle == []
    small_network.zero_grad()


def test_other_kernels_and_style_sizes_are_refused():
    with pytest.raises(ModelPackageError, match="kernels of 4"):
        build_adaconv(kernel_size=4)
    with pytest.raises(ModelPackageError, match="style pictures of 100"):
        build_adaconv(style_edge=100)
