"""Checks that refuse impossible physics, in one wording."""

from __future__ import annotations

import math
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER

SEQUENCE_NAMES = tuple(sequence.value for sequence in SEQUENCE_ORDER)


def check_number(record: Any, name: str, low: float, high: float, unit: str, *, above: bool = False) -> None:
    """Refuse a field that is no finite number from `low` (above it, if `above`) to `high`.

    Raises
    ------
    DatasetError
    """
    value = getattr(record, name)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if number and low <= value <= high and not (above and value == low):
        return
    least = f"more than {low:g}" if above else f"{low:g}"
    top = "" if math.isinf(high) else f" up to {high:g}"
    raise DatasetError(
        f"{type(record).__name__}.{name} is {value!r}",
        expected=f"a number, {least}{top if top else ' or more'} {unit}".rstrip(),
        remedy="Correct this value of the scanner",
    )


def check_choice(record: Any, name: str, choices: tuple[Any, ...]) -> None:
    """Refuse a field that is none of the choices.

    Raises
    ------
    DatasetError
    """
    value = getattr(record, name)
    if isinstance(value, bool) or value not in choices:
        raise DatasetError(
            f"{type(record).__name__}.{name} is {value!r}",
            expected="one of " + ", ".join(repr(choice) for choice in choices),
            remedy="Correct this value of the scanner",
        )


def check_seed(record: Any, name: str = "seed") -> None:
    """Refuse a seed that is no whole number from 0 to 2**63 - 1.

    Raises
    ------
    DatasetError
    """
    value = getattr(record, name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise DatasetError(
            f"{type(record).__name__}.{name} is {value!r}",
            expected="a whole number from 0 to 2**63 - 1",
            remedy="Give another seed",
        )


def check_sequences(record: Any, name: str = "sequences") -> None:
    """Refuse names of sequences that do not exist or stand there twice.

    Raises
    ------
    DatasetError
    """
    value = getattr(record, name)
    known = isinstance(value, tuple) and all(item in SEQUENCE_NAMES for item in value)
    if not known or len(set(value)) != len(value):
        raise DatasetError(
            f"{type(record).__name__}.{name} is {value!r}",
            expected=f"some of {list(SEQUENCE_NAMES)}, each once",
            remedy="Correct the names of the sequences",
        )


def check_vector(record: Any, name: str, length: int, limit: float, unit: str) -> None:
    """Refuse a field that is no tuple of `length` numbers, each from -limit to limit.

    Raises
    ------
    DatasetError
    """
    value = getattr(record, name)
    good = isinstance(value, tuple) and len(value) == length
    if not good or not all(isinstance(part, (int, float)) and abs(part) <= limit for part in value):
        raise DatasetError(
            f"{type(record).__name__}.{name} is {value!r}",
            expected=f"{length} numbers from {-limit:g} to {limit:g} {unit}",
            remedy="Correct this value of the scanner",
        )
