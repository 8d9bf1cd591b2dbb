"""Reads the classes of C++ headers as Qt's meta-object compiler does: what of them a script can see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
_CLASS = re.compile(r"\bclass\s+(?:[A-Z][A-Z0-9_]*\s+)?(\w+)\s*(?:final\s*)?(?::(?!:)\s*([^;{}()]*?))?\s*\{")
_MACRO = re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b(\s*\()?")
_LABEL = re.compile(
    r"\b(?:(public|protected|private)(\s+(?:slots|Q_SLOTS))?|(signals|Q_SIGNALS))\s*:(?!:)",
)
_ENUM = re.compile(r"\benum\s+(?:class\s+|struct\s+)?(\w+)\s*(?::\s*[\w:\s]+?)?\s*\{([^}]*)\}")
_MARKS = {"Q_INVOKABLE", "Q_SLOT", "Q_SIGNAL"}
_KEYWORDS = "READ|WRITE|MEMBER|RESET|NOTIFY|REVISION|DESIGNABLE|SCRIPTABLE|STORED|USER|BINDABLE|CONSTANT|FINAL|REQUIRED"
_NO_METHOD = re.compile(r"^\s*(?:typedef|using|friend|template|enum|class|struct|union|static_assert)\b|\boperator\b")


@dataclass
class CppClass:
    """One class: its bases, and the names by which a script reaches its own members.

    read_write, read_only: properties. methods: public slots and Q_INVOKABLE methods. enums: keys of each declared enum.
    is_object: it carries Q_OBJECT or Q_GADGET.
    """

    name: str
    bases: list[str] = field(default_factory=list)
    read_write: set[str] = field(default_factory=set)
    read_only: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    signals: set[str] = field(default_factory=set)
    enums: dict[str, list[str]] = field(default_factory=dict)
    is_object: bool = False


def read_classes(text: str) -> list[CppClass]:
    """Return the classes that a header defines; classes inside other classes are left out."""
    text = clean(text)
    found, end = [], 0
    for match in _CLASS.finditer(text):
        if match.start() < end or text[: match.start()].rstrip().endswith("enum"):
            continue
        end = _closing(text, match.end() - 1)
        found.append(_read_body(match[1], match[2] or "", text[match.end() : end]))
    return found


def clean(text: str) -> str:
    """Return a header without comments, strings and preprocessor lines."""
    text = _COMMENT.sub(lambda match: '""' if match[0].startswith('"') else " ", text)
    return _DIRECTIVE.sub("", text)


def slots_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and arguments of each public slot of a header's classes, such as the decorators of PythonQt."""
    text = clean(text)
    for match in _CLASS.finditer(text):
        body = text[match.end() : _closing(text, match.end() - 1)]
        for access, statement in _statements(_without_macros(body, CppClass(match[1]), set())):
            if access == "public slots":
                name = _method_name(statement, match[1])
                if name:
                    yield name, _arguments(statement, name)


def property_of(declaration: str) -> tuple[str, bool] | None:
    """Return a property's name and whether it can be written, from the inside of Q_PROPERTY(...)."""
    parts = re.split(rf"\b({_KEYWORDS})\b", declaration)
    name = re.search(r"(\w+)\s*$", parts[0])
    if name is None:
        return None
    words = set(parts[1::2])
    return name[1], "WRITE" in words or ("MEMBER" in words and "CONSTANT" not in words)


def _closing(text: str, opening: int) -> int:
    """Return where the bracket at `opening` closes; the end of the text where it does not."""
    pairs = {"{": "}", "(": ")"}
    left, right, depth = text[opening], pairs[text[opening]], 0
    for place in range(opening, len(text)):
        depth += (text[place] == left) - (text[place] == right)
        if depth == 0:
            return place
    return len(text)


def _read_body(name: str, bases: str, body: str) -> CppClass:
    found = CppClass(name, _bases(bases))
    declared: set[str] = set()
    plain = _without_macros(body, found, declared)
    flat = _without_inner_classes(plain)
    _read_enums(flat, found, declared)
    for access, statement in _statements(flat):
        method = _method_name(statement, name)
        if not method:
            continue
        if access == "signals" or "Q_SIGNAL" in statement:
            found.signals.add(method)
        elif access == "public slots" or (access == "public" and re.search(r"\b(?:Q_INVOKABLE|Q_SLOT)\b", statement)):
            found.methods.add(method)
    return found


def _bases(text: str) -> list[str]:
    text = re.sub(r"<[^<>]*>", "", text)
    words = (re.sub(r"\b(?:public|protected|private|virtual)\b", "", part).strip() for part in text.split(","))
    return [word.split("::")[-1] for word in words if word]


def _without_macros(body: str, found: CppClass, declared: set[str]) -> str:
    """Return a class body without macros; properties go into `found`, names of declared enums into `declared`."""
    kept, place = [], 0
    for match in _MACRO.finditer(body):
        if match.start() < place or match[1] in _MARKS:
            continue
        if match[1] in ("Q_SLOTS", "Q_SIGNALS") or (not match[2] and match[1] not in ("Q_OBJECT", "Q_GADGET")):
            continue
        end = _closing(body, match.end() - 1) + 1 if match[2] else match.end()
        if not _stands_alone(body, match.start()):
            continue
        _note_macro(match[1], body[match.end() : end - 1] if match[2] else "", found, declared)
        kept.append(body[place : match.start()])
        place = end
    return " ; ".join([*kept, body[place:]])


def _stands_alone(body: str, place: int) -> bool:
    """Tell whether a macro starts a statement: those inside one belong to it."""
    before = body[:place].rstrip()
    word = re.search(r"\w*$", before)
    return not before or before[-1] in ";{}:)" or bool(word and _MACRO.fullmatch(word[0]) and word[0] not in _MARKS)


def _note_macro(macro: str, inside: str, found: CppClass, declared: set[str]) -> None:
    if macro in ("Q_OBJECT", "Q_GADGET"):
        found.is_object = True
    elif macro == "Q_PROPERTY":
        described = property_of(inside)
        if described is not None:
            (found.read_write if described[1] else found.read_only).add(described[0])
    elif macro in ("Q_ENUM", "Q_ENUMS", "Q_FLAG", "Q_FLAGS"):
        declared.update(re.findall(r"\w+", inside))
    elif macro == "Q_DECLARE_FLAGS":
        flags, enum = [*re.findall(r"\w+", inside), "", ""][:2]
        declared.add(f"{flags}={enum}")


def _without_inner_classes(body: str) -> str:
    for match in reversed(list(re.finditer(r"\b(?:class|struct|union)\b[^;{}()]*\{", body))):
        if body[: match.start()].rstrip().endswith("enum") or "enum" in match[0]:
            continue
        body = body[: match.start()] + body[_closing(body, match.end() - 1) + 1 :]
    return body


def _read_enums(body: str, found: CppClass, declared: set[str]) -> None:
    aliases = dict(entry.split("=") for entry in declared if "=" in entry)
    for match in _ENUM.finditer(body):
        flags = [alias for alias, enum in aliases.items() if enum == match[1]]
        if match[1] not in declared and not declared.intersection(flags):
            continue
        keys = [key.split("=")[0].strip() for key in match[2].split(",")]
        found.enums[match[1]] = [key for key in keys if re.fullmatch(r"\w+", key)]
        found.enums.update({alias: [] for alias in flags if alias in declared})


def _statements(body: str) -> Iterator[tuple[str, str]]:
    """Yield (access, statement) of a class body; the bodies of inline functions are left out."""
    access, start, place = "private", 0, 0
    while place < len(body):
        label = _LABEL.match(body, place)
        if label and not re.match(r"\w", body[place - 1 : place]):
            access = "signals" if label[3] else f"{label[1]} slots" if label[2] else label[1]
            start = place = label.end()
        elif body[place] == ";":
            yield access, body[start:place]
            start = place = place + 1
        elif body[place] in "({":
            end = _closing(body, place) + 1
            if body[place] == "{":
                yield access, body[start:place]
                start = end
            place = end
        else:
            place += 1


def _method_name(statement: str, class_name: str) -> str:
    """Return the name of the method that a statement declares; empty for anything else."""
    if _NO_METHOD.search(re.sub(r"\b(?:Q_INVOKABLE|Q_SLOT|Q_SIGNAL)\b", "", statement)):
        return ""
    statement = re.sub(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\s*\([^()]*\)", "", statement)
    match = re.search(r"(~?)\b(\w+)\s*\(", statement)
    if match is None or match[1] or match[2] == class_name:
        return ""
    return match[2]


def _arguments(statement: str, name: str) -> str:
    opening = statement.index("(", statement.index(name))
    return statement[opening + 1 : _closing(statement, opening)]
