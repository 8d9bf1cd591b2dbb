"""What may stand in `Annotated[...]` beside a parameter's type: limits, choices, defaults, hints for widgets."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import slicer


class Validator:
    """A rule that a value must keep; `validate` raises where it does not."""

    def validate(self, value: Any) -> None:
        raise NotImplementedError


class NotNone(Validator):
    """The value is not None."""

    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("Found None, expected a value.")


class IsNone(Validator):
    """The value is None."""

    def validate(self, value: Any) -> None:
        if value is not None:
            raise ValueError(f"Found {value!r}, expected None.")


class IsInstance(Validator):
    """The value is None or of the given class; None is left to `NotNone`."""

    def __init__(self, classtype: type | tuple[type, ...]) -> None:
        self.classtype = classtype

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"Found {value!r} of type {type(value).__name__}, expected {self.classtype!r}.")


class WithinRange(Validator):
    """The value lies between two limits, both included."""

    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Found {value!r}, expected a value within [{self.minimum}, {self.maximum}].")


class Minimum(Validator):
    """The value is not below a limit."""

    def __init__(self, minimum: float) -> None:
        self.minimum = minimum

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"Found {value!r}, expected at least {self.minimum}.")


class Maximum(Validator):
    """The value is not above a limit."""

    def __init__(self, maximum: float) -> None:
        self.maximum = maximum

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"Found {value!r}, expected at most {self.maximum}.")


class Choice(Validator):
    """The value is one of a list; a combo box needs this."""

    def __init__(self, choices: Iterable[Any]) -> None:
        self.choices = list(choices)

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"Found {value!r}, expected one of {self.choices!r}.")


class Exclude(Validator):
    """The value is none of a list."""

    def __init__(self, excludedValues: Iterable[Any]) -> None:
        self.excludedValues = list(excludedValues)

    def validate(self, value: Any) -> None:
        if value in self.excludedValues:
            raise ValueError(f"Found {value!r}, expected none of {self.excludedValues!r}.")


class Default:
    """The value that a parameter has until it is set: a value, or a function that makes a fresh one."""

    def __init__(self, value: Any = None, *, generator: Callable[[], Any] | None = None) -> None:
        self._value, self._generator = value, generator

    @property
    def value(self) -> Any:
        return self._generator() if self._generator is not None else self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Default) and (self._value, self._generator) == (other._value, other._generator)

    def __hash__(self) -> int:
        return hash((Default, self._generator))

    def __repr__(self) -> str:
        return f"Default({self._value!r}, generator={self._generator!r})"


@dataclass
class Decimals:
    """Decimals shown by the widget of a number."""

    value: int


@dataclass
class SingleStep:
    """Step of the widget of a number."""

    value: float | int


def splitAnnotations(possiblyAnnotatedType: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type without its annotations, and these."""
    if typing.get_origin(possiblyAnnotatedType) is Annotated:
        bare, *annotations = typing.get_args(possiblyAnnotatedType)
        return bare, tuple(annotations)
    return possiblyAnnotatedType, ()


def unannotatedType(possiblyAnnotatedType: Any) -> Any:
    """Return a type without its annotations."""
    return splitAnnotations(possiblyAnnotatedType)[0]


def findFirstAnnotation(annotationsList: Iterable[Any], annotationType: type) -> Any:
    """Return the first annotation of a class, or None."""
    return next((item for item in annotationsList if isinstance(item, annotationType)), None)


def union_members(datatype: Any) -> tuple[Any, ...]:
    """Return the members of `A | B` and `Union[A, B]`, and nothing for other types."""
    if typing.get_origin(datatype) is typing.Union or isinstance(datatype, types.UnionType):
        return typing.get_args(datatype)
    return ()


def is_node_class(datatype: Any) -> bool:
    """Tell whether a type is a class of MRML nodes."""
    return isinstance(datatype, type) and issubclass(datatype, slicer.vtkMRMLNode)


def isNodeOrUnionOfNodes(datatype: Any) -> bool:
    """Tell whether a parameter holds one MRML node, of one class or several, optional or not."""
    bare = unannotatedType(datatype)
    if is_node_class(bare):
        return True
    members = [unannotatedType(member) for member in union_members(bare)]
    return bool(members) and all(member is type(None) or is_node_class(member) for member in members)


def getNodeTypes(datatype: Any) -> tuple[str, ...]:
    """Return the VTK class names of the nodes that a parameter can hold.

    Raises:
        TypeError: the type is not one of MRML nodes.
    """
    if not isNodeOrUnionOfNodes(datatype):
        raise TypeError(f"Found {datatype!r}, expected a MRML node class or a union of them.")
    bare = unannotatedType(datatype)
    members = union_members(bare) or (bare,)
    return tuple(m().GetClassName() for m in map(unannotatedType, members) if is_node_class(m))
