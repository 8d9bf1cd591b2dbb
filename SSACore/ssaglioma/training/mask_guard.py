"""The guard that keeps tumour shapes of held-out patients out of synthetic training cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.training.folds import Folds
from ssaglioma.training.style_provenance import held_out_patients, patient_of
from ssaglioma.types import PathLike
from ssaglioma.volume import Case

_LABELS = re.compile(r"[-_]seg$", re.IGNORECASE)
_NUMBER_OF_2021 = re.compile(r"^(?:BraTS2021_|BraTS-GLI-)(?P<number>\d{5})$")


def shape_patient(mask: PathLike) -> str:
    """Return the patient whom a tumour labelmap's file name tells."""
    return patient_of(_LABELS.sub("", Path(mask).name.split(".")[0]))


def check_shapes(masks: Iterable[str], folds: Folds | None, fold: int | None) -> None:
    """Raise if a tumour shape comes from a patient whom the fold holds out.

    BraTS 2023 kept the numbers of BraTS 2021 ('BraTS-GLI-00001-000' is 'BraTS2021_00001').

    Raises
    ------
    DatasetError
        Naming the labelmaps.
    """
    held_out = {_key(patient) for patient in held_out_patients(folds, fold)}
    leaked = sorted(name for name in masks if _key(shape_patient(name)) in held_out)
    if leaked:
        raise DatasetError(
            f"Tumour shapes come from patients whom fold {fold} holds out: {leaked[:5]}",
            expected="labelmaps of other patients",
            remedy="Take these labelmaps out of the library, or make the synthetic cases anew without them",
        )


def shape_of(case: Case) -> str | None:
    """Return the labelmap that gave a synthetic case its tumour, by the `synthesis.json` beside it; None for none."""
    record = Path(str(case.reference)).with_name("synthesis.json")
    if not record.is_file():
        return None
    tumour = json.loads(record.read_text(encoding="utf-8")).get("parameters", {}).get("tumour") or {}
    return tumour.get("mask")


def _key(patient: str) -> str:
    found = _NUMBER_OF_2021.match(patient)
    return f"BraTS-GLI-{found['number']}" if found else patient
