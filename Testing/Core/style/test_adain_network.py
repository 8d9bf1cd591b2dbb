"""AdaIN against numbers by hand and a loop over channels."""

import pytest
import torch

from ssaglioma.style.adain import AdaINNetwork, build_adain
from ssaglioma.style.feature_statistics import adain, gram_matrix, mean_and_sd, style_vector
from ssaglioma.style.style_network import gray


def test_mean_and_deviation_by_hand():
    """1, 2, 3, 6: mean 3, unbiased variance (4 + 1 + 0 + 9) / 3."""
    mean, sd = mean_and_sd(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]))
    assert mean.item() == 3.0
    assert sd.item() == pytest.approx((14 / 3 + 1e-5) ** 0.5)


def test_adain_by_hand():
    """Content 0, 2 (mean 1, variance 2) with style mean 10 and deviation 3: 10 -+ 3 / sqrt(2)."""
    made = adain(torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[10.0, 3.0]]))
    expected = [10 - 3 / (2 + 1e-5) ** 0.5, 10 + 3 / (2 + 1e-5) ** 0.5]
    assert made.flatten().tolist() == pytest.approx(expected)


def test_adain_agrees_with_a_loop_over_channels():
    content, style = torch.randn(2, 3, 7, 5), 2 * torch.randn(2, 3, 4, 9) + 1
    made = adain(content, style_vector(style))
    for picture in range(2):
        for channel in range(3):
            own, other = content[picture, channel], style[picture, channel]
            own_sd, other_sd = (torch.sqrt(one.var() + 1e-5) for one in (own, other))
            torch.testing.assert_close(
                made[picture, channel], other_sd * (own - own.mean()) / own_sd + other.mean(), atol=1e-5, rtol=1e-5
            )


def test_the_result_has_the_statistics_of_the_style():
    style = style_vector(3 * torch.randn(1, 4, 6, 6) + 2)
    torch.testing.assert_close(style_vector(adain(torch.randn(1, 4, 30, 30), style)), style, rtol=1e-3, atol=1e-3)


def test_the_own_style_changes_nothing():
    features = torch.randn(2, 5, 6, 7)
    torch.testing.assert_close(adain(features, style_vector(features)), features, atol=1e-5, rtol=1e-5)


def test_an_anchor_replaces_the_contents_own_statistics():
    made = adain(torch.tensor([[[[4.0]]]]), torch.tensor([[1.0, 2.0]]), (torch.tensor([[2.0]]), torch.tensor([[4.0]])))
    assert made.item() == 2 * (4 - 2) / 4 + 1


def test_gram_by_hand():
    """Channels (1, 2) and (3, 4) over two pixels: products 5, 11, 25, over 2."""
    gram = gram_matrix(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]))
    assert gram.tolist() == [[[2.5, 5.5], [5.5, 12.5]]]


def test_gram_agrees_with_einsum():
    features = torch.randn(2, 4, 5, 3)
    expected = torch.einsum("bcyx,bdyx->bcd", features, features) / 15
    torch.testing.assert_close(gram_matrix(features), expected)


def test_the_network_is_encoder_adain_decoder():
    network = build_adain()
    content, style = torch.rand(2, 1, 32, 48), torch.rand(2, 1, 40, 40)
    code = network.encode_style(style)
    assert code.shape == (2, 256)
    expected = network.decoder(adain(network.encoder(content), style_vector(network.encoder(style))))
    torch.testing.assert_close(network(content, code), expected)
    assert network(content, code).shape == content.shape


def test_the_anchor_of_the_content_itself_changes_nothing():
    network = build_adain()
    content = torch.rand(1, 1, 32, 32)
    code = network.encode_style(torch.rand(1, 1, 32, 32))
    torch.testing.assert_close(network(content, code, network.anchor(content, code)), network(content, code))


def test_three_channels_are_averaged_to_gray():
    assert gray(torch.tensor([[[[1.0]], [[2.0]], [[6.0]]]])).tolist() == [[[[3.0]]]]
    assert AdaINNetwork(build_adain("vgg19").encoder)(torch.rand(1, 1, 16, 16), torch.rand(1, 1024)).shape[1] == 1
