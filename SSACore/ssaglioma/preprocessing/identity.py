"""Whether all series are of one patient and one examination; who it is is compared and never kept or shown."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import ClassVar

import pydicom

from ssaglioma.errors import DatasetError


@dataclass(frozen=True, repr=False)
class Identity:
    """What a header says about patient and examination, in comparable form; it never shows itself.

    Attributes
    ----------
    patient_id, name, birth_date : str
        Capital letters without spaces and separators; empty where the header says nothing.
    study_date : str
    """

    TAGS: ClassVar[tuple[str, ...]] = ("PatientID", "PatientName", "PatientBirthDate", "StudyDate")

    patient_id: str
    name: str
    birth_date: str
    study_date: str

    @classmethod
    def of(cls, header: pydicom.Dataset) -> Identity:
        """Read it from a header."""
        values = ("".join(c for c in str(header.get(tag) or "").upper() if c.isalnum()) for tag in cls.TAGS)
        return cls(*values)


def refuse_mixed(people: Seq[Identity]) -> None:
    """Raise if the identities are of several patients, or of examinations of several days.

    Values that are missing are taken to agree with any other.

    Raises
    ------
    DatasetError
    """
    for field in ("patient_id", "name", "birth_date"):
        count = len({getattr(one, field) for one in people} - {""})
        if count > 1:
            raise DatasetError(
                f"There are images of {count} patients (by {field.replace('_', ' ')})",
                expected="one study of one patient",
                remedy="Give each patient a folder of their own",
            )
    days = len({one.study_date for one in people} - {""})
    if days > 1:
        raise DatasetError(
            f"There are images of {days} examinations, made on different days",
            expected="one examination",
            remedy="Give each examination a folder of its own",
        )
