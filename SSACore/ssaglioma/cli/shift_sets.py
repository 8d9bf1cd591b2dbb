"""The sets that `shift` compares: folders of cases, of slices as pictures, or of images without a sequence's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.cli.batch_cases import discover
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import LabelScheme
from ssaglioma.shift.measures import ONLY_CONTRAST
from ssaglioma.shift.sampling import Picture
from ssaglioma.volume import Volume, read_labelmap, read_volume
from ssaglioma.volume.pictures2d import PICTURE_SUFFIXES, read_picture
from ssaglioma.volume.reading import IMAGE_SUFFIXES, image_stem

_LABEL_WORDS = ("seg", "label", "labels", "dseg", "segmentation", "manual")


@dataclass(frozen=True)
class SetCase:
    """The files of one case of a set.

    Attributes
    ----------
    name : str
    files : mapping of contrast to tuple of Path
        One volume, or slices as pictures.
    reference : Path or None
        Labelmap.
    """

    name: str
    files: Mapping[str, tuple[Path, ...]]
    reference: Path | None = None

    def read(self, contrasts: tuple[str, ...]) -> dict[str, Picture]:
        """Read the images of these contrasts, as far as the case has them.

        Raises
        ------
        DatasetError, GeometryError
            If a file cannot be read.
        """
        return {key: _read(files) for key, files in self.files.items() if key in contrasts}

    def labels(self, scheme: LabelScheme | None) -> Volume | None:
        """Read the labelmap, if there is one and a scheme was named."""
        return None if scheme is None or self.reference is None else read_labelmap(self.reference, scheme)


def find_set(folder: Path) -> tuple[list[SetCase], dict[str, str]]:
    """Return the cases in a folder, and what is wrong with sub-folders that hold no clear case.

    Looked for are cases by the names of BraTS, nnU-Net and BIDS; then pictures (PNG, JPEG), each a case of its own, or
    those of a sub-folder together; then any volumes, each a case of its own, with 'NAME_seg' or 'NAME_manual' as
    the labelmap of 'NAME'.

    Raises
    ------
    DatasetError
        If the folder does not exist or holds no image.
    SequenceError
        If two files claim one sequence of a case, and nothing else is there.
    """
    if not folder.is_dir():
        raise DatasetError(f"The folder {str(folder)!r} does not exist", remedy="Check the path")
    try:
        cases, failures = discover(folder)
    except SSAGliomaError as error:
        found = _picture_cases(folder) or _unnamed_cases(folder)
        if found:
            return found, {}
        if _visible(folder, IMAGE_SUFFIXES):
            raise
        raise DatasetError(
            f"The folder {str(folder)!r} holds no image",
            expected="cases (NIfTI, NRRD, MetaImage) or slices (PNG, JPEG)",
            remedy="Check the path",
        ) from error
    named = [
        SetCase(case.name, {sequence.value: (path,) for sequence, path in case.sequences.items()}, case.reference)
        for case in cases
    ]
    return named, {name: str(error) for name, error in failures.items()}


def _picture_cases(folder: Path) -> list[SetCase]:
    groups: dict[str, list[Path]] = {}
    files = _visible(folder, PICTURE_SUFFIXES)
    stems = [file.stem for file in files if file.parent == folder]
    for file in files:
        if file.parent == folder:
            name = file.name if stems.count(file.stem) > 1 else file.stem
        else:
            name = "_".join(file.parent.relative_to(folder).parts)
        groups.setdefault(name, []).append(file)
    return [SetCase(name, {ONLY_CONTRAST: tuple(files)}) for name, files in sorted(groups.items())]


def _unnamed_cases(folder: Path) -> list[SetCase]:
    stems = {image_stem(file.name): file for file in _visible(folder, IMAGE_SUFFIXES)}
    references = {
        stem[: -len(word) - 1]: stem
        for stem in stems
        for word in _LABEL_WORDS
        if stem.lower().endswith((f"_{word}", f"-{word}"))
    }
    return [
        SetCase(stem, {ONLY_CONTRAST: (file,)}, stems.get(references.get(stem, "")))
        for stem, file in sorted(stems.items())
        if stem not in references.values()
    ]


def _visible(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.name.lower().endswith(suffixes) and path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _read(files: tuple[Path, ...]) -> Picture:
    if files[0].name.lower().endswith(PICTURE_SUFFIXES):
        return [read_picture(file) for file in files]
    return read_volume(files[0])
