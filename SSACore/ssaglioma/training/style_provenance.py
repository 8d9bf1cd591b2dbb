"""Whose image a stylised copy shows and whose style it bears; the guard that keeps held-out patients out of training.

A model that is trained on the anatomy or on the look of a patient it is later judged on scores too well. So a copy
belongs to the patient of its content, and patients that are held out lend neither content nor style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ssaglioma.errors import DatasetError
from ssaglioma.training.folds import Folds
from ssaglioma.types import PathLike
from ssaglioma.volume import Case
from ssaglioma.volume.atomic import write_json_atomic

PROVENANCE_FILE = "stylised.json"
FORMAT = 1

_STYLE_PREFIX = re.compile(r"^styli[sz]ed[-_]+", re.IGNORECASE)
_STYLE_SUFFIX = re.compile(r"[-_]+(nst\d*|styli[sz]ed([-_].*|\d*))$", re.IGNORECASE)
_VISITS = (
    re.compile(r"^(?P<patient>BraTS-[A-Za-z]+-\d+)-\d{3}$"),  # BraTS 2023 on: patient, then visit
    re.compile(r"^(?P<patient>Brats\d\d_.+)_\d+$"),  # BraTS 2017 and 2018: the last number counts scans
    re.compile(r"^(?P<patient>sub-[^_]+)_.+$"),  # BIDS: the session follows
    re.compile(r"^(?P<patient>.+)-r\d+$"),  # corrections: a later revision of one case
)


@dataclass(frozen=True)
class Provenance:
    """Where a stylised copy comes from.

    Attributes
    ----------
    content_case, content_patient : str
        Whose anatomy and labels it has.
    style_cases, style_patients : tuple of str
        Whose look it bears; usually one case, more where a style was fitted to a set. The patients include those whom
        the stylizer itself was trained on.
    method : str
    strength : float
        0..1, as `Stylizer.stylize` takes it.

    Raises
    ------
    DatasetError
        If content or style is not named.
    """

    content_case: str
    content_patient: str
    style_cases: tuple[str, ...]
    style_patients: tuple[str, ...]
    method: str
    strength: float = 1.0

    def __post_init__(self) -> None:
        for name in ("style_cases", "style_patients"):
            found = getattr(self, name)
            object.__setattr__(self, name, (found,) if isinstance(found, str) else tuple(str(one) for one in found))
        named = [self.content_case, self.content_patient, *self.style_cases, *self.style_patients]
        if not self.style_cases or not self.style_patients or not all(isinstance(one, str) and one for one in named):
            raise DatasetError(
                f"A provenance names the content {self.content_case!r} of {self.content_patient!r} "
                f"and the styles {self.style_cases!r} of {self.style_patients!r}",
                expected="a name for each",
            )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"format": FORMAT, **json.loads(json.dumps(asdict(self)))}


class Stylised(Protocol):
    """Anything that is, or will become, a stylised copy."""

    @property
    def name(self) -> str:
        """Name for messages."""
        ...

    @property
    def provenance(self) -> Provenance:
        """Where it comes from."""
        ...


S = TypeVar("S", bound=Stylised)


def patient_of(case: str) -> str:
    """Return the patient that a case name stands for: visits, sessions, revisions and words for styles are cut off.

    Known are the names of BraTS 2017 to 2024, BIDS, and of the corrections folder; any other name is a patient itself.
    """
    plain = _STYLE_SUFFIX.sub("", _STYLE_PREFIX.sub("", case))
    for pattern in _VISITS:
        found = pattern.match(plain)
        if found:
            return found["patient"]
    return plain


def looks_stylised(case: str) -> bool:
    """Return whether a case's name says that it is a stylised copy ('CASE_nst1', 'stylized-CASE')."""
    return bool(_STYLE_PREFIX.search(case) or _STYLE_SUFFIX.search(case))


def held_out_patients(folds: Folds | None, fold: int | None) -> frozenset[str]:
    """Return the patients of the cases that a fold holds out; none without folds or fold (training on all)."""
    if folds is None or fold is None:
        return frozenset()
    return frozenset(patient_of(case) for case in folds.held_out(fold))


def check_leakage(copies: Iterable[Stylised], folds: Folds | None, fold: int | None) -> None:
    """Raise if a copy shows, or bears the style of, a patient whom the fold holds out.

    Patients count, not cases: one held-out visit keeps all visits of the patient away. Names are looked at as well
    as the patients that the provenance declares, so a wrong declaration does not open the door.

    Raises
    ------
    DatasetError
        Naming the copy, the patient and the fold.
    """
    held_out = held_out_patients(folds, fold)
    for copy in copies:
        leak = _leak(copy.provenance, held_out)
        if leak is not None:
            role, patient = leak
            raise DatasetError(
                f"The stylised copy {copy.name!r} takes its {role} from the patient {patient!r}, "
                f"whom fold {fold} holds out",
                expected="content and style of patients of the training side only",
                remedy="Leave this copy out, or make it anew with content and style from the training cases",
            )


def check_trained_cases(name: str, trained_cases: Iterable[str], folds: Folds | None, fold: int | None) -> None:
    """Raise if a stylizer has learned from a patient whom the fold holds out.

    Raises
    ------
    DatasetError
        Naming the stylizer, the patients and the fold.
    """
    leaked = sorted({patient_of(case) for case in trained_cases} & held_out_patients(folds, fold))
    if leaked:
        raise DatasetError(
            f"The stylizer {name!r} was trained on {leaked}, whom fold {fold} holds out",
            expected="a stylizer that was trained without them",
            remedy="Train one with 'ssaglioma style-train --fold', or judge on a fold that it has not seen",
        )


def without_leaks(copies: Iterable[S], folds: Folds | None, fold: int | None) -> list[S]:
    """Return the copies that a fold may train on: the others wait for the folds that they belong to."""
    held_out = held_out_patients(folds, fold)
    return [copy for copy in copies if _leak(copy.provenance, held_out) is None]


@dataclass(frozen=True)
class _Added:
    name: str
    provenance: Provenance


def check_added_case(case: Case, folds: Folds | None, fold: int | None) -> None:
    """Raise unless a case that is added to the training from elsewhere may be trained on.

    A case with a `stylised.json` passes the guard; one that is stylised by its name needs one.

    Raises
    ------
    DatasetError
        If its patient is held out, its content or style is of a held-out patient, or it lacks its provenance.
    """
    if is_stylised(case):
        check_leakage([_Added(case.name, read_provenance(_folder(case)))], folds, fold)
    elif patient_of(case.name) in held_out_patients(folds, fold):
        raise DatasetError(
            f"The added case {case.name!r} is of the patient {patient_of(case.name)!r}, whom fold {fold} holds out",
            expected="cases of other patients",
            remedy="Remove it there: a patient who is held out must never be trained on",
        )


def is_stylised(case: Case) -> bool:
    """Return whether a case on disk is a stylised copy, by its provenance or its name."""
    return (_folder(case) / PROVENANCE_FILE).is_file() or looks_stylised(case.name)


def read_provenance(folder: PathLike) -> Provenance:
    """Read the `stylised.json` beside the images of a stylised case.

    Raises
    ------
    DatasetError
        If there is none, or it cannot be understood.
    """
    path = Path(folder) / PROVENANCE_FILE
    known = {field.name for field in fields(Provenance)}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']!r}")
        return Provenance(**{key: value for key, value in values.items() if key in known})
    except FileNotFoundError as error:
        raise _no_provenance(path, "does not exist") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DatasetError) as error:
        raise _no_provenance(path, f"cannot be read ({error})") from error


def write_provenance(folder: PathLike, provenance: Provenance) -> Path:
    """Write the `stylised.json` of a stylised case and return its path."""
    path = Path(folder) / PROVENANCE_FILE
    write_json_atomic(provenance.to_json(), path)
    return path


def _folder(case: Case) -> Path:
    return Path(next(iter(case.sequences.values()))).parent


def _leak(provenance: Provenance, held_out: frozenset[str]) -> tuple[str, str] | None:
    roles = {
        "content": (provenance.content_patient, provenance.content_case),
        "style": (*provenance.style_patients, *provenance.style_cases),
    }
    for role, names in roles.items():
        for patient in (patient_of(name) for name in names):
            if patient in held_out:
                return role, patient
    return None


def _no_provenance(path: Path, what: str) -> DatasetError:
    keys = ", ".join(field.name for field in fields(Provenance))
    return DatasetError(
        f"The file {str(path)!r} {what}, so nobody knows whose content and style the case {path.parent.name!r} has",
        expected=f"JSON with format {FORMAT} and {keys}",
        remedy="Make the case anew by 'ssaglioma stylize', write this file by hand, or leave the case out",
    )
