"""Cases of a source and a target folder: found once, read when a fold needs them, kept normalised on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.training.cases import Preparation, TrainingCase, load_training_cases
from ssaglioma.training.style_provenance import is_stylised, patient_of
from ssaglioma.volume import Case, find_cases


class GliomaCases:
    """Labelled cases of two domains; no patient is in both.

    Parameters
    ----------
    source, target : Path
    cache : Path
        Of normalised cases.
    excluded : tuple of str
        Cases that some rows leave out; they have to be there.
    preparation : Preparation, optional
        A published way to the network's input, in place of ours.
    channels : sequence of Sequence
        In the network's order.

    Raises
    ------
    DatasetError
        If a domain has no labelled case, a patient is in both, or an excluded case is in none.
    """

    def __init__(
        self,
        source: Path,
        target: Path,
        cache: Path,
        excluded: tuple[str, ...] = (),
        preparation: Preparation | None = None,
        channels: tuple[Sequence, ...] = SEQUENCE_ORDER,
    ) -> None:
        self.cache, self._preparation, self._channels = cache, preparation, channels
        self._source, self._target = _labelled(source, "source"), _labelled(target, "target")
        both = sorted({patient_of(name) for name in self._source} & {patient_of(name) for name in self._target})
        if both:
            raise DatasetError(
                f"The patients {both[:5]} are in the source and in the target",
                expected="domains of different patients, or the baseline has seen whom it is tested on",
                remedy="Remove them from one of the two folders",
            )
        unknown = sorted(set(excluded) - {*self._source, *self._target})
        if unknown:
            raise DatasetError(f"The cases to exclude, {unknown}, are in neither folder", remedy="Check --exclude")

    @property
    def source_names(self) -> tuple[str, ...]:
        """Names of the source's cases, sorted."""
        return tuple(sorted(self._source))

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the target's cases, sorted."""
        return tuple(sorted(self._target))

    @property
    def target_labels(self) -> Mapping[str, Path]:
        """Label files of the target; only `SealedLabels` may be given them."""
        return {name: Path(str(case.reference)) for name, case in self._target.items()}

    def source_files(self, leave_out: Iterable[str] = ()) -> list[Case]:
        """Return the source's cases on disk."""
        left = set(leave_out)
        return [self._source[name] for name in self.source_names if name not in left]

    def target_case(self, name: str) -> Case:
        """Return the images of a target case, without its labels."""
        return replace(self._target[name], reference=None)

    def load_source(self, leave_out: Iterable[str] = ()) -> list[TrainingCase]:
        """Return the source's cases, normalised."""
        return self._loaded(self.source_files(leave_out))

    def load_target(self, labels: Mapping[str, Path]) -> list[TrainingCase]:
        """Return target cases with labels that were handed out to train on, normalised."""
        cases = [replace(self._target[name], reference=path) for name, path in labels.items()]
        return self._loaded(cases)

    def _loaded(self, cases: list[Case]) -> list[TrainingCase]:
        return load_training_cases(
            cases, self.cache, self._channels, GLIOMA, incomplete=True, preparation=self._preparation
        )


def _labelled(folder: Path, domain: str) -> dict[str, Case]:
    found = {case.name: case for case in find_cases(folder) if case.reference is not None and not is_stylised(case)}
    if not found:
        raise DatasetError(
            f"The {domain} folder {str(folder)!r} holds no labelled case",
            expected="a folder for each case with its images and CASE-seg.nii.gz",
        )
    return found
