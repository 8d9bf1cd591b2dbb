"""How the published BraTS-GLI and BraTS-SSA slices were made, found from those whose volumes are at hand.

Helpers of `fit_ssa_scanner.py`; needs Pillow. A case is a dict of the four contrasts, arrays (Z, Y, X), each divided
by its mean over the brain. A published slice has rows = x.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.shift import brain_of_slice, tissue_level
from ssaglioma.volume import read_volume

MIDDLE = 77
_PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
_DEPTHS = (2, 6, 12, 20, 35)
_SHRINK = 0.1


@dataclass(frozen=True)
class Match:
    """A published slice explained by the four contrasts of its own case.

    Attributes
    ----------
    name : str
    weights : tuple of 4 floats
        Share of each contrast's brain mean, T1, T1Gd, T2, FLAIR; their mean is 1.
    residual, jpeg : float
        Standard deviation (gray values) of what the sum leaves, and of what JPEG alone does to that sum.
    flair_residual : float
        The same with FLAIR alone.
    """

    name: str
    weights: tuple[float, ...]
    residual: float
    jpeg: float
    flair_residual: float


def read_case(folder: Path) -> dict[str, np.ndarray]:
    """Return the four contrasts of a case, each over its brain mean (float32)."""
    case = {}
    for one in SEQUENCE_ORDER:
        array = read_volume(folder / f"{folder.name}-{one.value}.nii").array.astype(np.float32)
        case[one.value] = array / array[array > 0].mean()
    return case


def read_slices(folder: Path) -> dict[str, np.ndarray]:
    """Return the gray slices of a folder by name."""
    return {path.stem: np.asarray(Image.open(path).convert("L")) for path in sorted(folder.glob("*.jpg"))}


def jpeg_quality(folder: Path) -> int:
    """Return the JPEG quality of which every file of a folder has the quantization table."""
    tables = {tuple(Image.open(path).quantization[0]) for path in folder.glob("*.jpg")}
    for quality in range(1, 101):
        stream = io.BytesIO()
        Image.new("L", (8, 8)).save(stream, "JPEG", quality=quality)
        if tables == {tuple(Image.open(stream).quantization[0])}:
            return quality
    raise SystemExit(f"{folder} holds {len(tables)} quantization tables, none of them of one standard quality")


def published(gray: np.ndarray, quality: int) -> np.ndarray:
    """Return a slice after min-max, 8 bits and JPEG."""
    low, high = float(gray.min()), float(gray.max())
    return through_jpeg((gray - low) / (high - low) * 255, quality)


def through_jpeg(gray: np.ndarray, quality: int) -> np.ndarray:
    """Return gray values of 0 to 255 after 8 bits and JPEG."""
    stream = io.BytesIO()
    Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def explain(name: str, image: np.ndarray, case: dict[str, np.ndarray], quality: int) -> Match:
    """Regress a published slice on the contrasts of its case, without a constant."""
    planes = np.stack([case[one.value][MIDDLE].T for one in SEQUENCE_ORDER], axis=-1)
    brain = planes.min(axis=-1) > 0
    values = image[brain].astype(float)
    weights = np.linalg.lstsq(planes[brain], values, rcond=None)[0]
    total = planes @ weights
    flair = planes[brain][:, 3:]
    alone = flair @ np.linalg.lstsq(flair, values, rcond=None)[0]
    return Match(
        name,
        tuple(float(one) for one in weights / weights.mean()),
        float(np.std(values - total[brain])),
        float(np.std(through_jpeg(total, quality)[brain] - total[brain])),
        float(np.std(values - alone)),
    )


def contrast_features(image: np.ndarray) -> np.ndarray:
    """Return what tells contrasts apart, no texture: log of gray percentiles and medians at depths over the level."""
    brain = brain_of_slice(image)
    depth = ndimage.distance_transform_edt(brain)
    level = tissue_level(image, brain)
    inner = np.percentile(image[depth > _DEPTHS[0]], _PERCENTILES)
    bands = [np.median(image[(depth > low) & (depth <= high)]) for low, high in itertools.pairwise(_DEPTHS)]
    return np.log(np.maximum([*inner, *bands], 1) / level)


def classify(known: dict[str, np.ndarray], unknown: np.ndarray) -> list[str]:
    """Return the class of each row of features, by a linear discriminant with a shrunken common covariance."""
    means = {name: rows.mean(axis=0) for name, rows in known.items()}
    rest = np.concatenate([rows - means[name] for name, rows in known.items()])
    spread = rest.T @ rest / len(rest)
    spread = (1 - _SHRINK) * spread + _SHRINK * np.eye(len(spread)) * np.trace(spread) / len(spread)
    inverse = np.linalg.inv(spread)
    apart = {name: np.einsum("ni,ij,nj->n", unknown - mean, inverse, unknown - mean) for name, mean in means.items()}
    names = list(apart)
    return [names[index] for index in np.argmin(np.stack([apart[name] for name in names]), axis=0)]
