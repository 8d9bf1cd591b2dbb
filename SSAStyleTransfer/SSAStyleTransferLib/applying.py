"""Applying the chosen style to whole volumes, in the background."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.background import Chain, ChainStatus, Step, ensurePackages, newFolder
from SSAStyleTransferLib.casefiles import CaseFilesLogic, readVolumes
from SSAStyleTransferLib.content import MADE
from SSAStyleTransferLib.methods import SCANNER
from SSAStyleTransferLib.picture import mixed

if TYPE_CHECKING:
    from ssaglioma.volume import Volume

_WAIT_SECONDS = 0.05


class ApplyingLogic(CaseFilesLogic):
    """Apply to this volume, apply to all four; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._applyChain: Chain | None = None
        self._applied: list = []

    @property
    def applying(self) -> bool:
        """Whether a volume is being stylised."""
        return self._applyChain is not None

    def applyToVolume(self, parameters, wait: bool = False) -> None:
        """Stylise the content as a whole; `pollApply` adds the new volume to the scene.

        `wait`: return when it is there, for scripts.

        Raises
        ------
        SSAGliomaError
            If inputs are wrong, something runs already, or (with `wait`) the guard refuses.
        """
        from ssaglioma.errors import DatasetError

        if problem := self.contentProblem(parameters):
            raise DatasetError(problem)
        self._apply(parameters, {self.contrastOf(parameters, parameters.content): parameters.content}, wait)

    def applyToAll(self, parameters, wait: bool = False) -> None:
        """Stylise all chosen contrasts of the case with one style and one seed; see `applyToVolume`."""
        self._apply(parameters, self.caseNodes(parameters), wait)

    def appliedNodes(self) -> list:
        """Return the volumes that the last finished run added."""
        return [node for node in self._applied if node.GetScene() is not None]

    def pollApply(self) -> ChainStatus | None:
        """Follow the run; None while nothing runs.

        Raises
        ------
        SSAGliomaError
            If the guard refuses the result, or it cannot be read.
        """
        if self._applyChain is None:
            return None
        try:
            status = self._applyChain.poll()
        except BaseException:
            self.cancelApply()
            raise
        if status.state == "done":
            names = ", ".join(node.GetName() for node in self.appliedNodes())
            status = ChainStatus("done", 1.0, _("Added: {names}.").format(names=names))
        if not status.running:
            self._applyChain = None
        return status

    def cancelApply(self) -> None:
        """End the run; nothing in the scene is changed."""
        if self._applyChain is not None:
            self._applyChain.cancel()
            self._applyChain = None

    def _apply(self, parameters, nodes: dict, wait: bool) -> None:
        from ssaglioma.errors import DatasetError, SSAGliomaError

        if self.applying:
            raise DatasetError("A volume is being stylized already", remedy=_("Wait for it, or press Cancel"))
        if problem := self.styleProblem(parameters):
            raise DatasetError(problem)
        ensurePackages(torch=not self.methodEntry(parameters).quick)
        scanner = self.methodEntry(parameters).method == SCANNER
        strength, force = parameters.strength, parameters.force
        title = f"{self.methodEntry(parameters).key}, {strength:.2f}"
        before = {one: self.imageVolume(node) for one, node in nodes.items()}
        labels = None if None in before else self.labelsVolume(parameters)
        folder = newFolder()

        def arguments() -> list[str]:
            return self.stylizeArguments(
                parameters, before, folder, "apply", strength=1.0 if scanner else strength, labels=labels
            )

        def take(values) -> None:
            if not force:
                _refuse(values)
            made = readVolumes(values)
            if None in before:
                made = {None: next(iter(made.values()))}
            if scanner:
                made = {
                    one: before[one].with_array(mixed(before[one].array, volume.array, strength))
                    for one, volume in made.items()
                }
            self._applied = [self._add(nodes[one], volume, title) for one, volume in made.items()]

        self._applyChain = Chain([Step(_("Stylizing the volume"), arguments, take)], folder)
        status = self.pollApply() if wait else None
        while status is not None and status.running:
            slicer.app.processEvents()
            time.sleep(_WAIT_SECONDS)
            status = self.pollApply()
        if status is not None and status.state != "done":
            raise SSAGliomaError(status.message)

    @staticmethod
    def _add(source, volume: Volume, title: str):
        from ssaglioma.volume import from_canonical, to_canonical
        from SSASlicerLib import subject_hierarchy
        from SSASlicerLib.volumes import node_from_volume, volume_from_node

        original = volume_from_node(source, copy=False)
        upright = to_canonical(original)
        native = from_canonical(volume.array, upright, original)
        name = subject_hierarchy.unique_name(f"{source.GetName()} ({title})")
        node = node_from_volume(native, name)
        node.SetAttribute(MADE, "applied")
        subject_hierarchy.place_beside(node, source)
        window = source.GetDisplayNode()
        if window is not None:
            node.GetDisplayNode().AutoWindowLevelOff()
            node.GetDisplayNode().SetWindowLevelMinMax(window.GetWindowLevelMin(), window.GetWindowLevelMax())
        return node


def _refuse(values) -> None:
    """Raise a DatasetError if the guard refuses what a child made."""
    from ssaglioma.errors import DatasetError

    guard = values.get("guard") or {}
    if guard.get("verdict") == "refused":
        raise DatasetError(
            f"The result is refused, because it changes the anatomy: {'; '.join(guard['reasons'])}",
            expected="edges, lesions and brain where they are in the original",
            remedy=_("Lower the strength, take another method, or accept refusals for teaching only"),
        )
