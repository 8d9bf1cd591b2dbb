"""The published networks, layer by layer: shapes come from torch's meta device, so full sizes cost nothing."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from ssaglioma.networks import CONFIGURATIONS, DilatedDRUNet, DRUNet, FutregaUNet, OptimizedUNet, build_network

PUBLISHED = [name for name in CONFIGURATIONS if not name.startswith(("nnunet", "small"))]


def parameters(module) -> int:
    return sum(tensor.numel() for tensor in module.parameters())


def shapes_of_modules(network, image_shape):
    """Return the output shape (batch left out) of every sub-module by name."""
    network, shapes = network.to("meta").eval(), {}

    def note(name):
        def hook(module, inputs, output):
            if isinstance(output, torch.Tensor):
                shapes[name] = tuple(output.shape[1:])

        return hook

    for name, module in network.named_modules():
        module.register_forward_hook(note(name))
    network(torch.empty(1, *image_shape, device="meta"))
    return shapes


@pytest.fixture
def small_optimized():
    torch.manual_seed(0)
    return OptimizedUNet(dims=2, in_channels=2, out_channels=3, width=1)


@pytest.fixture
def small_dru():
    torch.manual_seed(0)
    return DRUNet(dims=2, in_channels=1, out_channels=2, width=2, depth=3)


@pytest.mark.parametrize(("name", "count"), [("optimized_unet_3d", 50_687_817), ("optimized_unet_3d_nf8", 3_171_417)])
def test_the_optimized_unet_has_the_published_number_of_parameters(name, count):
    assert parameters(build_network(name, in_channels=4, out_channels=3)) == count


def test_the_optimized_unet_splits_its_parameters_as_published():
    network = build_network("optimized_unet_3d", in_channels=4, out_channels=3)
    assert (parameters(network.encoder), parameters(network.decoder)) == (25_086_912, 25_600_905)


def test_the_optimized_unet_has_the_published_layer_table():
    shapes = shapes_of_modules(OptimizedUNet(dims=3, in_channels=4, out_channels=3, width=32), (4, 128, 192, 128))
    encoder = [shapes[f"encoder.levels.{level}"] for level in range(7)]
    assert encoder == [
        (64, 128, 192, 128),
        (96, 64, 96, 64),
        (128, 32, 48, 32),
        (192, 16, 24, 16),
        (256, 8, 12, 8),
        (384, 4, 6, 4),
        (512, 2, 3, 2),
    ]
    for level, features in zip(range(1, 7), encoder):
        assert shapes[f"decoder.up{level}"] == shapes[f"decoder.block{level}"] == features
    assert [shapes[f"decoder.head{level}"] for level in (3, 2, 1)] == [
        (3, 32, 48, 32),
        (3, 64, 96, 64),
        (3, 128, 192, 128),
    ]


def test_its_finest_levels_take_the_three_probability_maps_of_the_level_below(small_optimized):
    assert [small_optimized.decoder.get_submodule(f"up{level}")[0].in_channels for level in (3, 2, 1)] == [6, 3, 3]
    seen = {}
    for name in ("head3", "head2"):
        small_optimized.decoder.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: seen.update({name: output})
        )
    for name in ("up2", "up1"):
        small_optimized.decoder.get_submodule(name).register_forward_pre_hook(
            lambda module, inputs, name=name: seen.update({name: inputs[0]})
        )
    with torch.inference_mode():
        chain = small_optimized.forward_chain(torch.randn(1, 2, 128, 64))
    assert [tuple(scale.shape[2:]) for scale in chain] == [(128, 64), (64, 32), (32, 16)]
    assert torch.equal(seen["up2"], torch.sigmoid(seen["head3"])) and torch.equal(seen["head3"], chain[2])
    assert torch.equal(seen["up1"], torch.sigmoid(seen["head2"])) and torch.equal(seen["head2"], chain[1])


def test_only_the_finest_of_the_chained_outputs_enters_the_loss(small_optimized):
    image = torch.randn(1, 2, 128, 64)
    scales = small_optimized.forward_scales(image)
    assert len(scales) == 1 and torch.equal(scales[0], small_optimized.forward_chain(image)[0])


def test_its_norms_have_neither_weights_nor_running_statistics(small_optimized):
    norms = [module for module in small_optimized.modules() if isinstance(module, nn.InstanceNorm2d)]
    assert len(norms) == 2 * 7 + 3 * 6
    assert not any(norm.affine or norm.track_running_stats for norm in norms)


def test_its_upsampling_is_a_dilated_transposed_convolution(small_optimized):
    up = small_optimized.decoder.up6[0]
    assert (up.kernel_size, up.stride, up.padding) == ((2, 2), (2, 2), (1, 1))
    assert (up.output_padding, up.dilation) == ((1, 1), (2, 2))


def futrega_parameters(channels, dims, inputs, outputs):
    """The sum of the layer table: no biases but the heads', affine norms before every convolution but the first."""
    voxels = 3**dims
    total = voxels * inputs * channels[0] + 2 * channels[0] + voxels * channels[0] ** 2
    for above, here in pairwise(channels):
        total += 2 * above + voxels * above * here + 2 * here + voxels * here**2
        total += 2 * (above + here) + voxels * (above + here) * above + 2 * above + voxels * above**2
    return total + sum(outputs * here + outputs for here in channels[:3])


@pytest.mark.parametrize("name", ["futrega_2d", "futrega_3d"])
def test_the_futrega_network_has_the_parameters_of_its_layer_table(name):
    configuration = CONFIGURATIONS[name]
    expected = futrega_parameters(configuration.channels, configuration.dims, 5, 3)
    with torch.device("meta"):
        assert parameters(build_network(name, in_channels=4, out_channels=3)) == expected


def test_the_futrega_network_reaches_four_voxels_at_1024_channels():
    with torch.device("meta"):
        network = build_network("futrega_3d", in_channels=4, out_channels=3)
    shapes = shapes_of_modules(network, (4, 128, 128, 128))
    assert shapes["encoder.input_block"] == (64, 128, 128, 128)
    assert [shapes[f"encoder.levels.{level}"] for level in range(5)] == [
        (128, 64, 64, 64),
        (256, 32, 32, 32),
        (512, 16, 16, 16),
        (768, 8, 8, 8),
        (1024, 4, 4, 4),
    ]
    assert shapes["decoder.levels.0"] == (64, 128, 128, 128) and shapes["decoder.heads.0"] == (3, 128, 128, 128)


def test_the_futrega_network_is_supervised_at_three_scales():
    network = FutregaUNet(dims=2, in_channels=2, out_channels=3, channels=(4, 6, 8, 10))
    image = torch.randn(2, 2, 16, 24)
    scales = network.forward_scales(image)
    assert [tuple(scale.shape) for scale in scales] == [(2, 3, 16, 24), (2, 3, 8, 12), (2, 3, 4, 6)]
    assert torch.equal(network(image), scales[0])
    assert CONFIGURATIONS["futrega_3d"].scale_weights == pytest.approx((8 / 15, 4 / 15, 2 / 15))


def test_the_foreground_channel_is_the_brain_or_read_literally_the_tissue_above_the_mean():
    image = torch.tensor([[[[0.0, -1.0, 2.0]], [[0.0, 3.0, 1.0]]]])
    of = {
        reading: FutregaUNet(dims=2, in_channels=2, out_channels=1, channels=(4, 4, 4), foreground=reading)
        for reading in ("brain", "above_mean", "none")
    }
    assert of["brain"].with_foreground(image)[0, 2].tolist() == [[0.0, 1.0, 1.0]]
    assert of["above_mean"].with_foreground(image)[0, 2].tolist() == [[0.0, 0.0, 1.0]]
    assert torch.equal(of["none"].with_foreground(image), image)


@pytest.mark.parametrize(("inputs", "outputs", "count"), [(1, 2, 3_113_248), (3, 4, 3_114_848)])
def test_dru_net_has_the_published_number_of_parameters(inputs, outputs, count):
    assert parameters(DRUNet(dims=2, in_channels=inputs, out_channels=outputs)) == count


def test_dru_net_has_the_published_layer_table():
    shapes = shapes_of_modules(DRUNet(dims=2, in_channels=1, out_channels=4), (1, 224, 224))
    assert shapes["encoder.stem"] == (16, 224, 224)
    assert [shapes[f"encoder.levels.{level}"] for level in range(5)] == [
        (32, 224, 224),
        (64, 112, 112),
        (128, 56, 56),
        (256, 28, 28),
        (512, 14, 14),
    ]
    assert [shapes[f"decoder.levels.{level}"] for level in range(4)] == [
        (128, 28, 28),
        (64, 56, 56),
        (32, 112, 112),
        (16, 224, 224),
    ]
    network = DRUNet(dims=2, in_channels=1, out_channels=4)
    assert [level.up[0].in_channels for level in network.decoder.levels] == [512, 128, 64, 32]
    assert network.decoder.head.bias is None and network.encoder.stem[0].kernel_size == (7, 7)


def test_a_dual_path_block_sums_both_paths_and_keeps_its_input(small_dru):
    block = small_dru.encoder.levels[1].eval()
    image = torch.randn(1, 4, 5, 7)
    with torch.inference_mode():
        first = block.first(image)
        expected = (block.second(first.clamp(min=0)) + first + image).clamp(min=0)
        result = block(image)
    assert torch.allclose(result[:, :4], expected, atol=1e-6) and torch.equal(result[:, 4:], image)


def test_dru_net_draws_weights_within_two_sigma(small_dru):
    convolution = small_dru.decoder.levels[0].first[0]
    sigma = math.sqrt(2 / (9 * convolution.out_channels))
    assert convolution.weight.abs().max() <= 2 * sigma
    assert float(convolution.weight.detach().std()) == pytest.approx(0.88 * sigma, rel=0.15)
    assert not convolution.bias.any()


def test_the_relu_on_the_logits_is_optional(small_dru):
    image = torch.randn(1, 1, 8, 8)
    bare = small_dru.eval()(image)
    small_dru.decoder._head_relu = True
    assert (bare < 0).any() and torch.equal(small_dru(image), bare.clamp(min=0))


def test_the_dilated_variant_has_the_published_number_of_parameters():
    assert parameters(DilatedDRUNet(dims=2, in_channels=3, out_channels=4)) == 13_483_844


def test_the_dilated_variant_has_the_published_layers():
    network = DilatedDRUNet(dims=2, in_channels=3, out_channels=4)
    assert [layer.dilation for layer in network.encoder.bottleneck.layers] == [(1, 1), (2, 2), (4, 4), (8, 8)]
    shapes = shapes_of_modules(network, (3, 224, 224))
    assert [shapes[f"encoder.blocks.{level}"] for level in range(4)] == [
        (32, 224, 224),
        (64, 112, 112),
        (128, 56, 56),
        (256, 28, 28),
    ]
    assert shapes["encoder.bottleneck"] == (512, 14, 14)
    assert "encoder.merges.0" not in shapes, "the first merge takes no part in the result"
    assert shapes["encoder.merges.2"] == (128, 56, 56)
    assert [shapes[f"decoder.blocks.{level}"] for level in range(4)] == [
        (256, 28, 28),
        (128, 56, 56),
        (64, 112, 112),
        (32, 224, 224),
    ]


def test_the_dilated_bottleneck_sums_its_four_outputs():
    network = DilatedDRUNet(dims=2, in_channels=1, out_channels=2, width=1)
    image = torch.randn(1, 8, 9, 7)
    bottleneck = network.encoder.bottleneck
    expected, current = torch.zeros(1, 16, 9, 7), image
    for layer in bottleneck.layers:
        current = nn.LeakyReLU(0.01)(layer(current))
        expected = expected + current
    assert torch.allclose(bottleneck(image), expected, atol=1e-6)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_network_gives_logits_of_its_patch_size(name):
    configuration = CONFIGURATIONS[name]
    with torch.device("meta"):
        network = build_network(name, in_channels=4, out_channels=3).eval()
        scales = network.forward_scales(torch.empty(1, 4, *configuration.patch))
    assert scales[0].shape == (1, 3, *configuration.patch)
    assert configuration.scale_weights is None or len(configuration.scale_weights) == len(scales)


@pytest.mark.parametrize("name", list(CONFIGURATIONS))
def test_all_weights_lie_in_encoder_and_decoder_and_the_latent_has_its_channels(name):
    configuration = CONFIGURATIONS[name]
    with torch.device("meta"):
        network = build_network(name, in_channels=4, out_channels=3)
    names = [key for key, _ in network.named_parameters()] + [key for key, _ in network.named_buffers()]
    assert {key.split(".")[0] for key in names} == {"encoder", "decoder"}
    module, channels = configuration.latent
    assert shapes_of_modules(network, (4, *configuration.patch))[module][0] == channels


@pytest.mark.parametrize("name", list(CONFIGURATIONS))
def test_every_configuration_names_its_source(name):
    assert any(word in CONFIGURATIONS[name].citation for word in ("20", "SSAGlioma"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: OptimizedUNet(dims=4, in_channels=1, out_channels=1, width=1),
        lambda: DRUNet(dims=2, in_channels=1, out_channels=1, depth=1),
        lambda: FutregaUNet(dims=2, in_channels=1, out_channels=1, channels=(4, 4)),
        lambda: FutregaUNet(dims=2, in_channels=1, out_channels=1, channels=(4, 4, 4), foreground="mean"),
    ],
)
def test_numbers_that_make_no_network_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
