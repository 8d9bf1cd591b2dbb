"""Networks that keep the content's detail: content + g(style) - g(own style)."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.style.building import TRAINED_METHODS, base_of, build_style_network, network_options, start_decoder
from ssaglioma.style.decoders import MirrorDecoder
from ssaglioma.style.encoders import ENCODERS
from ssaglioma.style.registry import create_stylizer
from ssaglioma.style.variational import VariationalNetwork


def network_of(method, keep_detail):
    torch.manual_seed(0)
    options = {"keep_detail": int(keep_detail)}
    if method in ("adaconv", "adaconv_structure"):
        options["style_edge"] = 64
    return build_style_network(method, options=options).eval()


@pytest.fixture
def content():
    return torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def style():
    return torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(2)) ** 3


@pytest.fixture
def disc():
    y, x = np.ogrid[-1:1:60j, -1:1:70j]
    inside = y**2 + x**2 < 0.8
    return inside * np.random.default_rng(0).uniform(100, 900, inside.shape)


@pytest.mark.parametrize("method", ["adain", "rain", "adaconv", "adaconv_structure"])
def test_a_slice_in_its_own_style_comes_back_without_error(method, disc):
    stylizer = create_stylizer(method, network=network_of(method, True))
    made = stylizer.stylize(disc, disc)
    assert np.abs(made - disc).max() < 1e-3 * disc.max()


def test_without_it_the_own_style_shows_what_the_decoder_loses(disc):
    stylizer = create_stylizer("adain", network=network_of("adain", False))
    assert np.abs(stylizer.stylize(disc, disc) - disc).max() > 0.05 * disc.max()


@pytest.mark.parametrize("method", ["adain", "adaconv"])
def test_the_picture_is_the_content_plus_what_the_style_changes(method, content, style):
    kept, plain = network_of(method, True), network_of(method, False)
    code, own = plain.encode_style(style), plain.encode_style(content)
    torch.testing.assert_close(kept(content, code), content + plain(content, code) - plain(content, own))


def test_rain_takes_the_own_style_through_its_style_space(content, style):
    kept, plain = network_of("rain", True), network_of("rain", False)
    assert isinstance(kept, VariationalNetwork)
    epsilon, own = (plain.style_distribution(picture)[0] for picture in (style, content))
    torch.testing.assert_close(kept(content, epsilon), content + plain(content, epsilon) - plain(content, own))


@pytest.mark.parametrize("method", TRAINED_METHODS)
def test_the_option_survives_building_a_network_again(method):
    network = network_of(method, True)
    options = network_options(network)
    again = build_style_network(method, options={**options})
    assert base_of(again).keep_detail and network_options(again) == options


def test_a_volume_of_equal_slices_is_treated_as_one_of_them(disc):
    from ssaglioma.volume import Volume

    stylizer = create_stylizer("adain", network=network_of("adain", True))
    volume = Volume(np.stack([disc, disc, disc]).astype(np.float32), (2.0, 1.0, 1.0))
    style = np.rot90(disc) ** 2
    made = stylizer.stylize(volume, style).array
    np.testing.assert_allclose(made[0], made[2], atol=1e-2)
    assert np.abs(made[0] - disc).max() > 1


@pytest.mark.parametrize("method", ["adain", "rain", "adaconv"])
def test_equal_slices_of_a_volume_look_like_the_slice_alone(method, disc):
    from ssaglioma.volume import Volume

    network = network_of(method, True)
    volume = Volume(np.stack([disc, disc]).astype(np.float32))
    style = np.rot90(disc) ** 2
    alone = create_stylizer(method, network=network).stylize(disc, style)
    made = create_stylizer(method, network=network).stylize(volume, style).array
    np.testing.assert_allclose(made[1], alone, atol=0.02 * disc.max())
    assert np.abs(alone - disc).max() > 0.05 * disc.max()


@pytest.mark.parametrize("method", TRAINED_METHODS)
def test_a_decoder_starts_where_it_is_told_to(method, content):
    decoder = MirrorDecoder(ENCODERS["mri_small"])
    network = network_of(method, False)
    start_decoder(network, decoder.state_dict())
    base = base_of(network)
    stages = base.decoder.stages if method in ("adain", "rain") else base.stages
    for name, value in stages.state_dict().items():
        assert torch.equal(value, decoder.state_dict()[f"stages.{name}"])


def test_a_decoder_of_another_encoder_is_refused():
    with pytest.raises(ModelPackageError, match="do not fit"):
        start_decoder(network_of("adain", False), {"stages.0.0.weight": torch.zeros(1)})


@pytest.mark.parametrize("method", ["adain", "rain", "adaconv"])
@pytest.mark.parametrize("keep_detail", [True, False])
def test_the_last_slice_is_remembered_and_changes_nothing(method, keep_detail, disc):
    network = network_of(method, keep_detail)
    used = create_stylizer(method, network=network)
    styles = [disc[::-1] ** 2, np.sqrt(disc)]
    first = used.stylize(disc, styles[0])
    used.stylize(disc[:, ::-1].copy(), styles[0])  # another slice in between
    used.stylize(disc, styles[0])
    again = used.stylize(disc, styles[1])
    fresh = create_stylizer(method, network=network)
    np.testing.assert_allclose(again, fresh.stylize(disc, styles[1]), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(used.stylize(disc, styles[0]), first, rtol=1e-5, atol=1e-3)
    assert np.abs(first - again).max() > 1
