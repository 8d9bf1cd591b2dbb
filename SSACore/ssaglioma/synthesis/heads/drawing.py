"""Drawing the parameters of a head scan: contrast by physics or at random, tumour, slices, faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.anatomy.tissues import FLUID, SKIN, SOFT
from ssaglioma.synthesis.heads.maps import CLASSES, FAT, MARROW
from ssaglioma.synthesis.heads.parameters import TUMOUR_PARTS, HeadScan, Placement, TumourBlob
from ssaglioma.synthesis.mr.protocol import draw_protocol
from ssaglioma.synthesis.mr.relaxation import TissueMr, draw_tissues, tissues_at

_FAT_MR = TissueMr(300, 110, 0.95, 0.2)
"""Fat: T1 and T2 of turbo spin echoes, where J-coupling lengthens T2 (Henkelman et al. 1992, quoted from memory)."""

_ROUGH_CLASSES = (SOFT, FLUID, SKIN)
RANDOM = "random"


@dataclass(frozen=True)
class Ranges:
    """What may be drawn; the defaults are for training.

    Attributes
    ----------
    random_share : float
        Share of scans whose grey values follow no physics (Hoopes et al. 2022, SynthStrip, arXiv:2203.09974).
    tumour_share, surface_share : float
        Share of scans with a tumour, and of these with one at the surface.
    stripped_share, zero_share : float
        Share of scans without skull, and of those whose air is exactly 0.
    cut_share : float
        Share of scans whose field of view ends inside the head.
    slice_mm : tuple of 2 floats
        Thinnest and thickest slices.
    most_degrees, most_shift_mm : float
    """

    random_share: float = 0.35
    tumour_share: float = 0.6
    surface_share: float = 0.6
    stripped_share: float = 0.08
    zero_share: float = 0.35
    cut_share: float = 0.5
    slice_mm: tuple[float, float] = (1.0, 7.0)
    most_degrees: float = 20.0
    most_shift_mm: float = 10.0

    def __post_init__(self) -> None:
        shares = [getattr(self, name) for name in self.__dataclass_fields__ if name.endswith("_share")]
        if not all(0 <= share <= 1 for share in shares) or not 0 < self.slice_mm[0] <= self.slice_mm[1]:
            raise DatasetError(f"The ranges make no sense: {self!r}", expected="shares of 0 to 1, rising thickness")


def draw_head_scan(
    generator: np.random.Generator, ranges: Ranges = Ranges(), *, contrast: Sequence | None = None
) -> HeadScan:
    """Draw one scan; `contrast` None draws one of the four by physics, or grey values at random."""
    at_random = contrast is None and generator.random() < ranges.random_share
    if contrast is None:
        contrast = SEQUENCE_ORDER[int(generator.integers(len(SEQUENCE_ORDER)))]
    levels, tumour_levels = _random_levels(generator) if at_random else _physical_levels(generator, contrast)
    spreads = generator.uniform(0.02, 0.12, len(CLASSES)) * np.asarray(levels)
    rough = [CLASSES.index(name) for name in _ROUGH_CLASSES]
    spreads[rough] = generator.uniform(0.1, 0.4, len(rough)) * np.asarray(levels)[rough]
    tumour = _draw_tumour(generator, ranges, tumour_levels) if generator.random() < ranges.tumour_share else None
    thick = generator.random() < 0.6
    low, high = ranges.slice_mm
    word = generator.random()
    zeroed = word < ranges.stripped_share + ranges.zero_share
    return HeadScan(
        contrast=RANDOM if at_random else contrast.value,
        levels=tuple(float(v) for v in levels),
        spreads=tuple(float(v) for v in spreads),
        placement=_draw_placement(generator, ranges),
        tumour=tumour,
        slice_axis=int(generator.choice(3, p=(0.8, 0.1, 0.1))) if thick else 0,
        slice_mm=float(generator.uniform(max(low, 3.0), high)) if thick and high > 3.0 else low,
        gap_mm=float(generator.uniform(0, 1.5)) if thick else 0.0,
        field_of_view=_draw_field(generator) if generator.random() < ranges.cut_share else (0.0, 1.0),
        blur_mm=float(generator.uniform(0, 2.5)),
        noise=float(np.exp(generator.uniform(np.log(0.01), np.log(0.12)))),
        bias=float(generator.uniform(0, 0.45)),
        gamma=float(np.exp(generator.normal(0, 0.2))),
        air="stripped" if word < ranges.stripped_share else "zero" if zeroed else "noisy",
        seed=int(generator.integers(2**31)),
    )


def _physical_levels(generator: np.random.Generator, contrast: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Signals of a drawn protocol, each departing a little; fat is dark where it was suppressed."""
    protocol = draw_protocol(generator)
    tissues = tissues_at(protocol.field_t, draw_tissues(generator))
    tissues[FAT], tissues[MARROW] = _FAT_MR.at(protocol.field_t), _FAT_MR.at(protocol.field_t)
    pulse = protocol.sequence(contrast)

    def signal(name: str) -> float:
        tissue = tissues[name]
        if contrast is Sequence.T1C and tissue.uptake_mm > 0:
            tissue = tissue.with_agent(tissue.uptake_mm, protocol.agent)
        return abs(pulse.signal(tissue))

    levels = np.array([signal(name) for name in CLASSES]) / max(signal("white"), 1e-6)
    levels *= np.exp(generator.normal(0, 0.12, len(CLASSES)))
    suppressed = generator.random() < 0.3
    fatty = [CLASSES.index(name) for name in (FAT, MARROW, SKIN)]
    levels[fatty] *= generator.uniform(0.1, 0.5) if suppressed else generator.uniform(0.6, 1.3)
    levels[CLASSES.index(MARROW)] *= generator.uniform(0.3, 1.0)
    parts = np.array([signal(name) for name in TUMOUR_PARTS]) / max(signal("white"), 1e-6)
    return levels, parts * np.exp(generator.normal(0, 0.2, len(parts)))


def _random_levels(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    levels = generator.uniform(0.05, 1.0, len(CLASSES) + len(TUMOUR_PARTS))
    bone = CLASSES.index("bone")
    if generator.random() < 0.7:
        levels[bone] *= 0.3
    return levels[: len(CLASSES)], levels[len(CLASSES) :]


def _draw_placement(generator: np.random.Generator, ranges: Ranges) -> Placement:
    size = generator.normal(1, 0.05)
    scale = [float(np.clip(size * generator.normal(1, 0.03), 0.8, 1.2)) for _ in range(3)]
    turn, move = ranges.most_degrees, ranges.most_shift_mm
    degrees = [float(np.clip(generator.normal(0, turn / 2), -turn, turn)) for _ in range(3)]
    shift = [float(generator.uniform(-move, move)) for _ in range(3)]
    return Placement(
        scale=(scale[0], scale[1], scale[2]),
        degrees=(degrees[0], degrees[1], degrees[2]),
        shift_mm=(shift[0], shift[1], shift[2]),
        mirrored=bool(generator.random() < 0.5),
        warp_sigma_mm=float(generator.uniform(20, 40)),
        warp_mm=float(generator.uniform(0, 4)),
    )


def _draw_tumour(generator: np.random.Generator, ranges: Ranges, levels: np.ndarray) -> TumourBlob:
    size = generator.uniform(8, 32)
    radii = np.clip(size * generator.uniform(0.7, 1.4, 3), 6, 40)
    core = float(generator.uniform(0.3, 1.0))
    return TumourBlob(
        at_surface=bool(generator.random() < ranges.surface_share),
        radii_mm=(float(radii[0]), float(radii[1]), float(radii[2])),
        roughness=float(generator.uniform(0.05, 0.3)),
        core=core,
        necrosis=float(core * generator.uniform(0, 0.9)),
        levels=(float(levels[0]), float(levels[1]), float(levels[2])),
    )


def _draw_field(generator: np.random.Generator) -> tuple[float, float]:
    low = float(generator.uniform(0, 0.35))
    return low, float(generator.uniform(max(0.75, low + 0.4), 1.0))
