"""What scripts can reach of Qt's, CTK's and Slicer's classes in the real application, and what goes beyond it.

The facts are in allowlist.json, made by generate_allowlist.py. The rules are PythonQt's: a property is read and written
without brackets and hides a method of its name; public slots, Q_INVOKABLE methods and the methods of plain Qt classes
can be called; nothing else of a C++ class exists, and no new attribute can be put onto one of its objects.
"""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).with_name("allowlist.json")
EVERYWHERE = frozenset({"className", "delete", "help", "inherits"})
"""Methods that PythonQt gives to every wrapped class."""
MODULE_NAMES = {
    "qt": frozenset({"BoolResult", "Debug", "Property", "SIGNAL", "SLOT", "Signal", "Slot", "QT_TR_NOOP"})
    | {
        f"q{name}"
        for name in ("Abs", "Bound", "Critical", "Debug", "Fatal", "Max", "Min", "Round", "Version", "Warning")
    }
}
"""Names of the Python modules that are no classes."""


@dataclass(frozen=True)
class Record:
    """One use of an attribute: kind is 'get', 'call' or 'set'."""

    class_name: str
    attribute: str
    kind: str
    file: str
    line: int


@dataclass(frozen=True)
class Violation:
    """One use of what the real application does not have."""

    class_name: str
    attribute: str
    kind: str
    file: str
    line: int
    remedy: str = ""

    def __str__(self) -> str:
        name = f"{self.class_name}.{self.attribute}" if self.attribute else self.class_name
        return f"{self.file}:{self.line}: {name}: {self.kind}{'; ' + self.remedy if self.remedy else ''}"


@dataclass(frozen=True)
class ClassFacts:
    """A class's own members; `room` is the Python module that has its name, empty for none."""

    bases: tuple[str, ...]
    room: str
    read_write: frozenset[str]
    read_only: frozenset[str]
    methods: frozenset[str]
    signals: frozenset[str]
    enums: dict[str, frozenset[str]]


class AllowList:
    """The facts of all classes by name."""

    def __init__(self, classes: dict[str, ClassFacts], sources: dict[str, str]) -> None:
        self.classes, self.sources = classes, sources

    def ancestry(self, class_name: str) -> Iterator[ClassFacts]:
        """Yield the facts of a class and of its known base classes."""
        waiting = [class_name]
        while waiting:
            facts = self.classes.get(waiting.pop(0))
            if facts is not None:
                yield facts
                waiting.extend(facts.bases)

    def member(self, class_name: str, attribute: str) -> str:
        """Return 'property', 'read-only property', 'method', 'signal' or 'enum'; empty for what is not there."""
        ancestry = list(self.ancestry(class_name))
        if not ancestry:
            return ""
        if attribute == "name" and any("objectName" in facts.read_write for facts in ancestry):
            return "property"
        for facts in ancestry:
            if attribute in facts.read_write:
                return "property"
            if attribute in facts.read_only:
                return "read-only property"
        if attribute in EVERYWHERE or any(attribute in facts.methods for facts in ancestry):
            return "method"
        if any(attribute in facts.signals for facts in ancestry):
            return "signal"
        if any(attribute in facts.enums or attribute in keys for facts in ancestry for keys in _keys(facts)):
            return "enum"
        return self._underscored(ancestry, attribute)

    def _underscored(self, ancestry: list[ClassFacts], attribute: str) -> str:
        """`exec_` and `print_` reach `exec` and `print`."""
        if not attribute.endswith("_") or attribute.endswith("__"):
            return ""
        return "method" if any(attribute[:-1] in facts.methods for facts in ancestry) else ""

    def near(self, class_name: str, attribute: str) -> str:
        """Return the remedy for an unknown attribute: the nearest names, a property for its missing setter."""
        names = {name for facts in self.ancestry(class_name) for name in (*facts.methods, *facts.signals)}
        properties = {name for facts in self.ancestry(class_name) for name in (*facts.read_write, *facts.read_only)}
        for prefix in ("set", "is", "has"):
            wanted = attribute[len(prefix) :]
            wanted = wanted[:1].lower() + wanted[1:]
            if attribute.startswith(prefix) and wanted in properties:
                return f"use the property {wanted!r}"
        found = difflib.get_close_matches(attribute, sorted(names | properties), n=2)
        return f"did you mean {' or '.join(map(repr, found))}?" if found else ""

    def judge(self, record: Record) -> Violation | None:
        """Return what is wrong with one use, None for nothing."""
        kind, remedy = self._fault(record.class_name, record.attribute, record.kind)
        if not kind:
            return None
        return Violation(record.class_name, record.attribute, kind, record.file, record.line, remedy)

    def _fault(self, class_name: str, attribute: str, kind: str) -> tuple[str, str]:
        if class_name not in self.classes:
            return "unknown class", "name a class of allowlist.json or make the list anew"
        member = self.member(class_name, attribute)
        if not member and kind == "set":
            return "new Python attribute on a plain widget", "keep it on the Python object instead"
        if not member:
            return "unknown attribute", self.near(class_name, attribute)
        if kind == "set" and member == "read-only property":
            return "read-only property set", ""
        if kind == "set" and member != "property":
            return f"{member} overwritten", ""
        if kind == "call" and member.endswith("property"):
            return "property called", "read it without brackets"
        return "", ""


def _keys(facts: ClassFacts) -> Iterable[frozenset[str]]:
    return facts.enums.values() or (frozenset(),)


@lru_cache(maxsize=1)
def load() -> AllowList:
    """Return the list.

    Raises:
        RuntimeError: allowlist.json is missing or has no classes.
    """
    if not DATA.is_file():
        raise RuntimeError(f"Found no {DATA.name} in {DATA.parent}; make it with Testing/host/generate_allowlist.py.")
    data = json.loads(DATA.read_text(encoding="utf-8"))
    if not data.get("classes"):
        raise RuntimeError(f"{DATA} has no classes; make it anew with Testing/host/generate_allowlist.py.")
    return AllowList({name: _facts(entry) for name, entry in data["classes"].items()}, data["sources"])


def _facts(entry: dict) -> ClassFacts:
    names = {key: frozenset(entry.get(key, "").split()) for key in ("read_write", "read_only", "methods", "signals")}
    enums = {name: frozenset(keys.split()) for name, keys in entry.get("enums", {}).items()}
    return ClassFacts(tuple(entry.get("bases", "").split()), entry.get("room", ""), enums=enums, **names)


def allowed(class_name: str, attribute: str, kind: str = "get") -> bool:
    """Tell whether a script can use an attribute; kind is 'get', 'call' or 'set'."""
    return load().judge(Record(class_name, attribute, kind, "", 0)) is None


def check(records: Iterable[Record]) -> list[Violation]:
    """Return the faults of recorded uses, each once, in order of file and line."""
    faults = {fault for fault in map(load().judge, records) if fault is not None}
    return sorted(faults, key=lambda fault: (fault.file, fault.line, fault.class_name, fault.attribute))


def scan_source(path: str | Path) -> list[Violation]:
    """Return the names of `qt`, `ctk` and `slicer` in a file that the real modules do not have.

    Read without running: `qt.X`, `ctk.X`, `slicer.qMRMLX`, `slicer.qSlicerX`, and members such as `qt.Qt.AlignLeft`.
    """
    visitor = _SourceScan(str(path))
    visitor.visit(ast.parse(Path(path).read_text(encoding="utf-8"), str(path)))
    return sorted(set(visitor.found), key=lambda fault: (fault.line, fault.class_name, fault.attribute))


class _SourceScan(ast.NodeVisitor):
    def __init__(self, file: str) -> None:
        self.file, self.list = file, load()
        self.modules = {"qt": "qt", "ctk": "ctk", "slicer": "slicer"}
        self.names: dict[str, str] = {}
        self.found: list[Violation] = []

    def visit_Import(self, node: ast.Import) -> None:
        self.modules.update(
            {alias.asname: alias.name for alias in node.names if alias.asname and alias.name in self.modules}
        )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module not in ("qt", "ctk", "slicer"):
            return
        for alias in node.names:
            if self._is_class_name(node.module, alias.name) and self._known(node.module, alias.name, node.lineno):
                self.names[alias.asname or alias.name] = alias.name

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = _chain(node)
        if not chain:
            self.generic_visit(node)
        elif chain[0] in self.names:
            self._members(self.names[chain[0]], chain[1:], node.lineno)
        elif chain[0] in self.modules and self._is_class_name(self.modules[chain[0]], chain[1]):
            room = self.modules[chain[0]]
            if self._known(room, chain[1], node.lineno):
                self._members(chain[1], chain[2:], node.lineno)

    def _is_class_name(self, room: str, name: str) -> bool:
        return name not in MODULE_NAMES.get(room, ()) and (room != "slicer" or name.startswith(("qMRML", "qSlicer")))

    def _known(self, room: str, name: str, line: int) -> bool:
        facts = self.list.classes.get(name)
        if facts is not None and facts.room == room:
            return True
        near = difflib.get_close_matches(
            name, [known for known, entry in self.list.classes.items() if entry.room == room]
        )
        remedy = f"did you mean {near[0]!r}?" if near else ""
        self.found.append(Violation(f"{room}.{name}", "", "unknown name", self.file, line, remedy))
        return False

    def _members(self, class_name: str, rest: list[str], line: int) -> None:
        if not rest or rest[0].startswith("__"):
            return
        member = self.list.member(class_name, rest[0])
        keys = {key for facts in self.list.ancestry(class_name) for key in facts.enums.get(rest[0], ())}
        if not member:
            self._add(class_name, rest[0], "unknown attribute", line)
        elif len(rest) > 1 and keys and rest[1] not in keys:
            self._add(class_name, ".".join(rest[:2]), "unknown attribute", line)

    def _add(self, class_name: str, attribute: str, kind: str, line: int) -> None:
        self.found.append(
            Violation(class_name, attribute, kind, self.file, line, self.list.near(class_name, attribute))
        )


def _chain(node: ast.expr) -> list[str]:
    """Return the names of a chain such as `qt.Qt.AlignLeft`; empty where it does not start with a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else []
