"""Records which attributes of Qt, CTK and Slicer objects some source files use while they run.

Patching the classes does not work: PySide6 asks the same hooks for its virtual methods, and its C++ types refuse a
`__setattr__` of another class. The watched files are compiled anew instead, each attribute's object passing through a
function here: functions that exist get the new code, files imported later are compiled so, and all is put back at the
end. Accesses are therefore exactly those written in the files, with their lines.
"""

from __future__ import annotations

import ast
import builtins
import gc
import sys
from collections.abc import Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .allowlist import Record, Violation, check, load

WATCH, GET, SET = "__watch_attribute__", "__watch_getattr__", "__watch_setattr__"
_active: list[Recorder] = []
_get_code = SourceFileLoader.get_code


class Recorder:
    """Context manager that records uses of attributes; `violations()` tells which the real application would refuse.

    folders: files, or folders with all below them, whose code is watched.
    classes: stand-in classes by their C++ names, for those named otherwise: {"qSlicerApplication": Application}; a list
        of types takes their own names. Classes with a name of the list are seen without being given.
    """

    def __init__(
        self, folders: Iterable[str | Path], classes: Mapping[str, type] | Iterable[type] | None = None
    ) -> None:
        self.places = tuple(Path(folder).resolve() for folder in folders)
        named = (
            classes.items() if isinstance(classes, Mapping) else ((entry.__name__, entry) for entry in classes or ())
        )
        self.names = {given: name for name, given in named}
        self.records: list[Record] = []
        self._seen: dict[type, tuple[str, tuple[type, ...]]] = {}
        self._watched: dict[str, bool] = {}
        self._before: list[tuple[FunctionType, CodeType]] = []
        self._codes: dict[str, dict[tuple, CodeType]] = {}

    def __enter__(self) -> Recorder:
        if _active:
            raise RuntimeError("Found a recorder at work; end it before the next one starts.")
        _active.append(self)
        for name, function in ((WATCH, _watch), (GET, _watched_getattr), (SET, _watched_setattr)):
            setattr(builtins, name, function)
        SourceFileLoader.get_code = _get_watched_code  # type: ignore[method-assign]
        for function in _functions():
            self._exchange(function)
        return self

    def __exit__(self, *_: object) -> None:
        del SourceFileLoader.get_code
        for function, code in self._before:
            function.__code__ = code
        self._before.clear()
        _active.remove(self)

    def violations(self) -> list[Violation]:
        """Return the faults among the records; `scan_source` finds names that the files take from `qt` and `ctk`."""
        return check(self.records)

    def watches(self, file: str) -> bool:
        """Tell whether a file is one of the watched."""
        if file not in self._watched:
            path = Path(file).resolve() if file.endswith(".py") else None
            self._watched[file] = path is not None and any(path.is_relative_to(place) for place in self.places)
        return self._watched[file]

    def note(self, target: Any, attribute: str, kind: str, file: str, line: int) -> None:
        """Record one use if the object is of a C++ class and the attribute is not the script's own."""
        kept = target if isinstance(target, type) else type(target)
        class_name, own = self._class_of(kept)
        if not class_name or attribute.startswith("__") or self._is_own(target, attribute, kind, class_name, own):
            return
        self.records.append(Record(class_name, attribute, kind, file, line))

    def _is_own(self, target: Any, attribute: str, kind: str, class_name: str, own: tuple[type, ...]) -> bool:
        """Objects of a Python subclass made in the watched files may have attributes of their own."""
        if not own or (kind == "set" and load().member(class_name, attribute)):
            return False
        return kind == "set" or attribute in getattr(target, "__dict__", ()) or any(attribute in vars(c) for c in own)

    def _class_of(self, python_class: type) -> tuple[str, tuple[type, ...]]:
        """Return the C++ name of a class and the watched files' own classes above it; empty for other classes."""
        if python_class not in self._seen:
            own: list[type] = []
            name = ""
            for base in python_class.__mro__:
                if self._made_in_watched(base):
                    own.append(base)
                elif base in self.names or base.__name__ in load().classes:
                    name = self.names.get(base, base.__name__)
                    break
            self._seen[python_class] = name, tuple(own)
        return self._seen[python_class]

    def _made_in_watched(self, python_class: type) -> bool:
        module = sys.modules.get(python_class.__module__)
        if self.watches(getattr(module, "__file__", None) or ""):
            return True
        codes = (getattr(value, "__code__", None) for value in vars(python_class).values())
        return any(code is not None and self.watches(code.co_filename) for code in codes)

    def _exchange(self, function: FunctionType) -> None:
        """Give a function of a watched file the code that records."""
        code = function.__code__
        if not self.watches(code.co_filename):
            return
        if code.co_filename not in self._codes:
            self._codes[code.co_filename] = _codes_of_file(code.co_filename)
        watched = self._codes[code.co_filename].get(_key(code))
        if watched is not None and watched.co_freevars == code.co_freevars:
            self._before.append((function, code))
            function.__code__ = watched


class _Watch(ast.NodeTransformer):
    """Rewrites `a.b` as `watch(a, 'b', kind, line).b`, and `getattr(a, 'b')` and `setattr` likewise."""

    def __init__(self, file: str) -> None:
        self.file = file

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._watch(node, "get" if isinstance(node.ctx, ast.Load) else "set")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute):
            node.func = self._watch(node.func, "call")
            node.args = [self.visit(argument) for argument in node.args]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            return node
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        self.generic_visit(node)
        if (name, len(node.args)) in (("getattr", 2), ("setattr", 3)) and not node.keywords:
            node.func = ast.copy_location(ast.Name(GET if name == "getattr" else SET, ast.Load()), node)
            node.args += [ast.copy_location(ast.Constant(value), node) for value in (self.file, node.lineno)]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.target = self.visit(node.target)
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit_FunctionDef(node)  # type: ignore[arg-type]

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node  # annotations stay as they are written

    def _watch(self, node: ast.Attribute, kind: str) -> ast.Attribute:
        self.generic_visit(node)
        arguments = [node.value, *map(ast.Constant, (node.attr, kind, self.file, node.lineno))]
        call = ast.Call(ast.Name(WATCH, ast.Load()), arguments, [])
        node.value = ast.fix_missing_locations(ast.copy_location(call, node.value))
        return node


def _watch(target: Any, attribute: str, kind: str, file: str, line: int) -> Any:
    if _active and not isinstance(target, ModuleType):
        _active[-1].note(target, attribute, kind, file, line)
    return target


def _watched_getattr(target: Any, attribute: str, file: str, line: int) -> Any:
    return getattr(_watch(target, attribute, "get", file, line), attribute)


def _watched_setattr(target: Any, attribute: str, value: Any, file: str, line: int) -> None:
    setattr(_watch(target, attribute, "set", file, line), attribute, value)


def compile_watched(source: str | bytes, file: str) -> CodeType:
    """Return the code of a file with its attributes watched."""
    tree = _Watch(file).visit(ast.parse(source, file))
    return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)


def _get_watched_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
    if _active and _active[-1].watches(loader.path):
        return compile_watched(loader.get_data(loader.path), loader.path)
    return _get_code(loader, fullname)


def _codes_of_file(file: str) -> dict[tuple, CodeType]:
    """Return the watched code of each function of a file; of two with one key, neither."""
    found: dict[tuple, CodeType] = {}
    double: set[tuple] = set()
    waiting = [compile_watched(Path(file).read_bytes(), file)]
    while waiting:
        for constant in waiting.pop().co_consts:
            if isinstance(constant, CodeType):
                waiting.append(constant)
                double.update({_key(constant)} & found.keys())
                found[_key(constant)] = constant
    return {key: code for key, code in found.items() if key not in double}


def _key(code: CodeType) -> tuple:
    return code.co_name, code.co_firstlineno, code.co_varnames[: code.co_argcount], code.co_freevars


def _functions() -> list[FunctionType]:
    return [entry for entry in gc.get_objects() if type(entry) is FunctionType]
