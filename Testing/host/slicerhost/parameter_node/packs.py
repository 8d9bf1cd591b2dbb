"""`parameterPack`: a class whose members are kept together in one parameter, nested as deep as wished."""

from __future__ import annotations

import typing
from typing import Any

from .annotations import unannotatedType
from .codecs import Codec, batch
from .containers import make_codec


def isParameterPack(obj: Any) -> bool:
    """Tell whether a class or an object was made with `parameterPack`."""
    return bool(getattr(obj, "_is_parameterPack", False))


def split_name(dotted: str) -> tuple[str, str | None]:
    """Split `a.b.c` into `a` and `b.c`."""
    top, _, rest = dotted.partition(".")
    return top, rest or None


class Member:
    """One member of a pack or parameter node: its type as written, its codec and its default."""

    def __init__(self, owner: type, name: str, datatype: Any) -> None:
        self.name, self.datatype, self.unalteredType, self.basename = name, datatype, datatype, name
        self.codec, default = make_codec(datatype)
        if hasattr(owner, name):
            self._default: Any = getattr(owner, name)
            self.default_of = lambda: self._default
        elif default is not None:
            self.default_of = lambda: default.value
        else:
            self.default_of = self.codec.initial


def members_of(owner: type) -> dict[str, Member]:
    """Return the annotated members of a class, in their order."""
    hints = typing.get_type_hints(owner, include_extras=True)
    return {name: Member(owner, name, datatype) for name, datatype in hints.items()}


def check_name(owner: Any, dotted: str) -> None:
    """Raise where a class or object has no parameter of this name.

    Raises:
        ValueError: with the names there are.
    """
    top, rest = split_name(dotted)
    if top not in owner.allParameters:
        raise ValueError(f"Found no parameter {top!r}, expected one of {sorted(owner.allParameters)}.")
    if rest is not None:
        bare = unannotatedType(owner.allParameters[top].datatype)
        if not isParameterPack(bare):
            raise ValueError(f"{top!r} is no parameter pack, so {dotted!r} is no parameter.")
        check_name(bare, rest)


def data_type(owner: Any, dotted: str) -> Any:
    """Return the type of a parameter, also of one inside a pack, as it was written."""
    check_name(owner, dotted)
    top, rest = split_name(dotted)
    datatype = owner.allParameters[top].datatype
    return datatype if rest is None else data_type(unannotatedType(datatype), rest)


def nestedParameterNames(pack: Any) -> list[str]:
    """Return the dotted names of the leaves of a pack."""
    names: list[str] = []
    owner = pack if isParameterPack(pack) else unannotatedType(pack)
    for name, member in owner.allParameters.items():
        bare = unannotatedType(member.datatype)
        names += [f"{name}.{sub}" for sub in nestedParameterNames(bare)] if isParameterPack(bare) else [name]
    return names


def _member_property(member: Member) -> property:
    slot = f"_pack_{member.name}"

    def write(self: Any, value: Any) -> None:
        member.codec.validate(value)
        setattr(self, slot, value)
        save = self.__dict__.get("_pack_save")
        if save is not None:
            save()

    return property(lambda self: getattr(self, slot), write)


def _fill(self: Any, *args: Any, **kwargs: Any) -> None:
    names = list(self.allParameters)
    unknown = set(kwargs) - set(names)
    if len(args) > len(names) or unknown:
        raise TypeError(f"Found {len(args)} values and the names {sorted(unknown)}, expected at most {names}.")
    values = {**dict(zip(names, args)), **kwargs}
    for name, member in self.allParameters.items():
        setattr(self, name, values[name] if name in values else member.default_of())


def _refuse_new_attributes(self: Any, name: str, value: Any) -> None:
    if "_pack_save" in self.__dict__ and not hasattr(self, name):
        raise AttributeError(f"Found {name!r}, expected one of {sorted(self.allParameters)}.")
    object.__setattr__(self, name, value)


def _check_member(self: Any, top: str) -> None:
    if not isParameterPack(self) or not hasattr(
        self, top
    ):  # a property that the class has beside its members is allowed
        raise ValueError(f"Found no member {top!r} in {self!r}.")


def _get(self: Any, dotted: str) -> Any:
    top, rest = split_name(dotted)
    _check_member(self, top)
    value = getattr(self, top)
    return value if rest is None else _get(value, rest)


def _set(self: Any, dotted: str, value: Any) -> None:
    top, rest = split_name(dotted)
    _check_member(self, top)
    if rest is None:
        setattr(self, top, value)
    else:
        _set(getattr(self, top), rest, value)


def _text(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.allParameters)
    return f"{type(self).__name__}({inside})"


def _equal(self: Any, other: Any) -> Any:
    if type(self) is not type(other):
        return False
    return all(getattr(self, name) == getattr(other, name) for name in self.allParameters)


def _make_pack(owner: type) -> type:
    members = members_of(owner)
    if not members:
        raise ValueError(f"Found no annotated member in {owner.__name__}, expected at least one.")
    taken = sorted(set(members) & {"allParameters", "getValue", "setValue", "dataType", "_is_parameterPack"})
    if taken:
        raise ValueError(f"Found the member names {taken}, which a pack needs itself; rename them.")
    for name, member in members.items():
        member.codec.validate(member.default_of())
        setattr(owner, name, _member_property(member))
    own_init = owner.__dict__.get("__init__")

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if own_init is None:
            _fill(self, *args, **kwargs)
        else:
            _fill(self)
            own_init(self, *args, **kwargs)

    additions = {"__init__": init, "allParameters": members, "_is_parameterPack": True}
    additions |= {"getValue": _get, "setValue": _set, "__setattr__": _refuse_new_attributes}
    additions["dataType"] = staticmethod(lambda name: data_type(owner, name))
    for name, value in {"__eq__": _equal, "__str__": _text, "__repr__": _text}.items():
        if name not in owner.__dict__:
            additions[name] = value
    for name, value in additions.items():
        setattr(owner, name, value)
    return owner


def parameterPack(classtype: type | None = None) -> Any:
    """Make a class of annotated members into one that fits into one parameter (with or without brackets)."""
    return _make_pack if classtype is None else _make_pack(classtype)


class PackCodec(Codec):
    """A parameter pack: each member under `key.member`."""

    def __init__(self, pack: Any) -> None:
        super().__init__()
        self.pack = pack

    def validate(self, value: Any) -> None:
        if not isinstance(value, self.pack):
            raise TypeError(f"Found {value!r}, expected a {self.pack.__name__}.")
        super().validate(value)

    def initial(self) -> Any:
        return self.pack()

    def present(self, node: Any, key: str) -> bool:
        return all(m.codec.present(node, f"{key}.{name}") for name, m in self.pack.allParameters.items())

    def encode(self, node: Any, key: str, value: Any) -> None:
        with batch(node):
            for name, member in self.pack.allParameters.items():
                member.codec.store(node, f"{key}.{name}", getattr(value, name))

    def fetch(self, node: Any, key: str) -> Any:
        """Return a pack that writes each of its changes back into the node."""
        value = object.__new__(self.pack)
        for name, member in self.pack.allParameters.items():
            setattr(value, name, member.codec.fetch(node, f"{key}.{name}"))
        value.__dict__["_pack_save"] = lambda: self.encode(node, key, value)
        return value

    def cached_in_slicer(self) -> bool:
        return False

    def erase(self, node: Any, key: str) -> None:
        with batch(node):
            for name, member in self.pack.allParameters.items():
                member.codec.erase(node, f"{key}.{name}")
