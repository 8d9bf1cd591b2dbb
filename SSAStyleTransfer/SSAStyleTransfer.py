"""SSAStyleTransfer: see domain shift live, lend images another scanner's look, train models, learn from lessons."""

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
from SSAStyleTransferLib.applying import ApplyingLogic
from SSAStyleTransferLib.bank import BankLogic
from SSAStyleTransferLib.charts import ChartsLogic
from SSAStyleTransferLib.content import ContentLogic
from SSAStyleTransferLib.exporting import ExportingLogic
from SSAStyleTransferLib.guarding import GuardingLogic
from SSAStyleTransferLib.lessons import LessonsLogic
from SSAStyleTransferLib.methods import MethodsLogic
from SSAStyleTransferLib.parameters import SSAStyleTransferParameterNode
from SSAStyleTransferLib.picture import PictureLogic
from SSAStyleTransferLib.scanner import ScannerLogic
from SSAStyleTransferLib.seeing import SeeingLogic
from SSAStyleTransferLib.thumbnails import ThumbnailsLogic
from SSAStyleTransferLib.training import TrainingLogic
from SSAStyleTransferLib.views import ViewsLogic

#
# SSAStyleTransfer
#


class SSAStyleTransfer(ScriptedLoadableModule):
    """Registers the module with Slicer."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("SSAGlioma Style Transfer")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["SSACore", "Segmentations", "Plots"]
        parent.contributors = ["The SSAGlioma developers"]
        parent.helpText = _(
            "Shows what another scanner does to an image and to the model that reads it: style transfer and a scanner "
            "simulator live on a slice, with an anatomy guard; training of models; lessons. Research and teaching only."
        )
        parent.acknowledgementText = _(
            "Methods: Nyul et al. 2000; Gatys et al. 2016; Huang and Belongie 2017; Luo et al. 2020; Yang and Soatto "
            "2020; Chandran et al. 2021. License: Apache-2.0."
        )
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the synthetic cases that ship with the extension in Slicer's Sample Data module."""
    from SSASlicerLib.samples import register_sample_cases

    register_sample_cases()


#
# SSAStyleTransferWidget
#


class SSAStyleTransferWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel; everything that lasts is in the parameter node."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameters = None
        self.sections = []
        self.statusLine = None
        self._connections = None

    def setup(self) -> None:
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        panel = slicer.util.loadUI(self.resourcePath("UI/SSAStyleTransfer.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = SSAStyleTransferLogic()
        from SSAStyleTransferLib.panels import makeSections
        from SSAStyleTransferLib.panels.status import StatusLine

        self.statusLine = StatusLine(self.ui, self.logic, self)
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
        self.initializeParameterNode()

    def exit(self) -> None:
        """Let go of the parameter node and of the views, each time another module is opened."""
        for section in self.sections:
            section.leave()
        if self.parameters is not None and self._connections is not None:
            self.parameters.disconnectGui(self._connections)
            self._connections = None
            self.removeObserver(self.parameters, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)

    def onSceneStartClose(self, _caller, _event) -> None:
        """Stop what runs and forget the parameters before the scene goes."""
        self.logic.stopAll()
        for section in self.sections:
            section.leave()
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
        parameters = self.logic.getParameterNode()
        self.logic.prepareParameters(parameters)
        self.setParameters(parameters)
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

    def say(self, text: str, level: str = "ready") -> None:
        """Show a message in the status line; see `StatusLine`."""
        self.statusLine.say(text, level)

    def clearMessage(self) -> None:
        """Go back to the state of the inputs in the status line."""
        self.statusLine.clear()

    def showStatus(self) -> None:
        """Show the last message, or else the state of the inputs."""
        self.statusLine.show()

    def startPolling(self) -> None:
        """Let the panel follow the child process that was started."""
        for section in self.sections:
            section.followWork()

    def refresh(self) -> None:
        """Bring all parts and the status line up to date."""
        for section in self.sections:
            section.update()
        self.showStatus()


#
# SSAStyleTransferLogic
#


class SSAStyleTransferLogic(
    ContentLogic,
    BankLogic,
    ThumbnailsLogic,
    MethodsLogic,
    ScannerLogic,
    PictureLogic,
    ViewsLogic,
    GuardingLogic,
    SeeingLogic,
    ChartsLogic,
    ApplyingLogic,
    ExportingLogic,
    LessonsLogic,
    TrainingLogic,
    ScriptedLoadableModuleLogic,
):
    """Everything that the Preview, Scanner and Lessons tabs can do, for scripts too.

    >>> logic = SSAStyleTransferLogic()
    >>> parameters = logic.getParameterNode()
    >>> logic.prepareParameters(parameters)  # chooses among the loaded volumes
    >>> logic.updatePicture(parameters)  # the slice that is shown
    >>> logic.applyToVolume(parameters, wait=True)
    """

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        BankLogic.__init__(self)
        PictureLogic.__init__(self)
        GuardingLogic.__init__(self)
        SeeingLogic.__init__(self)
        ApplyingLogic.__init__(self)
        LessonsLogic.__init__(self)
        TrainingLogic.__init__(self)

    def getParameterNode(self):
        """Return the wrapped parameter node of the scene."""
        return SSAStyleTransferParameterNode(super().getParameterNode())

    def prepareParameters(self, parameters) -> None:
        """Fill what is empty: contrasts and content by the names of loaded volumes, a style, the scanner's knobs."""
        self.fillContrasts(parameters, onlyEmpty=True)
        if not parameters.bankStyle:
            parameters.bankStyle = self.bankEntries()[0].key
        if not parameters.scanPreset:
            self.setPreset(parameters, self.presetNames()[1])

    def stopAll(self) -> None:
        """End every child process but a training, which goes on by itself, and forget what they were for."""
        self.stopPicture()
        self.stopLooking()
        self.cancelApply()
        self.cancelCheck()


#
# SSAStyleTransferTest
#


class SSAStyleTransferTest(ScriptedLoadableModuleTest):
    """Self test, as Slicer's developers run it: 'Reload and Test'."""

    def setUp(self):
        """Clear the scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all tests."""
        self.setUp()
        self.test_sample_case_is_stylised_and_judged()

    def test_sample_case_is_stylised_and_judged(self):
        """Show the sample case in a simulated style, and let the guard judge a harmless and a harmful change."""
        from SSAStyleTransferLib.sample import loadSampleCase

        self.delayDisplay("Loading the sample case")
        logic = SSAStyleTransferLogic()
        parameters = logic.getParameterNode()
        loadSampleCase(logic, parameters)
        logic.prepareParameters(parameters)
        logic.showViews(parameters)
        logic.goToSlice(parameters, logic.tumorSliceOf(parameters))
        self.delayDisplay("Histogram matching")
        self.assertTrue(logic.updatePicture(parameters).ready)
        self.assertTrue(logic.examinePicture(parameters).passed)
        self.delayDisplay("A scanner with slices of 10 mm")
        parameters.method = "scanner"
        logic.switchAllOff(parameters)
        parameters.scanSlices, parameters.scanThickness = True, 10.0
        self.assertTrue(logic.updatePicture(parameters).ready)
        self.assertFalse(logic.examinePicture(parameters).passed)
        self.delayDisplay("Test passed")
