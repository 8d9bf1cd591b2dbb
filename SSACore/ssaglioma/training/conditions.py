"""What held-out cases look like when a model is scored: as they are, from another scanner, without some sequences."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner import scanner_preset

CLEAN = "clean"


@dataclass(frozen=True)
class Condition:
    """What the held-out cases look like.

    Attributes
    ----------
    scanner : str
        'clean', or a preset of the scanner simulator.
    missing : tuple of Sequence
        Sequences that are left out.
    """

    scanner: str = CLEAN
    missing: tuple[Sequence, ...] = ()

    def __post_init__(self) -> None:
        if self.scanner != CLEAN:
            scanner_preset(self.scanner)

    @property
    def name(self) -> str:
        """Such as 'clean', or '1.5T_ssa-without-t1n+t2w'; part of a file's name."""
        left = "+".join(sequence.value for sequence in self.missing)
        return f"{self.scanner}-without-{left}" if left else self.scanner

    @property
    def simulated(self) -> str | None:
        """The scanner preset, None for images as they are."""
        return None if self.scanner == CLEAN else self.scanner


def conditions(scanners: Iterable[str], subsets: bool) -> list[Condition]:
    """Return a condition for each scanner with all sequences; with `subsets` also every allowed subset of them, clean.

    Allowed are the subsets that hold T1Gd or FLAIR.
    """
    found = [Condition(scanner) for scanner in scanners]
    for count in range(1, len(SEQUENCE_ORDER)) if subsets else ():
        for missing in itertools.combinations(SEQUENCE_ORDER, count):
            if not {Sequence.T1C, Sequence.T2F} <= set(missing):
                found.append(Condition(CLEAN, missing))
    return found
