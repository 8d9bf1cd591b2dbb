"""One slice through k-space: motion, ghosts, truncation, noise, spikes and magnitude.

k-space is the orthonormal discrete Fourier transform of the slice, so noise has the same standard
deviation on both sides. Every slice has its own generator, so threads change no byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft, ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.scanner.artifacts import Ghosting, Pose, Spike
from ssaglioma.synthesis.scanner.effects import InPlane

_SAME = 0.01


@dataclass(frozen=True, eq=False)
class KSpacePlan:
    """What happens to every slice of one sequence.

    Attributes
    ----------
    spacing_mm : tuple of 2 floats
        Of the in-plane axes.
    phase_axis : int
        0 or 1.
    in_plane : InPlane or None
    poses : tuple of Pose
    ghosting : Ghosting or None
    spikes : tuple of Spike
    signal : float
        Mean signal of the brain.
    sigma : float
        Standard deviation of the noise in the image's real channel.
    seeds : tuple of int
        Seed of the noise and number of the sequence.
    """

    spacing_mm: tuple[float, float]
    phase_axis: int = 0
    in_plane: InPlane | None = None
    poses: tuple[Pose, ...] = ()
    ghosting: Ghosting | None = None
    spikes: tuple[Spike, ...] = ()
    signal: float = 0.0
    sigma: float = 0.0
    seeds: tuple[int, ...] = (0, 0)

    @property
    def acquired_mm(self) -> tuple[float, float]:
        """Acquired pixel size along the in-plane axes."""
        if self.in_plane is None:
            return self.spacing_mm
        pair = (self.in_plane.phase_mm, self.in_plane.read_mm)
        return pair if self.phase_axis == 0 else (pair[1], pair[0])


def acquire(image: np.ndarray, plan: KSpacePlan, index: int = 0, count: int = 1) -> np.ndarray:
    """Return the magnitude image (float32, (Y, X)) of slice `index` of `count`."""
    spikes = [one for one in plan.spikes if one.slice_at is None or min(int(one.slice_at * count), count - 1) == index]
    if plan.in_plane is None and not plan.poses and plan.ghosting is None and not spikes:
        return np.abs(image + _noise(image.shape, plan.sigma, plan, index)) if plan.sigma > 0 else np.abs(image)
    space = moved_kspace(image, plan)
    if plan.ghosting is not None:
        space *= _along(ghost_factors(plan.ghosting, image.shape[plan.phase_axis]), plan.phase_axis)
    sigma = plan.sigma
    windows = kspace_windows(image.shape, plan)
    if sigma > 0:
        power = float(np.mean(windows[0] ** 2) * np.mean(windows[1] ** 2))
        space += _noise(image.shape, sigma / np.sqrt(power), plan, index)
    if plan.in_plane is not None:
        space *= windows[0][:, None]
        space *= windows[1][None, :]
    for spike in spikes:
        place = _spike_index(spike, image.shape, plan)
        space[place] += plan.signal * spike.percent / 100 * np.sqrt(image.size)
    return np.abs(fft.ifft2(space, norm="ortho", overwrite_x=True))


def moved_kspace(image: np.ndarray, plan: KSpacePlan) -> np.ndarray:
    """Return the k-space (complex64, frequency 0 first) of a slice whose lines saw the head in several poses."""
    image = image.astype(np.float32, copy=False)
    space = fft.fft2(image, norm="ortho")
    still = space.copy() if plan.poses else space
    for pose in sorted(plan.poses, key=lambda pose: -abs(pose.at - 0.5)):
        lines = pose_lines(pose, image.shape[plan.phase_axis], plan)
        moved = still if pose.degrees == 0 else fft.fft2(_rotated(image, pose, plan.spacing_mm), norm="ortho")
        ramps = [
            np.exp(-2j * np.pi * fft.fftfreq(size, step) * shift).astype(np.complex64)
            for size, step, shift in zip(image.shape, plan.spacing_mm, pose.shift_mm)
        ]
        if plan.phase_axis == 0:
            space[lines] = moved[lines] * ramps[0][lines, None] * ramps[1][None, :]
        else:
            space[:, lines] = moved[:, lines] * ramps[0][:, None] * ramps[1][None, lines]
    return space


def pose_lines(pose: Pose, size: int, plan: KSpacePlan) -> np.ndarray:
    """Return a mask of the phase-encoding lines (frequency 0 first) that saw this pose."""
    spacing, acquired = plan.spacing_mm[plan.phase_axis], plan.acquired_mm[plan.phase_axis]
    lines = max(size * spacing / acquired, 1.0)
    part = (np.round(fft.fftfreq(size) * size) + lines / 2) / lines
    return part < pose.at if pose.at < 0.5 else part >= pose.at


def ghost_factors(ghosting: Ghosting, size: int) -> np.ndarray:
    """Return the factor (float32) of each phase-encoding line, frequency 0 first."""
    lines = np.round(fft.fftfreq(size) * size)
    depth = ghosting.percent / 100 * (1 if ghosting.period_lines == 2 else 2)
    return (1 + depth * np.cos(2 * np.pi * lines / ghosting.period_lines)).astype(np.float32)


def kspace_windows(shape: tuple[int, ...], plan: KSpacePlan) -> tuple[np.ndarray, np.ndarray]:
    """Return the window of each in-plane axis (float32, frequency 0 first).

    Raises
    ------
    DatasetError
        If the asked resolution is finer than the image's.
    """
    sharp = 1.0 if plan.in_plane is None else plan.in_plane.gibbs
    first, second = (
        kspace_window(size, spacing, acquired, sharp)
        for size, spacing, acquired in zip(shape, plan.spacing_mm, plan.acquired_mm)
    )
    return first, second


@lru_cache(maxsize=64)
def kspace_window(size: int, spacing_mm: float, acquired_mm: float, gibbs: float = 1.0) -> np.ndarray:
    """Return a window whose point spread function has the equivalent width `acquired_mm`.

    A window whose weights sum to n of N lines has a point spread function of area over height N / n
    pixels; the outermost lines get a part of the weight where n is no whole number. The array is kept and cannot be
    written.
    """
    if acquired_mm < spacing_mm * (1 - _SAME):
        raise DatasetError(
            f"An in-plane resolution of {acquired_mm:g} mm was asked of an image with pixels of {spacing_mm:g} mm",
            expected=f"{spacing_mm:g} mm or more",
            remedy="Ask for coarser pixels (in_plane.phase_mm, in_plane.read_mm), or leave this out (in_plane=none)",
        )
    lines = min(size * spacing_mm / acquired_mm, float(size))
    if lines >= size * (1 - 1e-6):
        return _kept(np.ones(size, np.float32))
    distance = np.abs(np.round(fft.fftfreq(size) * size))
    low, high = lines / 2, 4.0 * size
    if gibbs >= 1:
        return _kept(np.clip((lines + 1) / 2 - distance, 0, 1).astype(np.float32))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _tukey(distance, middle, gibbs).sum() > lines else (middle, high)
    return _kept(_tukey(distance, low, gibbs).astype(np.float32))


def _kept(window: np.ndarray) -> np.ndarray:
    window.setflags(write=False)
    return window


def _tukey(distance: np.ndarray, reach: float, flat: float) -> np.ndarray:
    """Cosine-tapered window: 1 up to `flat` of its half width `reach`, 0 beyond it."""
    part = np.clip((distance / reach - flat) / (1 - flat), 0, 1)
    return 0.5 * (1 + np.cos(np.pi * part))


def _noise(shape: tuple[int, ...], sigma: float, plan: KSpacePlan, index: int) -> np.ndarray:
    generator = np.random.default_rng([*plan.seeds, index])
    pairs = generator.standard_normal((*shape, 2), dtype=np.float32)
    pairs *= np.float32(sigma)
    return pairs.view(np.complex64)[..., 0]


def _rotated(image: np.ndarray, pose: Pose, spacing_mm: tuple[float, float]) -> np.ndarray:
    angle = np.deg2rad(pose.degrees)
    spacing = np.array(spacing_mm)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = turn * spacing[None, :] / spacing[:, None]
    center = (np.array(image.shape) - 1) / 2
    return ndimage.affine_transform(image, matrix, center - matrix @ center, order=1, output=np.float32)


def _spike_index(spike: Spike, shape: tuple[int, ...], plan: KSpacePlan) -> tuple[int, int]:
    reach = [size * step / got / 2 for size, step, got in zip(shape, plan.spacing_mm, plan.acquired_mm)]
    first, second = (round(part * far) % size for part, far, size in zip(spike.place, reach, shape))
    return first, second


def _along(values: np.ndarray, axis: int) -> np.ndarray:
    return values[:, None] if axis == 0 else values[None, :]
