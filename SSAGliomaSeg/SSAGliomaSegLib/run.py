"""Running a segmentation in a child process, and taking its result into the scene."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.inputs import FIELDS

_SPEED_KEY = "SSAGliomaSeg/secondsPerMegavoxel"
_FIRST_SPEED = 0.9
"""Seconds for a million voxels on 2 cores without a GPU, before this computer was measured (RESULTS.md)."""
_START_SECONDS = 4.0
_MEMORY_GIB, _MEMORY_PER_MEGAVOXEL_GIB = 0.5, 0.05
_MEGAVOXEL = 1e6
_WAIT_SECONDS = 0.05
_FILL_2D = 0.45


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes
    ----------
    state : str
        'running', 'done', 'failed', 'cancelled' or 'idle'.
    fraction : float
    message : str
        What is being done, or what went wrong and what to do.
    secondsLeft : float or None
    """

    state: str
    fraction: float = 0.0
    message: str = ""
    secondsLeft: float | None = None

    @property
    def running(self) -> bool:
        """Whether the child still works."""
        return self.state == "running"

    @property
    def done(self) -> bool:
        """Whether the result is in the scene."""
        return self.state == "done"

    @property
    def sentence(self) -> tuple[str, str]:
        """Text and level for the status line."""
        levels = {"done": "ready", "failed": "error", "cancelled": "warning"}
        return self.message, levels.get(self.state, "ready")


@dataclass(frozen=True)
class RunOrder:
    """What a run was started with; the user may choose other things while it works.

    Attributes
    ----------
    parameters : SSAGliomaSegParameterNode
    anchor : vtkMRMLScalarVolumeNode
        The image on whose grid the result lies.
    card : ModelCard
    """

    parameters: object
    anchor: object
    card: object


@dataclass(frozen=True)
class RunCost:
    """What a run will probably need."""

    device: str
    seconds: float
    memoryGiB: float


class RunLogic:
    """Apply and Cancel; part of `SSAGliomaSegLogic`."""

    def __init__(self) -> None:
        self._run = None
        self._job = None
        self._order = None
        self._lastLog = ""
        self._lastValues: dict = {}

    @property
    def running(self) -> bool:
        """Whether a segmentation is under way."""
        return self._run is not None

    def expectedCost(self, parameters) -> RunCost:
        """Return time and memory that a run will probably need, from the last run on this computer."""
        node = self.gridNode(parameters)
        voxels = 0.0
        if node is not None and node.GetImageData() is not None:
            voxels = node.GetImageData().GetNumberOfPoints() / _MEGAVOXEL
        speed = float(slicer.app.userSettings().value(_SPEED_KEY) or _FIRST_SPEED)
        seconds = _START_SECONDS + speed * voxels * (2 if parameters.mirror else 1)
        gpu = parameters.device == "cuda" or (parameters.device == "auto" and shutil.which("nvidia-smi") is not None)
        return RunCost("GPU" if gpu else "CPU", seconds, _MEMORY_GIB + _MEMORY_PER_MEGAVOXEL_GIB * voxels)

    def statusSentence(self, parameters) -> tuple[str, str]:
        """Return text and level for the status line: what is missing, or what a run will cost."""
        if self.running:
            return _("Segmenting"), "busy"
        state = self.inputState(parameters)
        if state.level != "ready":
            return state.text, state.level
        cost = self.expectedCost(parameters)
        return f"{state.text} {cost.device}, ~{cost.seconds:.0f} s, {cost.memoryGiB:.1f} GB.", "ready"

    def apply(self, parameters) -> None:
        """Start a segmentation of the chosen images in a child process; `poll` takes its result.

        Raises
        ------
        SSAGliomaError
            If an input is missing or wrong, a package is missing and not installed, or a run is under way.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.labels import Sequence
        from SSASlicerLib import dependencies, jobs, processes

        if self.running:
            raise DatasetError("A segmentation is running already", remedy=_("Wait for it, or press Cancel"))
        state = self.inputState(parameters)
        if not state.canRun:
            raise DatasetError(state.text)
        dependencies.check_core_version()
        self.ensurePackages()
        package = self.modelPackage(parameters)
        nodes = {Sequence(FIELDS[field]): node for field, node in self.chosenNodes(parameters).items()}
        job = jobs.export_case(nodes, parent_folder=slicer.app.temporaryPath)
        arguments = job.arguments(
            model=str(package.folder),
            device=parameters.device,
            mirror=parameters.mirror,
            resample=parameters.resample,
            probabilities=True,
        )
        try:
            self._run = processes.BackgroundRun(processes.command_line(arguments))
        except BaseException:
            job.remove()
            raise
        self._job, self._order = job, RunOrder(parameters, self.gridNode(parameters), package.card)

    @staticmethod
    def ensurePackages(torch: bool = True) -> None:
        """Install what is missing, after asking the user; `torch` False for what needs no network.

        Raises
        ------
        DeviceError
            If something is missing and cannot be installed.
        """
        from SSASlicerLib import dependencies

        readiness = dependencies.check(torch=torch)
        if not readiness.ready:
            dependencies.install(readiness, torch=torch)

    def poll(self) -> RunStatus:
        """Ask the run how far it is; when it is done, take its result into the scene.

        Raises
        ------
        SSAGliomaError
            If the result cannot be read.
        """
        from SSASlicerLib import child_events

        if self._run is None:
            return RunStatus("idle")
        self._run.poll()
        end = self._run.end
        if end is None:
            progress = self._run.progress
            return RunStatus("running", progress.fraction, progress.message, self._run.seconds_left())
        run, job, order = self._run, self._job, self._order
        self._run = self._job = self._order = None
        self._lastLog = run.log.text()
        try:
            if isinstance(end, child_events.Cancelled):
                return RunStatus("cancelled", message=_("Cancelled. Nothing was changed."))
            if isinstance(end, child_events.Failure):
                return RunStatus("failed", message=str(end))
            self._lastValues = dict(end.values)
            self._take(order, job, run.elapsed_seconds)
            return RunStatus("done", 1.0, self._doneText(order.parameters))
        finally:
            if not order.parameters.keepFiles:
                job.remove()

    def cancel(self) -> None:
        """End the run's whole process tree at once; nothing in the scene is changed."""
        if self._run is not None:
            self._run.close()

    def segment(self, parameters, timeoutSeconds: float = 1800.0) -> RunStatus:
        """Segment and wait for the result, for scripts.

        Raises
        ------
        SSAGliomaError
            If the run fails.
        """
        from ssaglioma.errors import SSAGliomaError

        self.apply(parameters)
        limit = time.monotonic() + timeoutSeconds
        status = self.poll()
        while status.running and time.monotonic() < limit:
            slicer.app.processEvents()
            time.sleep(_WAIT_SECONDS)
            status = self.poll()
        if status.running:
            self.cancel()
            status = self.poll()
        if not status.done:
            raise SSAGliomaError(status.message, remedy=_("See the log in Advanced"))
        return status

    def logText(self) -> str:
        """Return the log of the run under way, or of the last one."""
        return self._run.log.text() if self._run is not None else self._lastLog

    def runReport(self, parameters) -> str:
        """Return versions, device, timings and the log, for a question to the developers; no node names."""
        import platform

        import ssaglioma

        facts = {
            "ssaglioma": ssaglioma.__version__,
            "Slicer": slicer.app.applicationVersion,
            "system": platform.platform(),
            "model": parameters.model,
            "device": parameters.device,
            "timings": self._lastValues.get("timings", {}),
            "peak memory (GiB)": self._lastValues.get("peak_memory_gib"),
        }
        return "\n".join(f"{key}: {value}" for key, value in facts.items()) + "\n\n" + self.logText()

    def runInfo(self, parameters) -> dict:
        """Return the facts of the run that made the shown result: model, version, seconds, warnings."""
        return json.loads(parameters.runInfo) if parameters.runInfo else {}

    def _take(self, order: RunOrder, job, seconds: float) -> None:
        from ssaglioma.errors import DatasetError
        from SSASlicerLib import jobs, segmentations, subject_hierarchy

        parameters, anchor, card = order.parameters, order.anchor, order.card
        if anchor.GetScene() is None:
            raise DatasetError(
                f"The image {anchor.GetName()!r} was removed during the run, so that its result has no place",
                remedy=_("Load the images again and press Apply"),
            )
        labels = jobs.read_result(job, anchor)
        probabilities = jobs.read_probabilities(job, anchor)
        node = parameters.output
        if node is None:
            name = subject_hierarchy.result_name(anchor, _("segmentation"))
            node = segmentations.segmentation_from_labelmap(labels, name, reference_node=anchor)
        else:
            segmentations.update_segmentation(node, labels, reference_node=anchor)
        node.GetDisplayNode().SetOpacity2DFill(_FILL_2D)
        copy = segmentations.segmentation_from_labelmap(labels, f"{node.GetName()} model", reference_node=anchor)
        copy.SetHideFromEditors(True)
        copy.GetDisplayNode().SetVisibility(False)
        for made in (node, copy):
            subject_hierarchy.place_beside(made, anchor)
        info = {
            "model": card.name,
            "version": card.version,
            "seconds": round(seconds, 1),
            "warnings": list(self._lastValues.get("warnings", [])),
        }
        images = self._probabilityNodes(node, anchor, probabilities)
        parameters.resultTable, parameters.comparisonTable, parameters.correction = None, None, None
        parameters.correctionStarted = 0.0
        parameters.result, parameters.prediction = node, copy
        parameters.probability, parameters.doubt = images
        parameters.coreProbability, parameters.enhancingProbability = (
            self._percentNode(node, anchor, region, probabilities) for region in ("TC", "ET")
        )
        parameters.runInfo = json.dumps(info)
        self._keepSpeed(order, seconds)
        self.updateMeasurements(parameters, probabilities)

    def _probabilityNodes(self, result, anchor, probabilities: dict):
        """Make an image of the tumor's probability, and one of the doubt 4 p (1 - p), the largest of all regions."""
        import numpy as np

        from SSASlicerLib import subject_hierarchy, volumes

        if not probabilities:
            return None, None
        whole = next(iter(probabilities.values()))
        doubt = np.max([4 * volume.array * (1 - volume.array) for volume in probabilities.values()], axis=0)
        nodes = []
        for kind, array in (("probability", whole.array), ("doubt", doubt)):
            node = volumes.node_from_volume(whole.with_array(array.astype(np.float32)), f"{result.GetName()} {kind}")
            node.SetAttribute("SSAGlioma.made", kind)
            display = node.GetDisplayNode()
            display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeWarm1")
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(0.0, 1.0)
            display.SetThreshold(0.05, 1.0)
            display.ApplyThresholdOn()
            subject_hierarchy.place_beside(node, anchor)
            nodes.append(node)
        return tuple(nodes)

    def _percentNode(self, result, anchor, region: str, probabilities: dict):
        """Keep the probability of a region as whole per cents, out of the user's sight: for the report."""
        import numpy as np

        from SSASlicerLib import subject_hierarchy, volumes

        if region not in probabilities:
            return None
        percent = np.rint(100 * probabilities[region].array).astype(np.uint8)
        node = volumes.node_from_volume(
            probabilities[region].with_array(percent), f"{result.GetName()} probability {region} %"
        )
        node.SetAttribute("SSAGlioma.made", "percent")
        node.SetHideFromEditors(True)
        subject_hierarchy.place_beside(node, anchor)
        return node

    def regionProbabilities(self, parameters) -> dict:
        """Return the probabilities (0..1) of the shown result by region, as far as the scene keeps them."""
        import numpy as np

        from SSASlicerLib.volumes import volume_from_node

        kept = {"WT": parameters.probability, "TC": parameters.coreProbability, "ET": parameters.enhancingProbability}
        volumes = {region: volume_from_node(node) for region, node in kept.items() if node is not None}
        return {
            region: volume if region == "WT" else volume.with_array(volume.array.astype(np.float32) / 100)
            for region, volume in volumes.items()
        }

    def _doneText(self, parameters) -> str:
        rows = {row.region: row.volume for row in self.resultRows(parameters)}
        text = _("Done in {seconds:.0f} s: tumor {wt}, enhancing {et}.").format(
            seconds=self.runInfo(parameters).get("seconds", 0.0), wt=rows.get("WT", "-"), et=rows.get("ET", "-")
        )
        return " ".join([text, *self.runInfo(parameters).get("warnings", [])])

    @staticmethod
    def _keepSpeed(order: RunOrder, seconds: float) -> None:
        voxels = order.anchor.GetImageData().GetNumberOfPoints() / _MEGAVOXEL
        speed = max(0.05, (seconds - _START_SECONDS) / voxels / (2 if order.parameters.mirror else 1))
        slicer.app.userSettings().setValue(_SPEED_KEY, f"{speed:.4f}")
