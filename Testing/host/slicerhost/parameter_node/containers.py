"""Lists, dictionaries, tuples and unions in a parameter node, and `make_codec`, which chooses the codec of a type."""

from __future__ import annotations

import typing
from typing import Any

from .annotations import Default, IsNone, Validator, splitAnnotations, union_members
from .codecs import Codec, batch, simple_codec
from .observed import ObservedDict, ObservedList


class NoneCodec(Codec):
    """None as a member of a union."""

    def __init__(self) -> None:
        super().__init__([IsNone()])

    def accepts(self, value: Any) -> bool:
        return value is None

    def initial(self) -> None:
        return None

    def encode(self, node: Any, key: str, value: Any) -> None:
        node.SetParameter(key, "True")

    def fetch(self, node: Any, key: str) -> None:
        return None


class ListCodec(Codec):
    """`list[T]`: the length under `key.len`, the elements under `key.0`, `key.1` ..."""

    def __init__(self, element: Codec) -> None:
        super().__init__()
        self.element = element

    def initial(self) -> list[Any]:
        return []

    def _length(self, node: Any, key: str) -> int:
        return int(node.GetParameter(f"{key}.len")) if self.present(node, key) else 0

    def present(self, node: Any, key: str) -> bool:
        return bool(node.HasParameter(f"{key}.len"))

    def validate(self, value: Any) -> None:
        super().validate(value)
        for item in value:
            self.element.validate(item)

    def encode(self, node: Any, key: str, value: Any) -> None:
        values = list(value)
        with batch(node):
            for index in range(len(values), self._length(node, key)):
                self.element.erase(node, f"{key}.{index}")
            for index, item in enumerate(values):
                self.element.store(node, f"{key}.{index}", item)
            node.SetParameter(f"{key}.len", str(len(values)))

    def fetch(self, node: Any, key: str) -> ObservedList:
        values = [self.element.fetch(node, f"{key}.{index}") for index in range(self._length(node, key))]
        return ObservedList(self, node, key, values)

    def erase(self, node: Any, key: str) -> None:
        with batch(node):
            for index in range(self._length(node, key)):
                self.element.erase(node, f"{key}.{index}")
            node.UnsetParameter(f"{key}.len")

    def cached_in_slicer(self) -> bool:
        return self.element.cached_in_slicer()


class TupleCodec(Codec):
    """`tuple[A, B]`: the elements under `key.0`, `key.1` ..."""

    def __init__(self, elements: list[Codec]) -> None:
        super().__init__()
        self.elements = elements

    def initial(self) -> tuple[Any, ...]:
        return tuple(element.initial() for element in self.elements)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(tuple(value)) != len(self.elements):
            raise ValueError(f"Found {value!r}, expected a tuple of {len(self.elements)} values.")
        for element, item in zip(self.elements, value):
            element.validate(item)

    def present(self, node: Any, key: str) -> bool:
        return self.elements[0].present(node, f"{key}.0")

    def encode(self, node: Any, key: str, value: Any) -> None:
        with batch(node):
            for index, (element, item) in enumerate(zip(self.elements, tuple(value))):
                element.store(node, f"{key}.{index}", item)

    def fetch(self, node: Any, key: str) -> tuple[Any, ...]:
        return tuple(element.fetch(node, f"{key}.{index}") for index, element in enumerate(self.elements))

    def erase(self, node: Any, key: str) -> None:
        with batch(node):
            for index, element in enumerate(self.elements):
                element.erase(node, f"{key}.{index}")

    def cached_in_slicer(self) -> bool:
        return all(element.cached_in_slicer() for element in self.elements)


class DictCodec(ListCodec):
    """`dict[K, V]`, written as a list of pairs, so that the order is kept."""

    def __init__(self, key: Codec, value: Codec) -> None:
        super().__init__(TupleCodec([key, value]))

    def initial(self) -> dict[Any, Any]:  # type: ignore[override]
        return {}

    def validate(self, value: Any) -> None:
        super().validate(list(value.items()))

    def encode(self, node: Any, key: str, value: Any) -> None:
        super().encode(node, key, value.items())

    def fetch(self, node: Any, key: str) -> ObservedDict:  # type: ignore[override]
        return ObservedDict(self, node, key, dict(super().fetch(node, key)))


class UnionCodec(Codec):
    """`A | B`: the value stands under `key.N`, N the place of its type in the union."""

    def __init__(self, members: list[Codec]) -> None:
        super().__init__()
        self.members = members
        self._optional = any(isinstance(member, NoneCodec) for member in members)

    def initial(self) -> Any:
        optional = len(self.members) == 2 and isinstance(self.members[1], NoneCodec)
        return None if optional else self.members[0].initial()

    def present(self, node: Any, key: str) -> bool:
        return any(member.present(node, f"{key}.{index}") for index, member in enumerate(self.members))

    def _place(self, value: Any) -> int:
        problem: Exception = TypeError(f"Found {value!r}, expected a value of a type of the union.")
        for index, member in enumerate(self.members):
            if value is None and not isinstance(member, NoneCodec) and self._optional:
                continue  # None goes to its own member where the union has one
            if not member.accepts(value):
                continue
            try:
                member.validate(value)
            except (TypeError, ValueError) as error:
                problem = error
                continue
            return index
        raise problem

    def validate(self, value: Any) -> None:
        super().validate(value)
        self._place(value)

    def encode(self, node: Any, key: str, value: Any) -> None:
        place = self._place(value)
        with batch(node):
            for index, member in enumerate(self.members):
                if index != place:
                    member.erase(node, f"{key}.{index}")
            self.members[place].store(node, f"{key}.{place}", value)

    def fetch(self, node: Any, key: str) -> Any:
        for index, member in enumerate(self.members):
            if member.present(node, f"{key}.{index}"):
                return member.fetch(node, f"{key}.{index}")
        raise KeyError(f"No value of {key!r} in the parameter node.")

    def erase(self, node: Any, key: str) -> None:
        with batch(node):
            for index, member in enumerate(self.members):
                member.erase(node, f"{key}.{index}")

    def cached_in_slicer(self) -> bool:
        return all(member.cached_in_slicer() for member in self.members)


def _bare_codec(datatype: Any) -> Codec:
    from .packs import PackCodec, isParameterPack

    origin, arguments = typing.get_origin(datatype), typing.get_args(datatype)
    if datatype is type(None):
        return NoneCodec()
    members = union_members(datatype)
    if members:
        return UnionCodec([make_codec(member)[0] for member in members])
    if origin is list:
        return ListCodec(make_codec(arguments[0])[0])
    if origin is tuple:
        return TupleCodec([make_codec(argument)[0] for argument in arguments])
    if origin is dict:
        return DictCodec(make_codec(arguments[0])[0], make_codec(arguments[1])[0])
    if isParameterPack(datatype):
        return PackCodec(datatype)
    codec = simple_codec(datatype)
    if codec is None:
        raise TypeError(f"Found a parameter of type {datatype!r}, which has no place in a parameter node.")
    return codec


def is_validator_class(item: Any) -> bool:
    """Tell whether an annotation is a validator class that was not called."""
    return isinstance(item, type) and issubclass(item, Validator)


def make_codec(datatype: Any) -> tuple[Codec, Default | None]:
    """Return the codec of a (possibly annotated) type and the `Default` among its annotations.

    Raises:
        TypeError: no value of this type can be kept in a parameter node.
    """
    bare, annotations = splitAnnotations(datatype)
    codec = _bare_codec(bare)
    codec.checks += [item for item in annotations if isinstance(item, Validator) or is_validator_class(item)]
    return codec, next((item for item in annotations if isinstance(item, Default)), None)
