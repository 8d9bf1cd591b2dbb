"""Shared aliases, protocols and file schemas that belong to no single room."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Union, runtime_checkable

from ssaglioma.errors import DatasetError

if TYPE_CHECKING:  # the command line starts without numpy
    import numpy as np

PathLike = Union[str, "os.PathLike[str]"]
Spacing = tuple[float, float, float]
"""Voxel size in mm along (Z, Y, X)."""

ProgressCallback = Callable[[float, str], None]
"""Called with the fraction done (0..1) and a short message for the user."""


@runtime_checkable
class Predictor(Protocol):
    """A trained model that turns an image into class or region probabilities."""

    def predict(self, array: np.ndarray, spacing_zyx_mm: Spacing) -> np.ndarray:
        """Return probabilities (R, Z, Y, X) in 0..1 for an image (C, Z, Y, X) of float32."""
        ...


class CountedMessage(str):
    """A message of progress that counts: 'Slice 12 of 92'; programs are given the two numbers besides.

    Attributes
    ----------
    done, planned : int
    """

    __slots__ = ("done", "planned")
    done: int
    planned: int

    @classmethod
    def of(cls, what: str, done: int, planned: int) -> CountedMessage:
        """Return '<what> <done> of <planned>'."""
        message = cls(f"{what} {done} of {planned}")
        message.done, message.planned = done, planned
        return message


def no_progress(fraction: float, message: str) -> None:
    """Ignore progress; the default of every `progress` argument."""


CORRECTION_FORMAT = 1


@dataclass(frozen=True)
class CorrectionRecord:
    """Contents of `correction.json`: who changed what in a model's segmentation. It names no patient.

    Attributes
    ----------
    case : str
        Local key of the case; only the site that made it can tell whose it is.
    revision : int
        1 for the first correction of a case, then 2, 3 ...
    labels : str
        Name of the label scheme.
    changed_voxels : mapping of region to mapping
        'added', 'removed' and 'kept' voxels of each region, corrected against predicted.
    voxel_volume_ml : float
    minutes : float
        Time that the correction took.
    model, model_version : str
        Of the model that made the prediction.
    time : str
        When it was saved: ISO 8601, UTC.
    editor : str
        Who corrected, in the site's own words (initials, a role); may be empty.
    software : str
        Version of ssaglioma.
    format : int
        Version of this schema.

    Raises
    ------
    DatasetError
        If a value makes no sense.
    """

    case: str
    revision: int
    labels: str
    changed_voxels: Mapping[str, Mapping[str, int]]
    voxel_volume_ml: float
    minutes: float
    model: str
    model_version: str
    time: str
    editor: str = ""
    software: str = ""
    format: int = CORRECTION_FORMAT

    def __post_init__(self) -> None:
        changed = {region: MappingProxyType(dict(counts)) for region, counts in self.changed_voxels.items()}
        object.__setattr__(self, "changed_voxels", MappingProxyType(changed))
        if self.format != CORRECTION_FORMAT:
            raise DatasetError(
                f"The correction has format {self.format!r}",
                expected=repr(CORRECTION_FORMAT),
                remedy="Update SSAGlioma",
            )
        if not self.case or self.revision < 1:
            raise DatasetError(
                f"The correction is of case {self.case!r}, revision {self.revision!r}",
                expected="a key and a number from 1 on",
            )
        if not 0 <= self.minutes < float("inf"):
            raise DatasetError(f"The correction took {self.minutes!r} minutes", expected="a number, 0 or more")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**plain, "changed_voxels": {region: dict(counts) for region, counts in self.changed_voxels.items()}}

    @classmethod
    def from_json(cls, values: Any, source: str) -> CorrectionRecord:
        """Build a record from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If keys are missing or unknown, or a value makes no sense.
        """
        try:
            return cls(**values)
        except (TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"The file {source!r} is no record of a correction ({error})",
                expected="the keys of format " + str(CORRECTION_FORMAT),
                remedy="Move this folder out of the corrections, or save the correction again",
            ) from error
