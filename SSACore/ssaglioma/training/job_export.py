"""A training as a folder that can be taken to a computer with a GPU, started there with one command, and brought back.

job.json  data/source/... data/target/... data/style/...  model/  core/ssaglioma/  run.sh  README.txt  dataset.json
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import replace
from pathlib import Path
from typing import Any

import ssaglioma
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.packages import find_package, read_package
from ssaglioma.packages.package import CARD_FILE
from ssaglioma.training.run_folder import (
    CHECK_FOLDER,
    EVENTS_FILE,
    EXAMPLES_FOLDER,
    PACKAGE_FOLDER,
    PAGE_FILE,
    REPORT_FILE,
    RUN_FOLDER,
    TEXT_FILE,
)
from ssaglioma.training.run_report import read_report
from ssaglioma.training.run_request import RunRequest, read_request, write_request
from ssaglioma.training.style_provenance import PROVENANCE_FILE
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import find_cases
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.corrections import RECORD_FILE, read_corrections

DATASET_FILE, SCRIPT_FILE, README_FILE = "dataset.json", "run.sh", "README.txt"
_DATA, _MODEL, _CORE = "data", "model", "core"
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "_resources", "*.pyc")

_SCRIPT = """#!/bin/sh
# Trains on this computer: sh run.sh [--device cuda|cpu]. Run it again to go on after a stop.
set -e
cd "$(dirname "$0")"
PYTHON="${PYTHON:-python3}"
export PYTHONPATH="$PWD/core" PYTHONUTF8=1
if ! "$PYTHON" -c "import torch, monai, safetensors, SimpleITK, PIL, scipy, pydicom, surface_distance" 2>/dev/null; then
  [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
  .venv/bin/python -m pip install --quiet -r core/ssaglioma/requirements.txt "torch>=2.2" "monai>=1.4"
  PYTHON=.venv/bin/python
fi
exec "$PYTHON" -m ssaglioma train --job . "$@"
"""
_README = """Training job of SSAGlioma {version}: {recipe}

Start:   sh run.sh            (or: sh run.sh --device cpu)
Needs:   Python 3.10 or newer; missing packages are installed into .venv with pip.
Stop:    Ctrl-C; the last finished epoch is kept. Start again to go on.
Back:    copy this folder back and choose it by "Import result".

This folder holds images and labels of patients. Treat it like the patients' records, and delete it there when done.
"""


def export_job(request: RunRequest, target: PathLike, progress: ProgressCallback = no_progress) -> Path:
    """Write a folder with data, model, core and a script that trains, and return it.

    Only the files of the cases are copied, and nothing else that lies in their folders.

    Raises
    ------
    DatasetError
        If the folder is not empty, or a folder of cases cannot be read.
    ModelPackageError
        If the model is missing or damaged.
    SSAGliomaError
        If the disk is full; what was written is removed.
    """
    folder = Path(target)
    if folder.exists() and any(folder.iterdir()):
        raise DatasetError(
            f"The folder {str(folder)!r} is not empty", expected="a new folder", remedy="Choose another name"
        )
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fill(request, folder, progress)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if not new:
            folder.mkdir(parents=True, exist_ok=True)
        if isinstance(error, OSError):
            raise SSAGliomaError(
                f"The job cannot be written to {str(folder)!r} ({error.strerror or error})",
                remedy="Free some space, or choose a folder that can be written; nothing was left there",
            ) from error
        raise
    return folder


def import_result(folder: PathLike, target: PathLike) -> Path:
    """Copy the result of a job that was run elsewhere into the run's own folder and return it.

    Parameters
    ----------
    folder : path
        The job's folder, as it came back.
    target : path
        Folder of the run here; a new one, or the one that the job was exported from.

    Raises
    ------
    DatasetError
        If the job is not finished, or of another training than the target's.
    ModelPackageError
        If the model package is damaged.
    """
    source, home = Path(folder), Path(target)
    read_report(source)
    read_package(source / PACKAGE_FOLDER)
    found = read_request(source)
    if (home / "job.json").is_file():
        known = read_request(home)
        if (known.recipe, known.name, known.values()) != (found.recipe, found.name, found.values()):
            raise DatasetError(
                f"The folder {str(home)!r} holds another training than {str(source)!r}",
                expected=f"{known.recipe!r} for the model {known.name!r} with the same options",
                remedy="Choose another folder for the result",
            )
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name in (PACKAGE_FOLDER, EXAMPLES_FOLDER, RUN_FOLDER, CHECK_FOLDER):
            if (source / name).is_dir():
                shutil.copytree(source / name, home / name, dirs_exist_ok=True)
        for name in (REPORT_FILE, TEXT_FILE, PAGE_FILE, EVENTS_FILE):
            if (source / name).is_file():
                shutil.copyfile(source / name, home / name)
    except OSError as error:
        raise SSAGliomaError(
            f"The result cannot be copied to {str(home)!r} ({error.strerror or error})", remedy="Free some space"
        ) from error
    if not (home / "job.json").is_file():
        write_request(home, found.under(source))
    return home


def _fill(request: RunRequest, folder: Path, progress: ProgressCallback) -> None:
    moved: dict[str, Any] = {}
    listed = []
    inputs = [name for name in ("source", "target", "style", "corrections") if getattr(request, name)]
    for number, name in enumerate(inputs):
        for case, files in _files_of(name, getattr(request, name)):
            progress(number / max(len(inputs), 1), f"Copying {case}")
            listed += _copy_files(case, files, folder / _DATA / name / case, folder)
        moved[name] = f"{_DATA}/{name}"
    if request.model:
        package = find_package(request.model)
        (folder / _MODEL).mkdir()
        for file in (CARD_FILE, *package.card.sha256):
            shutil.copyfile(package.folder / file, folder / _MODEL / file)
        moved["model"] = _MODEL
    core = Path(ssaglioma.__file__).parent
    shutil.copytree(core, folder / _CORE / core.name, ignore=_NOT_SHIPPED)
    _write(folder / DATASET_FILE, json.dumps({"format": 1, "files": listed}, indent=1) + "\n")
    words = _README.format(version=ssaglioma.__version__, recipe=request.definition.sentence)
    _write(folder / README_FILE, words)
    _write(folder / SCRIPT_FILE, _SCRIPT)
    (folder / SCRIPT_FILE).chmod(0o755)
    write_request(folder, replace(request, **moved, device="auto"))


def _files_of(name: str, root: str) -> Iterator[tuple[str, list[Path]]]:
    """Return name and files of each case of an input; corrections are taken as SSAGliomaSeg saved them."""
    if name == "corrections":
        for correction in read_corrections(root):
            labels = [correction.folder / RECORD_FILE, Path(str(correction.case.reference)), correction.prediction]
            yield correction.folder.name, [*correction.case.sequences.values(), *labels]
        return
    for case in find_cases(root):
        files = [*case.sequences.values(), *([case.reference] if case.reference is not None else [])]
        records = {path.with_name(PROVENANCE_FILE) for path in files}
        yield case.name, [*files, *sorted(record for record in records if record.is_file())]


def _copy_files(case: str, files: Seq[Path], target: Path, root: Path) -> list[dict[str, object]]:
    target.mkdir(parents=True)
    rows = []
    for path in files:
        copy = target / path.name
        shutil.copyfile(path, copy)
        rows.append(
            {
                "case": case,
                "file": copy.relative_to(root).as_posix(),
                "bytes": copy.stat().st_size,
                "sha256": hashlib.sha256(copy.read_bytes()).hexdigest(),
            }
        )
    return rows


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8", newline="\n")
