"""Build the sample cases that ship with the project, from the ICBM152 tissue maps in nilearn's wheel.

Usage: pip install nilearn; python scripts/make_sample_case.py
One patient twice: clean, and as the scanner '1.5T_ssa' would have shown it. The tumour is grown; no real tumour's
shape enters. The same versions give the same voxels.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis import CaseParameters, DrawOptions, draw_case, make_case
from ssaglioma.synthesis.anatomy import read_anatomy
from ssaglioma.synthesis.records import to_plain
from ssaglioma.synthesis.scanner import apply_scan, draw_scan, scan_labels
from ssaglioma.synthesis.writing import on_brats_grid
from ssaglioma.volume import Volume, write_volume

CLEAN, SSA = "ICBM152-grown-001", "ICBM152-grown-001-ssa"
GREY_MAP = "mni_icbm152_gm_tal_nlin_sym_09a_converted.nii.gz"
SEED, NUMBER, SCAN_SEED, SCANNER = 7, 2, 3, "1.5T_ssa"
OPTIONS = DrawOptions(variant="classic", field_t=3.0)
NOTICE = """Sample case of SSAGlioma: a synthetic case, no patient.

The anatomy comes from the tissue maps of the ICBM 2009a nonlinear symmetric template (Fonov et al. 2011,
NeuroImage 54:313-327, doi:10.1016/j.neuroimage.2010.07.033), as distributed with nilearn, warped at random.
The tumour was grown by a reaction-diffusion model, and grey values follow the signal equations of the sequences
(scripts/make_sample_case.py; parameters.json holds every number).{scanner}

Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological Institute, McGill
University. The template may be used, copied, modified and distributed for any purpose and without fee, provided
that this copyright notice appears in all copies. It is provided "as is", without warranty of any kind, and the authors
are not responsible for harm from its use. This is a summary; the wording and the years were not checked against the
publisher's page, whose text governs: https://www.bic.mni.mcgill.ca/ServicesAtlases/ICBM152NLin2009
"""
SCANNED = """ The images then
passed through the scanner simulator with the preset 1.5T_ssa: thick slices, noise, coil, motion."""


def main() -> int:
    """Write both cases to Resources/SampleCases."""
    source = read_anatomy(_grey_map())
    parameters = draw_case(np.random.default_rng([SEED, NUMBER]), source, OPTIONS)
    case = make_case(source, parameters)
    images = {name: on_brats_grid(case.images[name]) for name in SEQUENCE_ORDER}
    labels = on_brats_grid(case.labels)
    _write(CLEAN, images, labels, parameters, None)
    scan = draw_scan(SCANNER, np.random.default_rng(SCAN_SEED))
    floats = {name: volume.with_array(volume.array.astype(np.float32)) for name, volume in images.items()}
    scanned = {name: _whole(volume) for name, volume in apply_scan(floats, scan, grid="native").items()}
    _write(SSA, scanned, scan_labels(labels, scan, grid="native"), parameters, scan.to_json())
    return 0


def _grey_map() -> Path:
    found = importlib.util.find_spec("nilearn")
    if found is None or found.origin is None:
        raise SystemExit("nilearn is not installed: pip install nilearn")
    return Path(found.origin).parent / "datasets" / "data" / GREY_MAP


def _whole(volume: Volume) -> Volume:
    whole = np.clip(np.rint(volume.array), 0, 65535)
    return volume.with_array(np.where((volume.array > 0) & (whole == 0), 1, whole).astype(np.uint16))


def _write(
    name: str, images: dict[Sequence, Volume], labels: Volume, parameters: CaseParameters, scan: dict | None
) -> None:
    target = Path(__file__).parents[1] / "Resources" / "SampleCases" / name
    target.mkdir(parents=True, exist_ok=True)
    for sequence, volume in images.items():
        write_volume(volume, target / f"{name}-{sequence.value}.nii.gz")
    write_volume(labels.with_array(labels.array.astype(np.uint8)), target / f"{name}-seg.nii.gz")
    record = {"seed": SEED, "number": NUMBER, "parameters": to_plain(parameters), "scan": scan}
    (target / "parameters.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (target / "NOTICE.txt").write_text(NOTICE.format(scanner=SCANNED if scan else ""), encoding="utf-8")
    size = sum(path.stat().st_size for path in target.iterdir()) / 2**20
    voxel_ml = np.prod(labels.spacing_zyx_mm) / 1000
    volumes = np.bincount(labels.array.ravel().astype(int), minlength=4)[1:] * voxel_ml
    print(f"{target.name}: {size:.1f} MiB, shape {labels.shape}, {np.round(volumes, 1)} ml of NCR, ED, ET")


if __name__ == "__main__":
    sys.exit(main())
