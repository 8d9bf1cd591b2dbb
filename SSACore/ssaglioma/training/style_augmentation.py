"""Stylised copies as augmentation: what is to be made, and how often a network sees it.

A share of the drawn patches is cut from a copy of their case in another look; place, labels and all other
augmentation stay those of a run without copies. arXiv:2501.04734 gave Sub-Saharan cases the style of adult ones
('to_source') and added the copies to the cases; the share is ours, since copies added as cases would also change
how often each patient is seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, requirement
from ssaglioma.labels import Sequence
from ssaglioma.style import find_method
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.folds import Folds
from ssaglioma.training.style_provenance import Provenance, check_leakage, patient_of
from ssaglioma.volume import Case

DIRECTIONS = ("to_target", "to_source", "both")
_require = requirement("Style augmentation option")


@dataclass(frozen=True)
class StyleAugmentation:
    """Which copies are made and how often they take their case's place.

    Attributes
    ----------
    probability : float
        p that a drawn patch is cut from a copy, where its case has one.
    methods : tuple of str
        Names in `ssaglioma.style.METHODS`, taken in turn by the copies of a case; the first one is drawn.
    strengths : tuple of 2 floats
        Range that the strength of each copy is drawn from, uniformly, within 0..1.
    direction : str
        'to_target': source cases get the style of target cases. 'to_source': target cases get the style of
        source cases, as in arXiv:2501.04734. 'both'.
    copies : int
        Copies of each case; each has its own style case as long as there are enough.
    seed : int
        Of style cases, strengths and what the methods themselves draw.

    Raises
    ------
    DatasetError
        If a value makes no sense.
    """

    probability: float = 0.5
    methods: tuple[str, ...] = ("histogram",)
    strengths: tuple[float, float] = (0.5, 1.0)
    direction: str = "to_target"
    copies: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", tuple(self.methods))
        object.__setattr__(self, "strengths", tuple(float(value) for value in self.strengths))
        _require(0 <= self.probability <= 1, "probability", self.probability, "0 to 1")
        _require(bool(self.methods), "methods", self.methods, "at least one")
        for method in self.methods:
            find_method(method)
        rising = len(self.strengths) == 2 and 0 <= self.strengths[0] <= self.strengths[1] <= 1
        _require(rising, "strengths", self.strengths, "two rising numbers from 0 to 1")
        _require(self.direction in DIRECTIONS, "direction", self.direction, f"one of {DIRECTIONS}")
        _require(self.copies >= 1, "copies", self.copies, "1 or more")
        _require(self.seed >= 0, "seed", self.seed, "0 or more")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "methods": list(self.methods), "strengths": list(self.strengths)}


@dataclass(frozen=True, eq=False)
class CopyRecipe:
    """All that decides one copy.

    Attributes
    ----------
    number : int
        From 1 on, among the copies of its content.
    content, style : Case
        Files of the case that is copied, and of the one whose look it gets.
    method : str
    strength : float
    seed : int
        For methods that draw.
    """

    number: int
    content: Case
    style: Case
    method: str
    strength: float
    seed: int

    @property
    def name(self) -> str:
        """Name of the copy: its content's, with a tag."""
        return f"{self.content.name}_nst{self.number}"

    @property
    def provenance(self) -> Provenance:
        """Whose content and style this is."""
        content, style = self.content.name, self.style.name
        return Provenance(content, patient_of(content), (style,), (patient_of(style),), self.method, self.strength)


@dataclass(frozen=True, eq=False)
class StylisedCopy:
    """A copy that can be trained on.

    Attributes
    ----------
    case : TrainingCase
        Its labels are the very array of the content's training case.
    provenance : Provenance
    """

    case: TrainingCase
    provenance: Provenance

    @property
    def name(self) -> str:
        """Name of the copy."""
        return self.case.name


class StylisedSet:
    """The copies of one training run; there is no way into a run but through its guard.

    Parameters
    ----------
    copies : sequence of StylisedCopy
    probability : float
        p that a drawn patch is cut from a copy, where its case has one; each copy of a case is as likely.
    folds, fold : Folds and int, or None
        The run's; None trains on all cases.

    Raises
    ------
    DatasetError
        If there is no copy, two bear one name, or one shows or bears the style of a held-out patient.
    """

    def __init__(self, copies: Seq[StylisedCopy], probability: float, *, folds: Folds | None, fold: int | None) -> None:
        _require(0 <= probability <= 1, "probability", probability, "0 to 1")
        if not copies:
            raise DatasetError("There is no stylised copy", expected="at least one copy of a training case")
        check_leakage(copies, folds, fold)
        names = [copy.name for copy in copies]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DatasetError(f"Stylised copies share a name: {twice[:5]}", expected="one name for each copy")
        self.copies, self.probability = tuple(copies), float(probability)
        self._by_content: dict[str, list[TrainingCase]] = {}
        for copy in copies:
            self._by_content.setdefault(copy.provenance.content_case, []).append(copy.case)

    def drawn(self, cases: Seq[TrainingCase], generator: np.random.Generator) -> list[TrainingCase]:
        """Return the cases of a batch's patches, some of them replaced by one of their copies.

        Two numbers a patch leave the generator whatever comes of them, so that a higher p only replaces more.
        """
        return [self._drawn_one(case, float(generator.random()), float(generator.random())) for case in cases]

    def identity(self) -> dict[str, Any]:
        """Return what tells a run with these copies from others, as JSON values."""
        listed = {copy.name: copy.provenance.to_json() for copy in self.copies}
        return {"probability": self.probability, "copies": dict(sorted(listed.items()))}

    def words(self) -> str:
        """Return one line for a model card: how many copies, by which methods, in whose style."""
        methods = sorted({copy.provenance.method for copy in self.copies})
        lenders = sorted({case for copy in self.copies for case in copy.provenance.style_cases})
        return (
            f"{len(self.copies)} stylised copies ({', '.join(methods)}) in {self.probability:.0%} of the patches of "
            f"their cases, style from {', '.join(lenders)}"
        )

    def _drawn_one(self, case: TrainingCase, chance: float, place: float) -> TrainingCase:
        copies = self._by_content.get(case.name, [])
        return copies[int(place * len(copies))] if copies and chance < self.probability else case


def plan_copies(
    augmentation: StyleAugmentation, source: Seq[Case], target: Seq[Case], channels: Seq[Sequence]
) -> list[CopyRecipe]:
    """Draw the copies of a run: of each content as many as configured, each in the look of one other patient.

    The draw for a case depends on the seed, its name and the cases that can lend their style, not on the other
    contents.

    Parameters
    ----------
    source, target : sequence of Case
        Of the training side only. The content side needs cases that are trained on, the style side only images.
    channels : sequence of Sequence
        Of the network. A style case needs all of them that its content has.

    Raises
    ------
    DatasetError
        If there is no content, two contents share a name, or no style suits a content.
    """
    recipes: list[CopyRecipe] = []
    for contents, styles in _sides(augmentation.direction, source, target):
        for content in contents:
            recipes.extend(_plan_case(augmentation, content, styles, channels))
    names = [recipe.name for recipe in recipes]
    twice = sorted({recipe.content.name for recipe in recipes if names.count(recipe.name) > 1})
    if twice:
        raise DatasetError(
            f"Cases to be stylised share a name: {twice[:5]}",
            expected="one name for each case",
            remedy="Rename their folders, or choose one direction if a case is on both sides",
        )
    if not recipes:
        raise DatasetError(
            f"There is no case to stylise {augmentation.direction!r}",
            expected="labelled training cases on the side of the content",
            remedy="Choose another direction, or add such cases to the training",
        )
    return recipes


def _sides(direction: str, source: Seq[Case], target: Seq[Case]) -> Iterator[tuple[Seq[Case], Seq[Case]]]:
    """Yield (contents, styles) for each direction that is asked for."""
    if direction != "to_source":
        yield source, target
    if direction != "to_target":
        yield target, source


def _plan_case(
    augmentation: StyleAugmentation, content: Case, styles: Seq[Case], channels: Seq[Sequence]
) -> Iterator[CopyRecipe]:
    present = [channel for channel in channels if channel in content.sequences]
    patient = patient_of(content.name)
    suited = [case for case in styles if patient_of(case.name) != patient and set(present) <= set(case.sequences)]
    if not suited:
        raise DatasetError(
            f"No case can lend its style to {content.name!r}",
            expected=f"a case of another patient with {[channel.value for channel in present]}",
            remedy="Give style cases with the same sequences",
        )
    generator = np.random.default_rng([augmentation.seed, zlib.crc32(content.name.encode())])
    order = generator.permutation(len(suited))
    ordered = sorted(suited, key=lambda case: case.name)
    first_method = int(generator.integers(len(augmentation.methods)))
    for index in range(augmentation.copies):
        yield CopyRecipe(
            number=index + 1,
            content=content,
            style=ordered[int(order[index % len(ordered)])],
            method=augmentation.methods[(first_method + index) % len(augmentation.methods)],
            strength=float(generator.uniform(*augmentation.strengths)),
            seed=int(generator.integers(2**31)),
        )
