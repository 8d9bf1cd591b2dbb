"""Real training cases as old scanners would have shown them, made once; a share of the patches is cut from them.

A scan of a whole case takes 4 to 5 seconds; simulating each patch anew (50 ms a slice) would take half of the time of a
training (Testing/benchmarks/RESULTS.md). So each case gets some copies from presets drawn at random, and the
augmentation of patches, which is different every time, comes on top. A copy has the labels of its case under its own
mask: thick slices and faulty masks move the border of what is seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence as Seq
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing import prepare_case, zscore_in_mask
from ssaglioma.preprocessing.intensity import brain_mask
from ssaglioma.synthesis.scanner import ScanParameters, apply_scan, draw_scan, scanner_preset
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.folds import Folds
from ssaglioma.training.mask_faults import MaskFault, draw_fault, with_fault
from ssaglioma.training.stretching import WantedSpacing, stretched
from ssaglioma.training.style_cache import cached_image
from ssaglioma.training.style_fingerprint import case_facts
from ssaglioma.training.style_provenance import held_out_patients, patient_of
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, check_same_grid, read_volume, to_canonical


@dataclass(frozen=True)
class ScannerAugmentation:
    """Which copies are made and how often they take their case's place.

    Attributes
    ----------
    presets : tuple of str
        Of the scanner simulator, taken in turn by the copies of a case; the first one is drawn.
    copies : int
        Of each case.
    probability : float
        p that a drawn patch is cut from a copy.
    faults : float
        Share of the copies whose brain mask is faulty as well.
    seed : int

    Raises
    ------
    DatasetError
        If a value makes no sense.
    """

    presets: tuple[str, ...] = ("1.5T_ssa", "0.3T_permanent", "1.5T_ssa", "3T_research")
    copies: int = 4
    probability: float = 0.5
    faults: float = 0.25
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "presets", tuple(self.presets))
        for name in self.presets:
            scanner_preset(name)
        sound = bool(self.presets) and self.copies >= 1 and self.seed >= 0
        if not (sound and 0 <= self.probability <= 1 and 0 <= self.faults <= 1):
            raise DatasetError(
                f"The scanner copies are {self!r}",
                expected="a preset, 1 or more copies, a seed of 0 or more, a probability and a share of faults in 0..1",
            )


@dataclass(frozen=True, eq=False)
class ScanRecipe:
    """All that decides one copy: case, number from 1 on, scan and fault of the mask."""

    case: Case
    number: int
    scan: ScanParameters
    fault: MaskFault | None

    @property
    def name(self) -> str:
        """Name of the copy: its case's, with a tag."""
        return f"{self.case.name}_scan{self.number}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, without the files."""
        fault = None if self.fault is None else asdict(self.fault)
        return {"case": self.case.name, "scan": self.scan.to_json(), "fault": fault}


class ScannedSet:
    """The copies of one training run.

    Parameters
    ----------
    copies : mapping of case name to its copies
    augmentation : ScannerAugmentation
    folds, fold : Folds and int, or None
        The run's; None trains on all cases.

    Raises
    ------
    DatasetError
        If there is no copy, or one shows a patient whom the fold holds out.
    """

    def __init__(
        self,
        copies: dict[str, list[TrainingCase]],
        augmentation: ScannerAugmentation,
        *,
        folds: Folds | None,
        fold: int | None,
    ) -> None:
        if not any(copies.values()):
            raise DatasetError("There is no scanned copy", expected="at least one copy of a training case")
        held_out = held_out_patients(folds, fold)
        leaked = sorted(name for name in copies if patient_of(name) in held_out)
        if leaked:
            raise DatasetError(
                f"Scanned copies show {leaked[:5]}, whom fold {fold} holds out", expected="copies of training cases"
            )
        self._copies, self.augmentation = copies, augmentation

    def drawn(self, cases: Seq[TrainingCase], generator: np.random.Generator) -> list[TrainingCase]:
        """Return the cases of a batch's patches, some of them replaced by one of their copies.

        Two numbers a patch leave the generator whatever comes of them.
        """
        return [self._drawn_one(case, float(generator.random()), float(generator.random())) for case in cases]

    def identity(self) -> dict[str, Any]:
        """Return what tells a run with these copies from others, as JSON values."""
        return {"scanners": {**asdict(self.augmentation), "presets": list(self.augmentation.presets)}}

    def words(self) -> str:
        """Return one line for a model card."""
        count = sum(len(copies) for copies in self._copies.values())
        presets = ", ".join(sorted(set(self.augmentation.presets)))
        return (
            f"{count} copies of them through simulated scanners ({presets}; {self.augmentation.faults:.0%} with a "
            f"faulty brain mask) in {self.augmentation.probability:.0%} of their patches"
        )

    def _drawn_one(self, case: TrainingCase, chance: float, place: float) -> TrainingCase:
        copies = self._copies.get(case.name, [])
        return copies[int(place * len(copies))] if copies and chance < self.augmentation.probability else case


def plan_scans(augmentation: ScannerAugmentation, cases: Seq[Case]) -> list[ScanRecipe]:
    """Draw the copies of each case; they depend on the seed and the case's name, not on the other cases."""
    recipes = []
    for case in cases:
        generator = np.random.default_rng([augmentation.seed, zlib.crc32(case.name.encode())])
        first = int(generator.integers(len(augmentation.presets)))
        for index in range(augmentation.copies):
            preset = augmentation.presets[(first + index) % len(augmentation.presets)]
            scan, fault = draw_scan(preset, generator), draw_fault(generator)
            faulty = generator.random() < augmentation.faults
            recipes.append(ScanRecipe(case, index + 1, scan, fault if faulty else None))
    return recipes


def make_scans(
    recipes: Seq[ScanRecipe],
    training: Seq[TrainingCase],
    cache: PathLike,
    channels: Seq[Sequence],
    spacing_zyx_mm: WantedSpacing | None = None,
    progress: ProgressCallback = no_progress,
) -> dict[str, list[TrainingCase]]:
    """Return the copies by the name of their case; those not yet in the cache, or damaged there, are made first.

    Parameters
    ----------
    training : sequence of TrainingCase
        Holds the case of every recipe, by name, at `spacing_zyx_mm`.
    cache : path
        The copies lie in its folder `scanned`.

    Raises
    ------
    DatasetError
        If a case is not among the training cases, or a copy cannot be made.
    SSAGliomaError
        If the disk is full.
    """
    by_name = {case.name: case for case in training}
    made: dict[str, list[TrainingCase]] = {}
    for index, recipe in enumerate(recipes):
        progress(index / len(recipes), f"Scanning {recipe.case.name} ({recipe.scan.preset})")
        content = by_name.get(recipe.case.name)
        if content is None:
            raise DatasetError(
                f"The copy {recipe.name!r} shows a case that is not trained on", expected="training cases"
            )
        facts = [
            [channel.value for channel in channels],
            case_facts(recipe.case, channels),
            recipe.to_json(),
            None if spacing_zyx_mm is None else list(spacing_zyx_mm),
        ]

        def make(recipe: ScanRecipe = recipe, content: TrainingCase = content) -> np.ndarray:
            return _scanned(recipe, content, channels, spacing_zyx_mm)

        image = cached_image(Path(cache) / "scanned", recipe.name, facts, content.image.shape, make, recipe.to_json())
        copy = TrainingCase(recipe.name, image, _labels_under(image, content.labels), content.slice_mm)
        made.setdefault(recipe.case.name, []).append(copy)
    progress(1.0, f"{len(recipes)} scanned copies at hand")
    return made


def _scanned(
    recipe: ScanRecipe, content: TrainingCase, channels: Seq[Sequence], spacing: WantedSpacing | None
) -> np.ndarray:
    """Return the copy as float16 (C, Z, Y, X), z-scored inside its own mask, on the content's grid."""
    try:
        volumes = {name: read_volume(recipe.case.sequences[name]) for name in channels if name in recipe.case.sequences}
        check_same_grid({key.display_name: value for key, value in volumes.items()})
        upright = {name: to_canonical(volume) for name, volume in volumes.items()}
        scanned = apply_scan(upright, recipe.scan, grid="original", threads=1)
    except SSAGliomaError as error:
        raise DatasetError(f"Scanned copy {recipe.name!r}: {error}") from error
    prepared = prepare_case({name: volume.array for name, volume in upright.items()}, channels)
    home = next(iter(upright.values()))
    images = {name: volume.array[prepared.box] for name, volume in scanned.items()}
    if recipe.fault is not None:
        images = with_fault(images, prepared.mask, recipe.fault, home.spacing_zyx_mm)
    mask = brain_mask(list(images.values()))
    result = np.zeros(prepared.image.shape, np.float32)
    for index, channel in enumerate(channels):
        if channel in images:
            result[index] = zscore_in_mask(images[channel], mask)
    if spacing is not None:
        result, _ = stretched(result, np.zeros(result.shape[1:], np.uint8), home.spacing_zyx_mm, spacing)
    if result.shape != content.image.shape:
        raise DatasetError(
            f"The scanned copy {recipe.name!r} has shape {result.shape!r}",
            expected=f"{content.image.shape!r}, that of its case",
            remedy="Normalise the case anew from the same files",
        )
    limits = np.finfo(np.float16)
    return result.clip(limits.min, limits.max).astype(np.float16)


def _labels_under(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the labels under the copy's own mask: outside where nothing is left, background where something is.

    Thick slices reach over the brain's border, and a faulty mask leaves or takes more; a new image from such a scanner
    comes with the same rim.
    """
    seen = np.any(image != 0, axis=0)
    return np.where(seen, np.where(labels == OUTSIDE, 0, labels), OUTSIDE).astype(np.uint8)
