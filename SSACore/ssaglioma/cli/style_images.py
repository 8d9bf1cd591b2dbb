"""What `ssaglioma stylize` reads and writes: a case folder, a volume, or a 2D picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.cli.inputs import is_image_path
from ssaglioma.cli.outputs import make_folder
from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.packages.style_card import contrast_name, contrast_sequence
from ssaglioma.volume import Case, Volume, find_cases, from_canonical, read_volume, to_canonical
from ssaglioma.volume.pictures2d import ARRAY_SUFFIX, PICTURE_SUFFIXES, read_picture, whole_numbers


@dataclass(frozen=True, eq=False)
class Subject:
    """An image that is stylised, or that lends its style.

    Attributes
    ----------
    name : str
        Of the case, or the file's without its suffix.
    kind : str
        'case', 'volume' or 'picture'.
    images : mapping of Sequence to (Volume or ndarray), Volume, or ndarray (Y, X)
        As `Stylizer` takes them; volumes have canonical axes.
    files : tuple of Path
    originals : mapping of Sequence or None to Volume
        Volumes as they were read; empty for a picture.
    contrast : str or None
        The contrast that a single image was named for, in `contrast_name`'s form.
    reference : Path or None
        Labelmap of a case.
    """

    name: str
    kind: str
    images: Any
    files: tuple[Path, ...]
    originals: Mapping[Sequence | None, Volume]
    contrast: str | None = None
    reference: Path | None = None


def read_subject(path: Path, *, contrasts: tuple[Sequence, ...] = (), contrast: str | None = None) -> Subject:
    """Read a case folder, a volume or a picture.

    Parameters
    ----------
    contrasts : tuple of Sequence
        Of a case: take only these.
    contrast : str, optional
        Of a single image; without it the file's name is asked ('CASE-t2f.nii.gz').

    Raises
    ------
    DatasetError
        If it does not exist, is of no known kind, or cannot be read.
    SequenceError
        If a contrast is missing.
    """
    if not path.exists():
        raise DatasetError(f"The image {str(path)!r} does not exist", remedy="Check the path")
    if path.is_dir():
        cases = find_cases(path)
        if len(cases) != 1:
            raise DatasetError(f"The folder {str(path)!r} holds {len(cases)} cases", expected="one case")
        return _case(cases[0], contrasts)
    named = contrast_name(contrast) if contrast else _contrast_of(path)
    sequence = None if named is None else contrast_sequence(named)
    if is_image_path(path):
        volume = read_volume(path)
        turned = to_canonical(volume)
        images = turned if sequence is None else {sequence: turned}
        return Subject(stem_of(path), "volume", images, (path,), {sequence: volume}, named)
    if path.suffix.lower() in (*PICTURE_SUFFIXES, ARRAY_SUFFIX):
        picture = read_picture(path)
        return Subject(
            stem_of(path), "picture", picture if sequence is None else {sequence: picture}, (path,), {}, named
        )
    raise DatasetError(
        f"The image {str(path)!r} is of no known kind",
        expected="a case folder, a volume (.nii.gz, .nii, .nrrd, .mha) or a picture (.png, .jpg, .npy)",
    )


def read_styles(path: Path, *, contrast: str | None = None) -> Iterator[Subject]:
    """Yield the style images that a path stands for: one, or those of a folder with several cases or pictures.

    Of several cases each lends the slice with the largest foreground of every contrast, which bounds the memory.

    Raises
    ------
    DatasetError, SequenceError
        As `read_subject`; if a folder holds neither cases nor pictures.
    """
    if not path.is_dir():
        yield read_subject(path, contrast=contrast)
        return
    pictures = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
    if pictures:
        yield from (read_subject(file, contrast=contrast) for file in pictures)
        return
    cases = find_cases(path)
    for case in cases:
        subject = _case(case, ())
        if len(cases) > 1:
            slices = {key: _largest_slice(volume.array) for key, volume in subject.images.items()}
            subject = Subject(subject.name, "case", slices, subject.files, {})
        yield subject


def stem_of(path: Path) -> str:
    """Return a file's name without the suffixes of its format."""
    name = path.name
    return name[:-7] if name.lower().endswith(".nii.gz") else path.stem


def check_target(output: Path, subject: Subject, others: tuple[Path, ...]) -> Path:
    """Return the folder (of a case) or file that will be written, and make the folder above it.

    Raises
    ------
    DatasetError
        If it exists, is an original, or its format does not fit.
    """
    if subject.kind == "case":
        target = output / subject.name
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DatasetError(
                f"The folder {str(target)!r} is not empty",
                expected="a new or empty one: originals and earlier results are never replaced",
                remedy="Give another --output",
            )
        make_folder(target.parent)
        return target
    suffixes = (".png", ARRAY_SUFFIX) if subject.kind == "picture" else (".nii.gz", ".nii", ".nrrd", ".mha")
    is_file = is_image_path(output) or output.suffix.lower() in (*PICTURE_SUFFIXES, ARRAY_SUFFIX)
    target = output if is_file else output / f"{subject.name}-stylized{suffixes[0]}"
    if not target.name.lower().endswith(suffixes):
        raise DatasetError(
            f"The output {str(target)!r} cannot hold a {subject.kind}",
            expected=f"a name ending in {' '.join(suffixes)}, or a folder",
            remedy="JPEG is not written: it puts noise into the background" if subject.kind == "picture" else "",
        )
    for taken in (target, summary_path(target, subject)):
        if taken.exists() or taken.resolve() in {path.resolve() for path in (*subject.files, *others)}:
            raise DatasetError(
                f"The output {str(taken)!r} exists already",
                remedy="Give another --output; originals are never replaced",
            )
    make_folder(target.parent)
    return target


def summary_path(target: Path, subject: Subject) -> Path:
    """Return where the summary of a result goes."""
    return target / "stylize.json" if subject.kind == "case" else target.with_name(f"{stem_of(target)}.stylize.json")


def native(subject: Subject, images: Any) -> dict[Sequence | None, Volume]:
    """Return stylised volumes on the grids of the originals, whole numbers where those were."""
    found = images if isinstance(images, Mapping) else {None: images}
    return {key: _restored(volume, subject.originals[key]) for key, volume in found.items()}


def _restored(volume: Volume, original: Volume) -> Volume:
    turned = from_canonical(volume.array, to_canonical(original), original)
    if original.array.dtype.kind not in "ui":
        return turned
    return turned.with_array(whole_numbers(turned.array).astype(np.int32))


def _case(case: Case, contrasts: tuple[Sequence, ...]) -> Subject:
    missing = [one.display_name for one in contrasts if one not in case.sequences]
    if missing:
        raise SequenceError(f"The case {case.name!r} has no {', '.join(missing)}", remedy="Leave it out of --contrasts")
    paths = {key: path for key, path in case.sequences.items() if not contrasts or key in contrasts}
    originals: dict[Sequence | None, Volume] = {key: read_volume(path) for key, path in paths.items()}
    files = (*paths.values(), *([case.reference] if case.reference else []))
    images = {key: to_canonical(originals[key]) for key in paths}
    return Subject(case.name, "case", images, tuple(Path(file) for file in files), originals, None, case.reference)


def _largest_slice(array: np.ndarray) -> np.ndarray:
    return array[int(np.argmax((array != 0).sum(axis=(1, 2))))].copy()


def _contrast_of(path: Path) -> str | None:
    """Return the contrast that a file's name ends with, or None."""
    word = stem_of(path).replace("_", "-").rpartition("-")[2]
    found = contrast_sequence(word)
    return None if found is None else found.value
