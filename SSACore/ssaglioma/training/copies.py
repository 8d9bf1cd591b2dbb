"""Copies of training cases in another look, which take their place in a share of the patches."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any, Protocol

import numpy as np

from ssaglioma.training.cases import TrainingCase


class CopySource(Protocol):
    """Gives for the cases of a batch's patches those cases or copies of them, on the same grid."""

    def drawn(self, cases: Seq[TrainingCase], generator: np.random.Generator) -> list[TrainingCase]:
        """Return a case or copy for each case."""
        ...

    def identity(self) -> dict[str, Any]:
        """Return what tells a run with these copies from others, as JSON values."""
        ...

    def words(self) -> str:
        """Return one line for a model card."""
        ...


class SeveralSources:
    """Sources that are asked in turn; a patch that one has replaced is left alone by the next.

    Parameters
    ----------
    sources : sequence of CopySource
        Two or more.
    """

    def __init__(self, sources: Seq[CopySource]) -> None:
        self.sources = tuple(sources)

    def drawn(self, cases: Seq[TrainingCase], generator: np.random.Generator) -> list[TrainingCase]:
        """Return a case or copy for each case; every source draws its numbers whatever came before."""
        result = list(cases)
        for source in self.sources:
            copies = source.drawn(cases, generator)
            result = [copy if now is case else now for now, case, copy in zip(result, cases, copies)]
        return result

    def identity(self) -> dict[str, Any]:
        """Return the identities of all sources."""
        return {"sources": [source.identity() for source in self.sources]}

    def words(self) -> str:
        """Return the words of all sources."""
        return "; ".join(source.words() for source in self.sources)


def all_of(sources: Seq[CopySource]) -> CopySource | None:
    """Return one source for several, or None for none."""
    if len(sources) > 1:
        return SeveralSources(sources)
    return sources[0] if sources else None
