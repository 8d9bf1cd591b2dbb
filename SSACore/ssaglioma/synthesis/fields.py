"""Smooth random fields and fold-free deformations on regular grids.

Diffeomorphisms are exponentials of smooth stationary velocity fields by scaling and squaring
(Arsigny et al., MICCAI 2006, doi:10.1007/11866565_113).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ssaglioma.types import Spacing

_SQUARINGS = 6


def smooth_noise(generator: np.random.Generator, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    """Return float32 Gaussian noise of mean 0 and unit variance, correlated over `sigma` voxels.

    It is drawn on a coarser grid where that loses nothing, so the cost falls with `sigma`.
    """
    step = max(1.0, sigma / 2.0)
    coarse = tuple(max(2, int(np.ceil(size / step)) + 1) for size in shape)
    noise = generator.standard_normal(coarse, dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, sigma / step, mode="wrap")
    noise -= noise.mean()
    noise /= max(float(noise.std()), 1e-6)
    return noise if coarse == tuple(shape) else upsampled(noise, shape)


def upsampled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the last axes of an array stretched linearly to `shape`, corner voxel to corner voxel."""
    sizes = np.shape(array)[-len(shape) :]
    return _between(array, [np.linspace(0, had - 1, size, dtype=np.float32) for had, size in zip(sizes, shape)])


def random_velocity(
    generator: np.random.Generator, shape: tuple[int, int, int], *, sigma: float, amplitude: float
) -> np.ndarray:
    """Return a velocity field (3, Z, Y, X) in voxels, correlated over `sigma`, with standard deviation `amplitude`."""
    return np.stack([amplitude * smooth_noise(generator, shape, sigma) for _ in range(3)])


def integrated(velocity: np.ndarray) -> np.ndarray:
    """Return the displacement (3, Z, Y, X), in voxels, of the flow along a stationary velocity field for unit time."""
    largest = float(np.abs(velocity).max())
    squarings = _SQUARINGS if largest == 0 else max(_SQUARINGS, int(np.ceil(np.log2(largest / 0.25))))
    displacement = velocity.astype(np.float32) / 2**squarings
    for _ in range(squarings):
        displacement = composed(displacement, displacement)
    return displacement


def composed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the displacement of going along `first`, then along `second` (both (3, Z, Y, X), voxels)."""
    places = index_grid(first.shape[1:]) + first
    return first + np.stack([sample(part, places) for part in second])


def sample(array: np.ndarray, places: np.ndarray, *, mode: str = "nearest") -> np.ndarray:
    """Return an array (Z, Y, X) at places (3, ...) in voxels, by linear interpolation, as float32."""
    return ndimage.map_coordinates(array, places, output=np.float32, order=1, mode=mode, prefilter=False)


def index_grid(shape: tuple[int, ...]) -> np.ndarray:
    """Return the voxel indices of a grid, float32, shape (3, Z, Y, X)."""
    return np.stack(np.meshgrid(*(np.arange(size, dtype=np.float32) for size in shape), indexing="ij"))


def jacobian_determinant(displacement: np.ndarray, spacing: Spacing = (1.0, 1.0, 1.0)) -> np.ndarray:
    """Return the local change of volume (Z, Y, X) of a map x + displacement; at or below 0 it folds."""
    rows = [np.gradient(part, *spacing) for part in displacement]
    matrix = [[rows[i][j] + (1.0 if i == j else 0.0) for j in range(3)] for i in range(3)]
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def refined(array: np.ndarray, step: int, shape: tuple[int, int, int]) -> np.ndarray:
    """Return a field known at every `step`-th voxel (last three axes) at all voxels of a grid, linearly."""
    places = [np.arange(size, dtype=np.float32) / step for size in shape]
    return _between(array, [np.minimum(place, had - 1) for place, had in zip(places, np.shape(array)[-3:])])


def _between(array: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
    """Return an array at places in voxels along each of its last axes, linearly."""
    result = np.asarray(array, np.float32)
    for axis, place in enumerate(places, start=result.ndim - len(places)):
        low = np.minimum(place.astype(np.intp), max(result.shape[axis] - 2, 0))
        high = np.minimum(low + 1, result.shape[axis] - 1)
        weight = (place - low).reshape([-1 if k == axis else 1 for k in range(result.ndim)])
        lower = result.take(low, axis=axis)
        result = lower + weight * (result.take(high, axis=axis) - lower)
    return result


def turning(degrees: tuple[float, float, float]) -> np.ndarray:
    """Return the 3x3 matrix of turns about the axes Z, Y and X, in the order (Z, Y, X)."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        first, second = [other for other in range(3) if other != axis]
        turn = np.eye(3)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix
