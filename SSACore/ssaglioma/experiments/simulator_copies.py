"""The simulated scanner in the place of a stylizer: the ablation's row that knows physics and no style image."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.style import Stylizer
from ssaglioma.style.pictures import Pictures
from ssaglioma.synthesis.scanner import apply_scan, draw_scan
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume


class SimulatorStylizer(Stylizer):
    """Shows a case as a scanner preset would have; the style that it is given is not looked at.

    Parameters
    ----------
    scanner : str
        Name of a preset; each case draws its own scan from it.
    """

    method: ClassVar[str] = "simulator"

    def __init__(self, scanner: str) -> None:
        super().__init__()
        self.scanner = scanner
        self._generator = np.random.default_rng(0)

    def reseed(self, seed: int) -> None:
        """Begin the draws of scans anew."""
        self._generator = np.random.default_rng(seed)

    def stylize(
        self,
        content: Any,
        style: Any = None,
        strength: float = 1.0,
        progress: ProgressCallback = no_progress,
        *,
        force: bool = False,
    ) -> dict[Sequence, Volume]:
        """Return the case through a scan drawn from the preset, on its own grid; no contrast is lost.

        Raises
        ------
        TypeError
            If the content is no mapping of sequences to volumes.
        """
        if not isinstance(content, dict):
            raise TypeError(f"The simulator takes a mapping of sequences to volumes, found {type(content).__name__}")
        parameters = draw_scan(self.scanner, self._generator).changed({"missing": None})
        scanned = apply_scan(content, parameters, grid="original", threads=1)
        return {
            name: image.with_array(
                (strength * scanned[name].array + (1 - strength) * image.array).astype(np.float32) * (image.array != 0)
            )
            for name, image in content.items()
        }

    def _summarise(self, styles: list[Pictures]) -> None:
        return None

    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        return content.unit
