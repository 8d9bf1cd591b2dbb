"""Fourier domain adaptation against a direct reading of the paper's equations."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.style.fourier import FourierStylizer, apply_gain, low_amplitudes, replace_amplitudes
from ssaglioma.volume import Volume


def paper_way(content, style, beta):
    """Equation 4 of arXiv:2004.05498 with the spectrum shifted to the middle, as the paper draws it."""
    spectrum, target = (np.fft.fftshift(np.fft.fft2(one)) for one in (content, style))
    amplitude, phase = np.abs(spectrum), np.angle(spectrum)
    half = int(np.floor(beta * min(content.shape)))
    row, column = (size // 2 for size in content.shape)
    window = (slice(row - half, row + half + 1), slice(column - half, column + half + 1))
    amplitude[window] = np.abs(target)[window]
    return np.fft.ifft2(np.fft.ifftshift(amplitude * np.exp(1j * phase))).real


@pytest.mark.parametrize(("shape", "beta"), [((45, 39), 0.05), ((32, 48), 0.09), ((41, 41), 0.01)])
def test_low_amplitudes_are_replaced_as_in_the_paper(shape, beta, slice_of):
    content, style = slice_of(shape) / 500, slice_of(shape, seed=5, waves=9.0) / 300
    half = int(beta * min(shape))
    center = (min(shape) - 1) // 2
    window = low_amplitudes(style)[center - half : center + half + 1, center - half : center + half + 1]
    np.testing.assert_allclose(replace_amplitudes(content, window), paper_way(content, style, beta), atol=1e-5)


def test_beta_0_changes_the_mean_alone(slice_of):
    content, style = slice_of() / 500, slice_of(seed=5) / 200
    made = replace_amplitudes(content, np.array([[style.mean()]]))
    np.testing.assert_allclose(made, content + (style.mean() - content.mean()), atol=1e-6)


def test_phases_stay(content, style):
    made = replace_amplitudes(content, low_amplitudes(style)[17:22, 17:22])
    np.testing.assert_allclose(np.angle(np.fft.fft2(made))[1, 1], np.angle(np.fft.fft2(content))[1, 1], atol=1e-4)


def test_amplitudes_of_one_pattern_agree_at_two_sizes():
    """Cycles in the picture, not pixels: the same wave on 40 and 60 pixels has the same amplitude, 0.5."""
    for edge in (40, 60):
        wave = np.cos(2 * np.pi * 3 * np.arange(edge) / edge)[None].repeat(edge, 0)
        spectrum = low_amplitudes(wave)
        middle = len(spectrum) // 2
        assert spectrum[middle, middle + 3] == pytest.approx(0.5)


def test_a_gain_multiplies_its_frequency_in_every_slice():
    wave = np.cos(2 * np.pi * np.arange(16) / 16)[None].repeat(16, 0)
    gain = np.ones((3, 3))
    gain[1, 0] = gain[1, 2] = 3.0
    result = apply_gain(np.stack([1 + wave, 2 * wave]), gain)
    np.testing.assert_allclose(result, np.stack([1 + 3 * wave, 6 * wave]), atol=1e-6)


def test_a_volume_is_changed_by_one_linear_filter(slice_of):
    """Half as bright a slice stays half as bright: the paper's way, slice by slice, would make both alike."""
    large = slice_of()
    volume = Volume(np.stack([large, large / 2]), (3.0, 1.0, 1.0))
    made = FourierStylizer(beta=0.05).stylize({Sequence.T2F: volume}, {Sequence.T2F: slice_of(seed=9, waves=9.0)})
    result = made[Sequence.T2F].array
    np.testing.assert_allclose(result[1], result[0] / 2, atol=1e-3 * result.max())


def test_a_window_of_half_the_picture_is_refused():
    with pytest.raises(DatasetError, match="window is 0.5"):
        FourierStylizer(beta=0.5)
