"""Fit evaluation/tumour_scope.json: how large gliomas are, and in how many pieces.

Usage: python scripts/fit_tumour_scope.py FOLDER [FOLDER ...]

The folders hold labelmaps of pre-operative adult gliomas (references, or predictions of a published model); files whose
names do not end in -seg or lie in a folder of masks are passed over. Only percentiles leave it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK

from ssaglioma.evaluation import tumour_scope
from ssaglioma.evaluation.tumour_scope import pieces_ml
from ssaglioma.volume.atomic import write_json_atomic
from ssaglioma.volume.reading import IMAGE_SUFFIXES

PERCENTILE = 2.0
STEP = 2


def labelmaps(folder: Path) -> list[Path]:
    """The labelmaps below a folder."""
    images = [path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(IMAGE_SUFFIXES)]
    named = [path for path in images if "-seg" in path.name.lower()]
    return named or images


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    args = parser.parse_args()
    totals, shares = [], []
    for path in [file for folder in args.folders for file in labelmaps(folder)]:
        image = SimpleITK.ReadImage(str(path))[::STEP, ::STEP, ::STEP]
        pieces = pieces_ml(SimpleITK.GetArrayFromImage(image) > 0, image.GetSpacing()[::-1])
        if pieces:
            totals.append(sum(pieces))
            shares.append(100 * pieces[0] / sum(pieces))
    values = {
        "made_by": f"scripts/fit_tumour_scope.py on {len(totals)} labelmaps of adult gliomas before surgery",
        "percentile": PERCENTILE,
        "least_ml": round(float(np.percentile(totals, PERCENTILE)), 2),
        "most_ml": round(float(np.percentile(totals, 100 - PERCENTILE)), 2),
        "least_largest_percent": round(float(np.percentile(shares, PERCENTILE)), 1),
    }
    write_json_atomic(values, Path(tumour_scope.__file__).with_name("tumour_scope.json"))
    print(values, "smallest", sorted(totals)[:8], "scattered", sorted(shares)[:8])


if __name__ == "__main__":
    main()
