"""Whether loose image files are of one case, told by what their names have besides the sequence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence as Seq

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.assignment import guess_sequence, words_of
from ssaglioma.preprocessing.series import Series
from ssaglioma.volume.reading import IMAGE_SUFFIXES

_LISTED = 4
_REPEATS = ("run", "acq", "echo")


def refuse_several_cases(series: Seq[Series]) -> None:
    """Raise if the files of at least two cases are there, each with two sequences or more.

    A case is a folder, and the words of a name that hold a digit and name no sequence; repeats ('run-2') are no case.

    Raises
    ------
    DatasetError
    """
    found: dict[str, dict[Sequence, str]] = defaultdict(dict)
    for item in series:
        sequence = guess_sequence(item.name).sequence
        if sequence is not None:
            found[case_of(item)].setdefault(sequence, item.key)
    examples = [next(iter(files.values())) for files in found.values() if len(files) > 1]
    if len(examples) > 1:
        listing = ", ".join(repr(key) for key in examples[:_LISTED])
        raise DatasetError(
            f"There are files of {len(examples)} cases (such as {listing}{' ...' if len(examples) > _LISTED else ''})",
            expected="one examination of one patient",
            remedy="Give the folder or the files of one case; `ssaglioma batch` takes a folder of cases",
        )


def case_of(series: Series) -> str:
    """Return the case that a file belongs to: its folder, and the words with digits in its name."""
    lowered = series.name.lower()
    stem = series.name[: -len(next((s for s in IMAGE_SUFFIXES if lowered.endswith(s)), "")) or None]
    words = words_of(stem)
    kept = [
        word
        for index, word in enumerate(words)
        if any(letter.isdigit() for letter in word)
        and not _is_sequence(word)
        and words[max(0, index - 1)] not in _REPEATS
    ]
    folder = series.key.rpartition("/")[0]
    return "/".join(part for part in (folder, "-".join(kept)) if part)


def _is_sequence(word: str) -> bool:
    try:
        Sequence.parse(word.strip("+"))
    except SequenceError:
        return word.startswith(("t1", "t2", "3d", "2d"))
    return True
