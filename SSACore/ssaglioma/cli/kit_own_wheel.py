"""The wheel of ssaglioma itself, packed from the running copy: a clone, an installed wheel or the extension.

A wheel is a zip file with a list of digests (PEP 427), so no build tool, source or network is needed.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import ssaglioma
from ssaglioma.packages.addresses import ADDRESSES_FILE, project_file
from ssaglioma.packages.resources import MODELS, SAMPLE_CASES, locate
from ssaglioma.volume.atomic import atomic_path

PACKAGE = Path(ssaglioma.__file__).resolve().parent
REQUIREMENTS_FILE, TRAINING_FILE = "requirements.txt", "requirements-train.txt"
LICENCE_FILE = "LICENSE.txt"
_MOMENT = (1980, 1, 1, 0, 0, 0)
_SKIPPED = {"__pycache__", "_resources"}
_WHEEL = "Wheel-Version: 1.0\nGenerator: ssaglioma\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_ENTRY_POINTS = "[console_scripts]\nssaglioma = ssaglioma.__main__:run\n"


def requirements(file: str = REQUIREMENTS_FILE) -> list[str]:
    """Return the requirements that a list of the package names, one a line, without comments."""
    lines = (PACKAGE / file).read_text(encoding="utf-8").splitlines()
    return [text for text in (line.split("#")[0].strip() for line in lines) if text]


def write_own_wheel(folder: Path) -> Path:
    """Pack the running ssaglioma, with its models and sample cases, into a wheel; return its path.

    Raises
    ------
    SSAGliomaError
        If the licence, which must go with every copy, is not found.
    """
    name = f"ssaglioma-{ssaglioma.__version__}"
    info = f"{name}.dist-info"
    target = folder / f"{name}-py3-none-any.whl"
    texts = {
        f"{info}/METADATA": _metadata(),
        f"{info}/WHEEL": _WHEEL,
        f"{info}/entry_points.txt": _ENTRY_POINTS,
        f"{info}/licenses/{LICENCE_FILE}": project_file(LICENCE_FILE).read_text(encoding="utf-8"),
    }
    record: list[str] = []
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in sorted(_contents(), key=lambda pair: pair[1]):
            _add(archive, inside, path.read_bytes(), record)
        for inside, text in texts.items():
            _add(archive, inside, text.encode(), record)
        listed = "".join([*record, f"{info}/RECORD,,\n"])
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD", _MOMENT), listed, zipfile.ZIP_DEFLATED)
    return target


def _contents() -> Iterator[tuple[Path, str]]:
    """Files, and their paths inside the wheel."""
    for path in PACKAGE.rglob("*"):
        relative = path.relative_to(PACKAGE)
        if path.is_file() and path.suffix != ".pyc" and not _SKIPPED & set(relative.parts):
            yield path, f"ssaglioma/{relative.as_posix()}"
    for part in (MODELS, SAMPLE_CASES):
        root = locate(part)
        for path in root.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                yield path, f"ssaglioma/_resources/{part}/{path.relative_to(root).as_posix()}"
    for name in (ADDRESSES_FILE, LICENCE_FILE):
        yield project_file(name), f"ssaglioma/_resources/{name}"


def _add(archive: zipfile.ZipFile, inside: str, data: bytes, record: list[str]) -> None:
    entry = zipfile.ZipInfo(inside, _MOMENT)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record.append(f"{inside},sha256={digest},{len(data)}\n")


def _metadata() -> str:
    needed = [f"Requires-Dist: {line}" for line in requirements()]
    extra = [f"Requires-Dist: {line}; extra == 'train'" for line in requirements(TRAINING_FILE)]
    lines = [
        "Metadata-Version: 2.4",
        "Name: ssaglioma",
        f"Version: {ssaglioma.__version__}",
        f"Summary: {(ssaglioma.__doc__ or '').strip()}",
        "License-Expression: Apache-2.0",
        f"License-File: {LICENCE_FILE}",
        "Requires-Python: >=3.10",
        *needed,
        "Provides-Extra: train",
        *extra,
    ]
    return "\n".join(lines) + "\n"
