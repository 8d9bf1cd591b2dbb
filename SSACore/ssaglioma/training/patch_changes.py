"""What happens to one training patch: drawn here as plain numbers, applied in `quick_augmentation`.

Ranges of place, noise, blur and resolution are nnU-Net's (Isensee et al. 2021) but for rotation (30 degrees in 2D too)
and mirroring (left-right with p 0.5, other axes 0.2); gray values change for each contrast by itself, since scanners
change the contrast between sequences. The bias field is that of SynthSeg (Billot et al. 2023), the random networks are
GIN (Ouyang et al. 2022, arXiv:2111.12525).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_ROTATION, _SCALE, _SHIFT = math.pi / 6, (0.75, 1.3), 12.0
_MIRROR_LAST, _MIRROR_OTHER = 0.5, 0.2


@dataclass(frozen=True)
class Chances:
    """How likely each change is, for a patch (place, noise) or for one of its contrasts (the others).

    Attributes
    ----------
    place, noise, blur, resolution, gain, gamma, inverted_gamma, offset, bias, network : float
        Rotation, scale and shift; Gaussian noise; Gaussian blur; coarser voxels; contrast about the mean; gamma;
        gamma of the negative; a shift of all values; a smooth coil field; a random network (GIN).
    """

    place: float = 0.3
    noise: float = 0.15
    blur: float = 0.1
    resolution: float = 0.1
    gain: float = 0.3
    gamma: float = 0.3
    inverted_gamma: float = 0.1
    offset: float = 0.2
    bias: float = 0.0
    network: float = 0.0


CHANCES = {
    "quick": Chances(),
    "strong": Chances(place=0.5, noise=0.25, blur=0.15, resolution=0.15, gain=0.4, gamma=0.4, bias=0.3, network=0.1),
}
"""'quick' does what `Augmentation` does; 'strong' does it oftener, with coil fields and random networks."""


@dataclass(frozen=True)
class ContrastChanges:
    """Changes of one contrast; None or False leaves a step out.

    Attributes
    ----------
    blur_sigma, zoom, gain, gamma, inverted_gamma, offset, bias : float or None
        In voxels, as a share of the voxels kept, as factors, exponents, SD, and SD of the logarithm.
    network : bool
    """

    blur_sigma: float | None = None
    zoom: float | None = None
    gain: float | None = None
    gamma: float | None = None
    inverted_gamma: float | None = None
    offset: float | None = None
    bias: float | None = None
    network: bool = False


@dataclass(frozen=True)
class PatchChanges:
    """Everything that is done to a patch but for the noise itself, which comes from `seed`.

    Attributes
    ----------
    matrix : tuple of floats or None
        Row-major (dims, dims + 1) map from places of the result to places of the patch, in voxels about its centre,
        last axis first.
    mirrored : tuple of bool
        One for each axis.
    noise : float or None
        Standard deviation.
    contrasts : tuple of ContrastChanges
    dropped : tuple of int
        Contrasts that become 0.
    seed : int
        Of fields, networks and noise.
    """

    matrix: tuple[float, ...] | None
    mirrored: tuple[bool, ...]
    noise: float | None
    contrasts: tuple[ContrastChanges, ...]
    dropped: tuple[int, ...]
    seed: int


def draw_changes(
    generator: np.random.Generator,
    chances: Chances,
    dims: int,
    contrasts: int,
    channel_dropout: float = 0.0,
    anchors: tuple[int, ...] = (),
) -> PatchChanges:
    """Draw the changes of a patch with so many spatial axes and contrasts; `anchors` are never dropped all."""
    matrix = _matrix(generator, dims) if generator.random() < chances.place else None
    mirrored = tuple(
        bool(generator.random() < (_MIRROR_LAST if axis == dims - 1 else _MIRROR_OTHER)) for axis in range(dims)
    )
    noise = float(generator.uniform(0, 0.15)) if generator.random() < chances.noise else None
    changes = tuple(_contrast(generator, chances) for _ in range(contrasts))
    dropped = _dropped(generator, contrasts, anchors) if generator.random() < channel_dropout else ()
    return PatchChanges(matrix, mirrored, noise, changes, dropped, int(generator.integers(2**31)))


def _contrast(generator: np.random.Generator, chances: Chances) -> ContrastChanges:
    def drawn(chance: float, low: float, high: float) -> float | None:
        hit, value = generator.random() < chance, float(generator.uniform(low, high))
        return value if hit else None

    def factor(chance: float, low: float, high: float) -> float | None:
        value = drawn(chance, math.log(low), math.log(high))
        return None if value is None else math.exp(value)

    return ContrastChanges(
        blur_sigma=drawn(chances.blur, 0.5, 1.2),
        zoom=drawn(chances.resolution, 0.4, 1.0),
        gain=factor(chances.gain, 0.65, 1.4),
        gamma=factor(chances.gamma, 0.65, 1.6),
        inverted_gamma=factor(chances.inverted_gamma, 0.65, 1.6),
        offset=drawn(chances.offset, -0.25, 0.25),
        bias=drawn(chances.bias, 0.05, 0.3),
        network=bool(generator.random() < chances.network),
    )


def _dropped(generator: np.random.Generator, contrasts: int, anchors: tuple[int, ...]) -> tuple[int, ...]:
    chosen = generator.permutation(contrasts)[: int(generator.integers(1, max(2, contrasts)))]
    dropped = set(chosen.tolist())
    if anchors and set(anchors) <= dropped:
        dropped.remove(anchors[int(generator.integers(len(anchors)))])
    return tuple(sorted(dropped))


def _matrix(generator: np.random.Generator, dims: int) -> tuple[float, ...]:
    """Scale, rotation and shift; the last axis comes first, as torch's grids have it."""
    turn = np.eye(dims)
    planes = [(0, 1)] if dims == 2 else [(0, 1), (0, 2), (1, 2)]
    for first, second in planes:
        angle = float(generator.uniform(-_ROTATION, _ROTATION)) / (1 if dims == 2 else 2)
        plane = np.eye(dims)
        plane[[first, first, second, second], [first, second, first, second]] = (
            math.cos(angle),
            -math.sin(angle),
            math.sin(angle),
            math.cos(angle),
        )
        turn = turn @ plane
    scale = math.exp(float(generator.uniform(math.log(_SCALE[0]), math.log(_SCALE[1]))))
    shift = generator.uniform(-_SHIFT, _SHIFT, dims)
    return tuple(float(value) for value in np.column_stack([turn / scale, shift]).ravel())
