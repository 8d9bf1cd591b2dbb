"""Random parameters of grown tumours.

Volume, shares and place follow 24 expert and 234 predicted labelmaps of public glioma cases (medians and
spreads; no shape of theirs is used).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.tissues import WHITE
from ssaglioma.synthesis.tumours.grown import STEP, GrownTumour
from ssaglioma.synthesis.tumours.growth import GrowthParameters

VARIANT_SHARES: Mapping[str, float] = {
    "classic": 0.60,
    "multifocal": 0.12,
    "cystic": 0.08,
    "non_enhancing": 0.06,
    "low_grade": 0.14,
    "post_operative": 0.0,
}
"""How often each variant is drawn; a cavity only where it is asked for, since it needs the post-treatment labels."""

_LOG_VOLUME, _LOG_VOLUME_SPREAD, _VOLUME_RANGE_ML = 4.45, 0.75, (4.0, 280.0)
_CORE, _CORE_SPREAD, _NECROSIS, _NECROSIS_SPREAD = -0.70, 0.95, -1.31, 1.25
_PLACE, _PLACE_SPREAD = (80.0, 126.0, 27.0), (18.0, 25.0, 13.0)
_MIDDLE_X = 119.0


def draw_grown_tumour(
    generator: np.random.Generator,
    fractions: Mapping[str, np.ndarray],
    origin: tuple[int, int, int],
    *,
    variant: str | None = None,
) -> GrownTumour:
    """Draw a tumour for a brain given by tissue fractions on the coarse grid (every `STEP` voxels from `origin`)."""
    if variant is None:
        names = list(VARIANT_SHARES)
        variant = names[int(generator.choice(len(names), p=list(VARIANT_SHARES.values())))]
    tissue = np.sum(list(fractions.values()), axis=0) > 0
    volume = float(np.clip(np.exp(generator.normal(_LOG_VOLUME, _LOG_VOLUME_SPREAD)), *_VOLUME_RANGE_ML))
    volume = min(volume, 0.3 * float(tissue.sum()) * STEP**3 / 1000)
    core = _squashed(generator.normal(_CORE, _CORE_SPREAD))
    necrosis = _squashed(generator.normal(_NECROSIS, _NECROSIS_SPREAD))
    if variant in ("cystic", "post_operative"):
        core, necrosis = max(core, 0.25), float(generator.uniform(0.6, 0.88))
    if variant in ("low_grade", "non_enhancing"):
        core = float(generator.uniform(0.35, 0.85))
        necrosis = 1.0 if variant == "low_grade" else float(generator.uniform(0.94, 0.995))
    front = float(generator.uniform(2.2, 4.0))
    proliferation = float(np.exp(generator.uniform(np.log(0.008), np.log(0.04))))
    return GrownTumour(
        variant=variant,
        seeds=_seeds(generator, fractions[WHITE], origin, several=variant == "multifocal"),
        growth=GrowthParameters(proliferation * front**2, float(generator.uniform(8, 25)), proliferation),
        volume_ml=volume,
        core_share=core,
        necrosis_share=necrosis,
        push_mm=float(generator.uniform(1, 4 if variant == "low_grade" else 9) * min(1, (core * volume / 30) ** 0.5)),
        white_matter_pull_mm=float(generator.uniform(6, 18) * (0.4 if variant == "low_grade" else 1)),
        roughness_mm=float(generator.uniform(1.5, 4.0)),
        ring_roughness=float(generator.uniform(0.25, 0.6)),
        noise_seed=int(generator.integers(2**31)),
    )


def _seeds(
    generator: np.random.Generator, white: np.ndarray, origin: tuple[int, int, int], *, several: bool
) -> tuple[tuple[float, float, float], ...]:
    places = np.argwhere(white > 0.8)
    if not len(places):
        raise DatasetError("The anatomy holds no place in white matter for a tumour", expected="white matter")
    at = places * STEP + np.asarray(origin)
    off = np.stack([at[:, 0] - _PLACE[0], at[:, 1] - _PLACE[1], np.abs(at[:, 2] - _MIDDLE_X) - _PLACE[2]], axis=1)
    weight = np.exp(-0.5 * ((off / _PLACE_SPREAD) ** 2).sum(axis=1))
    first = at[int(generator.choice(len(at), p=weight / weight.sum()))]
    chosen = [first]
    if several:
        apart = np.sqrt(((at - first) ** 2).sum(axis=1))
        near = np.flatnonzero((apart > 25) & (apart < 70))
        chosen += [at[int(k)] for k in generator.choice(near, min(len(near), int(generator.integers(1, 4))))]
    return tuple((float(z), float(y), float(x)) for z, y, x in chosen)


def _squashed(value: float) -> float:
    return float(np.clip(1 / (1 + np.exp(-value)), 0.02, 0.95))
