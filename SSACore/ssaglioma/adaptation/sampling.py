"""Which patches of a batch come from the target domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DomainRatio:
    """Share of the two domains in the patches, whatever the numbers of their cases.

    One to one is the default: with one case in thirteen from the target, a classifier would do
    well by always naming the source (Heras Rivera et al. 2024 do not state theirs).

    Attributes
    ----------
    source, target : float
        0 or more, not both 0.

    Raises
    ------
    ValueError
        If a number is negative, or both are 0.
    """

    source: float = 1.0
    target: float = 1.0

    def __post_init__(self) -> None:
        if min(self.source, self.target) < 0 or self.source + self.target <= 0:
            raise ValueError(f"The ratio must be two numbers from 0 on, not both 0, found {self!r}")

    def draw(self, generator: np.random.Generator, batch_size: int) -> np.ndarray:
        """Return a bool array (batch_size,), true for the target, in random order.

        As many are true as the ratio says; a fraction left over is drawn, so the ratio holds on average.
        """
        wanted = batch_size * self.target / (self.source + self.target)
        count = int(wanted)
        count += bool(generator.random() < wanted - count)
        return generator.permutation(np.arange(batch_size) < count)
