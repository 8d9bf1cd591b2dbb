"""Build the sample case that ships with the project, from the ICBM152 tissue maps in nilearn's wheel.

Usage: pip install nilearn; python scripts/make_sample_case.py
The same versions give the same voxels.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import SimpleITK

from ssaglioma.labels import Sequence
from ssaglioma.synthesis import (
    ContrastParameters,
    TissueMaps,
    TumourParameters,
    paint_tumour,
    render_contrasts,
)
from ssaglioma.volume import Volume, resample_to, to_canonical, write_volume
from ssaglioma.volume.sitk import from_sitk

NAME = "ICBM152-painted-001"
FILES = "mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
GRID_SHAPE, GRID_ORIGIN = (155, 240, 240), (0.0, -239.0, 0.0)
SHRINK, RAISE_MM = 0.94, 10
TUMOUR = TumourParameters(
    centre_zyx=(102, 92, 152),
    core_radius_mm=17.0,
    ring_mm=4.5,
    edema_mm=13.0,
    roughness_mm=2.2,
    white_matter_pull_mm=10.0,
    seed=20261121,
)
NOTICE = """Sample case of SSAGlioma: a synthetic case, no patient.

The anatomy comes from the tissue maps of the ICBM 2009a nonlinear symmetric template (Fonov et al. 2011,
NeuroImage 54:313-327, doi:10.1016/j.neuroimage.2010.07.033), as distributed with nilearn, shrunk by 6 %.
Tumour and grey values are painted by scripts/make_sample_case.py.

Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological Institute, McGill
University. The template may be used, copied, modified and distributed for any purpose and without fee, provided
that this copyright notice appears in all copies. It is provided "as is", without warranty of any kind, and the authors
are not responsible for harm from its use. This is a summary; the wording and the years were not checked against the
publisher's page, whose text governs: https://www.bic.mni.mcgill.ca/ServicesAtlases/ICBM152NLin2009
"""


def main() -> int:
    """Write the case to Resources/SampleCases."""
    target = Path(__file__).parents[1] / "Resources" / "SampleCases" / NAME
    target.mkdir(parents=True, exist_ok=True)
    maps = tissue_maps()
    labels = paint_tumour(maps, TUMOUR)
    images = render_contrasts(maps, labels, ContrastParameters(seed=20261121))
    for sequence in Sequence:
        write_volume(_volume(images[sequence]), target / f"{NAME}-{sequence.value}.nii.gz")
    write_volume(_volume(labels), target / f"{NAME}-seg.nii.gz")
    (target / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{target}: {size / 2**20:.1f} MiB, {np.bincount(labels.ravel())[1:] / 1000} ml of NCR, ED, ET")
    return 0


def tissue_maps() -> TissueMaps:
    """Return the template's tissue fractions on the BraTS grid, the brain centered."""
    grey, white, template = (_on_brats_grid(_read(kind)) for kind in ("gm", "wm", "t1"))
    grey, white = grey / 255, white / 255
    brain = template > 20
    total = np.maximum(grey + white, 1)
    grey, white = grey / total * brain, white / total * brain
    return TissueMaps(grey, white, (1 - grey - white) * brain)


def _read(kind: str) -> Volume:
    found = importlib.util.find_spec("nilearn")
    if found is None or found.origin is None:
        raise SystemExit("nilearn is not installed: pip install nilearn")
    path = Path(found.origin).parent / "datasets" / "data" / FILES.format(kind)
    return to_canonical(from_sitk(SimpleITK.ReadImage(str(path))))


def _on_brats_grid(volume: Volume) -> np.ndarray:
    middle = np.array(volume.shape[::-1]) / 2 * SHRINK
    start = [middle[0] - 120, middle[1] - 120, middle[2] - 77.5 - RAISE_MM]
    shrunk = Volume(volume.array, tuple(SHRINK * value for value in volume.spacing_zyx_mm))  # type: ignore[arg-type]
    grid = Volume(np.zeros(GRID_SHAPE, np.uint8), origin_lps_mm=(start[0], start[1], start[2]))
    return resample_to(shrunk, grid, order=1).array


def _volume(array: np.ndarray) -> Volume:
    return Volume(array, (1.0, 1.0, 1.0), GRID_ORIGIN)


if __name__ == "__main__":
    sys.exit(main())
