"""Bring the French texts of the Slicer modules up to date: SSASlicerLib/Translations/SSAGlioma_fr-FR.ts and .qm.

Usage: translations.py            add new texts (unfinished), drop those that are gone, compile
       translations.py --check    say what is missing, unfinished or wrong, and stop with 1 if anything is

Slicer looks a text of a Python file up in the context `package.file` (see `slicer.i18n.getContext`), one of a .ui
file in the context of its <class>. Its own tool needs Qt's lupdate and a copy of Slicer's sources; this one needs
neither, and PySide6 only to compile.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("SSACore", "SSAGliomaSeg", "SSAStyleTransfer")
LANGUAGE = "fr-FR"
TS_FILE = ROOT / "SSACore" / "SSASlicerLib" / "Resources" / "Translations" / f"SSAGlioma_{LANGUAGE}.ts"
_PLACEHOLDER = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
_RECIPES = "panels.train_recipe"
"""Where the desk looks titles and sentences of recipes up; they come from the core's registry."""

Message = tuple[str, str]
"""Context and English text."""


def context_of(file: Path) -> str:
    """Return the context of a Python file, as Slicer computes it."""
    return f"{file.parent.name}.{file.stem}" if (file.parent / "__init__.py").is_file() else file.stem


def python_messages(file: Path) -> Iterator[Message]:
    """Return the texts of a file that stand in `_(...)`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield context_of(file), text.value


def panel_messages(file: Path) -> Iterator[Message]:
    """Return the texts of a .ui file that are not marked as none to translate."""
    tree = ElementTree.parse(file)
    name = tree.findtext("class") or ""
    kept = {id(text) for texts in tree.iter("stringlist") if texts.get("notr") == "true" for text in texts}
    for element in tree.iter("string"):
        if element.text and element.get("notr") != "true" and id(element) not in kept:
            yield name, element.text


def recipe_messages() -> Iterator[Message]:
    """Return the texts of the core's recipes, which the Train tab shows."""
    from ssaglioma.cli.train_recipe import known_recipes

    for recipe in known_recipes():
        yield from ((_RECIPES, text) for text in (recipe.title, recipe.sentence))
        for option in recipe.options:
            yield from ((_RECIPES, text) for text in (option.title, option.tip))


def lesson_messages(root: Path) -> Iterator[Message]:
    """Return the texts of the lessons, whose language is chosen in their own tab."""
    file = root / "SSAStyleTransfer" / "SSAStyleTransferLib" / "lesson_texts.py"
    spec = importlib.util.spec_from_file_location("lesson_texts_of_the_module", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield from ((module.CONTEXT, text) for text in module.allTexts())


def all_messages(root: Path = ROOT) -> list[Message]:
    """Return every text that the modules show, in the order of files, each once."""
    found: list[Message] = []
    for module in MODULES:
        for file in sorted((root / module).rglob("*.py")):
            if "Testing" not in file.parts and "ssaglioma" not in file.relative_to(root).parts:
                found += python_messages(file)
        for file in sorted((root / module).rglob("*.ui")):
            found += panel_messages(file)
    return list(dict.fromkeys([*found, *recipe_messages(), *lesson_messages(root)]))


def read_ts(file: Path) -> dict[Message, str]:
    """Return the translations of a .ts file; an unfinished one is empty."""
    if not file.is_file():
        return {}
    found = {}
    for context in ElementTree.parse(file).iter("context"):
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            translation = message.find("translation")
            done = translation is not None and translation.get("type") is None
            found[name, message.findtext("source") or ""] = (translation.text or "") if done else ""
    return found


def write_ts(file: Path, translations: dict[Message, str]) -> None:
    """Write a .ts file, sorted by context; a text without translation is marked as unfinished."""
    top = ElementTree.Element("TS", version="2.1", language=LANGUAGE, sourcelanguage="en-US")
    contexts: dict[str, ElementTree.Element] = {}
    for name, source in sorted(translations, key=lambda message: message[0]):
        if name not in contexts:
            contexts[name] = ElementTree.SubElement(top, "context")
            ElementTree.SubElement(contexts[name], "name").text = name
        message = ElementTree.SubElement(contexts[name], "message")
        ElementTree.SubElement(message, "source").text = source
        translated = ElementTree.SubElement(message, "translation")
        translated.text = translations[name, source]
        if not translated.text:
            translated.set("type", "unfinished")
    ElementTree.indent(top, " ")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_HEAD + ElementTree.tostring(top, encoding="unicode") + "\n", encoding="utf-8")


def updated(known: dict[Message, str], messages: list[Message]) -> dict[Message, str]:
    """Return a translation for each message; a text that moved to another file takes its translation along."""
    by_text = {source: text for (_context, source), text in known.items() if text}
    return {message: known.get(message) or by_text.get(message[1], "") for message in messages}


def faults(translations: dict[Message, str], messages: list[Message]) -> list[str]:
    """Return what is missing, not needed any more, unfinished, or has other placeholders than the English text."""
    found = [f"missing: {message!r}" for message in messages if message not in translations]
    found += [f"not used any more: {message!r}" for message in translations if message not in set(messages)]
    for (context, source), text in translations.items():
        if not text:
            found.append(f"unfinished: {context!r} {source!r}")
        elif placeholders(source) != placeholders(text):
            found.append(f"placeholders differ: {context!r} {source!r} -> {text!r}")
        elif (source[0] == " ", source[-1] == " ") != (text[0] == " ", text[-1] == " "):
            found.append(f"spaces at the ends differ: {context!r} {source!r}")
    return found


def placeholders(text: str) -> list[str]:
    """Return the `{...}` of a text, sorted."""
    return sorted(_PLACEHOLDER.findall(text))


def compile_ts(file: Path) -> Path:
    """Write the .qm beside a .ts with Qt's lrelease and return its path.

    Raises
    ------
    FileNotFoundError
        If there is no lrelease; PySide6 brings one.
    """
    import PySide6

    beside = Path(PySide6.__file__).parent / ("lrelease.exe" if sys.platform == "win32" else "lrelease")
    tool = str(beside) if beside.is_file() else shutil.which("lrelease")
    if tool is None:
        raise FileNotFoundError("Qt's lrelease was not found: install PySide6-Essentials")
    target = file.with_suffix(".qm")
    subprocess.run([tool, "-silent", str(file), "-qm", str(target)], check=True)
    return target


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; stop with 1 if anything is wrong")
    checks = parser.parse_args(arguments).check
    messages, known = all_messages(), read_ts(TS_FILE)
    if not checks:
        known = updated(known, messages)
        write_ts(TS_FILE, known)
        compile_ts(TS_FILE)
    wrong = faults(known, messages)
    sys.stdout.write("\n".join([*wrong, f"{len(messages)} texts, {len(wrong)} faults"]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
