"""Probability images of regions on disk: float32 in 0..1, or uint8 in per cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme
from ssaglioma.types import PathLike
from ssaglioma.volume.reading import read_volume
from ssaglioma.volume.volume import Volume
from ssaglioma.volume.writing import write_volume

PROBABILITY_TYPES = ("float32", "uint8")
_PER_CENT = 100


def probability_path(labelmap: Path, region: str) -> Path:
    """Return the probability image of a region that belongs to a labelmap: `<case>-probability-et.nii.gz`."""
    stem = labelmap.name.split(".")[0].removesuffix("-seg")
    return labelmap.parent / f"{stem}-probability-{region.lower()}.nii.gz"


def write_probabilities(
    probabilities: Mapping[str, Volume], labelmap: Path, voxel_type: str = "float32"
) -> dict[str, Path]:
    """Write one image for each region beside a labelmap and return their paths.

    Parameters
    ----------
    probabilities : mapping of region to Volume
        Values in 0..1.
    voxel_type : str
        'float32' keeps the values; 'uint8' stores whole per cents, a tenth of the size.
    """
    paths = {}
    for region, volume in probabilities.items():
        paths[region] = probability_path(labelmap, region)
        if voxel_type == "uint8":
            percent = np.round(volume.array * _PER_CENT).astype(np.uint8)
            write_volume(volume.with_array(percent), paths[region], dtype=np.uint8)
        else:
            write_volume(volume, paths[region], dtype=np.float32)
    return paths


def read_probabilities(paths: Iterable[PathLike], scheme: LabelScheme) -> dict[str, Volume]:
    """Read probability images named `...-probability-<region>` as float32 in 0..1, by region.

    Raises
    ------
    DatasetError
        If a name tells no region of the scheme, two files tell the same one, or a file cannot be read.
    """
    known = {region.lower(): region for region in scheme.regions}
    found: dict[str, Volume] = {}
    for path in (Path(item) for item in paths):
        region = known.get(path.name.split(".")[0].lower().rpartition("-")[2])
        if region is None or region in found:
            kind = "names no region" if region is None else f"is a second one of {region}"
            raise DatasetError(
                f"The probability image {str(path)!r} {kind}",
                expected="one file for each region, named " + ", ".join(f"...-probability-{name}" for name in known),
            )
        volume = read_volume(path)
        if volume.array.dtype.kind in "ui":
            volume = volume.with_array(volume.array.astype(np.float32) / _PER_CENT)
        found[region] = volume
    return found
