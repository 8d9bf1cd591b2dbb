"""The hearts of the cardiac study: labelled source stacks, target stacks without labels, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.cardiac_design import CardiacProtocol
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.heart_images import (
    SquareGrid,
    find_hearts,
    image_squares,
    in_plane_spacing,
    label_squares,
    read_stack,
    square_grid,
)
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.style_provenance import patient_of
from ssaglioma.volume import Volume, read_volume

SOURCE_CONTRAST, TARGET_CONTRAST = "C0", "LGE"


class Hearts:
    """Reads MS-CMRSeg 2019 (or files named alike): bSSFP as source, LGE as target.

    Parameters
    ----------
    source, target : Path
        May be the same folder.
    protocol : CardiacProtocol
    excluded : tuple of str
        Patients that take no part.
    """

    def __init__(self, source: Path, target: Path, protocol: CardiacProtocol, excluded: tuple[str, ...] = ()) -> None:
        self._source = _without(find_hearts(source, SOURCE_CONTRAST), excluded)
        self._target = _without(find_hearts(target, TARGET_CONTRAST), excluded)
        self._protocol = protocol
        self.edge = CONFIGURATIONS[protocol.network].patch[0]
        self.source_case = lru_cache(maxsize=None)(self._source_case)
        self.target_stack = lru_cache(maxsize=None)(self._target_stack)

    @property
    def source_cases(self) -> tuple[str, ...]:
        """Patients with a labelled source stack."""
        return tuple(sorted(name for name, files in self._source.items() if files.labels is not None))

    @property
    def target_labels(self) -> Mapping[str, Path]:
        """Label files of the target by patient; only `SealedLabels` may be given them."""
        return {name: files.labels for name, files in self._target.items() if files.labels is not None}

    def training_sources(self, task: FoldTask) -> tuple[str, ...]:
        """Return the labelled source stacks of patients whom the task does not test."""
        return tuple(name for name in self.source_cases if patient_of(name) not in task.tested_patients)

    def training_targets(self, task: FoldTask) -> tuple[str, ...]:
        """Return the target stacks, whose images alone are used, of patients whom the task does not test."""
        return tuple(name for name in sorted(self._target) if patient_of(name) not in task.tested_patients)

    def _source_case(self, name: str) -> TrainingCase:
        image, labels = read_stack(self._source[name], CARDIAC_LGE)
        grid = square_grid(image, self._protocol.pixel_mm, self.edge, self._source_pixels(name, image))
        return TrainingCase(name, image_squares(image, grid)[None], label_squares(labels, grid, CARDIAC_LGE))

    def _target_stack(self, name: str) -> tuple[Volume, SquareGrid, np.ndarray]:
        volume = read_volume(self._target[name].image)
        grid = square_grid(volume, self._protocol.pixel_mm, self.edge)
        return volume, grid, image_squares(volume, grid)

    def _source_pixels(self, name: str, image: Volume) -> tuple[float, float] | None:
        if self._protocol.source_pixels == "header":
            return None
        if name not in self._target:
            raise DatasetError(
                f"The source patient {name!r} has no target stack to take the pixel size from",
                expected="both contrasts of each patient with source_pixels 'as_target'",
                remedy="Use --set source_pixels=header if the headers of the source are right",
            )
        return in_plane_spacing(read_volume(self._target[name].image))


def _without(files: Mapping[str, object], excluded: tuple[str, ...]) -> dict:
    unknown = sorted(set(excluded) - set(files))
    if unknown:
        raise DatasetError(f"The patients to exclude, {unknown}, are not in the folder", expected=f"of {sorted(files)}")
    return {name: value for name, value in files.items() if name not in excluded}
