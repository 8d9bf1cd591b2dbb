"""Cases that people corrected, as training material: which can be used, and none of them in the check afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.packages import ModelCard
from ssaglioma.types import PathLike
from ssaglioma.volume import Case, read_volume, to_canonical
from ssaglioma.volume.corrections import Correction, read_corrections

_ANCHORS = (Sequence.T1C, Sequence.T2F)


@dataclass(frozen=True)
class GatheredCorrections:
    """The corrections in a folder, sorted out for one model.

    Attributes
    ----------
    used : tuple of Correction
        The newest revision of each case that the model can learn from.
    left_out : mapping of str to str
        Key of each other case, and why it is left out.
    """

    used: tuple[Correction, ...]
    left_out: Mapping[str, str]

    @property
    def cases(self) -> list[Case]:
        """The used corrections as labelled cases."""
        return [correction.case for correction in self.used]

    @property
    def minutes(self) -> float:
        """Time that people spent on the used corrections."""
        return sum(correction.record.minutes for correction in self.used)


def gather_corrections(root: PathLike, card: ModelCard) -> GatheredCorrections:
    """Read a corrections folder and keep what a model of this card can learn from.

    A case may lack sequences only if the model was trained to do without some; T1Gd or FLAIR must be there.

    Raises
    ------
    DatasetError
        If the folder does not exist, a correction is damaged, or no case can be used.
    """
    used, left_out = [], {}
    for correction in read_corrections(root):
        reason = _unfit(correction, card)
        if reason:
            left_out[correction.case.name] = reason
        else:
            used.append(correction)
    if not used:
        found = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise DatasetError(
            f"No corrected case in {str(Path(root))!r} can be learned from" + (f" ({found})" if found else ""),
            expected=f"cases with labels of {card.labels!r} and {', '.join(card.channels)}",
            remedy="Correct and save a case first",
        )
    return GatheredCorrections(tuple(used), left_out)


def check_apart(training: Seq[Case], held_out: Seq[Case]) -> None:
    """Make sure that no held-out case is trained on, under its own name or another.

    A correction bears a local key, so images are compared as well: their first sequence in common, voxel by voxel.

    Raises
    ------
    DatasetError
        If there is no held-out case, one has no reference, or one is among the training cases.
    """
    if not held_out:
        raise DatasetError(
            "There is no held-out case", expected="labelled cases that are not trained on, to compare before and after"
        )
    unlabelled = [case.name for case in held_out if case.reference is None]
    if unlabelled:
        raise DatasetError(f"Held-out cases have no labelmap: {unlabelled[:5]}", expected="a reference for each")
    names = {case.name for case in training}
    digests = {digest: case.name for case in training for digest in _digests(case)}
    for case in held_out:
        same = case.name if case.name in names else next((digests[d] for d in _digests(case) if d in digests), None)
        if same is not None:
            raise DatasetError(
                f"The held-out case {case.name!r} is trained on (as {same!r})",
                expected="other patients in the check than in the training",
                remedy="Take it out of one of the two",
            )


def _unfit(correction: Correction, card: ModelCard) -> str:
    """Return why a model cannot learn from a correction, or an empty text."""
    if correction.record.labels != card.labels:
        return f"its labels are of the scheme {correction.record.labels!r}, the model's {card.labels!r}"
    missing = [sequence.value for sequence in card.sequences if sequence not in correction.case.sequences]
    if missing and card.missing_channels != "zero":
        return f"it lacks {', '.join(missing)}, which this model needs"
    if missing and not any(sequence in correction.case.sequences for sequence in _ANCHORS):
        return "it has neither T1Gd nor FLAIR"
    return ""


def _digests(case: Case) -> list[str]:
    """Return a digest of each sequence's voxels in canonical order; file format and header do not matter."""
    found = []
    for sequence, path in case.sequences.items():
        array = np.ascontiguousarray(to_canonical(read_volume(path)).array, dtype=np.float32)
        content = hashlib.sha256(array.tobytes())
        content.update(f"{sequence.value} {array.shape}".encode())
        found.append(content.hexdigest())
    return found
