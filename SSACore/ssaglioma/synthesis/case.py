"""A whole synthetic case: anatomy, tumour and appearance drawn, then made into images and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA_POST, Sequence
from ssaglioma.synthesis.anatomy.placing import GRID_SHAPE, Head, HeadParameters, box_places, draw_head
from ssaglioma.synthesis.anatomy.source import SourceAnatomy
from ssaglioma.synthesis.anatomy.subclusters import draw_subclusters
from ssaglioma.synthesis.anatomy.vessels import narrowed_furrows, with_vessels
from ssaglioma.synthesis.fields import refined, sample
from ssaglioma.synthesis.mr.protocol import draw_protocol
from ssaglioma.synthesis.mr.randomised import RandomAppearance, draw_random_appearance, render_random
from ssaglioma.synthesis.mr.relaxation import draw_tissues
from ssaglioma.synthesis.mr.rendering import Appearance, render
from ssaglioma.synthesis.tumours.drawing import draw_grown_tumour
from ssaglioma.synthesis.tumours.grown import STEP, GrownTumour, brain_tissue, grow_tumour
from ssaglioma.synthesis.tumours.library import (
    LibraryTumour,
    draw_library_tumour,
    find_masks,
    place_mask,
    read_mask,
)
from ssaglioma.synthesis.tumours.mass_effect import mass_effect
from ssaglioma.synthesis.tumours.painting import paint_labels
from ssaglioma.types import PathLike

_BRIGHTEST, _PERCENTILE = 1000, 99.9
_SOFT_EDGE_MM: Mapping[str, float] = {"NCR": 0.8, "ED": 1.1, "ET": 0.6, "RC": 0.6}
_HALF = 0.5


@dataclass(frozen=True)
class CaseParameters:
    """Everything that a synthetic case is made of; the same parameters give the same voxels.

    Attributes
    ----------
    anatomy : str
        Name of the source anatomy.
    head : HeadParameters
    tumour : GrownTumour or LibraryTumour or None
        None leaves the brain healthy.
    appearance : Appearance or RandomAppearance
    """

    anatomy: str
    head: HeadParameters
    tumour: GrownTumour | LibraryTumour | None
    appearance: Appearance | RandomAppearance

    @property
    def label_scheme(self) -> str:
        """'glioma', or 'glioma_post' where there is a resection cavity."""
        return "glioma_post" if getattr(self.tumour, "variant", "") == "post_operative" else "glioma"


@dataclass(frozen=True, eq=False)
class SyntheticCase:
    """Images (uint16) and labels (uint8) on the BraTS grid, shape (155, 240, 240), 1 mm."""

    images: Mapping[Sequence, np.ndarray]
    labels: np.ndarray


@dataclass(frozen=True)
class DrawOptions:
    """What is drawn for a set of cases.

    Attributes
    ----------
    masks : str or None
        Folder of tumour labelmaps to take shapes from.
    share_from_masks : float
        Share of the cases whose tumour comes from there.
    share_randomised : float
        Share of the cases with contrasts that follow no physics.
    variant : str or None
        One of `VARIANTS` for all grown tumours; None draws it.
    stripped : bool
    field_t : float or None
        Field strength of the protocol; None draws 1.5 or 3 T.
    share_healthy : float
        Share of the cases without a tumour, for a network that must find none there.
    """

    masks: str | None = None
    share_from_masks: float = 0.5
    share_randomised: float = 0.0
    variant: str | None = None
    stripped: bool = True
    field_t: float | None = None
    share_healthy: float = 0.0

    def __post_init__(self) -> None:
        for name in ("share_from_masks", "share_randomised", "share_healthy"):
            if not 0 <= getattr(self, name) <= 1:
                raise DatasetError(f"{name} is {getattr(self, name)!r}", expected="0 to 1")


def draw_case(
    generator: np.random.Generator, source: SourceAnatomy, options: DrawOptions = DrawOptions()
) -> CaseParameters:
    """Draw the parameters of one case for an anatomy."""
    head = draw_head(generator, stripped=options.stripped)
    placed = Head(source, head)
    places = box_places(placed.box, STEP)
    fractions, inside = placed.fractions_and_brain(places)
    origin = tuple(part.start for part in placed.box)
    tumour: GrownTumour | LibraryTumour | None
    if options.share_healthy > 0 and generator.random() < options.share_healthy:
        tumour = None
    elif options.masks is not None and generator.random() < options.share_from_masks:
        tissue = np.zeros(GRID_SHAPE, bool)
        tissue[placed.box] = refined(brain_tissue(fractions), STEP, _shape(placed.box)) > _HALF
        tumour = draw_library_tumour(generator, options.masks, find_masks(options.masks), tissue)
    else:
        brain = {name: part * (inside > _HALF) for name, part in fractions.items()}
        tumour = draw_grown_tumour(generator, brain, origin, variant=options.variant)  # type: ignore[arg-type]
    cystic = getattr(tumour, "variant", "") == "cystic"
    appearance: Appearance | RandomAppearance
    if generator.random() < options.share_randomised:
        appearance = draw_random_appearance(generator)
    else:
        appearance = Appearance(
            draw_protocol(generator, options.field_t),
            draw_tissues(generator, cystic=cystic),
            draw_subclusters(generator),
            texture_mm=float(generator.uniform(1.0, 2.5)),
            seed=int(generator.integers(2**31)),
        )
    return CaseParameters(source.name, head, tumour, appearance)


def make_case(source: SourceAnatomy, parameters: CaseParameters, masks: PathLike | None = None) -> SyntheticCase:
    """Return images and labels of a case.

    Raises
    ------
    DatasetError
        If the anatomy is another one, the library is missing, or the tumour does not fit into the brain.
    """
    if source.name != parameters.anatomy:
        raise DatasetError(f"The anatomy is {source.name!r}", expected=repr(parameters.anatomy))
    head = Head(source, parameters.head)
    labels, fractions, brain = _with_tumour(head, parameters.tumour, masks)
    fractions = with_vessels(fractions, parameters.head.warp_seed)
    fractions = narrowed_furrows(fractions, parameters.head.furrow_width)
    fractions = _mixed(fractions, labels)
    inside = brain > _HALF
    appearance = parameters.appearance
    if isinstance(appearance, RandomAppearance):
        images = render_random(fractions, inside, appearance)
    else:
        images = render(fractions, inside, appearance)
    kept = inside | (labels > 0) if parameters.head.stripped else None
    return SyntheticCase(
        {name: _on_grid(_scaled(image, inside, kept), head.box) for name, image in images.items()},
        _on_grid(labels, head.box),
    )


def _with_tumour(
    head: Head, tumour: GrownTumour | LibraryTumour | None, masks: PathLike | None
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Labels, tissue fractions and share of brain in the head's box, after the mass effect."""
    shape, places = _shape(head.box), box_places(head.box)
    if tumour is None:
        return np.zeros(shape, np.uint8), *head.fractions_and_brain(places)
    if isinstance(tumour, GrownTumour):
        coarse = box_places(head.box, STEP)
        at_first, brain = head.fractions_and_brain(coarse)
        at_first = {name: part * (brain > _HALF) for name, part in at_first.items()}
        grown = grow_tumour(tumour, at_first, brain, tuple(part.start for part in head.box))  # type: ignore[arg-type]
        shift = refined(grown.displacement_mm, STEP, shape)
        corner = np.array([part.start for part in head.box], np.float32).reshape(3, 1, 1, 1)
        score = sample(grown.score_mm, (places + shift - corner) / STEP)
        fractions, brain = head.fractions_and_brain(places + shift)
        inside = {name: part * (brain > _HALF) for name, part in fractions.items()}
        return paint_labels(tumour, score, inside, brain), fractions, brain
    if masks is None:
        raise DatasetError(f"The case takes its tumour from {tumour.mask!r}", remedy="Give the library with --masks")
    shape_labels = read_mask(masks, tumour.mask)
    labels = _placed(head, shape_labels, tumour, *head.fractions_and_brain(places))
    core = ((labels == 1) | (labels == 3)).astype(np.float32)
    pushed = core if core.sum() > 500 else (labels > 0).astype(np.float32)
    brain = head.brain(box_places(head.box, STEP)) > _HALF
    shift = mass_effect(pushed[::STEP, ::STEP, ::STEP], brain, tumour.push_mm, spacing_mm=STEP)
    moved = places + refined(shift, STEP, shape)
    fractions, brain = head.fractions_and_brain(moved)
    return _placed(head, shape_labels, tumour, fractions, brain), fractions, brain


def _placed(
    head: Head, shape_labels: np.ndarray, tumour: LibraryTumour, fractions: Mapping[str, np.ndarray], brain: np.ndarray
) -> np.ndarray:
    tissue = np.zeros(GRID_SHAPE, bool)
    tissue[head.box] = (brain_tissue(fractions) > _HALF) & (brain > _HALF)
    labels = place_mask(shape_labels, tumour, tissue)[head.box]
    closed = ndimage.binary_closing(labels > 0, iterations=1) & (brain > _HALF)
    if not labels.any():
        raise DatasetError(f"The tumour of {tumour.mask!r} lies outside the brain", expected="a centre inside it")
    return np.where(closed & (labels == 0), 2, labels).astype(np.uint8)


def _mixed(fractions: dict[str, np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    """Tumour tissues painted over the healthy ones, edges softened: partial volume."""
    spans = [np.flatnonzero((labels > 0).any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if not all(len(span) for span in spans):
        return fractions
    box = tuple(slice(max(int(s[0]) - 5, 0), min(int(s[-1]) + 6, size)) for s, size in zip(spans, labels.shape))
    soft: dict[str, np.ndarray] = {}
    for name, value in GLIOMA_POST.values.items():
        mask = labels[box] == value
        if mask.any():
            soft[name] = ndimage.gaussian_filter(mask.astype(np.float32), _SOFT_EDGE_MM[name], truncate=3)
    total = np.maximum(sum(soft.values()), 1e-6)
    covered = np.minimum(total, 1.0)
    mixed = dict(fractions)
    for name, part in mixed.items():
        part = part.copy()
        part[box] *= 1 - covered
        mixed[name] = part
    for name, part in soft.items():
        whole = np.zeros(labels.shape, np.float32)
        whole[box] = part * (covered / total)
        mixed[name] = whole
    return mixed


def _scaled(image: np.ndarray, inside: np.ndarray, kept: np.ndarray | None) -> np.ndarray:
    top = max(float(np.percentile(image[inside], _PERCENTILE)), 1e-6)
    scaled = np.clip(np.rint(image * (_BRIGHTEST / top)), 0, 65535)
    return (scaled if kept is None else np.maximum(scaled, 1) * kept).astype(np.uint16)


def _on_grid(array: np.ndarray, box: tuple[slice, ...]) -> np.ndarray:
    whole = np.zeros(GRID_SHAPE, array.dtype)
    whole[box] = array
    return whole


def _shape(box: tuple[slice, ...]) -> tuple[int, int, int]:
    return tuple(part.stop - part.start for part in box)  # type: ignore[return-value]
