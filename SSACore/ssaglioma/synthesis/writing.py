"""Synthetic cases on disk: BraTS-style folders, whole or not there, each with all its parameters."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.case import CaseParameters
from ssaglioma.synthesis.records import digest, to_plain
from ssaglioma.volume import Volume, write_volume

PARAMETERS_FILE = "synthesis.json"
FORMAT = 1

_ORIGIN_LPS_MM = (0.0, -239.0, 0.0)
_UNFINISHED = ".unfinished-"


def case_name(seed: int, number: int) -> str:
    """Return the name of a case, BraTS-style; cases of other seeds have other names."""
    return f"SYN-{seed:05d}-{number:05d}"


def on_brats_grid(array: np.ndarray) -> Volume:
    """Return an array (155, 240, 240) with the place that BraTS files have."""
    return Volume(array, (1.0, 1.0, 1.0), _ORIGIN_LPS_MM)


def finished(folder: Path, request: str) -> bool:
    """Return True if the case in a folder is whole and was made for this request.

    Raises
    ------
    DatasetError
        If something else lies there.
    """
    if not folder.exists():
        return False
    try:
        record = json.loads((folder / PARAMETERS_FILE).read_text(encoding="utf-8"))
        found = record["request"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The folder {str(folder)!r} holds no {PARAMETERS_FILE} that can be read",
            remedy="Remove the folder, or choose another output folder",
        ) from error
    if found != request:
        raise DatasetError(
            f"The case {folder.name!r} was made from another request ({found!r})",
            expected=f"{request!r}: the same anatomy, options and version",
            remedy="Choose another output folder or seed, or remove the old cases",
        )
    return True


def write_case(
    folder: Path,
    volumes: Mapping[Sequence, Volume],
    labels: Volume,
    parameters: CaseParameters,
    record: Mapping[str, Any],
) -> None:
    """Write four images, labels and `synthesis.json`; the folder appears only when all is in it.

    Raises
    ------
    SSAGliomaError
        If the folder cannot be written.
    """
    aside = folder.with_name(_UNFINISHED + folder.name)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for sequence in SEQUENCE_ORDER:
            if sequence in volumes:
                write_volume(volumes[sequence], aside / f"{folder.name}-{sequence.value}.nii.gz")
        write_volume(labels, aside / f"{folder.name}-seg.nii.gz")
        text = json.dumps(
            {
                "format": FORMAT,
                "ssaglioma": __version__,
                "case": folder.name,
                **record,
                "labels": parameters.label_scheme,
                "digest": digest(parameters),
                "parameters": to_plain(parameters),
            },
            indent=1,
        )
        (aside / PARAMETERS_FILE).write_text(text + "\n", encoding="utf-8")
        os.replace(aside, folder)
    except OSError as error:
        raise SSAGliomaError(
            f"The case {str(folder)!r} cannot be written ({error.strerror or error})",
            remedy="Choose a folder that can be written, with about 20 MiB of space a case",
        ) from error
