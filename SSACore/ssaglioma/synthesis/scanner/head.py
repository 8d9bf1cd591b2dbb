"""Where the head is: signal mask, rigid displacement, and the skull that a brain extraction left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from scipy import ndimage

from ssaglioma.synthesis.fields import smooth_noise
from ssaglioma.synthesis.scanner.effects import Displacement, ResidualSkull

_STRIPPED_SHARE = 0.1
_AIR = 0.1
_SLAB = 16


def is_stripped(image: np.ndarray) -> bool:
    """Tell whether the background is exactly 0, as after a brain extraction (over a tenth of the voxels)."""
    return bool(np.count_nonzero(image) < (1 - _STRIPPED_SHARE) * image.size)


def signal_mask(image: np.ndarray) -> np.ndarray:
    """Return where there is signal: all but 0 in a stripped image, else above a tenth of the 99th percentile."""
    if is_stripped(image):
        return image > 0
    thinned = image[tuple(slice(None, None, 3) if size > 30 else slice(None) for size in image.shape)]
    return image > _AIR * float(np.percentile(thinned, 99))


def displaced(
    image: np.ndarray, displacement: Displacement, spacing_mm: tuple[float, ...], threads: int = 1
) -> np.ndarray:
    """Return the image (Z, Y, X) shifted and turned about its middle, linear interpolation, 0 outside.

    A point at p mm from the middle goes to R p + shift, R the product of the rotations about X, Y and Z. A single slice
    moves in its plane alone.
    `threads` changes the time alone.
    """
    displacement = _within(displacement, image.shape)
    if not any(displacement.shift_mm) and not any(displacement.degrees):
        return image
    spacing = np.array(spacing_mm)
    inverse = rotation_zyx(displacement.degrees).T
    matrix = inverse * spacing[None, :] / spacing[:, None]
    center = (np.array(image.shape) - 1) / 2
    offset = center - matrix @ (center + np.array(displacement.shift_mm) / spacing)
    result = np.zeros(image.shape, np.float32)
    box = _reach(image, matrix, offset)
    image = image.astype(np.float32, copy=False)

    def slab(first: int) -> None:
        part = (slice(first, min(first + _SLAB, box[0].stop)), *box[1:])
        start = np.array([one.start for one in part])
        ndimage.affine_transform(
            image, matrix, offset + matrix @ start, order=1, output=result[part], output_shape=result[part].shape
        )

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(slab, range(box[0].start, box[0].stop, _SLAB)))
    return result


def _within(displacement: Displacement, shape: tuple[int, ...]) -> Displacement:
    flat = [axis for axis, size in enumerate(shape) if size == 1]
    shift = tuple(0.0 if k in flat else value for k, value in enumerate(displacement.shift_mm))
    degrees = tuple(0.0 if set(flat) - {k} else value for k, value in enumerate(displacement.degrees))
    return replace(displacement, shift_mm=shift, degrees=degrees)  # type: ignore[arg-type]


def rotation_zyx(degrees: tuple[float, float, float]) -> np.ndarray:
    """Return the 3x3 rotation in (Z, Y, X) order: about Z first, then Y, then X."""
    z, y, x = np.deg2rad(degrees)
    about_z = np.array([[1, 0, 0], [0, np.cos(z), np.sin(z)], [0, -np.sin(z), np.cos(z)]])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[np.cos(x), np.sin(x), 0], [-np.sin(x), np.cos(x), 0], [0, 0, 1]])
    return about_x @ about_y @ about_z


def left_behind(
    background: np.ndarray, brain: np.ndarray, skull: ResidualSkull, spacing_mm: tuple[float, ...]
) -> np.ndarray:
    """Return a mask of the head's other tissues that stay: patches of the rim around the brain."""
    near = ndimage.distance_transform_edt(~brain, sampling=spacing_mm) <= skull.rim_mm
    rim = near & ~brain & (background > 0)
    if not rim.any() or skull.percent == 0:
        return np.zeros_like(rim)
    generator = np.random.default_rng([skull.seed, 11])
    patches = smooth_noise(generator, rim.shape, max(2.0, 15.0 / min(spacing_mm)))
    return rim & (patches >= np.percentile(patches[rim], 100 - skull.percent))


def _reach(image: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> tuple[slice, ...]:
    """The box of the output that the image's own signal can come to, with a margin of 2 voxels."""
    filled = [np.flatnonzero(image.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if not all(len(line) for line in filled):
        return tuple(slice(0, 1) for _ in range(3))
    ends = np.array([[line[0] - 1, line[-1] + 1] for line in filled], float)
    corners = np.array([[ends[0, i], ends[1, j], ends[2, k]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    places = (corners - offset) @ np.linalg.inv(matrix).T
    low = np.clip(np.floor(places.min(axis=0)).astype(int) - 2, 0, np.array(image.shape) - 1)
    high = np.clip(np.ceil(places.max(axis=0)).astype(int) + 3, low + 1, image.shape)
    return tuple(slice(int(first), int(last)) for first, last in zip(low, high))
