"""Which image is T1, T1Gd, T2 or FLAIR: a guess from names and DICOM values, with a reason for each.

Limits of repetition, echo and inversion time follow the usual ranges of spin-echo and
inversion-recovery brain protocols (Bernstein, King and Zhou, Handbook of MRI Pulse Sequences, 2004).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ssaglioma.errors import SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence

_OTHERS = frozenset(
    [
        "seg",
        "label",
        "labels",
        "mask",
        "dseg",
        "adc",
        "dwi",
        "trace",
        "fa",
        "swi",
        "swan",
        "perf",
        "dsc",
        "dce",
        "asl",
        "localizer",
        "localiser",
        "scout",
        "survey",
        "prediction",
        "probability",
        "doubt",
        "difference",
        "phase",
        "tof",
        "mra",
        "pd",
    ]
)
_CONTRAST = frozenset(
    ["c", "ce", "gd", "gado", "gadolinium", "gadovist", "post", "contrast", "contraste", "km", "inj", "iv"]
)
_FLAIR = frozenset(["flair", "fla", "tirm", "darkfluid", "t2f"])
_GLUED = (
    (re.compile(r"flair", re.I), Sequence.T2F),
    (re.compile(r"t1[\s_+-]*(gd|ce|c\+|km|post)", re.I), Sequence.T1C),
    (re.compile(r"t1", re.I), Sequence.T1N),
    (re.compile(r"t2", re.I), Sequence.T2W),
)
_SURE, _LIKELY, _WEAK = 0.95, 0.85, 0.6
_FLAIR_TI_MS, _LONG_TE_MS, _SHORT_TE_MS, _LONG_TR_MS, _SHORT_TR_MS = 1500.0, 60.0, 35.0, 2000.0, 1200.0
_DISAGREEMENT = 0.5


@dataclass(frozen=True)
class Guess:
    """What an image probably is.

    Attributes
    ----------
    sequence : Sequence or None
        None when nothing tells.
    confidence : float
        0..1, by rule and not calibrated: 0.95 a word of the name says so, 0.85 the DICOM values do
        or a word with a modifier, 0.6 letters inside a word; halved when name and values disagree.
    reason : str
        For people.
    """

    sequence: Sequence | None
    confidence: float
    reason: str


def guess_sequence(name: str, tags: Mapping[str, str] | None = None) -> Guess:
    """Guess the sequence of one image from its name and, if there are any, its DICOM values by keyword."""
    by_name = _from_name(name)
    by_tags = _from_tags(tags or {})
    if by_tags is None or by_tags.sequence is None:
        return by_name
    if by_name.sequence is None:
        return by_tags
    if by_name.sequence is by_tags.sequence:
        return Guess(by_name.sequence, max(by_name.confidence, 0.98), f"{by_name.reason}; {by_tags.reason}")
    return Guess(
        by_tags.sequence,
        by_tags.confidence * _DISAGREEMENT,
        f"{by_tags.reason}, but the name says {by_name.sequence.display_name}",
    )


def assign_sequences(images: Mapping[str, tuple[str, Mapping[str, str]]]) -> dict[Sequence, tuple[str, Guess]]:
    """Give each sequence the image that most probably is it.

    Parameters
    ----------
    images : mapping of str to (name, tags)
        By any key, in the order in which equal candidates are preferred.

    Returns
    -------
    dict of Sequence to (key, Guess)
        No image twice; sequences without a candidate are left out.
    """
    guesses = {key: guess_sequence(name, tags) for key, (name, tags) in images.items()}
    result = {}
    for sequence in SEQUENCE_ORDER:
        fitting = [(key, guess) for key, guess in guesses.items() if guess.sequence is sequence]
        if fitting:
            best = max(fitting, key=lambda pair: pair[1].confidence)
            if sum(guess.confidence == best[1].confidence for _, guess in fitting) > 1:
                others = [key for key, _ in fitting if key != best[0]]
                text = f"{best[1].reason}; also possible: {', '.join(images[key][0] for key in others)}"
                best = (best[0], Guess(sequence, best[1].confidence * _DISAGREEMENT, text))
            result[sequence] = best
    return result


def _from_name(name: str) -> Guess:
    stem = re.sub(r"\.(nii(\.gz)?|nrrd|nhdr|mha|mhd|dcm)$", "", name, flags=re.I)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem).lower()
    words = [word for word in re.split(r"[^a-z0-9+]+", text) if word]
    if other := _OTHERS & set(words):
        return Guess(None, 0.0, f"the name says {sorted(other)[0]!r}")
    if _FLAIR & set(words) or {"dark", "fluid"} <= set(words):
        return Guess(Sequence.T2F, _SURE, "the name says FLAIR")
    for word in reversed(words):  # the contrast is usually named last, after patient and study
        key = word.rstrip("+")
        try:
            sequence = Sequence.parse(key)
        except SequenceError:
            continue
        if sequence is Sequence.T1N and (word.endswith("+") or _CONTRAST & set(words)):
            return Guess(Sequence.T1C, _LIKELY, f"the name says {word!r} with contrast agent")
        return Guess(sequence, _SURE, f"the name says {word!r}")
    for pattern, sequence in _GLUED:
        if pattern.search(stem):
            return Guess(sequence, _WEAK, f"the name contains {pattern.search(stem).group(0)!r}")  # type: ignore[union-attr]
    return Guess(None, 0.0, "the name does not tell")


def _from_tags(tags: Mapping[str, str]) -> Guess | None:
    echo, repetition = _number(tags.get("EchoTime")), _number(tags.get("RepetitionTime"))
    inversion = _number(tags.get("InversionTime")) or 0.0
    if echo is None or repetition is None:
        return None
    values = f"TR {repetition:.0f} ms, TE {echo:.0f} ms" + (f", TI {inversion:.0f} ms" if inversion else "")
    if inversion >= _FLAIR_TI_MS and echo >= _LONG_TE_MS:
        return Guess(Sequence.T2F, _LIKELY, values)
    if echo >= _LONG_TE_MS and repetition >= _LONG_TR_MS:
        return Guess(Sequence.T2W, _LIKELY, values)
    if echo <= _SHORT_TE_MS and (repetition <= _SHORT_TR_MS or 0 < inversion < _FLAIR_TI_MS):
        if str(tags.get("ContrastBolusAgent") or "").strip():
            return Guess(Sequence.T1C, _LIKELY, f"{values}, contrast agent {tags['ContrastBolusAgent']!r}")
        return Guess(Sequence.T1N, _LIKELY, values)
    return Guess(None, 0.0, f"{values} fit no sequence")


def _number(text: str | None) -> float | None:
    try:
        return float(str(text).split("\\")[0])
    except ValueError:
        return None
