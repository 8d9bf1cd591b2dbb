"""The cases in a folder: by the names of their files, or one study for each sub-folder, raw or prepared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.cli.intake import Given
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.volume import Case, find_cases
from ssaglioma.volume.reading import IMAGE_SUFFIXES

_PLANES = frozenset(("ax", "axial", "tra", "trans", "sag", "sagittal", "cor", "coronal"))
_BIDS_MARK, _NOT_BIDS_SUBJECTS = "dataset_description.json", ("derivatives", "sourcedata", "code", "stimuli")
_LISTED = 3


@dataclass(frozen=True)
class Study:
    """One line of a batch.

    Attributes
    ----------
    name : str
    case : Case or None
        What names tell; None where the images must be looked at.
    folder : Path or None
        That holds this study alone; None where a folder holds the files of several.
    """

    name: str
    case: Case | None
    folder: Path | None

    @property
    def given(self) -> Given:
        """What `look_at` takes."""
        if self.folder is not None:
            return Given(self.case, (self.folder,), self.folder)
        assert self.case is not None  # a study is a case or a folder
        return Given(self.case, tuple(self.case.sequences.values()))

    def inputs(self) -> dict[str, list[Path]]:
        """Return the files that the result depends on: those of each sequence, and the others of the folder."""
        known = {} if self.case is None else {s.value: [Path(path)] for s, path in self.case.sequences.items()}
        if self.folder is None:
            return known
        own = {path for paths in known.values() for path in paths}
        reference = None if self.case is None else self.case.reference
        others = [file for file in _files(self.folder) if file not in own and file != reference]
        return {**known, **({"others": others} if others else {})}


def find_studies(folder: Path) -> tuple[list[Study], dict[str, SSAGliomaError]]:
    """Return the studies in a folder of cases, raw and prepared ones, and what is wrong with others.

    Cases are told by names where these tell (BraTS, nnU-Net, BIDS). Every other sub-folder that holds images or DICOM
    files is one study.

    Raises
    ------
    DatasetError
        If the folder does not exist, nothing is found at all, or its sub-folders are the series of one study.
    """
    places = _study_folders(folder)
    known, problem = _known_cases(folder, places)
    studies = [Study(case.name, case, None) for case in known if _lies_in(case, folder, deep=False)]
    unnamed = []
    for place in places:
        inside = [case for case in known if _lies_in(case, place)]
        if not inside or _is_one_study(inside):
            unnamed.append(place)
            studies.append(Study(place.name, None, place))
        elif len(inside) == 1:
            studies.append(Study(inside[0].name, inside[0], place))
        else:
            studies += [Study(case.name, case, None) for case in inside]
    _refuse_series_of_one_study(folder, unnamed)
    if not studies:
        raise problem or DatasetError(
            f"No case was found in {str(folder)!r}",
            expected="a folder for each case, with DICOM or image files",
            remedy="Check the path",
        )
    return _without_namesakes(studies)


def discover(folder: Path) -> tuple[list[Case], dict[str, SSAGliomaError]]:
    """Return the cases that names tell, and what is wrong with sub-folders that hold images but no clear case.

    Raises
    ------
    DatasetError, SequenceError
        If nothing usable is found at all.
    """
    try:
        return find_cases(folder), {}
    except SSAGliomaError:
        children = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        found: dict[str, Case] = {}
        failures: dict[str, SSAGliomaError] = {}
        for child in children:
            if child.name.startswith(".") or not _holds_image_files(child):
                continue
            try:
                cases = find_cases(child)
            except SSAGliomaError as error:
                failures[child.name] = error
                continue
            for case in cases:
                if case.name in found:
                    failures[child.name] = _namesake(child, case.name)
                else:
                    found[case.name] = case
        if not found:
            raise
        return sorted(found.values(), key=lambda case: case.name), failures


def _known_cases(folder: Path, places: Iterable[Path]) -> tuple[list[Case], SSAGliomaError | None]:
    """Cases by names; where one sub-folder spoils the whole, each is read alone."""
    problem, found = None, []
    try:
        found = find_cases(folder)
    except SSAGliomaError as error:
        problem = error
        for place in places:
            with suppress(SSAGliomaError):  # it is looked at instead
                found += find_cases(place)
    return [case for case in found if not _is_mask(case)], problem


def _is_mask(case: Case) -> bool:
    """Tell whether a 'case' is made of files such as brainmask_t1.nii.gz."""
    from ssaglioma.preprocessing.series_rules import MASK_REASON, reason_by_text

    return all(reason_by_text(Path(path).name, {}).startswith(MASK_REASON) for path in case.sequences.values())


def _lies_in(case: Case, folder: Path, *, deep: bool = True) -> bool:
    parents = [Path(path).parent for path in case.sequences.values()]
    return all(parent.is_relative_to(folder) if deep else parent == folder for parent in parents)


def _is_one_study(cases: list[Case]) -> bool:
    """Tell whether several 'cases' of one folder are one study: names differ by the plane, or by numbers of series."""
    from ssaglioma.preprocessing.assignment import words_of

    places = {Path(path).parent for case in cases for path in case.sequences.values()}
    if len(cases) < 2 or len(places) > 1:
        return False
    names = {tuple(word for word in words_of(case.name) if word not in _PLANES) for case in cases}
    filled = [sequence for case in cases for sequence in case.sequences]
    return len(names) == 1 or (len(filled) == len(set(filled)) and all(len(case.sequences) == 1 for case in cases))


def _study_folders(folder: Path) -> list[Path]:
    """The sub-folders that hold images or DICOM files, without those of labels and of derived data."""
    if not folder.is_dir():
        raise DatasetError(f"The folder {str(folder)!r} does not exist", remedy="Check the path")
    children = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    bids = (folder / _BIDS_MARK).is_file()
    images = {child.name for child in children}
    return [
        child
        for child in children
        if not (bids and child.name in _NOT_BIDS_SUBJECTS)
        and not (child.name.startswith("labels") and child.name.replace("labels", "images", 1) in images)
        and (_holds_image_files(child) or _first_dicom(child) is not None)
    ]


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def _holds_image_files(folder: Path) -> bool:
    return any(path.name.lower().endswith(IMAGE_SUFFIXES) for path in folder.rglob("*"))


def _first_dicom(folder: Path) -> str | None:
    """The StudyInstanceUID of the first DICOM image in a folder ('' if it has none); None without DICOM."""
    from ssaglioma.volume.dicom_headers import read_header

    for file in _files(folder):
        if not file.name.lower().endswith(IMAGE_SUFFIXES):
            header = read_header(file, ("StudyInstanceUID",))
            if header is not None:
                return str(header.get("StudyInstanceUID") or "")
    return None


def _refuse_series_of_one_study(folder: Path, places: list[Path]) -> None:
    """The folder of one patient, given in the place of a folder of patients, would make a case of each series."""
    seen: dict[str, list[Path]] = {}
    for place in places:
        uid = _first_dicom(place)
        if uid:
            seen.setdefault(uid, []).append(place)
    for together in seen.values():
        if len(together) > 1:
            names = ", ".join(repr(place.name) for place in together[:_LISTED])
            raise DatasetError(
                f"{len(together)} sub-folders of {str(folder)!r} ({names}) hold series of one study",
                expected="a sub-folder for each study",
                remedy="Give the folder above it, or segment this one study by `ssaglioma segment`",
            )


def _without_namesakes(studies: list[Study]) -> tuple[list[Study], dict[str, SSAGliomaError]]:
    found: dict[str, Study] = {}
    failures: dict[str, SSAGliomaError] = {}
    for study in sorted(studies, key=lambda one: one.name):
        if study.name in found:
            place = study.folder or Path(next(iter(study.given.sources))).parent
            failures[f"{study.name} ({place.name})"] = _namesake(place, study.name)
        else:
            found[study.name] = study
    return list(found.values()), failures


def _namesake(folder: Path, name: str) -> DatasetError:
    return DatasetError(f"The folder {str(folder)!r} holds a second case {name!r}", remedy="Rename one of them")
