"""SSAGliomaSeg: segment a glioma on T1, T1Gd, T2 and FLAIR, read, compare and correct the result."""

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin
from SSAGliomaSegLib.batch import BatchLogic
from SSAGliomaSegLib.compare import CompareLogic
from SSAGliomaSegLib.correct import CorrectLogic
from SSAGliomaSegLib.cost import CostLogic
from SSAGliomaSegLib.doubt import DoubtLogic
from SSAGliomaSegLib.export import ExportLogic
from SSAGliomaSegLib.inputs import InputsLogic
from SSAGliomaSegLib.intake import IntakeLogic
from SSAGliomaSegLib.models import ModelsLogic
from SSAGliomaSegLib.parameters import SSAGliomaSegParameterNode
from SSAGliomaSegLib.preview import PreviewLogic
from SSAGliomaSegLib.reading import ReadingLogic
from SSAGliomaSegLib.results import ResultsLogic
from SSAGliomaSegLib.run import RunLogic

#
# SSAGliomaSeg
#


class SSAGliomaSeg(ScriptedLoadableModule):
    """Registers the module with Slicer."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("SSAGlioma Segmentation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["SSACore", "Segmentations", "SegmentEditor", "Markups"]
        parent.contributors = ["The SSAGlioma developers"]
        parent.helpText = _(
            "Segments necrosis, edema and enhancing tumor of adult gliomas on T1, T1Gd, T2 and FLAIR, "
            "on a computer without a GPU. Research use only."
        )
        parent.acknowledgementText = _(
            "Network: nnU-Net's plan (Isensee et al. 2021). Labels: BraTS 2023. License: Apache-2.0."
        )
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the sample case that ships with the extension in Slicer's Sample Data module."""
    from SSAGliomaSegLib.sample import registerSampleCase

    registerSampleCase()


#
# SSAGliomaSegWidget
#


class SSAGliomaSegWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel; everything that lasts is in the parameter node."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameters = None
        self.sections = []
        self._connections = None
        self._message = ("", "", None)

    def setup(self) -> None:
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        panel = slicer.util.loadUI(self.resourcePath("UI/SSAGliomaSeg.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = SSAGliomaSegLogic()
        from SSAGliomaSegLib.panels import makeSections

        self.sections = makeSections(self.ui, self.logic, self)
        for section in self.sections:
            section.connect()
        scene = slicer.mrmlScene
        self.addObserver(scene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.initializeParameterNode()
        self._checkInstallation()

    def _checkInstallation(self) -> None:
        """Say so when another copy of the core shadows the extension's, and register our terminology."""
        from SSASlicerLib import dependencies, terminology

        terminology.load_terminology()
        with self.sections[0].guarded():
            dependencies.check_core_version()

    def cleanup(self) -> None:
        """Stop what runs and let go of the scene, when the module is destroyed."""
        if self.logic is not None:
            self.logic.stopAll()
        for section in self.sections:
            section.stop()
        self.setParameters(None)
        self.removeObservers()

    def enter(self) -> None:
        """Make sure that there is a parameter node, each time the module is opened."""
        for section in self.sections:
            section.enter()
        self.initializeParameterNode()

    def exit(self) -> None:
        """Let go of the parameter node and of editing effects, each time another module is opened."""
        for section in self.sections:
            section.leave()
        if self.parameters is not None and self._connections is not None:
            self.parameters.disconnectGui(self._connections)
            self._connections = None
            self.removeObserver(self.parameters, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)

    def onSceneStartClose(self, _caller, _event) -> None:
        """Cancel the run and forget the parameters before the scene goes."""
        self.logic.stopAll()
        self.setParameters(None)

    def onSceneEndClose(self, _caller, _event) -> None:
        """Begin anew after the scene was closed."""
        self.clearMessage()
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneEndImport(self, _caller, _event) -> None:
        """Take over the parameters of a scene that was loaded."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Use the scene's parameter node, and make a first guess of the images where none is chosen."""
        self.setParameters(self.logic.getParameterNode())
        if not self.logic.chosenNodes(self.parameters):
            self.logic.guessInputs(self.parameters)
        self.refresh()

    def setParameters(self, parameters) -> None:
        """Tie the panel to a parameter node, or to none."""
        if self.parameters is not None and self._connections is not None:
            self.parameters.disconnectGui(self._connections)
            self.removeObserver(self.parameters, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        self.parameters, self._connections = parameters, None
        if parameters is not None:
            self._connections = parameters.connectGui(self.ui)
            self.addObserver(parameters, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)

    def onParametersModified(self, _caller=None, _event=None) -> None:
        """Bring the panel up to date after a change of parameters."""
        self.refresh()

    def onResult(self) -> None:
        """Open the results after a run."""
        self.ui.resultsButton.collapsed = False

    def say(self, text: str, level: str = "ready") -> None:
        """Show a message in the status line until the next one, or until the images or the model change.

        level: 'ready', 'warning', 'error' or 'busy'.
        """
        self._message = (text, level, self._choice())
        self.showStatus()
        slicer.app.processEvents()

    def clearMessage(self) -> None:
        """Go back to the state of the inputs in the status line."""
        self._message = ("", "", None)
        self.showStatus()

    def _choice(self):
        """Return what the user has chosen for a run; a message that was shown before it changed is outdated."""
        if self.parameters is None:
            return None
        nodes = self.logic.chosenNodes(self.parameters)
        state = self.logic.inputState(self.parameters)
        return ({field: node.GetID() for field, node in nodes.items()}, self.parameters.model, state.text)

    def showStatus(self) -> None:
        """Show the last message, or else the state of the inputs."""
        text, level, choice = self._message
        if text and self.parameters is not None and choice != self._choice():
            self._message = text, level, _choice = ("", "", None)
        if not text and self.parameters is not None:
            text, level = self.logic.statusSentence(self.parameters)
        colors = {"ready": "#2e9e4f", "warning": "#d99000", "error": "#d03030", "busy": "#3070c0"}
        self.ui.statusDot.text = f'<span style="color:{colors.get(level, "#808080")}">●</span>'
        self.ui.statusLabel.text = text

    def refresh(self) -> None:
        """Bring all sections and the status line up to date."""
        for section in self.sections:
            section.update()
        self.showStatus()


#
# SSAGliomaSegLogic
#


class SSAGliomaSegLogic(
    InputsLogic,
    IntakeLogic,
    ModelsLogic,
    CostLogic,
    PreviewLogic,
    RunLogic,
    DoubtLogic,
    ReadingLogic,
    ResultsLogic,
    CompareLogic,
    CorrectLogic,
    BatchLogic,
    ExportLogic,
    ScriptedLoadableModuleLogic,
):
    """Everything that the panel can do, for scripts too.

    >>> logic = SSAGliomaSegLogic()
    >>> parameters = logic.getParameterNode()
    >>> logic.fillFromFolder(parameters, "/data/case-001")
    >>> logic.segment(parameters)  # waits for the result
    >>> [row.volume for row in logic.resultRows(parameters)]
    """

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        PreviewLogic.__init__(self)
        RunLogic.__init__(self)
        BatchLogic.__init__(self)

    def getParameterNode(self):
        """Return the wrapped parameter node of the scene."""
        return SSAGliomaSegParameterNode(super().getParameterNode())

    def guessInputs(self, parameters) -> None:
        """Fill empty slots from the loaded volumes if their names tell; otherwise leave them empty."""
        guesses = self.guessSequences(self._imageNodes())
        for field, (node, _guess) in guesses.items():
            setattr(parameters, field, node)

    def stopAll(self) -> None:
        """End every child process of this module, and forget their runs."""
        self.cancel()
        self.poll()
        self.cancelBatch()
        self.pollBatch()


#
# SSAGliomaSegTest
#


class SSAGliomaSegTest(ScriptedLoadableModuleTest):
    """Self test, as Slicer's developers run it: 'Reload and Test'."""

    def setUp(self):
        """Clear the scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all tests."""
        self.setUp()
        self.test_sample_case_is_segmented_and_compared()

    def test_sample_case_is_segmented_and_compared(self):
        """Segment the sample case in a child process and score it against its reference."""
        from SSAGliomaSegLib.sample import loadSampleCase

        self.delayDisplay("Loading the sample case")
        logic = SSAGliomaSegLogic()
        parameters = logic.getParameterNode()
        reference = loadSampleCase(logic, parameters)
        self.delayDisplay("Segmenting")
        logic.segment(parameters)
        parameters.reference = reference
        scores = logic.compare(parameters)
        self.assertGreater(scores["WT"]["dice"], 0.6)
        names = [parameters.result.GetSegmentation().GetNthSegment(i).GetName() for i in range(3)]
        self.assertEqual(sorted(names), ["ED", "ET", "NCR"])
        self.delayDisplay("Test passed")
