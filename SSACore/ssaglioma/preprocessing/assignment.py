"""Which image is T1, T1Gd, T2 or FLAIR: a guess from names and DICOM values, with a reason for each.

Limits of repetition, echo and inversion time follow the usual ranges of spin-echo and
inversion-recovery brain protocols (Bernstein, King and Zhou, Handbook of MRI Pulse Sequences, 2004).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ssaglioma.errors import SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OTHERS = _words(
    "seg label labels mask brainmask dseg adc dwi trace fa swi swan perf dsc dce asl localizer localiser scout survey "
    "prediction probability doubt difference phase tof mra pd stir"
)
_CONTRAST = _words(
    "c ce gd gado gadolinium gadolinio gadovist dotarem magnevist omniscan prohance multihance clariscan post pos apos "
    "apres contrast contraste contrastado km inj injecte injectee injection injetado iv"
)
_WITHOUT = _words("without wo no non pre sans avant sem s antes ohne native nativo")
_BETWEEN = _words("de da do du la le o a any injection")
_NO_AGENT = frozenset(
    ["", "no", "none", "n", "0", "nao", "non", "sem", "sans", "without", "unknown", "n/a", "na", "nil"]
)
_FLAIR = frozenset(["flair", "fla", "tirm", "darkfluid", "t2f", "spcir"])
_T1_METHODS = _words("mprage memprage mp2rage bravo fspgr spgr irfspgr tfl tfl3d fl3d vibe tfe")
_SEQUENCE_NAMES = (
    (re.compile(r"^\W*(epi?|ep2d|ep_)", re.I), None),
    (re.compile(r"tir|spcir", re.I), Sequence.T2F),
    (re.compile(r"tfl|mpr|fl3d", re.I), Sequence.T1N),
)
"""Siemens calls its inversion-recovery turbo spin echo tir2d or spcir, MPRAGE tfl3d, spoiled 3D gradient echo fl3d."""
_GLUED = (
    (re.compile(r"flair", re.I), Sequence.T2F),
    (re.compile(r"t1[\s_+-]*(gd|ce|c\+|km|post)", re.I), Sequence.T1C),
    (re.compile(r"t1", re.I), Sequence.T1N),
    (re.compile(r"t2", re.I), Sequence.T2W),
)
_SURE, _LIKELY, _WEAK, _TIMED = 0.95, 0.85, 0.6, 0.97
_FLAIR_TI_MS, _LONG_TE_MS, _SHORT_TE_MS, _LONG_TR_MS, _SHORT_TR_MS = 1300.0, 60.0, 35.0, 2000.0, 1200.0
_T2_STAR_TE_MS, _VERY_LONG_TR_MS = 15.0, 7000.0
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
        or a word with a modifier, 0.97 the inversion time of FLAIR, 0.6 letters inside a word; halved when name and
        values disagree.
    reason : str
        For people.
    """

    sequence: Sequence | None
    confidence: float
    reason: str


def guess_sequence(name: str, tags: Mapping[str, str] | None = None) -> Guess:
    """Guess the sequence of one image from its name and, if there are any, its DICOM values by keyword."""
    by_name, by_tags = name_and_tag_guesses(name, tags)
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


def name_and_tag_guesses(name: str, tags: Mapping[str, str] | None = None) -> tuple[Guess, Guess | None]:
    """Return what the name says and what the DICOM values say, apart; None where tags tell nothing."""
    return _from_name(name), _from_tags(tags or {})


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


def words_of(text: str) -> list[str]:
    """Return the words of a name or description in lower case, accents dropped, 'w/o' and the like as one word."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()
    plain = re.sub(r"\bw/o\b", " without ", plain)
    plain = re.sub(r"\bs/", " sem ", plain)
    return [word for word in re.split(r"[^a-z0-9+]+", plain) if word]


def _says_contrast(words: list[str]) -> bool:
    """Tell whether a word names the agent and no 'without' stands just before it."""
    for index, word in enumerate(words):
        if word.strip("+") in _CONTRAST:
            before = [other for other in words[max(0, index - 3) : index] if other not in _BETWEEN]
            return not before or before[-1] not in _WITHOUT
    return False


def _from_name(name: str) -> Guess:
    stem = re.sub(r"\.(nii(\.gz)?|nrrd|nhdr|mha|mhd|dcm)$", "", name, flags=re.I)
    words = words_of(stem)
    other = _OTHERS & set(words)
    if other == {"pd"} and {"t2", "t2w"} & set(words):
        return Guess(None, 0.0, "the name says both PD and T2: two echoes")
    if other:
        return Guess(None, 0.0, f"the name says {sorted(other)[0]!r}")
    if _FLAIR & set(words) or {"dark", "fluid"} <= set(words):
        if {"t1", "t1w"} & set(words) and not {"t2", "t2w", "t2f"} & set(words):  # T1 by a short inversion time
            sequence = Sequence.T1C if _says_contrast(words) else Sequence.T1N
            return Guess(sequence, _LIKELY, "the name says T1 FLAIR, a T1 by inversion recovery")
        return Guess(Sequence.T2F, _SURE, "the name says FLAIR")
    for word in reversed(words):  # the contrast is usually named last, after patient and study
        key = word.rstrip("+")
        try:
            sequence = Sequence.parse(key)
        except SequenceError:
            continue
        if sequence is Sequence.T1N and (word.endswith("+") or _says_contrast(words)):
            return Guess(Sequence.T1C, _LIKELY, f"the name says {word!r} with contrast agent")
        return Guess(sequence, _SURE, f"the name says {word!r}")
    if method := _T1_METHODS & set(words):
        sequence = Sequence.T1C if _says_contrast(words) else Sequence.T1N
        return Guess(sequence, _LIKELY, f"the name says {sorted(method)[0]!r}, which gives a T1")
    for pattern, sequence in _GLUED:
        if pattern.search(stem):
            return Guess(sequence, _WEAK, f"the name contains {pattern.search(stem).group(0)!r}")  # type: ignore[union-attr]
    return Guess(None, 0.0, "the name does not tell")


def _from_tags(tags: Mapping[str, str]) -> Guess | None:
    echo, repetition = _number(tags.get("EchoTime")), _number(tags.get("RepetitionTime"))
    inversion = _number(tags.get("InversionTime")) or 0.0
    if inversion >= _FLAIR_TI_MS and None in (echo, repetition):
        return Guess(Sequence.T2F, _WEAK, f"TI {inversion:.0f} ms, other times are missing")
    if echo is None or repetition is None:
        return _from_sequence_name(str(tags.get("SequenceName") or ""))
    values = f"TR {repetition:.0f} ms, TE {echo:.0f} ms" + (f", TI {inversion:.0f} ms" if inversion else "")
    kinds = set(words_of(str(tags.get("ScanningSequence") or "").replace("\\", " ").replace("'", " ")))
    if "ep" in kinds:
        return Guess(None, 0.0, f"{values}, echo-planar: diffusion or perfusion")
    name = str(tags.get("SequenceName") or "").lower()
    dark_fluid = inversion >= _FLAIR_TI_MS or (not inversion and "tir" in name and repetition >= 2 * _LONG_TR_MS)
    if dark_fluid and echo >= _LONG_TE_MS:
        return Guess(Sequence.T2F, _TIMED if inversion else _LIKELY, values)
    if echo >= _LONG_TE_MS and repetition >= _VERY_LONG_TR_MS and not inversion:
        return Guess(Sequence.T2F, _WEAK, f"{values}, no inversion time: FLAIR rather than T2")
    if echo >= _LONG_TE_MS and repetition >= _LONG_TR_MS:
        return Guess(Sequence.T2W, _LIKELY, values)
    if "gr" in kinds and echo >= _T2_STAR_TE_MS:
        return Guess(None, 0.0, f"{values}, gradient echo: T2* and no T1")
    if echo <= _SHORT_TE_MS and (repetition <= _SHORT_TR_MS or 0 < inversion < _FLAIR_TI_MS):
        agent = str(tags.get("ContrastBolusAgent") or "").strip()
        if agent.lower() not in _NO_AGENT:
            return Guess(Sequence.T1C, _LIKELY, f"{values}, contrast agent {agent!r}")
        return Guess(Sequence.T1N, _LIKELY, values)
    return Guess(None, 0.0, f"{values} fit no sequence")


def _from_sequence_name(name: str) -> Guess | None:
    """What the vendor's name of the pulse sequence says where the times are missing."""
    for pattern, sequence in _SEQUENCE_NAMES:
        if pattern.search(name):
            sure = 0.0 if sequence is None else _WEAK
            return Guess(sequence, sure, f"the pulse sequence is {name!r}, its times are missing")
    return None


def _number(text: str | None) -> float | None:
    try:
        return float(str(text).split("\\")[0])
    except ValueError:
        return None
