"""Labels from the density of tumour cells: edema, a rugged enhancing ring, necrosis, cavity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from ssaglioma.labels import GLIOMA_POST
from ssaglioma.synthesis.anatomy.tissues import CORTEX, DEEP_GREY, WHITE
from ssaglioma.synthesis.fields import smooth_noise
from ssaglioma.synthesis.tumours.grown import GrownTumour, brain_tissue

_LEAST_TISSUE = 0.5
_MARGIN = 6
_CORTEX_SPARED_MM = 6.0
_CAVITY_WALL_MM = 1.5


def paint_labels(
    tumour: GrownTumour, score_mm: np.ndarray, fractions: Mapping[str, np.ndarray], brain: np.ndarray
) -> np.ndarray:
    """Return the labelmap (uint8, shape (Z, Y, X)) of a grown tumour; values of `GLIOMA`, or `GLIOMA_POST`.

    Parameters
    ----------
    score_mm, brain : ndarray of float32, shape (Z, Y, X)
        Growth field, and share of brain, both on the 1 mm grid, after the mass effect.
    fractions : mapping of tissue to ndarray of float32, shape (Z, Y, X)
    """
    box = _working_box(score_mm, tumour)
    part = {name: fractions[name][box] for name in fractions}
    generator = np.random.default_rng(tumour.noise_seed)
    whole, edge = _whole_tumour(tumour, score_mm[box], part, generator)
    core, depth = _core(tumour, score_mm[box], whole, brain[box] > 0.5, generator)
    necrosis = _necrosis(tumour, core, depth, generator)
    values = GLIOMA_POST.values
    inner = np.zeros(edge.shape, np.uint8)
    inner[whole] = values["ED"]
    inner[core] = values["ET"]
    inner[necrosis] = values["NCR"]
    if tumour.variant == "post_operative":
        wall = ndimage.distance_transform_edt(core) + smooth_noise(generator, core.shape, 4)
        inner[core] = values["ED"]
        inner[core & (wall <= _CAVITY_WALL_MM + 1.0) & (smooth_noise(generator, core.shape, 6) > 0.4)] = values["ET"]
        inner[core & (wall > _CAVITY_WALL_MM)] = values["RC"]
    labels = np.zeros(score_mm.shape, np.uint8)
    labels[box] = inner
    return labels


def _working_box(score: np.ndarray, tumour: GrownTumour) -> tuple[slice, ...]:
    """The part of the grid that a tumour of this volume can reach."""
    wanted = min(int(tumour.volume_ml * 1000 * 6), score.size - 1)
    cut = np.partition(score.ravel()[::4], -max(wanted // 4, 1))[-max(wanted // 4, 1)]
    mask = score >= cut
    spans = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    return tuple(
        slice(max(int(s[0]) - _MARGIN, 0), min(int(s[-1]) + _MARGIN + 1, size)) for s, size in zip(spans, score.shape)
    )


def _whole_tumour(
    tumour: GrownTumour, score: np.ndarray, part: Mapping[str, np.ndarray], generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Edema reaches along white matter and spares cortex; its threshold gives the volume asked for."""
    white = ndimage.gaussian_filter(part[WHITE], 1.5)
    grey = part.get(CORTEX, 0) + 0.6 * part.get(DEEP_GREY, 0)
    edge = score + tumour.white_matter_pull_mm * (white - 0.5) - _CORTEX_SPARED_MM * grey
    edge += 0.8 * tumour.roughness_mm * smooth_noise(generator, score.shape, 7)
    edge += 0.3 * tumour.roughness_mm * smooth_noise(generator, score.shape, 2)
    tissue = brain_tissue(part) > _LEAST_TISSUE
    edge = ndimage.gaussian_filter(edge, 0.7)
    candidates = edge[tissue]
    wanted = min(int(tumour.volume_ml * 1000), len(candidates) - 1)
    whole = tissue & (edge >= np.partition(candidates, -wanted)[-wanted])
    return _without_crumbs(whole, 150), edge


def _core(
    tumour: GrownTumour, score: np.ndarray, whole: np.ndarray, brain: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    field = score + tumour.roughness_mm * (
        smooth_noise(generator, score.shape, 8) + 0.5 * smooth_noise(generator, score.shape, 3)
    )
    inside = field[whole]
    wanted = int(np.clip(tumour.core_share * len(inside), 30, len(inside) - 1))
    core = whole & (field >= np.partition(inside, -wanted)[-wanted])
    core = ndimage.binary_closing(core, iterations=1) & brain
    core = ndimage.binary_fill_holes(_without_crumbs(core, 60)) & brain
    whole |= core
    return core, ndimage.distance_transform_edt(core).astype(np.float32)


def _necrosis(tumour: GrownTumour, core: np.ndarray, depth: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The deepest part of the core, its border rugged, so that the ring has nodules and gaps."""
    if tumour.necrosis_share >= 1:
        return core
    scale = max(float(depth.max()), 2.0) * tumour.ring_roughness
    if tumour.variant == "cystic":
        scale *= 0.5
    rough = smooth_noise(generator, core.shape, 5) + 0.6 * smooth_noise(generator, core.shape, 2.5)
    field = depth + 0.5 * scale * rough
    inside = field[core]
    wanted = int(tumour.necrosis_share * len(inside))
    if wanted < 5:
        return np.zeros_like(core)
    return core & (field >= np.partition(inside, -wanted)[-wanted])


def _without_crumbs(mask: np.ndarray, least: int) -> np.ndarray:
    numbered, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    kept = sizes >= min(least, int(sizes.max()))
    return kept[numbered]
