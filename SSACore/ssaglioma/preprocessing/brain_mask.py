"""Where is the brain? From images of a whole head, of any contrast and resolution, alone or several on one grid.

A small network finds it on 3 mm voxels (a `Predictor`, trained on synthetic heads after Hoopes et al. 2022, SynthStrip,
arXiv:2203.09974); without one, thresholds and morphology do, less well. An image whose skull was taken away already is
left alone: its mask is what is not background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.brain_mask_classical import classical_probability
from ssaglioma.preprocessing.mask_input import MASK_SPACING_MM, coarse, first_centre, scaled, window
from ssaglioma.preprocessing.stripped import brain_of_stripped, is_stripped
from ssaglioma.types import Predictor, ProgressCallback, no_progress
from ssaglioma.volume import Volume, check_same_grid, resample_to, to_canonical

NETWORK, CLASSICAL, STRIPPED = "network", "classical", "stripped"
_THRESHOLD = 0.5
_OUTLINE = {NETWORK: 0.6, CLASSICAL: 0.5}
"""Probability at the outline: on synthetic heads (Testing/benchmarks/RESULTS.md, "Brain mask") 0.6 loses 0.04 % of the
tumour; 0.7 is 0.003 better in Dice and loses three times that."""
_MOST_LOOKS, _NEAR_VOXELS = 3, 1.5
_LEAST_ML, _WHOLE_ML, _MOST_ML = 250.0, 800.0, 2300.0
_LEAST_AGREEMENT = 0.9
_CUT_MM2 = 1500.0
_WITHOUT_MODEL = "The brain was found without a trained model: check that the mask holds the whole tumor."


class BrainMaskError(DatasetError):
    """No brain was found that could be one."""


@dataclass(frozen=True, eq=False)
class BrainMask:
    """The brain, and how far the mask can be trusted.

    Attributes
    ----------
    volume : Volume
        uint8, 1 in the brain (furrows, ventricles and tumour included), 0 outside; on the grid of the images.
    method : str
        'network', 'classical', or 'stripped' where the skull was away already.
    volume_ml : float
    agreement : float or None
        Mean Dice of the masks of the single images with the joint one; None for a single or a stripped image.
    warnings : tuple of str
        What the user should look at.
    """

    volume: Volume
    method: str
    volume_ml: float
    agreement: float | None = None
    warnings: tuple[str, ...] = field(default=())

    def apply(self, image: Volume) -> Volume:
        """Return an image of the same grid with 0 outside the brain; the type stays.

        Raises
        ------
        GeometryError
            If the grids differ.
        """
        check_same_grid({"The brain mask": self.volume, "the image": image})
        return image.with_array(np.where(self.volume.array > 0, image.array, 0).astype(image.array.dtype))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, without the voxels."""
        return {
            "method": self.method,
            "volume_ml": self.volume_ml,
            "agreement": self.agreement,
            "warnings": list(self.warnings),
        }


def find_brain(
    volumes: Mapping[Sequence, Volume], predictor: Predictor | None, *, progress: ProgressCallback = no_progress
) -> BrainMask:
    """Return the brain mask of one or several images of a head that lie on one grid.

    Parameters
    ----------
    volumes : mapping of Sequence to Volume
        Aligned images, any orientation; raw or skull-stripped. Stripped ones decide where there are any.
    predictor : Predictor or None
        A brain-mask model (spacing `MASK_SPACING_MM`, one region); None takes the classical method.

    Raises
    ------
    BrainMaskError
        If no brain is found, or one that is too small or too large to be one.
    GeometryError
        If the images lie on different grids.
    SequenceError
        If there is no image.
    """
    given = {name: volumes[name] for name in SEQUENCE_ORDER if name in volumes}
    if not given:
        raise SequenceError("There is no image to find the brain in", expected="at least one of T1, T1Gd, T2 and FLAIR")
    check_same_grid({name.display_name: volume for name, volume in given.items()})
    stripped = {name: volume for name, volume in given.items() if is_stripped(volume)}
    if stripped:
        return _from_stripped(given, stripped)
    single = {}
    for number, (name, volume) in enumerate(given.items()):
        progress(number / len(given), f"Finding the brain in {name.display_name}")
        single[name] = _probability(volume, predictor)
    return _joined(single, next(iter(given.values())), NETWORK if predictor is not None else CLASSICAL)


def _joined(single: Mapping[Sequence, Volume], home: Volume, method: str) -> BrainMask:
    """The mask on the home grid from the probabilities of single images on their coarse grid."""
    grid = next(iter(single.values()))
    joint = _cleaned(np.mean([one.array for one in single.values()], axis=0))
    mask = resample_to(grid.with_array(joint), home, order=1).array > _OUTLINE[method]
    agreement = {name: _dice(_main_piece(one.array > _THRESHOLD), joint > _THRESHOLD) for name, one in single.items()}
    found = home.with_array(mask.astype(np.uint8))
    return BrainMask(
        found,
        method,
        _checked_ml(found),
        float(np.mean(list(agreement.values()))) if len(single) > 1 else None,
        (
            *([_WITHOUT_MODEL] if method == CLASSICAL else []),
            *_disagreements(agreement),
            *_cut_ends(found),
            *_size_warning(found),
        ),
    )


def _from_stripped(given: Mapping[Sequence, Volume], stripped: Mapping[Sequence, Volume]) -> BrainMask:
    mask = np.logical_or.reduce([brain_of_stripped(volume) for volume in stripped.values()])
    found = next(iter(given.values())).with_array(mask.astype(np.uint8))
    warnings = []
    if len(stripped) < len(given):
        whole = ", ".join(name.display_name for name in given if name not in stripped)
        others = ", ".join(name.display_name for name in stripped)
        warnings.append(f"The skull is in {whole} and was taken away in {others}; the brain of {others} counts.")
    return BrainMask(found, STRIPPED, _checked_ml(found), None, (*warnings, *_size_warning(found)))


def _probability(volume: Volume, predictor: Predictor | None) -> Volume:
    """Probability of brain on the coarse grid."""
    small = coarse(to_canonical(volume))
    grey = scaled(small.array)
    return small.with_array(classical_probability(grey) if predictor is None else _predicted(grey, predictor))


def _predicted(grey: np.ndarray, predictor: Predictor) -> np.ndarray:
    """What the model says when the brain lies in the middle of what it sees, as it did when the model was trained.

    The first look goes where the top of the head tells; each next one around the brain that was found.
    """
    centre = first_centre(grey)
    for _ in range(_MOST_LOOKS):
        seen, inside, there = window(grey, centre)
        result = np.zeros(grey.shape, np.float32)
        result[there] = predictor.predict(seen[None], MASK_SPACING_MM)[0][inside]
        found = _main_piece(result > _THRESHOLD)
        if not found.any():
            break
        moved = np.argwhere(found).mean(axis=0) - centre
        centre = centre + moved
        if np.abs(moved).max() < _NEAR_VOXELS:
            break
    return result


def _cleaned(probability: np.ndarray) -> np.ndarray:
    """The probability with all but the largest piece taken out and its holes filled."""
    mask = probability > _THRESHOLD
    if not mask.any():
        raise BrainMaskError("No brain was found", expected="an image of a head", remedy="Check the file")
    main = _main_piece(mask)
    others = ndimage.binary_dilation(mask & ~main) & ~ndimage.binary_dilation(main)
    return np.where(main & ~mask, 1.0, np.where(others, 0.0, probability)).astype(np.float32)


def _main_piece(mask: np.ndarray) -> np.ndarray:
    """The largest piece of a mask, its holes filled; empty where the mask is."""
    pieces, count = ndimage.label(mask)
    if count > 1:
        mask = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return ndimage.binary_fill_holes(mask)


def _checked_ml(mask: Volume) -> float:
    found = float(mask.array.sum() * mask.voxel_volume_ml)
    if not _LEAST_ML <= found <= _MOST_ML:
        raise BrainMaskError(
            f"The brain that was found has {found:.0f} ml",
            expected=f"{_LEAST_ML:.0f} to {_MOST_ML:.0f} ml",
            remedy="Check that the image shows a whole brain, or give skull-stripped images",
        )
    return found


def _size_warning(mask: Volume) -> list[str]:
    found = float(mask.array.sum() * mask.voxel_volume_ml)
    return [f"Only {found:.0f} ml of brain were found: is part of it outside the images?"] if found < _WHOLE_ML else []


def _disagreements(agreement: Mapping[Sequence, float]) -> list[str]:
    if len(agreement) < 2:
        return []
    return [
        f"The brain in {name.display_name} alone differs from the joint one (Dice {dice:.2f}): check the alignment."
        for name, dice in agreement.items()
        if dice < _LEAST_AGREEMENT
    ]


def _cut_ends(mask: Volume) -> list[str]:
    """Name the ends of the head where the brain goes on beyond the image."""
    canonical = to_canonical(mask)
    face_mm2 = canonical.spacing_zyx_mm[1] * canonical.spacing_zyx_mm[2]
    ends = {"below": canonical.array[0], "above": canonical.array[-1]}
    return [
        f"The brain reaches the image's edge {name}: part of it was not scanned."
        for name, face in ends.items()
        if float(face.sum()) * face_mm2 > _CUT_MM2
    ]


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / total if total else 1.0
