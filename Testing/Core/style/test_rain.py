"""RAIN's style space: published sizes, draws that a case shares, losses of one batch."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import Sequence
from ssaglioma.style import create_stylizer
from ssaglioma.style.adain import build_adain
from ssaglioma.style.building import build_style_network
from ssaglioma.style.objectives import picture_losses, space_code, space_losses
from ssaglioma.style.style_vae import StyleVae, sample
from ssaglioma.style.variational import VariationalNetwork, build_adaconv_rain, build_rain


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def network():
    """RAIN whose random weights give visible pictures: those below 0 everywhere would be refused."""
    made = build_rain()
    last = made.base.decoder.stages[-1][-1]
    last.weight.data.mul_(0.01)
    last.bias.data.fill_(0.5)
    return made


@pytest.fixture
def pictures():
    return torch.rand(2, 1, 32, 40)


def test_the_published_space_of_vgg19():
    vae = StyleVae(code_size=1024)
    assert (count(vae.encoder), count(vae.decoder)) == (3_148_800, 2_624_512)
    mean, deviation = vae.encode(torch.randn(2, 1024))
    assert mean.shape == deviation.shape == (2, 512)
    assert vae.decode(mean).shape == (2, 1024)
    assert deviation.min() < 0, "the second half is used as it is, so it can be negative"


def test_rain_on_vgg19_has_that_space():
    vae = build_rain("vgg19").vae
    assert (count(vae.encoder), count(vae.decoder)) == (3_148_800, 2_624_512)


def test_the_first_half_is_the_mean():
    vae = StyleVae(code_size=4, hidden=5, latent=3)
    code = torch.randn(1, 4)
    torch.testing.assert_close(torch.cat(vae.encode(code), dim=1), vae.encoder(code))


def test_a_sample_by_hand():
    assert sample(torch.tensor([1.0]), torch.tensor([-2.0]), torch.tensor([0.5])).tolist() == [0.0]


def test_the_network_is_the_base_with_a_decoded_code(network, pictures):
    epsilon = torch.randn(1, network.vae.latent)
    expected = network.base(pictures, network.vae.decode(epsilon).expand(2, -1))
    torch.testing.assert_close(network(pictures, epsilon), expected)


def test_adaconv_can_have_a_space_too(pictures):
    network = build_adaconv_rain()
    assert network.vae.code_size == 128 * 9
    assert network(pictures, torch.randn(1, network.vae.latent)).shape == pictures.shape


def test_a_space_of_another_size_is_refused():
    with pytest.raises(ValueError, match="codes of 8"):
        VariationalNetwork(build_adain(), StyleVae(code_size=8))


def test_the_same_seed_draws_the_same_style(network, content, style):
    def results(seed):
        stylizer = create_stylizer("rain", network=network, seed=seed)
        return [stylizer.stylize(content, style) for _ in range(2)]

    first, again, other, middle = results(1), results(1), results(2), results(None)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first[0], first[1], rtol=1e-3)
    assert not np.allclose(first[0], other[0], rtol=1e-3)
    np.testing.assert_array_equal(middle[0], middle[1])


def test_one_draw_serves_all_channels_and_slices_of_a_case(network, case_of, slice_of):
    volume = case_of((Sequence.T1N,))[Sequence.T1N]
    case = {Sequence.T1N: volume, Sequence.T2F: volume}
    made = create_stylizer("rain", network=network, seed=4).stylize(case, dict.fromkeys(case, slice_of(seed=8)))
    np.testing.assert_array_equal(made[Sequence.T1N].array, made[Sequence.T2F].array)


def test_a_fixed_epsilon_takes_the_place_of_the_style(network, content, style, slice_of):
    epsilon = torch.randn(1, network.vae.latent)
    stylizer = create_stylizer("rain", network=network, epsilon=epsilon, seed=1)
    np.testing.assert_array_equal(stylizer.stylize(content, style), stylizer.stylize(content, slice_of(seed=6)))
    with pytest.raises(DatasetError, match=r"shape \(3,\)"):
        create_stylizer("rain", network=network, epsilon=torch.zeros(3))


def test_a_style_set_is_a_mixture(network, style, slice_of):
    """Variance of a mixture: mean of the variances plus variance of the means."""
    other = slice_of(seed=6)
    each = [create_stylizer("rain", network=network).fit([], [one])._fitted[None] for one in (style, other)]
    mean, deviation = create_stylizer("rain", network=network).fit([], [style, other])._fitted[None]
    torch.testing.assert_close(mean, (each[0][0] + each[1][0]) / 2)
    spread = ((each[0][0] - each[1][0]) / 2) ** 2
    torch.testing.assert_close(deviation**2, (each[0][1] ** 2 + each[1][1] ** 2) / 2 + spread, rtol=1e-4, atol=1e-6)


def test_the_losses_of_the_space_train_the_space_alone(pictures):
    network = build_adaconv_rain()
    losses = space_losses(network, pictures, torch.randn(2, network.vae.latent))
    (losses["latent"] + losses["reconstruction"]).backward()
    assert all(one.grad is not None for one in network.vae.parameters())
    assert all(one.grad is None for one in network.base.parameters())


def test_the_losses_of_the_pictures_leave_the_space_alone(pictures):
    network = build_adaconv_rain()
    noise = torch.randn(2, network.vae.latent)
    codes = space_code(network, pictures, noise), space_code(network, pictures, 0 * noise)
    sum(picture_losses(network.base, pictures, pictures, *codes).values()).backward()
    assert all(one.grad is None for one in network.vae.parameters())
    assert all(one.grad is not None for one in network.base.parameters() if one.requires_grad)


def test_the_code_of_the_space_has_the_spaces_value(network, pictures):
    noise = torch.randn(2, network.vae.latent)
    expected = network.vae.decode(sample(*network.style_distribution(pictures), noise))
    torch.testing.assert_close(space_code(network, pictures, noise), expected, atol=1e-5, rtol=1e-4)


def test_picture_losses_against_their_definitions(network, pictures):
    base = network.base
    code = base.encode_style(pictures.flip(0))
    losses = picture_losses(base, pictures, pictures.flip(0), code, base.encode_style(pictures))
    made = base(pictures, code)
    target = base.content_target(base.encoder(pictures), code)
    torch.testing.assert_close(losses["content"], ((base.encoder(made) - target) ** 2).mean())
    own = base(pictures, base.encode_style(pictures))
    torch.testing.assert_close(losses["identity"], (own - pictures).abs().mean())


@pytest.mark.parametrize("bias", [-1e6, float("nan")])
def test_a_network_that_gives_no_picture_is_refused(network, content, style, bias):
    network.base.decoder.stages[-1][-1].bias.data.fill_(bias)
    with pytest.raises(ModelPackageError, match="0 everywhere or not finite"):
        create_stylizer("rain", network=network).stylize(content, style)


def test_methods_without_a_network_are_refused():
    with pytest.raises(DatasetError, match="no network to train"):
        build_style_network("nyul")
