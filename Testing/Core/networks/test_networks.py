import pytest
import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks import (
    CONFIGURATIONS,
    PlainConvUNet,
    build_network,
    from_nnunet_state,
    to_nnunet_state,
)


def parameters(name: str) -> int:
    network = build_network(name, in_channels=4, out_channels=3)
    return sum(tensor.numel() for tensor in network.parameters())


@pytest.fixture
def tiny_network():
    torch.manual_seed(0)
    return PlainConvUNet(
        dims=2,
        in_channels=2,
        out_channels=3,
        features=(4, 8, 8),
        kernels=[(3, 3)] * 3,
        strides=[(1, 1), (2, 2), (2, 2)],
        encoder_convs=(2, 2, 2),
        decoder_convs=(2, 2),
    )


@pytest.mark.parametrize(("name", "count"), [("nnunet_2d", 20_620_943), ("nnunet_3d", 31_198_991)])
def test_nnunet_configurations_have_the_published_number_of_parameters(name, count):
    assert parameters(name) == count


def test_nnunet_3d_splits_its_parameters_as_planned():
    network = build_network("nnunet_3d", in_channels=4, out_channels=3)
    assert sum(tensor.numel() for tensor in network.encoder.parameters()) == 14_027_712
    assert sum(tensor.numel() for tensor in network.decoder.parameters()) == 17_171_279


@pytest.mark.parametrize("name", ["small_2d", "small_3d"])
def test_small_configurations_have_one_to_four_million_parameters(name):
    assert 1_000_000 <= parameters(name) <= 4_000_000


@pytest.mark.parametrize("name", ["small_2d", "small_3d"])
def test_logits_have_the_size_of_the_image(name):
    configuration = CONFIGURATIONS[name]
    edges = (configuration.divisor,) * (configuration.dims - 1) + (2 * configuration.divisor,)
    network = build_network(name, in_channels=4, out_channels=3).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 4, *edges)).shape == (1, 3, *edges)


def test_every_decoder_level_gives_logits_for_deep_supervision(tiny_network):
    scales = tiny_network.forward_scales(torch.zeros(2, 2, 16, 8))
    assert [tuple(scale.shape) for scale in scales] == [(2, 3, 16, 8), (2, 3, 8, 4)]


def test_full_resolution_scale_is_the_plain_output(tiny_network):
    image = torch.randn(1, 2, 16, 16)
    assert torch.equal(tiny_network(image), tiny_network.forward_scales(image)[0])


def test_state_names_of_nnunet_come_back_unchanged(tiny_network):
    state = tiny_network.state_dict()
    theirs = to_nnunet_state(state)
    prefixed = {f"_orig_mod.{key}": value for key, value in theirs.items()}
    assert from_nnunet_state(prefixed).keys() == state.keys()
    assert "encoder.stages.0.0.convs.0.all_modules.0.weight" in theirs
    assert "decoder.encoder.stages.0.0.convs.0.conv.weight" in theirs


@pytest.mark.parametrize("name", ["nnunet_2d", "nnunet_3d", "small_2d", "small_3d"])
def test_weights_load_into_nnunets_own_class_and_give_the_same_logits(name):
    judge = pytest.importorskip("dynamic_network_architectures.architectures.unet", exc_type=ImportError)
    configuration = CONFIGURATIONS[name]
    dims, stages = configuration.dims, len(configuration.features)
    theirs = judge.PlainConvUNet(
        input_channels=4,
        n_stages=stages,
        features_per_stage=configuration.features,
        conv_op=torch.nn.Conv2d if dims == 2 else torch.nn.Conv3d,
        kernel_sizes=3,
        strides=(1,) + (2,) * (stages - 1),
        n_conv_per_stage=configuration.encoder_convs,
        num_classes=3,
        n_conv_per_stage_decoder=configuration.decoder_convs,
        conv_bias=True,
        norm_op=torch.nn.InstanceNorm2d if dims == 2 else torch.nn.InstanceNorm3d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=torch.nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
    ).eval()
    ours = build_network(name, in_channels=4, out_channels=3).eval()
    theirs.load_state_dict(to_nnunet_state(ours.state_dict()))
    image = torch.randn(1, 4, *(2 * configuration.divisor,) * dims) if dims == 2 else torch.randn(1, 4, 32, 32, 32)
    if image.shape[-1] // configuration.divisor < 2:
        image = torch.randn(1, 4, *(2 * configuration.divisor,) * dims)
    with torch.inference_mode():
        assert torch.allclose(theirs(image), ours(image), atol=1e-4)
    ours.load_state_dict(from_nnunet_state(theirs.state_dict()))


def test_an_unknown_network_names_the_known_ones():
    with pytest.raises(ModelPackageError, match=r"'giant' is not known.*small_2d"):
        build_network("giant", in_channels=4, out_channels=3)
