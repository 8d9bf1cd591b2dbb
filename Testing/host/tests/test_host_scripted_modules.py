"""Loading, opening, leaving and unloading a scripted module in Slicer's order."""

import sys

import pytest
import slicer

SOURCE = """
import slicer
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin

calls = []


class HostDemo(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        calls.append("module")
        parent.title = "Host Demo"
        parent.categories = ["Examples"]
        slicer.app.connect("startupCompleted()", lambda: calls.append("startup"))


class HostDemoWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        calls.append("widget")

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        calls.append("setup")
        self.logic = HostDemoLogic()
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onClosed)

    def onClosed(self, caller, event):
        calls.append("closed while open" if self.parent.isEntered else "closed")

    def enter(self):
        calls.append("enter")

    def exit(self):
        calls.append("exit")

    def cleanup(self):
        calls.append("cleanup")
        self.removeObservers()


class HostDemoLogic(ScriptedLoadableModuleLogic):
    pass


class HostDemoTest(ScriptedLoadableModuleTest):
    def runTest(self):
        calls.append("test")
"""


@pytest.fixture
def path(host, tmp_path):
    file = tmp_path / "HostDemo.py"
    file.write_text(SOURCE, encoding="utf-8")
    (tmp_path / "Resources").mkdir()
    before = list(sys.path)
    yield file
    if slicer.app.moduleManager().module("HostDemo") is not None:
        host.unload_module("HostDemo")
    sys.modules.pop("HostDemo", None)
    sys.path[:] = before


@pytest.fixture
def calls(path, host):
    host.load_module(path)
    return sys.modules["HostDemo"].calls


def test_module_startup_widget_and_setup_run_in_this_order(calls):
    assert calls == ["module", "startup", "widget", "setup"]


def test_the_loaded_module_is_registered_everywhere(calls, path):
    module = slicer.modules.hostdemo
    assert module is slicer.util.getModule("HostDemo")
    assert (module.name, module.title, module.path) == ("HostDemo", "Host Demo", str(path))
    assert module.widgetRepresentation().self() is slicer.modules.HostDemoWidget
    assert slicer.util.getModuleWidget("HostDemo") is slicer.modules.HostDemoWidget
    assert slicer.util.getModuleLogic("HostDemo") is slicer.modules.HostDemoWidget.logic
    assert slicer.util.modulePath("HostDemo") == str(path)
    assert slicer.modules.HostDemoWidget.resourcePath("UI/a.ui") == str(path.parent / "Resources" / "UI/a.ui")


def test_opening_another_module_leaves_the_first(calls, host):
    slicer.util.selectModule("HostDemo")
    assert slicer.modules.HostDemoWidget.parent.isEntered
    host.enter_module("HostDemo")
    host.leave_module()
    assert calls[4:] == ["enter", "exit", "enter", "exit"]
    assert not slicer.modules.HostDemoWidget.parent.isEntered


def test_a_closed_scene_reaches_the_widget(calls, host):
    slicer.mrmlScene.Clear(0)
    host.enter_module("HostDemo")
    slicer.mrmlScene.Clear(0)
    assert calls[4:] == ["closed", "enter", "closed while open"]


def test_unloading_cleans_up_once_and_leaves_no_observer(calls, host):
    host.unload_module("HostDemo")
    slicer.mrmlScene.Clear(0)
    assert calls.count("cleanup") == 1
    assert "closed" not in calls
    assert not hasattr(slicer.modules, "hostdemo")
    with pytest.raises(RuntimeError, match="HostDemo"):
        slicer.util.getModule("HostDemo")


def test_the_self_test_of_the_module_can_be_run(calls):
    slicer.selfTests["HostDemo"]()
    assert calls[-1] == "test"


def test_reloading_makes_a_new_widget_from_the_file(calls, path):
    first = slicer.modules.HostDemoWidget
    path.write_text(SOURCE.replace('"setup"', '"second setup"'), encoding="utf-8")
    first.onReload()
    assert slicer.modules.HostDemoWidget is not first
    assert calls[-1] == "cleanup"
    assert sys.modules["HostDemo"].calls == ["widget", "second setup"]


def test_an_error_in_setup_reaches_the_caller(path, host):
    path.write_text(SOURCE.replace("self.logic = HostDemoLogic()", "raise RuntimeError('no panel')"), encoding="utf-8")
    with pytest.raises(RuntimeError, match="no panel"):
        host.load_module(path)


def test_a_missing_file_is_named(host, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Nothing\.py"):
        host.load_module(tmp_path / "Nothing.py")


def test_a_property_that_modules_do_not_have_is_refused(calls):
    with pytest.raises(AttributeError, match="colour"):
        slicer.modules.hostdemo.colour = "red"


def test_the_parameter_node_is_one_per_scene_and_survives_closing(calls):
    logic = slicer.modules.HostDemoWidget.logic
    node = logic.getParameterNode()
    assert logic.getParameterNode() is node
    assert node.GetAttribute("ModuleName") == "HostDemo"
    slicer.mrmlScene.Clear(0)
    again = logic.getParameterNode()
    assert again.GetAttribute("ModuleName") == "HostDemo"
    assert len(logic.getAllParameterNodes()) == 1


def test_several_parameter_nodes_are_possible(calls):
    logic = slicer.modules.HostDemoWidget.logic
    logic.isSingletonParameterNode = False
    first, second = logic.getParameterNode(), slicer.mrmlScene.AddNode(logic.createParameterNode())
    assert logic.getParameterNode() is first
    assert logic.getAllParameterNodes() == [first, second]
