"""Parameters as frozen dataclasses: to plain values for JSON, back again, and a hash that names them."""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from ssaglioma.errors import DatasetError

T = TypeVar("T")


def to_plain(record: Any) -> Any:
    """Return dicts, lists and scalars for a dataclass; nested dataclasses and tuples are followed."""
    if is_dataclass(record) and not isinstance(record, type):
        return {field.name: to_plain(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_plain(value) for key, value in record.items()}
    if isinstance(record, (tuple, list)):
        return [to_plain(value) for value in record]
    return record


def from_plain(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return the dataclass `kind` made of plain values, as `to_plain` gave them.

    Raises
    ------
    DatasetError
        If a name is unknown or a value without a default is missing.
    """
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise DatasetError(f"{kind.__name__} has no parameter {unknown[0]!r}", expected=f"one of {sorted(hints)}")
    try:
        return kind(**{name: _restored(hints[name], value) for name, value in values.items()})
    except TypeError as error:
        raise DatasetError(f"The parameters of {kind.__name__} are not complete: {error}") from error


def digest(record: Any) -> str:
    """Return 16 hexadecimal digits that name the parameters; equal parameters give equal digits everywhere."""
    text = json.dumps(to_plain(record), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _restored(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
        return None if value is None else _restored(_matching(choices, value), value)
    if origin is tuple and isinstance(value, (list, tuple)):
        inner = typing.get_args(hint)
        kinds = [inner[0]] * len(value) if len(inner) == 2 and inner[1] is Ellipsis else inner
        return tuple(_restored(one, item) for one, item in zip(kinds, value))
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        return from_plain(hint, value)
    return value


def _matching(choices: list[Any], value: Any) -> Any:
    """The dataclass among several whose fields are those of the value; else the first choice."""
    if isinstance(value, Mapping):
        for choice in choices:
            if is_dataclass(choice) and {field.name for field in fields(choice)} == set(value):
                return choice
    return choices[0]
