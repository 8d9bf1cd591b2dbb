"""Running a segmentation in a child process, and taking its result into the scene."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.inputs import FIELDS
from SSAGliomaSegLib.run_status import RunStatus

_WAIT_SECONDS = 0.05
_FILL_2D = 0.45


@dataclass(frozen=True)
class RunOrder:
    """What a run was started with; the user may choose other things while it works.

    Attributes
    ----------
    parameters : SSAGliomaSegParameterNode
    anchor : vtkMRMLScalarVolumeNode
        The image on whose grid the result lies.
    card : ModelCard
    nodes : dict
        The images by parameter name.
    """

    parameters: object
    anchor: object
    card: object
    nodes: dict


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

    def statusSentence(self, parameters) -> tuple[str, str]:
        """Return text and level for the status line: what is missing, or what a run will cost."""
        if self.running and self.previewNode is not None:
            return _("Preview: a first, coarse look, not the result. The result takes its place."), "busy"
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
        package = self.modelPackage(parameters)
        self.ensurePackages(torch=self.needsTorch(parameters))
        chosen = self.chosenNodes(parameters)
        nodes = {Sequence(FIELDS[field]): node for field, node in chosen.items()}
        job = jobs.export_case(nodes, parent_folder=slicer.app.temporaryPath)
        arguments = job.arguments(
            model=str(package.folder),
            device=parameters.device,
            mirror=parameters.mirror,
            resample=parameters.resample,
            probabilities=True,
            prepare=parameters.prepare,
            keep_prepared=parameters.loadAligned,
            preview=True,
        )
        try:
            self._run = processes.BackgroundRun(processes.command_line(arguments))
        except BaseException:
            job.remove()
            raise
        self._job, self._order = job, RunOrder(parameters, self.gridNode(parameters), package.card, chosen)

    def needsTorch(self, parameters) -> bool:
        """Tell whether the choices ask for PyTorch: an NVIDIA GPU, or a model that no other engine runs."""
        from ssaglioma.packages.onnx_export import has_graph

        return parameters.device == "cuda" or not has_graph(self.modelPackage(parameters))

    @staticmethod
    def ensurePackages(torch: bool = False) -> None:
        """Install what is missing, after asking the user; `torch` True for an NVIDIA GPU or a model that needs it.

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
        """Ask the run how far it is; show its preview; when it is done, take its result into the scene.

        Raises
        ------
        SSAGliomaError
            If the result cannot be read.
        """
        from SSASlicerLib import child_events

        if self._run is None:
            return RunStatus("idle")
        events = self._run.poll()
        end = self._run.end
        if end is None:
            if any(isinstance(event, child_events.Preview) for event in events):
                self._tryPreview()
            progress = self._run.progress
            return RunStatus("running", progress.fraction, progress.message, self._run.seconds_left())
        run, job, order = self._run, self._job, self._order
        self._run = self._job = self._order = None
        self._lastLog = run.log.text()
        try:
            if isinstance(end, child_events.Cancelled):
                return RunStatus("cancelled", message=_("Cancelled. Nothing was changed."))
            if isinstance(end, child_events.Failure):
                return RunStatus("failed", message=self.inWords(str(end)))
            self._lastValues = dict(end.values)
            self._take(order, job, run.elapsed_seconds)
            quality = self.quality(order.parameters)
            level = "ready" if quality is None or quality.light == "green" else "warning"
            return RunStatus("done", 1.0, self._doneText(order.parameters), level=level)
        finally:
            self.dropPreview()
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

    def _tryPreview(self) -> None:
        """Show the preview; one that cannot be shown is no reason to end the run, whose end tells what is wrong."""
        from ssaglioma.errors import SSAGliomaError

        try:
            self.showPreview(self._order, self._job)
        except SSAGliomaError as error:
            self._run.log.add(f"The preview is not shown: {error}")

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
        self.keepIntake(order, job, self._lastValues, info)
        images = self._probabilityNodes(node, anchor, probabilities)
        parameters.resultTable, parameters.comparisonTable, parameters.correction = None, None, None
        parameters.correctionStarted = 0.0
        parameters.result, parameters.prediction = node, copy
        parameters.probability, parameters.doubt = images
        parameters.coreProbability, parameters.enhancingProbability = (
            self._percentNode(node, anchor, region, probabilities) for region in ("TC", "ET")
        )
        parameters.runInfo = json.dumps(info)
        self.keepSpeed(order, seconds, self._lastValues)
        self.updateMeasurements(parameters, probabilities)

    def _doneText(self, parameters) -> str:
        rows = {row.region: row.volume for row in self.resultRows(parameters)}
        text = _("Done in {seconds:.0f} s: tumor {wt}, enhancing {et}.").format(
            seconds=self.runInfo(parameters).get("seconds", 0.0), wt=rows.get("WT", "-"), et=rows.get("ET", "-")
        )
        quality = self.quality(parameters)
        light = [] if quality is None or quality.light == "green" else [quality.meaning]
        return " ".join([text, *light, *self.warningTexts(parameters)])
