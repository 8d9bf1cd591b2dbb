"""One synthetic case by number: what decides it, and making it; for files and for training on the fly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis import scanner as scanners
from ssaglioma.synthesis.anatomy import read_anatomy
from ssaglioma.synthesis.case import CaseParameters, DrawOptions, SyntheticCase, draw_case, make_case
from ssaglioma.synthesis.records import digest, to_plain
from ssaglioma.synthesis.writing import on_brats_grid
from ssaglioma.volume import Volume

SCANNER_SOURCE_T = 3.0
"""Field of the images that a scanner preset expects; it changes their contrast to its own field."""


@dataclass(frozen=True)
class CaseRequest:
    """One case of a series; equal requests give equal cases.

    Attributes
    ----------
    anatomy : Path
        One of `find_anatomies`.
    seed, number : int
        Of the series, and the case's place in it.
    options : DrawOptions
    scanner : str or None
        Preset that the images pass through.
    """

    anatomy: Path
    seed: int
    number: int
    options: DrawOptions = field(default_factory=DrawOptions)
    scanner: str | None = None

    @property
    def digest(self) -> str:
        """Digest of all that decides the case; folders do not, file names do."""
        options = {**to_plain(self.options), "masks": self.options.masks is not None}
        if not self.options.share_healthy:
            del options["share_healthy"]  # cases made before this option keep their digest
        return digest(
            {
                "anatomy": self.anatomy.name,
                "seed": self.seed,
                "number": self.number,
                "options": options,
                "scanner": self.scanner,
            }
        )


@dataclass(frozen=True, eq=False)
class MadeCase:
    """Images and labels on the BraTS grid (155, 240, 240), 1 mm, and all parameters.

    Attributes
    ----------
    images : mapping of Sequence to Volume
        uint16; a scanner preset may leave a sequence out.
    labels : Volume of uint8
    parameters : CaseParameters
    scan : ScanParameters or None
    """

    images: Mapping[Sequence, Volume]
    labels: Volume
    parameters: CaseParameters
    scan: scanners.ScanParameters | None


def make_requested(request: CaseRequest) -> MadeCase:
    """Draw and make the case of a request.

    Raises
    ------
    DatasetError
        If the anatomy cannot be read, or the tumour does not fit.
    """
    source = read_anatomy(request.anatomy)
    parameters = draw_case(np.random.default_rng([request.seed, request.number]), source, request.options)
    case = make_case(source, parameters, request.options.masks)
    labels = on_brats_grid(case.labels)
    if request.scanner is None:
        images = {name: on_brats_grid(array) for name, array in case.images.items()}
        return MadeCase(images, labels, parameters, None)
    scan = scanners.draw_scan(request.scanner, np.random.default_rng([request.seed, request.number, 1]))
    return MadeCase(_scanned(case, scan), labels, parameters, scan)


def _scanned(case: SyntheticCase, scan: scanners.ScanParameters) -> dict[Sequence, Volume]:
    volumes = {name: on_brats_grid(case.images[name].astype(np.float32)) for name in SEQUENCE_ORDER}
    scanned = scanners.apply_scan(volumes, scan, grid="original", threads=1)
    return {name: v.with_array(np.clip(np.rint(v.array), 0, 65535).astype(np.uint16)) for name, v in scanned.items()}
