"""Writes slicerhost/qtlayer/allowlist.json: what scripts can reach of Slicer's, CTK's and Qt's classes.

    generate_allowlist.py --slicer SLICER.git@v5.12.3 --ctk CTK.git@5056664a20a3 --pythonqt PYTHONQT.git
                          --qt /usr/include/x86_64-linux-gnu/qt5

Slicer and CTK: the headers of their libraries, read by the rules of PythonQt (properties, public slots, Q_INVOKABLE
methods, signals, declared enums, decorators). Qt: PySide6's meta-objects and classes, kept where PythonQt wraps them
and where the headers of Qt 5 (Debian's qtbase5-dev, unpacked anywhere) have the name, so what is listed works in both.
"""

from __future__ import annotations

import argparse
import enum
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cpp_headers import CppClass, clean, read_classes, slots_of

TARGET = Path(__file__).resolve().parent / "slicerhost" / "qtlayer" / "allowlist.json"
SLICER_FOLDERS = ("Base/QTApp", "Base/QTCLI", "Base/QTCore", "Base/QTGUI", "Libs/MRML/Widgets", "Modules/Loadable")
SLICER_FOLDERS += ("Modules/Scripted",)
CTK_FOLDERS = ("Libs/Core", "Libs/Widgets", "Libs/DICOM/Core", "Libs/DICOM/Widgets", "Libs/Scripting/Python")
CTK_FOLDERS += ("Libs/Visualization/VTK/Core", "Libs/Visualization/VTK/Widgets")
QT_MODULES = ("QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtPrintSupport", "QtUiTools")
WRAPPERS = "generated_cpp_515"
WRAPPED_PARTS = ("core", "core_builtin", "gui", "gui_builtin", "network", "uitools")
_LEFT_OUT = re.compile(r"/Testing/|/(?:Designer)?Plugins/|Event(?:Player|Translator)\.h$|_p\.h$")
_WRAPPER = re.compile(r"^class PythonQtWrapper_(\w+) : public QObject\n(.*?)^};", re.MULTILINE | re.DOTALL)
OBJECT_METHODS = (
    "children connect disconnect findChild findChildren metaObject parent property setParent setProperty tr"
)


class Repository:
    """A bare git directory, read at one commit: `FOLDER@COMMIT`, or the newest for `FOLDER`."""

    def __init__(self, place: str) -> None:
        folder, _, commit = place.partition("@")
        self.folder = Path(folder)
        self.commit = self._git("rev-parse", f"{commit or 'HEAD'}^{{commit}}").strip()

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "--git-dir", str(self.folder), *arguments], capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"git {arguments[0]} failed in {self.folder}: {done.stderr.decode().strip()}")
        return done.stdout.decode("utf-8", "replace")

    def paths(self, folders: tuple[str, ...], ending: str) -> list[str]:
        listed = self._git("ls-tree", "-r", "--name-only", self.commit, "--", *folders).splitlines()
        return sorted(path for path in listed if path.endswith(ending) and not _LEFT_OUT.search(path))

    def read(self, path: str) -> str:
        return self._git("show", f"{self.commit}:{path}")

    def version(self, name: str) -> str:
        """Return the version that CMakeLists.txt sets in Slicer_VERSION_MAJOR, CTK_MAJOR_VERSION and so on."""
        found = dict(
            re.findall(rf'\bset\({name}_(?:VERSION_)?(MAJOR|MINOR|PATCH)\w*\s+"?(\d+)', self.read("CMakeLists.txt"))
        )
        return ".".join(found.get(part, "?") for part in ("MAJOR", "MINOR", "PATCH"))


def library_classes(repository: Repository, folders: tuple[str, ...], room: str) -> dict[str, dict[str, Any]]:
    """Return the entries of a library's classes; `room` is the Python module that has those that can be made."""
    texts = {path: repository.read(path) for path in repository.paths(folders, ".h")}
    excluded = {name for path in repository.paths(folders, "CMakeLists.txt") for name in _excluded(repository, path)}
    entries: dict[str, dict[str, Any]] = {}
    for path, text in texts.items():
        stem = Path(path).stem
        for found in read_classes(text):
            if found.is_object and re.match(r"(?:q[A-Z]|ctk)(?!\w*PythonQtDecorators$)", found.name):
                named = found.name == stem and f"{stem}.h" not in excluded and can_be_made(clean(text), stem)
                entries[found.name] = entry_of(found, room if named else "")
    for path, text in texts.items():
        if path.endswith("PythonQtDecorators.h"):
            _add_decorators(text, entries, room)
    return entries


def _excluded(repository: Repository, path: str) -> list[str]:
    blocks = re.findall(r"set_source_files_properties\(([^()]*?)\bWRAP_EXCLUDE\b", repository.read(path))
    return [name for block in blocks for name in re.findall(r"\w+\.h\b", block)]


def can_be_made(text: str, name: str) -> bool:
    """Tell whether CTK's wrapping makes a class constructible: no argument or a parent alone, nothing pure virtual."""
    parent = r"(?:QObject|QWidget)\s*\*\s*\w+\s*(?:=\s*(?:0|NULL|nullptr)|,[^;]*=[^;]*\)|\))"
    made = re.search(rf"[^~\w]{name}\s*\(\s*(?:{parent}|\))", text)
    return bool(made) and not re.search(r"virtual[\w\s*()]+=\s*(?:0|NULL|nullptr)\s*;", text)


def entry_of(found: CppClass, room: str) -> dict[str, Any]:
    """Return a class as the list keeps it; a property hides a method of its name."""
    properties = found.read_write | found.read_only
    return {
        "bases": " ".join(found.bases),
        "room": room,
        "read_write": found.read_write,
        "read_only": found.read_only - found.read_write,
        "methods": found.methods - properties,
        "signals": found.signals - properties,
        "enums": {name: " ".join(keys) for name, keys in sorted(found.enums.items())},
    }


def _add_decorators(text: str, entries: dict[str, dict[str, Any]], room: str) -> None:
    for name, arguments in slots_of(text):
        static = re.fullmatch(r"(new|static)_([A-Za-z0-9]+)(?:_(\w+))?", name)
        first = re.match(r"\s*(?:const\s+)?(\w+)\s*\*", arguments)
        owner = static[2] if static else first[1] if first else ""
        if name.startswith("delete_") or not re.match(r"q[A-Z]|ctk", owner):
            continue
        entry = entries.setdefault(owner, entry_of(CppClass(owner), room))
        if static and static[1] == "new":
            entry["room"] = room
        else:
            entry["methods"].add(static[3] if static else name)
    for owner in re.findall(r"registerClass\(\s*&(\w+)::staticMetaObject", clean(text)):
        if owner in entries:
            entries[owner]["room"] = room


def name_base_classes(entries: dict[str, dict[str, Any]]) -> None:
    """Put base classes into the room of their subclasses, as PythonQt does when it registers a class."""
    waiting = [name for name, entry in entries.items() if entry["room"]]
    while waiting:
        entry = entries[waiting.pop()]
        for base in entry["bases"].split():
            if base in entries and not entries[base]["room"]:
                entries[base]["room"] = entry["room"]
                waiting.append(base)


def wrapped_classes(repository: Repository) -> dict[str, set[str]]:
    """Return the Qt classes that PythonQt wraps, each with the methods and enum types that its wrapper adds."""
    wrapped: dict[str, set[str]] = {}
    for part in WRAPPED_PARTS:
        for path in repository.paths((f"{WRAPPERS}/com_trolltech_qt_{part}",), ".h"):
            for match in _WRAPPER.finditer(repository.read(path)):
                wrapped.setdefault(match[1], set()).update(_wrapper_names(match[1], match[2]))
    if "QWidget" not in wrapped:
        raise RuntimeError(f"Found no wrapper of QWidget under {WRAPPERS} of {repository.folder}.")
    return wrapped


def _wrapper_names(class_name: str, body: str) -> Iterator[str]:
    for line in body.splitlines():
        method = re.match(r"\s+[\w:<>,*&\s]*?\b(\w+)\((?:.*)", line)
        if method and not method[1].startswith(("new_", "delete_", "operator_", "__")):
            yield re.sub(rf"^(?:static_{class_name}_|py_q_|py_get_|py_set_)", "", method[1])
    for listed in re.findall(r"Q_(?:ENUMS|FLAGS)\(([^)]*)\)", body):
        yield from listed.split()


def header_words(folder: Path) -> dict[str, set[str]]:
    """Return for each class of Qt's headers the words in its header."""
    words: dict[str, set[str]] = {}
    for module in QT_MODULES:
        for path in sorted((folder / module).glob("q*.h")):
            text = clean(path.read_text(encoding="utf-8", errors="replace"))
            for name in re.findall(r"\b(?:class|namespace)\s+(?:Q_\w+_EXPORT\s+)?(Q\w+)\s*(?:final\s*)?[:{]", text):
                words.setdefault(name, set()).update(re.findall(r"\w+", text))
    if "QWidget" not in words:
        raise RuntimeError(f"Found no QtWidgets/qwidget.h in {folder}; unpack the headers of Qt 5 there.")
    return words


def qt_classes(wrapped: dict[str, set[str]], words: dict[str, set[str]]) -> dict[str, dict[str, Any]]:
    """Return the entries of Qt's classes: what PySide6 has, PythonQt wraps and Qt 5 declares."""
    entries: dict[str, dict[str, Any]] = {}
    for module_name in QT_MODULES:
        module = importlib.import_module(f"PySide6.{module_name}")
        for name in dir(module):
            value = getattr(module, name)
            if isinstance(value, type) and name in wrapped and not issubclass(value, enum.Enum):
                found = _qt_class(value, wrapped)
                _keep_known(found, words.get(name, set()))
                entries[name] = entry_of(found, "qt")
    entries["QObject"]["methods"].update(OBJECT_METHODS.split())
    return entries


def _qt_class(qt_class: type, wrapped: dict[str, set[str]]) -> CppClass:
    """Return what PySide6 knows of a class; what it has from bases that PythonQt does not wrap counts as its own."""
    found, waiting, wrapper = CppClass(qt_class.__name__), [qt_class], wrapped[qt_class.__name__]
    while waiting:
        current = waiting.pop()
        _add_attributes(current, wrapper, found)
        for base in current.__bases__:
            if base.__name__ in wrapped and base.__name__ != found.name:
                found.bases.append(base.__name__)
            elif base.__module__.startswith("PySide6."):
                waiting.append(base)
    found.enums.update({name: [] for name in wrapper if re.match(r"[A-Z]", name) and name not in found.enums})
    if qt_class.__name__ == "QTimer":  # PythonQt leaves this property out in favour of the function of the same name
        found.read_write.discard("singleShot")
    return found


def _add_attributes(qt_class: type, wrapper: set[str], found: CppClass) -> None:
    for name, value in vars(qt_class).items():
        if name.startswith("_"):
            continue
        if isinstance(value, type) and issubclass(value, enum.Enum):
            found.enums[name] = [key for key in value.__members__ if not key.startswith("_")]
        elif type(value).__name__ == "Signal":
            found.signals.add(name)
        elif callable(getattr(qt_class, name)) and name.rstrip("_") in wrapper:
            found.methods.add(name.rstrip("_"))
    meta = vars(qt_class).get("staticMetaObject")
    if meta is not None and qt_class.__name__ != "Qt":
        _add_meta_object(meta, found)


def _keep_known(found: CppClass, words: set[str]) -> None:
    """Leave out what newer releases of Qt added; nothing where the class's header is not known."""
    if not words:
        return
    for names in (found.read_write, found.read_only, found.signals):
        names &= words
    found.methods = {name for name in found.methods if name in words}
    found.enums = {name: [key for key in keys if key in words] for name, keys in found.enums.items() if name in words}


def _add_meta_object(meta: Any, found: CppClass) -> None:
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        declared = meta.property(index)
        (found.read_write if declared.isWritable() else found.read_only).add(declared.name())
    for index in range(meta.methodOffset(), meta.methodCount()):
        method = meta.method(index)
        name = bytes(method.name()).decode()
        if method.methodType() == type(method).MethodType.Signal:
            found.signals.add(name)
        elif method.access() == type(method).Access.Public and not name.startswith("_"):
            found.methods.add(name)


def write(target: Path, sources: dict[str, str], entries: dict[str, dict[str, Any]]) -> None:
    """Write the list, one class a line, names in order; what is empty is left out."""
    lines = []
    for name in sorted(entries):
        kept = {
            key: " ".join(sorted(value)) if isinstance(value, set) else value for key, value in entries[name].items()
        }
        text = json.dumps({key: value for key, value in kept.items() if value}, separators=(",", ":"))
        lines.append(f"{json.dumps(name)}:{text}")
    head = json.dumps(sources, sort_keys=True)
    target.write_text(f'{{"sources":{head},\n"classes":{{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def _qt_version(folder: Path) -> str:
    found = re.search(r'QT_VERSION_STR\s+"([^"]+)"', (folder / "QtCore" / "qconfig.h").read_text(encoding="utf-8"))
    return found[1] if found else "5"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("slicer", "ctk", "pythonqt"):
        parser.add_argument(f"--{name}", required=True, help=f"bare git directory of {name}, [@COMMIT]")
    parser.add_argument("--output", type=Path, default=TARGET)
    parser.add_argument("--qt", type=Path, required=True, help="include folder of Qt 5")
    options = parser.parse_args(arguments)
    import PySide6

    slicer, ctk, pythonqt = Repository(options.slicer), Repository(options.ctk), Repository(options.pythonqt)
    entries = qt_classes(wrapped_classes(pythonqt), header_words(options.qt))
    entries.update(library_classes(ctk, CTK_FOLDERS, "ctk"))
    entries.update(library_classes(slicer, SLICER_FOLDERS, "slicer"))
    name_base_classes(entries)
    sources = {
        "Slicer": f"{slicer.version('Slicer')} ({slicer.commit})",
        "CTK": f"{ctk.version('CTK')} ({ctk.commit})",
        "PythonQt": f"wrappers of Qt 5.15 ({pythonqt.commit})",
        "PySide6": PySide6.__version__,
        "Qt": _qt_version(options.qt),
    }
    write(options.output, sources, entries)
    print(f"{options.output}: {len(entries)} classes, {options.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
