"""Can a folder of cases be trained on? Each case is read and judged; leaks between folders and sides are looked for."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence
from ssaglioma.training.case_check import CaseCheck, Finding, check_case, voxel_digest, worst
from ssaglioma.training.style_provenance import patient_of
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, find_cases, read_volume
from ssaglioma.volume.corrections import read_corrections


@dataclass(frozen=True)
class DatasetCheck:
    """A folder.

    Attributes
    ----------
    folder : str
    cases : tuple of CaseCheck
    findings : tuple of Finding
        Of the folder as a whole: leaks, one patient only.
    """

    folder: str
    cases: tuple[CaseCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst of all findings."""
        return worst([*self.findings, *(finding for case in self.cases for finding in case.findings)])

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "folder": self.folder,
            "level": self.level,
            "cases": [case.to_json() for case in self.cases],
            "findings": [{"level": finding.level, "text": finding.text} for finding in self.findings],
        }


def check_dataset(
    folder: PathLike,
    *,
    against: Seq[PathLike] = (),
    held_out: Seq[str] = (),
    labels: bool = True,
    split: bool = True,
    corrections: bool = False,
    channels: Seq[Sequence] = SEQUENCE_ORDER,
    scheme: LabelScheme = GLIOMA,
    progress: ProgressCallback = no_progress,
) -> DatasetCheck:
    """Read all cases of a folder and say what is wrong with each; nothing is changed.

    Parameters
    ----------
    folder : path
    against : sequence of path
        Other folders of the same training: a patient or an image in both is a leak.
    held_out : sequence of str
        Cases of `folder` that are held out; a patient on both sides is a leak.
    labels : bool
        Whether each case needs a labelmap.
    split : bool
        Whether the held-out cases come from this folder, so that it needs two patients.
    corrections : bool
        Whether it is a corrections folder: the newest revision of each case is checked.
    channels : sequence of Sequence
        Contrasts that the training needs.

    Raises
    ------
    DatasetError
        If a folder does not exist or holds no case.
    """
    cases = [correction.case for correction in read_corrections(folder)] if corrections else find_cases(folder)
    checks = []
    for index, case in enumerate(cases):
        progress(index / len(cases), f"Checking {case.name}")
        checks.append(check_case(case, labels, channels, scheme))
    findings = [*_few(checks, labels and split), *_namesakes(checks), *_twins(checks), *_both_sides(checks, held_out)]
    for other in against:
        if Path(other).resolve() != Path(folder).resolve():
            findings += _shared(checks, find_cases(other), other)
    progress(1.0, f"{len(checks)} cases checked")
    return DatasetCheck(str(folder), tuple(checks), tuple(findings))


def _few(checks: Seq[CaseCheck], split: bool) -> list[Finding]:
    patients = {check.patient for check in checks if check.level != "error"}
    if not patients:
        return [Finding("error", "No case of this folder can be used")]
    if split and len(patients) < 2:
        return [
            Finding("error", "One patient only: at least one to train on and one to hold out are needed; add cases")
        ]
    if split and len(patients) < 5:
        return [Finding("warning", f"Only {len(patients)} patients: scores on so few held-out cases say little")]
    return []


def _namesakes(checks: Seq[CaseCheck]) -> list[Finding]:
    by_patient: dict[str, list[str]] = {}
    for check in checks:
        by_patient.setdefault(check.patient, []).append(check.name)
    shared = [names for names in by_patient.values() if len(names) > 1]
    if not shared:
        return []
    words = "; ".join(", ".join(names) for names in shared[:3])
    return [Finding("warning", f"Several cases of one patient ({words}): they stay on one side of the split")]


def _twins(checks: Seq[CaseCheck]) -> list[Finding]:
    by_digest: dict[str, list[str]] = {}
    for check in checks:
        if check.digest:
            by_digest.setdefault(check.digest, []).append(check.name)
    return [
        Finding("error", f"The same images under several names: {', '.join(names)}")
        for names in by_digest.values()
        if len(names) > 1
    ]


def _both_sides(checks: Seq[CaseCheck], held_out: Seq[str]) -> list[Finding]:
    names = {check.name for check in checks}
    unknown = sorted(set(held_out) - names)
    if unknown:
        raise DatasetError(f"Cases to hold out are not in the folder: {unknown[:5]}", expected="names of its cases")
    patients = {patient_of(name) for name in held_out}
    leaks = sorted(check.name for check in checks if check.patient in patients and check.name not in held_out)
    if not leaks:
        return []
    return [Finding("error", f"Leak: patients of held-out cases are in the training cases too: {', '.join(leaks[:5])}")]


def _shared(checks: Seq[CaseCheck], others: Seq[Case], folder: PathLike) -> list[Finding]:
    patients = {patient_of(case.name) for case in others}
    leaks = sorted(check.name for check in checks if check.patient in patients)
    if leaks:
        return [Finding("warning", f"Patients are in {str(folder)!r} too: {', '.join(leaks[:5])}")]
    digests = {check.digest: check.name for check in checks if check.digest}
    twins = []
    for case in others:
        try:
            digest = voxel_digest(read_volume(path) for path in case.sequences.values())
        except SSAGliomaError:
            continue  # the check of that folder tells it
        if digest in digests:
            twins.append(f"{digests[digest]} = {case.name}")
    return [Finding("error", f"The same images are in {str(folder)!r}: {', '.join(twins[:5])}")] if twins else []
