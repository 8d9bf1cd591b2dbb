"""Several models as one predictor: the mean of their probabilities (as nnU-Net does over different configurations)."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.segment import PackagePredictor
from ssaglioma.types import ProgressCallback, Spacing, no_progress


class Ensemble:
    """Averages the region probabilities of models that take the same sequences and give the same regions.

    Each model brings the image to its own voxel size and back, so a 2D and a 3D network go together.

    Parameters
    ----------
    members : sequence of PackagePredictor
        The first one's card speaks for all.

    Raises
    ------
    ModelPackageError
        If there is none, or their sequences, labels or regions differ.
    """

    def __init__(self, members: Seq[PackagePredictor]) -> None:
        if not members:
            raise ModelPackageError("The ensemble has no model", expected="one or more")
        self.members = tuple(members)
        self.package = self.members[0].package
        first = self.package.card
        for member in self.members[1:]:
            card = member.package.card
            for name in ("channels", "labels", "regions", "plan"):
                if getattr(card, name) != getattr(first, name):
                    raise ModelPackageError(
                        f"The models {first.name!r} and {card.name!r} differ in {name}: "
                        f"{getattr(first, name)!r} and {getattr(card, name)!r}",
                        expected="models that can stand in for each other",
                        remedy="Take one of them alone",
                    )

    def predict(
        self, array: np.ndarray, spacing_zyx_mm: Spacing, progress: ProgressCallback = no_progress
    ) -> np.ndarray:
        """Return mean region probabilities (R, Z, Y, X) in 0..1 for a normalised image (C, Z, Y, X)."""
        total: np.ndarray | None = None
        count = len(self.members)
        for index, member in enumerate(self.members):

            def part(done: float, text: str, index: int = index) -> None:
                progress((index + done) / count, f"Model {index + 1} of {count}: {text}")

            found = member.predict(array, spacing_zyx_mm, part)
            total = found if total is None else total + found
        assert total is not None  # there is at least one member
        return total / np.float32(count)
