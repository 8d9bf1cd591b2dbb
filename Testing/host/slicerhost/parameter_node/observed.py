"""Lists and dictionaries that write themselves into the parameter node they were read from."""

from __future__ import annotations

import collections.abc
import copy
from typing import Any

from .codecs import Codec


class Observed:
    """A container that writes itself into the parameter node once for each change, or not at all if it fails."""

    def __init__(self, codec: Codec, node: Any, key: str, values: Any) -> None:
        self._codec, self._node, self._key, self._values = codec, node, key, values

    def _change(self, method: str, *arguments: Any, **options: Any) -> Any:
        values = copy.copy(self._values)
        result = getattr(values, method)(*arguments, **options)
        self._codec.store(self._node, self._key, values)
        self._values = self._codec.fetch(self._node, self._key)._values
        return result

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, key: Any) -> Any:
        return self._values[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._change("__setitem__", key, value)

    def __delitem__(self, key: Any) -> None:
        self._change("__delitem__", key)

    def __eq__(self, other: object) -> bool:
        return bool(self._values == (other._values if isinstance(other, Observed) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"

    def clear(self) -> None:
        self._change("clear")

    def pop(self, *arguments: Any) -> Any:
        return self._change("pop", *arguments)


class ObservedList(Observed, collections.abc.MutableSequence):
    """A list in a parameter node."""

    def insert(self, index: int, value: Any) -> None:
        self._change("insert", index, value)

    def append(self, value: Any) -> None:
        self._change("append", value)

    def extend(self, values: Any) -> None:
        self._change("extend", values)

    def remove(self, value: Any) -> None:
        self._change("remove", value)

    def reverse(self) -> None:
        self._change("reverse")

    def sort(self, **options: Any) -> None:
        self._change("sort", **options)

    def __iadd__(self, values: Any) -> ObservedList:  # type: ignore[misc]
        self._change("extend", values)
        return self

    def __add__(self, _other: object) -> Any:
        raise NotImplementedError("A list in a parameter node cannot be added to another; += is possible.")

    __radd__ = __add__

    def __mul__(self, _times: object) -> Any:
        raise NotImplementedError("A list in a parameter node cannot be multiplied; *= is possible.")

    __rmul__ = __mul__

    def __imul__(self, times: int) -> ObservedList:
        self._change("__imul__", times)
        return self


class ObservedDict(Observed, collections.abc.MutableMapping):
    """A dictionary in a parameter node."""

    def __iter__(self) -> Any:
        return iter(self._values)

    def popitem(self) -> Any:
        return self._change("popitem")

    def update(self, *arguments: Any, **values: Any) -> None:
        self._change("update", *arguments, **values)
