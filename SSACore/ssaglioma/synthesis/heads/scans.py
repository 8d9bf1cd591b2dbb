"""Applying a head scan's parameters to a head: grey values, tumour, slices, bias, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.preprocessing.mask_input import MASK_CENTRE, MASK_SHAPE, MASK_SPACING_MM
from ssaglioma.synthesis.fields import sample, smooth_noise, turning
from ssaglioma.synthesis.heads.maps import MAP_MM, HeadMap
from ssaglioma.synthesis.heads.parameters import HeadScan, Placement, TumourBlob

GRID_SHAPE = MASK_SHAPE
"""Voxels of a synthetic head along (Z, Y, X); canonical axes."""

GRID_MM = MASK_SPACING_MM[0]

_SURFACE_MM = 12.0
_FULL = 255.0


@dataclass(frozen=True, eq=False)
class SyntheticHead:
    """What `make_head_scan` gives, all float32 of shape `GRID_SHAPE`.

    Attributes
    ----------
    image : ndarray
        Magnitude, 0 or more; 0 where nothing was scanned.
    brain, tumour : ndarray
        Shares 0..1 of the voxel; 0 where nothing was scanned.
    scanned : tuple of 3 slices
        The field of view.
    """

    image: np.ndarray
    brain: np.ndarray
    tumour: np.ndarray
    scanned: tuple[slice, ...]


def make_head_scan(head: HeadMap, scan: HeadScan) -> SyntheticHead:
    """Return a scan of a head and what in it is brain and tumour."""
    generator = np.random.default_rng(scan.seed)
    places = _places(head, scan.placement, generator)
    rows = np.array([[*scan.levels, 0.0], [*scan.spreads, 0.0]], np.float32)
    mixed = np.tensordot(rows, head.shares.astype(np.float32), axes=1) / _FULL
    image, spread = (sample(part, places, mode="constant") for part in mixed)
    brain = sample(head.brain, places, mode="constant") / _FULL
    texture = 0.8 * smooth_noise(generator, GRID_SHAPE, 2.5) + 0.6 * smooth_noise(generator, GRID_SHAPE, 1.0)
    image = np.maximum(image + spread * texture, 0)
    tumour = np.zeros(GRID_SHAPE, np.float32)
    if scan.tumour is not None and brain.max() > 0.9:
        image, tumour = _with_tumour(image, brain, scan.tumour, generator)
    image = _scanned(image, brain, scan, generator)
    low, high = (round(share * GRID_SHAPE[scan.slice_axis]) for share in scan.field_of_view)
    box = tuple(slice(low, high) if axis == scan.slice_axis else slice(None) for axis in range(3))
    seen = np.zeros(GRID_SHAPE, np.float32)
    seen[box] = 1
    return SyntheticHead(image * seen, brain * seen, tumour * seen, box)


def slice_matrix(count: int, slice_mm: float, gap_mm: float, first_mm: float) -> np.ndarray:
    """Return the matrix (count, count) that averages a line of voxels to slices and goes back linearly.

    Parameters
    ----------
    count : int
        Voxels of `GRID_MM`.
    first_mm : float
        Centre of the first slice from the line's beginning.
    """
    step = slice_mm + gap_mm
    centres = np.arange(first_mm, count * GRID_MM, step)
    edges = np.arange(count + 1) * GRID_MM
    low, high = (centres + side * slice_mm / 2 for side in (-1, 1))
    inside = np.minimum(high[:, None], edges[None, 1:]) - np.maximum(low[:, None], edges[None, :-1])
    weights = np.clip(inside, 0, None)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-6)
    spots = np.clip((edges[:-1] + GRID_MM / 2 - first_mm) / step, 0, len(centres) - 1)
    left = np.minimum(spots.astype(int), max(len(centres) - 2, 0))
    back = np.zeros((count, len(centres)))
    back[np.arange(count), left] += 1 - (spots - left)
    back[np.arange(count), np.minimum(left + 1, len(centres) - 1)] += spots - left
    return (back @ weights).astype(np.float32)


def _places(head: HeadMap, placement: Placement, generator: np.random.Generator) -> np.ndarray:
    """Voxels of the head's map (3, *GRID_SHAPE) that the grid's voxels see."""
    mass = np.argwhere(head.brain[::2, ::2, ::2] > _FULL / 2) * 2.0
    centre = np.array(GRID_SHAPE) * MASK_CENTRE
    axes = [(np.arange(n, dtype=np.float32) - c) * GRID_MM for n, c in zip(GRID_SHAPE, centre)]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"))
    if placement.warp_mm > 0:
        sigma = placement.warp_sigma_mm / GRID_MM
        offsets += placement.warp_mm * np.stack([smooth_noise(generator, GRID_SHAPE, sigma) for _ in range(3)])
    signs = np.array([1, 1, -1 if placement.mirrored else 1])
    matrix = np.diag(signs / np.asarray(placement.scale)) @ turning(placement.degrees) / MAP_MM
    moved = np.tensordot(matrix.astype(np.float32), offsets, axes=1)
    shift = mass.mean(axis=0) + np.asarray(placement.shift_mm) / MAP_MM
    return moved + shift.astype(np.float32).reshape(3, 1, 1, 1)


def _with_tumour(
    image: np.ndarray, brain: np.ndarray, blob: TumourBlob, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    inside = brain > 0.5
    candidates = inside
    if blob.at_surface:
        deep = ndimage.binary_erosion(inside, iterations=round(_SURFACE_MM / GRID_MM))
        candidates = inside & ~deep
    spots = np.argwhere(candidates)
    centre = spots[int(generator.integers(len(spots)))]
    offsets = [(np.arange(n) - c) * GRID_MM / r for n, c, r in zip(GRID_SHAPE, centre, blob.radii_mm)]
    distance = np.sqrt(sum(part**2 for part in np.meshgrid(*offsets, indexing="ij"))).astype(np.float32)
    distance += blob.roughness * smooth_noise(generator, GRID_SHAPE, 3.0)
    edge = GRID_MM / float(np.mean(blob.radii_mm))
    tumour = np.clip((1 - distance) / edge + 0.5, 0, 1) * brain
    core = np.clip((blob.core - distance) / edge + 0.5, 0, 1)
    dead = np.clip((blob.necrosis - distance) / edge + 0.5, 0, 1)
    necrosis, enhancing, edema = blob.levels
    grey = edema + core * (enhancing - edema) + dead * core * (necrosis - enhancing)
    grey = grey * (1 + 0.08 * smooth_noise(generator, GRID_SHAPE, 2.0))
    return image * (1 - tumour) + grey * tumour, tumour


def _scanned(image: np.ndarray, brain: np.ndarray, scan: HeadScan, generator: np.random.Generator) -> np.ndarray:
    """The image as the scanner writes it."""
    if scan.blur_mm > 0:
        image = ndimage.gaussian_filter(image, scan.blur_mm / GRID_MM, truncate=3)
    if scan.slice_mm + scan.gap_mm > GRID_MM:
        count = image.shape[scan.slice_axis]
        matrix = slice_matrix(count, scan.slice_mm, scan.gap_mm, float(generator.uniform(0, scan.slice_mm)))
        image = np.moveaxis(np.tensordot(matrix, np.moveaxis(image, scan.slice_axis, 0), axes=1), 0, scan.slice_axis)
    image = np.maximum(image, 0)
    image = image * np.exp(scan.bias * smooth_noise(generator, GRID_SHAPE, 45 / GRID_MM))
    inside = brain > 0.5
    level = float(image[inside].mean()) if inside.any() else max(float(image.mean()), 1e-6)
    air = image < 0.02 * level
    sigma = np.float32(scan.noise * level)
    real, imaginary = (sigma * generator.standard_normal(GRID_SHAPE, dtype=np.float32) for _ in range(2))
    image = np.hypot(image + real, imaginary)
    top = max(float(image.max()), 1e-6)
    image = top * (image / top) ** np.float32(scan.gamma)
    if scan.air == "zero":
        image = image * ~air
    elif scan.air == "stripped":
        image = image * inside
    return np.ascontiguousarray(image, np.float32)
