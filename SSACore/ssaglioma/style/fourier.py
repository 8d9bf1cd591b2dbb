"""Fourier domain adaptation (Yang and Soatto 2020, arXiv:2004.05498): low frequencies lent by the style."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from ssaglioma.errors import DatasetError
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.types import ProgressCallback

_WIDEST_HALF = 64
_LARGEST_GAIN = 4.0


class FourierStylizer(Stylizer):
    """Replaces the amplitudes of the lowest frequencies by the style's; phases, and with them places, stay.

    Departures from the paper: (1) gray slices; the background is set to 0 again afterwards, which the paper's
    street scenes do not need. (2) Images of different sizes are compared by cycles in the picture instead of being
    resized. (3) A style set gives the mean of its amplitudes. (4) A volume is changed by one filter: the
    ratio style / content of the largest slices, held within 1/4 to 4, so that neighbouring slices stay alike.

    Parameters
    ----------
    beta : float
        Half the edge of the replaced square, as a share of the picture's shorter edge (paper: 0.01, 0.05, 0.09).
    """

    method = "fourier"

    def __init__(self, *, beta: float = 0.01, slice_axis: str = "axial") -> None:
        super().__init__(slice_axis=slice_axis)
        if not 0 <= beta < 0.5:
            raise DatasetError(f"The Fourier window is {beta!r}", expected="0 or more and less than 0.5")
        self.beta = beta

    def _summarise(self, styles: list[Pictures]) -> np.ndarray:
        """Return the mean amplitudes for one pixel, (2h + 1, 2h + 1), frequency 0 in the middle."""
        spectra = [low_amplitudes(one.unit[one.reference]) for one in styles]
        half = min(len(one) // 2 for one in spectra)
        return np.mean([_middle(one, half) for one in spectra], axis=0)

    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        unit = content.unit
        half = min(int(self.beta * min(unit.shape[1:])), len(style) // 2)
        wanted = _middle(style, half)
        if len(unit) == 1:
            return replace_amplitudes(unit[0], wanted)[None]
        own = _middle(low_amplitudes(unit[content.reference]), half)
        gain = np.clip(wanted / np.maximum(own, 1e-12), 1 / _LARGEST_GAIN, _LARGEST_GAIN)
        return apply_gain(unit, gain)


def low_amplitudes(picture: np.ndarray) -> np.ndarray:
    """Return the amplitudes of a picture (Y, X) over its number of pixels, (2h + 1, 2h + 1), 0 in the middle."""
    half = min((min(picture.shape) - 1) // 2, _WIDEST_HALF)
    index = np.arange(-half, half + 1)
    return np.abs(fft.fft2(picture))[np.ix_(index, index)] / picture.size


def replace_amplitudes(picture: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """Return the picture (Y, X) with these low-frequency amplitudes (as `low_amplitudes`) and its own phases."""
    half = len(amplitudes) // 2
    index = np.ix_(np.arange(-half, half + 1), np.arange(-half, half + 1))
    spectrum = fft.fft2(picture.astype(np.float64))
    # exp(i angle) rather than F / |F|: where the content has no amplitude, its phase is 0, as in the paper's code.
    spectrum[index] = amplitudes * picture.size * np.exp(1j * np.angle(spectrum[index]))
    return fft.ifft2(spectrum).real.astype(np.float32)


def apply_gain(slices: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return slices (N, Y, X) whose low frequencies are multiplied by real gains (2h + 1, 2h + 1)."""
    half = len(gain) // 2
    index = np.arange(-half, half + 1)
    result = np.empty_like(slices)
    for number, picture in enumerate(slices):
        spectrum = fft.fft2(picture)
        spectrum[np.ix_(index, index)] *= gain
        result[number] = fft.ifft2(spectrum).real
    return result


def _middle(square: np.ndarray, half: int) -> np.ndarray:
    center = len(square) // 2
    return square[center - half : center + half + 1, center - half : center + half + 1]
