"""The corrections folder: what people made of a model's segmentations, for the next training.

    <root>/<case>/<case>-{t1n,t1c,t2w,t2f}.nii.gz   the images
                  <case>-seg.nii.gz                 corrected by a person
                  <case>-prediction.nii.gz          as the model made it
                  correction.json                   see `types.CorrectionRecord`

`<case>` is a local key (see `local_key`), never a patient's name. A second correction of a
case becomes `<case>-r2`. Folders appear whole or not at all, and none is ever changed.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence, to_scheme
from ssaglioma.types import CorrectionRecord, PathLike
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.cases import Case
from ssaglioma.volume.checks import check_same_grid
from ssaglioma.volume.volume import Volume
from ssaglioma.volume.writing import write_volume

RECORD_FILE = "correction.json"
_ASIDE = ".writing-"
_SUFFIX = ".nii.gz"


@dataclass(frozen=True)
class CorrectionNotes:
    """What the person and the program know about a correction.

    Attributes
    ----------
    model, model_version : str
        Of the model that made the prediction.
    minutes : float
        Time that the correction took.
    editor : str
        Initials or role; may be empty. Not the patient.
    """

    model: str
    model_version: str
    minutes: float
    editor: str = ""


@dataclass(frozen=True)
class Correction:
    """One saved correction.

    Attributes
    ----------
    folder : Path
    record : CorrectionRecord
    case : Case
        Images, and the corrected labelmap as the reference; named by the local key.
    prediction : Path
        The model's labelmap.
    """

    folder: Path
    record: CorrectionRecord
    case: Case
    prediction: Path


def changed_voxels(prediction: np.ndarray, corrected: np.ndarray, scheme: LabelScheme) -> dict[str, dict[str, int]]:
    """Return, for each region and label, the voxels that were added, removed and kept (labels of any one shape)."""
    counts = {}
    for name in dict.fromkeys([*scheme.regions, *scheme.values]):
        before, after = scheme.mask(prediction, name), scheme.mask(corrected, name)
        counts[name] = {
            "added": int(np.count_nonzero(after & ~before)),
            "removed": int(np.count_nonzero(before & ~after)),
            "kept": int(np.count_nonzero(before & after)),
        }
    return counts


def save_correction(
    root: PathLike,
    case_key: str,
    images: Mapping[Sequence, Volume],
    *,
    prediction: Volume,
    corrected: Volume,
    notes: CorrectionNotes,
    scheme: LabelScheme = GLIOMA,
) -> Path:
    """Save a corrected case as a new folder and return it; nothing that exists is touched.

    Parameters
    ----------
    root : path
        The corrections folder; made if it does not exist.
    case_key : str
        From `local_key`, never a patient's name.
    images : mapping of Sequence to Volume
        At least one; all on the labelmaps' grid.
    prediction, corrected : Volume
        Labelmaps of the model and of the person.

    Raises
    ------
    DatasetError
        If the key is no plain name, there is no image, or a labelmap holds unknown values.
    GeometryError
        If the grids differ.
    SSAGliomaError
        If the disk is full or the folder cannot be written; the folder is then as before.
    """
    _check_key(case_key)
    if not images:
        raise DatasetError(f"The correction of {case_key!r} has no image", expected="at least one sequence")
    named = {sequence.display_name: volume for sequence, volume in images.items()}
    check_same_grid({"the corrected segmentation": corrected, "the prediction": prediction, **named})
    labels = {
        "prediction": prediction.with_array(to_scheme(prediction.array, scheme, source="The prediction")),
        "seg": corrected.with_array(to_scheme(corrected.array, scheme, source="The corrected segmentation")),
    }
    record = CorrectionRecord(
        case=case_key,
        revision=1,
        labels=scheme.name,
        changed_voxels=changed_voxels(labels["prediction"].array, labels["seg"].array, scheme),
        voxel_volume_ml=corrected.voxel_volume_ml,
        minutes=float(notes.minutes),
        model=notes.model,
        model_version=notes.model_version,
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        editor=notes.editor,
        software=__version__,
    )
    ordered = {sequence.value: images[sequence] for sequence in SEQUENCE_ORDER if sequence in images}
    return _write_folder(Path(root), record, {**ordered, **labels})


def read_corrections(root: PathLike, *, every_revision: bool = False) -> list[Correction]:
    """Return the corrections in a folder, sorted by key: the newest of each case, or all of them.

    With `every_revision` the cases are named by their folders, else by their keys. Folders
    without a record, and those that a crash left unfinished, are passed over.

    Raises
    ------
    DatasetError
        If the folder does not exist, or a correction is damaged or not whole.
    """
    folder = Path(root)
    if not folder.is_dir():
        raise DatasetError(f"The corrections folder {str(folder)!r} does not exist", remedy="Check the path")
    found = [
        _read_folder(path, every_revision)
        for path in folder.iterdir()
        if not path.name.startswith(".") and (path / RECORD_FILE).is_file()
    ]
    found.sort(key=lambda item: (item.record.case, item.record.revision))
    if every_revision:
        return found
    return list({item.record.case: item for item in found}.values())


def _check_key(case_key: str) -> None:
    plain = case_key.isascii() and case_key.replace("-", "").replace("_", "").isalnum()
    if not plain or case_key[0] in "-_":
        raise DatasetError(
            f"The case key {case_key!r} is no plain name",
            expected="letters, digits, - and _, as `local_key` makes it",
        )


def _write_folder(root: Path, record: CorrectionRecord, volumes: Mapping[str, Volume]) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=root))
    except OSError as error:
        raise _cannot_save(root, error) from error
    try:
        for kind, volume in volumes.items():
            write_volume(volume, aside / f"{kind}{_SUFFIX}")
        return _publish(aside, root, record, tuple(volumes))
    except OSError as error:
        raise _cannot_save(root, error) from error
    except SSAGliomaError as error:
        if isinstance(error.__cause__, OSError):  # its message names a file that is gone by now
            raise _cannot_save(root, error.__cause__) from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _publish(aside: Path, root: Path, record: CorrectionRecord, kinds: tuple[str, ...]) -> Path:
    """Rename a finished folder to the first free revision; another process may take one meanwhile."""
    old = ""
    while True:
        revision = _next_revision(root, record.case)
        name = record.case if revision == 1 else f"{record.case}-r{revision}"
        for kind in kinds:
            (aside / f"{old}{kind}{_SUFFIX}").rename(aside / f"{name}-{kind}{_SUFFIX}")
        old = f"{name}-"
        text = json.dumps(replace(record, revision=revision).to_json(), indent=1)
        with atomic_path(aside / RECORD_FILE) as temporary:
            Path(temporary).write_text(text + "\n", encoding="utf-8")
        with suppress(OSError):  # Windows keeps its own rights
            aside.chmod(0o777 & ~_umask())
        try:
            aside.rename(root / name)
            return root / name
        except OSError:
            if not (root / name).exists():
                raise


def _next_revision(root: Path, case: str) -> int:
    revision = 1
    while (root / (case if revision == 1 else f"{case}-r{revision}")).exists():
        revision += 1
    return revision


def _read_folder(folder: Path, named_by_folder: bool) -> Correction:
    path = folder / RECORD_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(
            f"The file {str(path)!r} is damaged ({error})",
            expected="JSON",
            remedy="Move this folder out of the corrections, or restore it from a backup",
        ) from error
    record = CorrectionRecord.from_json(values, str(path))
    files = {kind: folder / f"{folder.name}-{kind}{_SUFFIX}" for kind in ("seg", "prediction")}
    images = {sequence: folder / f"{folder.name}-{sequence.value}{_SUFFIX}" for sequence in SEQUENCE_ORDER}
    present = {sequence: file for sequence, file in images.items() if file.is_file()}
    missing = [file.name for file in files.values() if not file.is_file()] + ([] if present else ["any image"])
    if missing:
        raise DatasetError(
            f"The correction in {str(folder)!r} lacks {', '.join(missing)}",
            remedy="Move this folder out of the corrections, or restore it from a backup",
        )
    name = folder.name if named_by_folder else record.case
    return Correction(folder, record, Case(name, present, files["seg"]), files["prediction"])


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot_save(root: Path, error: OSError) -> SSAGliomaError:
    problem = SSAGliomaError(
        f"The correction cannot be saved in {str(root)!r} ({error.strerror or error})",
        remedy="Free some space, or choose a folder that can be written; nothing was changed",
    )
    problem.exit_code = 3
    return problem
