"""A random head of one anatomy: scaled, turned, bent and mirrored onto the grid of BraTS cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.source import FULL, SourceAnatomy
from ssaglioma.synthesis.anatomy.tissues import HEAD_TISSUES
from ssaglioma.synthesis.fields import integrated, random_velocity, sample, turning

GRID_SHAPE = (155, 240, 240)
"""Grid of BraTS cases, 1 mm."""

BRAIN_CENTRE = (70.5, 128.5, 119.0)
BRAIN_SIZE_MM = (140.0, 172.0, 139.0)
"""Centre and size of the brain's bounding box: medians of 24 public glioma cases on that grid."""

_SIZE_SPREAD, _CENTRE_SPREAD_MM = 0.02, 2.0
_WARP_GRID_MM, _MARGIN = 4, 6


@dataclass(frozen=True)
class HeadParameters:
    """How an anatomy is placed and bent.

    Attributes
    ----------
    centre_mm, size_mm : tuples of 3 floats
        Centre and size of the brain's bounding box on the grid, along (Z, Y, X).
    rotation_degrees : tuple of 3 floats
        About the axes Z, Y and X.
    mirrored : bool
        Left and right exchanged.
    warp_sigma_mm, warp_amplitude_mm : float
        Correlation length and standard deviation of the velocity field that bends the head.
    warp_seed : int
    furrow_width : float
        Share of the CSF between banks of cortex that is drawn as CSF, 0..1.
    stripped : bool
        True: everything outside the brain is 0.
    """

    centre_mm: tuple[float, float, float] = BRAIN_CENTRE
    size_mm: tuple[float, float, float] = BRAIN_SIZE_MM
    rotation_degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mirrored: bool = False
    warp_sigma_mm: float = 20.0
    warp_amplitude_mm: float = 2.5
    warp_seed: int = 0
    furrow_width: float = 0.4
    stripped: bool = True

    def __post_init__(self) -> None:
        if min(self.size_mm) <= 0 or self.warp_sigma_mm <= 0 or self.warp_amplitude_mm < 0:
            raise DatasetError(
                f"The head has size {self.size_mm!r} mm and warp {self.warp_sigma_mm!r}/{self.warp_amplitude_mm!r} mm",
                expected="positive sizes and a warp that is not negative",
            )


def draw_head(generator: np.random.Generator, *, stripped: bool = True) -> HeadParameters:
    """Draw place, size, turn, mirror and bend of a head."""
    size = [float(v * generator.normal(1, _SIZE_SPREAD)) for v in BRAIN_SIZE_MM]
    centre = [float(v + generator.normal(0, _CENTRE_SPREAD_MM)) for v in BRAIN_CENTRE]
    return HeadParameters(
        centre_mm=(centre[0], centre[1], centre[2]),
        size_mm=(size[0], size[1], size[2]),
        rotation_degrees=(
            float(generator.normal(0, 2.5)),
            float(generator.normal(0, 2.5)),
            float(generator.normal(0, 4)),
        ),
        mirrored=bool(generator.random() < 0.5),
        warp_sigma_mm=float(generator.uniform(14, 30)),
        warp_amplitude_mm=float(generator.uniform(1.0, 4.0)),
        warp_seed=int(generator.integers(2**31)),
        furrow_width=float(generator.uniform(0.15, 0.65)),
        stripped=stripped,
    )


class Head:
    """An anatomy with its place on the grid; sampled where a caller asks.

    `box` is the part of the grid (slices) that holds the brain, or the whole grid with the skull kept.
    """

    def __init__(self, source: SourceAnatomy, parameters: HeadParameters) -> None:
        if not parameters.stripped and not source.has_head:
            raise DatasetError(
                f"{source.name} holds no skull or skin",
                expected="a label map of the whole head for cases with the skull kept",
                remedy="Ask for stripped cases, or give label maps with the 5xx codes",
            )
        self.source, self.parameters = source, parameters
        low = [max(int(c - 0.58 * s) - _MARGIN, 0) for c, s in zip(parameters.centre_mm, parameters.size_mm)]
        high = [
            min(int(c + 0.58 * s) + _MARGIN, n) for c, s, n in zip(parameters.centre_mm, parameters.size_mm, GRID_SHAPE)
        ]
        self.box = tuple(slice(a, b) for a, b in zip(low, high))
        if not parameters.stripped:
            self.box = tuple(slice(0, n) for n in GRID_SHAPE)
        self._warp = self._displacement()
        self._matrix, self._shift = self._affine()

    @property
    def tissues(self) -> tuple[str, ...]:
        """The tissues that this head is drawn with."""
        return tuple(t for t in self.source.fractions if not (self.parameters.stripped and t in HEAD_TISSUES))

    def fractions(self, places: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return float32 fractions 0..1 of each tissue at places (3, ...) in voxels of the grid."""
        found = self._source_places(places)
        return {t: sample(self.source.fractions[t], found, mode="constant") / FULL for t in self.tissues}

    def fractions_and_brain(self, places: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return what `fractions` and `brain` give, in less time than both."""
        found = self._source_places(places)
        parts = {t: sample(self.source.fractions[t], found, mode="constant") / FULL for t in self.tissues}
        return parts, sample(self.source.brain, found, mode="constant") / FULL

    def brain(self, places: np.ndarray) -> np.ndarray:
        """Return the share of brain 0..1 (float32) at places (3, ...) in voxels of the grid."""
        return sample(self.source.brain, self._source_places(places), mode="constant") / FULL

    def _source_places(self, places: np.ndarray) -> np.ndarray:
        moved = places + np.stack([sample(part, places / _WARP_GRID_MM) for part in self._warp])
        return np.stack([sum(row[k] * moved[k] for k in range(3)) + t for row, t in zip(self._matrix, self._shift)])

    def _displacement(self) -> np.ndarray:
        """Displacement in mm on a 4 mm grid over the whole frame."""
        p = self.parameters
        shape = tuple(int(np.ceil(size / _WARP_GRID_MM)) + 1 for size in GRID_SHAPE)
        generator = np.random.default_rng(p.warp_seed)
        velocity = random_velocity(
            generator,
            shape,  # type: ignore[arg-type]
            sigma=p.warp_sigma_mm / _WARP_GRID_MM,
            amplitude=p.warp_amplitude_mm / _WARP_GRID_MM,
        )
        return integrated(velocity) * _WARP_GRID_MM

    def _affine(self) -> tuple[np.ndarray, np.ndarray]:
        """Matrix and shift that take a voxel of the grid to a voxel of the source."""
        p = self.parameters
        centre, size = self.source.brain_box_mm()
        scale = size / np.asarray(p.size_mm)
        if p.mirrored:
            scale = scale * (1, 1, -1)
        matrix = np.diag(scale / np.asarray(self.source.spacing_zyx_mm)) @ turning(p.rotation_degrees)
        shift = centre / np.asarray(self.source.spacing_zyx_mm) - matrix @ np.asarray(p.centre_mm)
        return matrix.astype(np.float32), shift.astype(np.float32)


def box_places(box: tuple[slice, ...], step: int = 1) -> np.ndarray:
    """Return the grid's voxel indices (3, Z, Y, X), float32, inside a box, every `step` voxels."""
    axes = [np.arange(part.start, part.stop, step, dtype=np.float32) for part in box]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def largest_part(mask: np.ndarray) -> np.ndarray:
    """Return the largest connected part of a mask."""
    numbered, count = ndimage.label(mask)
    return mask if count < 2 else numbered == 1 + int(np.argmax(np.bincount(numbered.ravel())[1:]))
