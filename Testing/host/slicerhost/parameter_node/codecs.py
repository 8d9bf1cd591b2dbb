"""How one value of a parameter is written into a `vtkMRMLScriptedModuleNode` and read back."""

from __future__ import annotations

import enum
import pathlib
from typing import Any

import slicer

from .annotations import IsInstance, NotNone, Validator, is_node_class

PATHS = (
    pathlib.Path,
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
)


class Codec:
    """Reads and writes values of one type under a key; `checks` run before each write."""

    def __init__(self, checks: list[Validator] | None = None) -> None:
        self.checks = list(checks or [])

    def validate(self, value: Any) -> None:
        for check in self.checks:
            check.validate(value)

    def accepts(self, value: Any) -> bool:
        """Tell whether a value's type fits at all; asked by unions before the checks."""
        return True

    def initial(self) -> Any:
        """Return the value of a parameter for which no default was given."""
        raise NotImplementedError

    def present(self, node: Any, key: str) -> bool:
        return bool(node.HasParameter(key))

    def store(self, node: Any, key: str, value: Any) -> None:
        """Check a value and write it."""
        self.validate(value)
        self.encode(node, key, value)

    def encode(self, node: Any, key: str, value: Any) -> None:
        node.SetParameter(key, str(value))

    def fetch(self, node: Any, key: str) -> Any:
        raise NotImplementedError

    def erase(self, node: Any, key: str) -> None:
        node.UnsetParameter(key)

    def cached_in_slicer(self) -> bool:
        """Tell whether Slicer keeps a copy of the value beside the node."""
        return True


class NumberCodec(Codec):
    """`int` and `float`; an int is accepted where a float is expected, not the other way round."""

    def __init__(self, number: type) -> None:
        super().__init__([NotNone(), IsInstance((int, float) if number is float else int)])
        self.number = number

    def accepts(self, value: Any) -> bool:
        return type(value) in (int, float)

    def initial(self) -> int:
        return 0

    def fetch(self, node: Any, key: str) -> Any:
        return self.number(node.GetParameter(key))


class StringCodec(Codec):
    """`str`."""

    def __init__(self) -> None:
        super().__init__([NotNone(), IsInstance(str)])

    def accepts(self, value: Any) -> bool:
        return type(value) is str

    def initial(self) -> str:
        return ""

    def fetch(self, node: Any, key: str) -> str:
        return str(node.GetParameter(key))


class BoolCodec(Codec):
    """`bool`, written as True and False."""

    def __init__(self) -> None:
        super().__init__([NotNone(), IsInstance(bool)])

    def accepts(self, value: Any) -> bool:
        return type(value) is bool

    def initial(self) -> bool:
        return False

    def fetch(self, node: Any, key: str) -> bool:
        return bool(node.GetParameter(key) == "True")


class PathCodec(Codec):
    """`pathlib` paths."""

    def __init__(self, path: type) -> None:
        super().__init__([NotNone(), IsInstance(path)])
        self.path = path

    def initial(self) -> Any:
        return self.path()

    def fetch(self, node: Any, key: str) -> Any:
        return self.path(node.GetParameter(key))


class EnumCodec(Codec):
    """Members of an enumeration, written by name."""

    def __init__(self, members: type[enum.Enum]) -> None:
        if len(members) == 0:
            raise ValueError(f"Found the empty enumeration {members!r}, expected at least one member.")
        super().__init__([IsInstance(members)])
        self.members = members

    def initial(self) -> enum.Enum:
        return next(iter(self.members))

    def encode(self, node: Any, key: str, value: Any) -> None:
        node.SetParameter(key, value.name)

    def fetch(self, node: Any, key: str) -> enum.Enum:
        name = node.GetParameter(key)
        if name not in self.members.__members__:
            raise ValueError(f"Found {name!r} in the parameter node, expected a name of {self.members!r}.")
        return self.members[name]


class NodeCodec(Codec):
    """A MRML node or None: a node reference, and an empty parameter that says it was set."""

    def __init__(self, node_class: type) -> None:
        super().__init__([IsInstance(node_class)])

    def initial(self) -> None:
        return None

    def encode(self, node: Any, key: str, value: Any) -> None:
        node.SetParameter(key, "")
        node.SetNodeReferenceID(key, None if value is None else value.GetID())

    def fetch(self, node: Any, key: str) -> Any:
        return node.GetNodeReference(key)

    def erase(self, node: Any, key: str) -> None:
        node.UnsetParameter(key)
        node.RemoveNodeReferenceIDs(key)


def simple_codec(datatype: Any) -> Codec | None:
    """Return the codec of a type that is no container, or None."""
    if datatype in (int, float):
        return NumberCodec(datatype)
    if datatype is str:
        return StringCodec()
    if datatype is bool:
        return BoolCodec()
    if datatype in PATHS:
        return PathCodec(datatype)
    if isinstance(datatype, type) and issubclass(datatype, enum.Enum):
        return EnumCodec(datatype)
    if is_node_class(datatype):
        return NodeCodec(datatype)
    return None


def batch(node: Any) -> Any:
    """Return a context in which changes of a node make one ModifiedEvent."""
    return slicer.util.NodeModify(node)
