"""What a model sees: masks before and after, their Dice, and the curve of Dice against strength."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.background import Chain, ChainStatus, Step, ensurePackages, newFolder
from SSAStyleTransferLib.casefiles import readVolumes
from SSAStyleTransferLib.content import MADE
from SSAStyleTransferLib.picture import mixed
from SSAStyleTransferLib.views import CONTENT_VIEW, RESULT_VIEW

if TYPE_CHECKING:
    import numpy as np

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
_KEPT_MASKS = 12
_FILL = 0.25


@dataclass(frozen=True, eq=False)
class Seen:
    """What the model saw of one slice.

    Attributes
    ----------
    key : tuple
        Of the shown picture.
    before, after : ndarray, shape (Y, X)
        Labels.
    scores : dict
        Region -> (Dice before, Dice after); before is None where the masks were compared with each other.
    """

    key: tuple
    before: np.ndarray
    after: np.ndarray
    scores: dict


class SeeingLogic:
    """The model's view; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._lookChain: Chain | None = None
        self._seen: Seen | None = None
        self._masks: dict[tuple, np.ndarray] = {}
        self._lookIsCurve = False

    @property
    def looking(self) -> bool:
        """Whether a model is at work."""
        return self._lookChain is not None

    def modelPackages(self) -> list:
        """Return the segmenters at hand."""
        return [package for package in self.stylePackages() if package.kind == "segmenter"]

    def modelPackage(self, parameters):
        """Return the chosen segmenter; the first one where none is named.

        Raises
        ------
        ModelPackageError
            If it is not here.
        """
        from ssaglioma.errors import ModelPackageError

        packages = self.modelPackages()
        named = [package for package in packages if package.card.name == parameters.model]
        if not packages or (parameters.model and not named):
            raise ModelPackageError(
                f"The model {parameters.model!r} is not here",
                expected="one of " + ", ".join(package.card.name for package in packages),
                remedy=_("Choose another model"),
            )
        return (named or packages)[0]

    def look(self, parameters) -> None:
        """Let the model segment the shown slice before and after, in the background; `pollLooking` takes the result.

        All chosen contrasts of the case are changed alike.

        Raises
        ------
        SSAGliomaError
            If no picture is shown, contrasts are missing, or a model is at work already.
        """
        from ssaglioma.errors import DatasetError

        self._refuseTwice()
        shown = self.shownPicture
        if shown is None:
            raise DatasetError("No picture is shown", remedy=_("Choose content, style and method first"))
        nodes = self.caseNodes(parameters)
        package = self.modelPackage(parameters)
        ensurePackages(torch=True)
        index, strength = shown.piece.index, parameters.strength
        pieces = {one: self.contentSlice(parameters, node, index) for one, node in nodes.items()}
        before = {one: piece.volume for one, piece in pieces.items()}
        after: dict = {}
        folder = newFolder()
        steps = []
        if self.methodEntry(parameters).quick:
            for one, piece in pieces.items():
                full = self.fullPicture(parameters, piece)
                after[one] = piece.placed(mixed(piece.array, full, strength))
        else:

            def keep(values) -> None:
                for one in readVolumes(values):
                    full = self.readStylised(values, one, pieces[one].axis)
                    after[one] = pieces[one].placed(mixed(pieces[one].array, full, strength))

            steps.append(Step(_("Stylizing"), lambda: self.stylizeArguments(parameters, before, folder, "look"), keep))
        known = (package.card.name, *(piece.key for piece in pieces.values()))
        masks = {"before": self._masks[known]} if known in self._masks else {}
        for name, images in (("before", before), ("after", after)):
            if name not in masks:
                steps.append(self._segmentStep(parameters, images, folder, name, shown.piece.axis, masks))

        def done() -> None:
            self._masks = {**dict(list(self._masks.items())[-_KEPT_MASKS:]), known: masks["before"]}
            self._takeSeen(parameters, shown, masks)

        self._begin(steps, folder, done)

    def lookIfNew(self, parameters) -> bool:
        """Let the model look unless it saw this picture already, or is at work; tell whether it began."""
        shown = self.shownPicture
        if shown is None or self.looking or self.seenMasks(shown.key) is not None or not shown.piece.array.any():
            return False
        self.look(parameters)
        return True

    def pollLooking(self) -> ChainStatus | None:
        """Follow the model; None while nothing runs.

        Raises
        ------
        SSAGliomaError
            If a result cannot be read.
        """
        if self._lookChain is None:
            return None
        try:
            status = self._lookChain.poll()
            if status.state == "done":
                self._lookDone()
        except BaseException:
            self.stopLooking()
            raise
        if not status.running:
            self._lookChain = None
        return status

    def stopLooking(self) -> None:
        """End the model's child process."""
        if self._lookChain is not None:
            self._lookChain.cancel()
            self._lookChain = None

    def seenMasks(self, key: tuple):
        """Return the masks (before, after) of a shown picture for the guard, or None."""
        seen = self._seen
        return (seen.before, seen.after) if seen is not None and seen.key == key else None

    def seenText(self, parameters) -> str:
        """Return the Dice of the regions before and after in a sentence; empty before the model looked."""
        shown, seen = self.shownPicture, self._seen
        if seen is None or shown is None:
            return ""
        parts = []
        for region, (first, second) in seen.scores.items():
            parts.append(f"{region} {second:.2f}" if first is None else f"{region} {first:.2f} → {second:.2f}")
        against = _("to the labels") if next(iter(seen.scores.values()))[0] is not None else _("to the mask before")
        text = _("Dice {against}: {scores}").format(against=against, scores=", ".join(parts))
        return text if seen.key == shown.key else text + " " + _("(of an earlier picture)")

    def startCurve(self, parameters) -> None:
        """Let the model segment the whole volume at five strengths, in the background.

        Raises
        ------
        SSAGliomaError
            As `look`.
        """
        self._refuseTwice()
        nodes = self.caseNodes(parameters)
        if problem := self.styleProblem(parameters):
            from ssaglioma.errors import DatasetError

            raise DatasetError(problem)
        self.modelPackage(parameters)
        ensurePackages(torch=True)
        before = {one: self.imageVolume(node) for one, node in nodes.items()}
        labels = self.labelsVolume(parameters)
        full: dict = {}
        found: list = []
        folder = newFolder()
        steps = [
            Step(
                _("Stylizing the volume"),
                lambda: self.stylizeArguments(parameters, before, folder, "curve"),
                lambda values: full.update(readVolumes(values)),
            )
        ]
        for strength in STRENGTHS:
            steps.append(self._curveStep(parameters, (before, full), folder, strength, found))
        self._begin(steps, folder, lambda: self.drawCurve(parameters, found, labels), curve=True)

    def _curveStep(self, parameters, images: tuple, folder: Path, strength: float, found: list) -> Step:
        from ssaglioma.volume import read_volume, to_canonical

        before, full = images

        def arguments() -> list[str]:
            mixture = {
                one: before[one].with_array(mixed(before[one].array, volume.array, strength))
                for one, volume in full.items()
            }
            return self.modelArguments(parameters, mixture, folder, f"strength{round(100 * strength)}")

        def take(values) -> None:
            found.append((strength, to_canonical(read_volume(Path(values["labelmap"]))).array))

        return Step(_("Segmenting at strength {value:.2f}").format(value=strength), arguments, take)

    def _segmentStep(self, parameters, images: dict, folder: Path, name: str, axis: int, masks: dict) -> Step:
        import numpy as np

        from ssaglioma.volume import read_volume, to_canonical

        def take(values) -> None:
            labels = to_canonical(read_volume(Path(values["labelmap"])))
            masks[name] = np.take(labels.array, 0, axis=axis)

        return Step(
            _("Model looks at the original") if name == "before" else _("Model looks at the result"),
            lambda: self.modelArguments(parameters, images, folder, name),
            take,
        )

    def _begin(self, steps: list[Step], folder: Path, done, curve: bool = False) -> None:
        self._lookChain, self._lookDone, self._lookIsCurve = Chain(steps, folder), done, curve

    def _refuseTwice(self) -> None:
        from ssaglioma.errors import DatasetError

        if self.looking:
            raise DatasetError("A model is at work already", remedy=_("Wait for it, or press Cancel"))

    def _takeSeen(self, parameters, shown, masks: dict) -> None:
        from SSASlicerLib.segmentations import segmentation_from_labelmap, update_segmentation

        labels = self.labelsSlice(parameters, shown.piece)
        self._seen = Seen(shown.key, masks["before"], masks["after"], _scores(masks, labels))
        for field, name, view in (
            ("seenBefore", _("Model on the original"), CONTENT_VIEW),
            ("seenAfter", _("Model on the result"), RESULT_VIEW),
        ):
            labelmap = shown.piece.placed(masks["before" if field == "seenBefore" else "after"])
            node = getattr(parameters, field)
            if node is None:
                node = segmentation_from_labelmap(labelmap, slicer.mrmlScene.GenerateUniqueName(name))
                node.SetAttribute(MADE, field)
                node.SetHideFromEditors(True)
                setattr(parameters, field, node)
            else:
                update_segmentation(node, labelmap)
            display = node.GetDisplayNode()
            display.SetOpacity2DFill(_FILL)
            display.RemoveAllViewNodeIDs()
            display.AddViewNodeID(f"vtkMRMLSliceNode{view}")
            display.SetVisibility(True)


def _scores(masks: dict, labels) -> dict:
    """Return region -> (Dice before, Dice after) against labels, or (None, Dice of both masks)."""
    return {
        region: (None, diceOf(masks["before"], masks["after"], region))
        if labels is None
        else (diceOf(labels, masks["before"], region), diceOf(labels, masks["after"], region))
        for region in ("WT", "TC", "ET")
    }


def diceOf(reference, prediction, region: str) -> float:
    """Return the Dice of a region of two label arrays."""
    from ssaglioma.evaluation.overlap import overlap_counts
    from ssaglioma.labels import GLIOMA

    return overlap_counts(GLIOMA.mask(reference, region), GLIOMA.mask(prediction, region)).dice
