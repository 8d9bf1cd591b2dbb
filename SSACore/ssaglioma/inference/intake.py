"""From the scanner to the model: a sorted study becomes aligned, stripped images on the model's grid, all recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import SequenceError
from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.inference.intake_quality import quality_of
from ssaglioma.inference.intake_steps import Aligned, StepLog, align_images, given_mask, to_model_grid
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import AlignmentSettings
from ssaglioma.preprocessing.bias import BiasSettings
from ssaglioma.preprocessing.brain_mask import CLASSICAL, NETWORK, BrainMask, find_brain
from ssaglioma.preprocessing.chain import Chain, stripped
from ssaglioma.preprocessing.fat import without_fat
from ssaglioma.preprocessing.grid import Grid, sampled, working_grid
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.preprocessing.study import SortedStudy
from ssaglioma.types import Predictor, ProgressCallback, no_progress
from ssaglioma.volume import Volume

INTAKE_FORMAT = 1
ALIGNED_SHARE, BRAIN_SHARE, GRID_SHARE = 0.45, 0.65, 0.92
"""Of the progress that `take_in` tells: where images are aligned, the brain is found, all lie on the model's grid."""
_BRIGHTEST_PERCENT = 99.9
_READY_ORDER = (Sequence.T1C, Sequence.T2F)


@dataclass(frozen=True)
class IntakeSettings:
    """How raw images are prepared.

    Attributes
    ----------
    spacing_mm : float or None
        Voxels of the prepared images; None keeps those of the reference.
    correct_bias : bool
    margin_mm : float
        Around the brain.
    bias : BiasSettings
    alignment : AlignmentSettings
    """

    spacing_mm: float | None = 1.0
    correct_bias: bool = True
    margin_mm: float = 4.0
    bias: BiasSettings = field(default_factory=BiasSettings)
    alignment: AlignmentSettings = field(default_factory=AlignmentSettings)

    def __post_init__(self) -> None:
        if (self.spacing_mm is not None and not 0.3 <= self.spacing_mm <= 10) or not 0 <= self.margin_mm <= 100:
            raise ValueError(f"The settings make no sense: {self!r}")


@dataclass(frozen=True, eq=False)
class Intake:
    """A study made ready for a model.

    Attributes
    ----------
    natives : mapping of Sequence to Volume
        The images as they came, those that could be aligned.
    images : mapping of Sequence to Volume
        Prepared: one grid, float32, background exactly 0.
    chains : mapping of Sequence to Chain
        From each native image to its prepared one, and back.
    brain : BrainMask
        On the reference's own grid.
    reference : Sequence
        What the others were aligned to.
    quality : QualityReport
    steps : tuple of dict
        What was done, with seconds and figures.
    study : dict
        `SortedStudy.to_json`.
    """

    natives: Mapping[Sequence, Volume]
    images: Mapping[Sequence, Volume]
    chains: Mapping[Sequence, Chain]
    brain: BrainMask
    reference: Sequence
    quality: QualityReport
    steps: tuple[Mapping[str, Any], ...]
    study: Mapping[str, Any]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by step."""
        return StepLog([dict(step) for step in self.steps]).seconds

    def anchor(self, wanted: Sequence | None = None) -> Sequence:
        """Return the sequence whose grid a result lies on: the wanted one, T1Gd, FLAIR, or any.

        Raises
        ------
        SequenceError
            If the wanted one is not there.
        """
        if wanted is None:
            return next(name for name in (*_READY_ORDER, *self.natives) if name in self.natives)
        if wanted not in self.natives:
            raise SequenceError(
                f"The result was asked for on the grid of {wanted.display_name}, which is not there",
                expected="one of " + ", ".join(name.display_name for name in self.natives),
            )
        return wanted

    def on_grid_of(self, anchor: Sequence) -> dict[Sequence, Volume]:
        """Return all native images, aligned, on the grid of one of them, for pictures.

        The head is whole, but nothing is brighter than the brain is, so that fat does not make the brain dark.
        """
        home = Grid.of(self.natives[anchor])
        inside = self.brain_on_grid_of(anchor).array > 0
        result = {}
        for name, way in self.ways_from(anchor).items():
            volume = self.natives[name]
            shown = volume if name is anchor else sampled(volume, home, way)
            top = np.percentile(shown.array[inside], _BRIGHTEST_PERCENT) if inside.any() else shown.array.max()
            result[name] = shown.with_array(np.minimum(shown.array, top).astype(np.float32))
        return result

    def ways_from(self, anchor: Sequence) -> dict[Sequence, RigidTransform]:
        """Return the rigid ways from points of one native image to those of each, in LPS mm."""
        back = self.chains[anchor].space.inverse()
        return {name: self.chains[name].space.after(back) for name in self.natives}

    def brain_on_grid_of(self, anchor: Sequence) -> Volume:
        """Return the brain on the grid of a native image, uint8."""
        first = next(iter(self.images.values()))
        used = first.with_array((first.array != 0).astype(np.uint8))
        return sampled(used, Grid.of(self.natives[anchor]), self.chains[anchor].space.inverse(), order=0)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values: the log that lies beside the results."""
        return {
            "format": INTAKE_FORMAT,
            "software": __version__,
            "reference": self.reference.value,
            "study": dict(self.study),
            "steps": [dict(step) for step in self.steps],
            "quality": self.quality.to_json(),
            "chains": {name.value: chain.to_json() for name, chain in self.chains.items()},
        }


def take_in(
    study: SortedStudy,
    settings: IntakeSettings = IntakeSettings(),
    *,
    predictor: Predictor | None = None,
    mask: Volume | None = None,
    progress: ProgressCallback = no_progress,
) -> Intake:
    """Prepare a sorted study: align, find the brain, judge, correct the coil's field, bring to the model's grid.

    Parameters
    ----------
    predictor : Predictor or None
        A trained brain-mask model; None takes the classical method, and says so.
    mask : Volume or None
        The user's own brain mask, on the grid of any of the images.

    Raises
    ------
    SequenceError
        If neither T1Gd nor FLAIR is there, or left after the alignment.
    AlignmentError
        If an image that the user named cannot be aligned.
    DatasetError, GeometryError
        If no brain is found, or a given mask does not fit.
    """
    log = StepLog()
    natives = study.volumes
    _refuse_without_anchor(natives, "are missing")
    with log.step("align") as figures:
        named = frozenset(study.overrides)
        aligned = align_images(
            natives,
            settings.alignment,
            wanted=named,
            progress=lambda share, text: progress(ALIGNED_SHARE * share, text),
        )
        figures.update(_alignment_figures(aligned))
    natives = {name: natives[name] for name in aligned.images}
    _refuse_without_anchor(natives, "could not be aligned")
    with log.step("brain_mask") as figures:
        progress(ALIGNED_SHARE, "Finding the brain")
        brain = _brain(aligned, natives, predictor, mask)
        figures.update(brain.to_json())
    inside, images, chains, shading = _on_model_grid(aligned, natives, brain, settings, log, progress)
    progress(GRID_SHARE, "Judging the images")
    with log.step("quality") as figures:
        quality = quality_of(study, aligned, brain, images, inside, shading)
        figures.update({"light": quality.light})
    progress(1.0, "Prepared")
    return Intake(natives, images, chains, brain, aligned.reference, quality, tuple(log.steps), study.to_json())


def _on_model_grid(
    aligned: Aligned,
    natives: Mapping[Sequence, Volume],
    brain: BrainMask,
    settings: IntakeSettings,
    log: StepLog,
    progress: ProgressCallback,
) -> tuple[np.ndarray, dict[Sequence, Volume], dict[Sequence, Chain], dict[Sequence, float | None]]:
    """The brain on the model's grid, the images there, their chains, and what shading was taken away."""
    fixed = natives[aligned.reference]
    target = working_grid(fixed, brain.volume, spacing_mm=settings.spacing_mm, margin_mm=settings.margin_mm)
    inside = sampled(brain.volume.with_array(brain.volume.array.astype(np.float32)), target).array > 0.5
    if Sequence.T1N in natives and brain.method in (NETWORK, CLASSICAL):
        with log.step("fat") as figures:
            t1 = sampled(natives[Sequence.T1N], target, aligned.images[Sequence.T1N].transform)
            inside, figures["taken_ml"] = without_fat(inside, t1.array, target.spacing_zyx_mm)
    bias = settings.bias if settings.correct_bias else None
    images, chains, shading = {}, {}, {}
    span = GRID_SHARE - BRAIN_SHARE
    for number, (name, alignment) in enumerate(aligned.images.items()):
        progress(BRAIN_SHARE + span * number / len(aligned.images), f"Preparing {name.display_name}")
        with log.step("bias_and_grid") as figures:
            image, chains[name], shading[name] = to_model_grid(
                natives[name], alignment.transform, target, inside, bias=bias
            )
            images[name] = stripped(image, inside)
            figures.update({"image": name.value, "shading_percent": shading[name]})
    return inside, images, chains, shading


def _brain(
    aligned: Aligned, natives: Mapping[Sequence, Volume], predictor: Predictor | None, mask: Volume | None
) -> BrainMask:
    if mask is not None:
        return given_mask(mask, aligned, natives)
    return find_brain({name: one.volume for name, one in aligned.images.items()}, predictor)


def _alignment_figures(aligned: Aligned) -> dict[str, Any]:
    images = {}
    for name, one in aligned.images.items():
        if one.quality is not None:
            moved = {"degrees": round(one.transform.degrees, 2)}
            images[name.value] = {**moved, **{key: round(v, 4) for key, v in one.quality.to_json().items()}}
    left = {name.value: text for name, text in aligned.left_out.items()}
    return {"reference": aligned.reference.value, "images": images, **({"left_out": left} if left else {})}


def _refuse_without_anchor(volumes: Mapping[Sequence, Volume], what: str) -> None:
    if not any(name in volumes for name in _READY_ORDER):
        found = ", ".join(name.display_name for name in SEQUENCE_ORDER if name in volumes) or "nothing else"
        raise SequenceError(
            f"T1Gd and FLAIR {what}; there is {found}",
            expected="T1Gd or FLAIR at least",
            remedy="Name the files yourself (--t1c FILE --t2f FILE) if they are there",
        )
