"""Public modules, unmodified, on the host: Slicer's template and three extensions.

Their sources are not part of this repository. SLICERHOST_PUBLIC_MODULES names a folder with one subfolder for each
repository: Slicer (Utilities/Templates/Modules/Scripted), SlicerTotalSegmentator, SlicerMONAIAuto3DSeg, SlicerNNUnet.
"""

import os
import shutil
import sys
import unittest
from pathlib import Path

import numpy as np
import pytest
import slicer

VARIABLE = "SLICERHOST_PUBLIC_MODULES"
TEMPLATE = "Slicer/Utilities/Templates/Modules/Scripted"


def source_folder(relative):
    """Return a folder of the public sources, or skip."""
    if VARIABLE not in os.environ:
        pytest.skip(f"{VARIABLE} is not set: the public modules' sources are not part of this repository")
    folder = Path(os.environ[VARIABLE]) / relative
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture
def load(host):
    """A function that loads a module file; everything that it brings is forgotten afterwards."""
    paths, modules, loaded = list(sys.path), set(sys.modules), []

    def loader(path):
        loaded.append(path.stem)
        return host.load_module(path, enter=True)

    yield loader
    for name in loaded:
        host.unload_module(name)
    sys.path[:] = paths
    local = {Path(path).parent for path in sys.path}
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if Path(file).parent not in local and "site-packages" not in file and name in loaded:
            del sys.modules[name]


@pytest.fixture
def volume(host):
    array = np.zeros((20, 24, 28), dtype=np.int16)
    array[5:15, 6:18, 7:21] = 200
    array[8:12, 10:14, 11:17] = 400
    return slicer.util.addVolumeFromArray(array, name="CT")


@pytest.fixture
def template_file(tmp_path):
    """The template, its key replaced in contents and names, as Slicer's ExtensionWizard does."""
    target = tmp_path / "MyFilter"
    shutil.copytree(source_folder(TEMPLATE), target)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.suffix in (".py", ".ui", ".txt"):
            path.write_text(path.read_text(encoding="utf-8").replace("TemplateKey", "MyFilter"), encoding="utf-8")
        if "TemplateKey" in path.name:
            path.rename(path.with_name(path.name.replace("TemplateKey", "MyFilter")))
    return target / "MyFilter.py"


def test_the_template_builds_its_panel_and_filters_a_volume(load, volume, template_file, host):
    widget = load(template_file)
    assert widget.ui.inputSelector.currentNode() is volume
    assert not widget.ui.applyButton.enabled
    output = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "filtered")
    widget.ui.outputSelector.setCurrentNode(output)
    widget.ui.imageThresholdSliderWidget.value = 300
    assert widget.ui.applyButton.enabled
    widget.ui.applyButton.click()
    assert host.messages.texts("error") == []
    expected = np.where(slicer.util.arrayFromVolume(volume) >= 300, 400, 0)
    assert np.array_equal(slicer.util.arrayFromVolume(output), expected)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLCommandLineModuleNode") == 0


def test_the_template_fills_its_second_output_with_the_inverse(load, volume, template_file):
    widget = load(template_file)
    first = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    second = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    widget.ui.outputSelector.setCurrentNode(first)
    widget.ui.invertedOutputSelector.setCurrentNode(second)
    widget.ui.imageThresholdSliderWidget.value = 300
    widget.ui.applyButton.click()
    both = slicer.util.arrayFromVolume(first) + slicer.util.arrayFromVolume(second)
    assert np.array_equal(both, slicer.util.arrayFromVolume(volume))


def test_the_template_restores_its_panel_from_a_saved_scene(load, volume, template_file, tmp_path):
    widget = load(template_file)
    widget.ui.imageThresholdSliderWidget.value = 123
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    assert widget.ui.imageThresholdSliderWidget.value == 100
    slicer.util.loadScene(path)
    assert widget.ui.imageThresholdSliderWidget.value == 123
    assert widget.ui.inputSelector.currentNode().GetName() == "CT"


def test_the_templates_own_test_passes_on_a_local_sample(load, template_file, tmp_path, host):
    import SampleData

    load(template_file)
    array = np.linspace(0, 695, 4 * 5 * 6).astype(np.int16).reshape(4, 5, 6)
    array.flat[60] = 100
    node = slicer.util.addVolumeFromArray(array)
    slicer.util.saveNode(node, str(tmp_path / "sample.nrrd"))
    source = next(s for s in slicer.modules.sampleDataSources["MyFilter"] if s.sampleName.endswith("1"))
    with pytest.raises(RuntimeError, match="local copy"):
        SampleData.downloadSample(source.sampleName)
    SampleData.local_copies[source.fileNames[0]] = tmp_path / "sample.nrrd"
    # the published file's checksum cannot be met by a local substitute
    source.checksums = [None]
    slicer.selfTests["MyFilter"](msec=10)
    assert host.messages.texts("delay")[-1] == "Test passed"


def test_totalsegmentator_builds_its_panel_and_keeps_its_parameters(load, volume):
    folder = source_folder("SlicerTotalSegmentator/TotalSegmentator")
    widget = load(folder / "TotalSegmentator.py")
    assert widget.ui.taskComboBox.count == len(widget.logic.tasks) > 20
    assert widget.ui.applyButton.enabled
    widget.ui.fastRadioButton.checked = True
    node = widget.logic.getParameterNode()
    assert node.GetNodeReference("InputVolume") is volume
    assert node.GetParameter("Quality") == "fast"
    node.SetParameter("CPU", "true")
    assert widget.ui.cpuCheckBox.checked
    slicer.mrmlScene.Clear(0)
    assert not widget.ui.applyButton.enabled


def test_totalsegmentator_loads_its_terminology_and_tells_of_a_failed_installation(load, volume, host, monkeypatch):
    from slicer import packaging

    folder = source_folder("SlicerTotalSegmentator/TotalSegmentator")
    widget = load(folder / "TotalSegmentator.py")
    assert slicer.modules.TotalSegmentatorInstance.terminologyName.endswith("Total Segmentator")
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    widget.ui.applyButton.click()
    assert len(host.messages.texts("error")) == 1
    assert "PyTorch" in host.messages.texts("error")[0]
    # it asks for its small packages before it looks for PyTorch; the large one is not reached
    wanted = {name for request in packaging.requests for name in request.requirements}
    assert "pandas" in wanted
    assert not any("totalsegmentator" in name.lower() for name in wanted)


def test_monai_auto3dseg_builds_its_panel_and_filters_its_models(load, volume):
    pytest.importorskip("requests", reason="requests, which Slicer brings and the module imports, is not installed")
    folder = source_folder("SlicerMONAIAuto3DSeg/MONAIAuto3DSeg")
    widget = load(folder / "MONAIAuto3DSeg.py")
    everything = widget.ui.modelComboBox.count
    assert everything > 5
    widget.ui.modelSearchBox.text = "brain"
    assert 0 < widget.ui.modelComboBox.count < everything
    assert widget.logic.getParameterNode().GetParameter("ModelSearchText") == "brain"
    assert len(slicer.modules.sampleDataSources["MONAIAuto3DSeg"]) == 8


@pytest.fixture
def nnunet(load, tmp_path):
    import SampleData

    folder = source_folder("SlicerNNUnet/SlicerNNUnet")
    source = slicer.util.addVolumeFromArray(np.zeros((4, 4, 4), dtype=np.int16))
    slicer.util.saveNode(source, str(tmp_path / "surgery.nrrd"))
    slicer.mrmlScene.RemoveNode(source)
    for name in ("PreDentalSurgery.gipl.gz", "PostDentalSurgery.gipl.gz"):
        SampleData.local_copies[name] = tmp_path / "surgery.nrrd"
    return load(folder / "SlicerNNUNet.py"), folder


def test_nnunet_builds_its_panel_and_ties_its_parameter_pack(nnunet, volume):
    widget, _folder = nnunet
    panel = widget.layout.itemAt(0).widget()
    panel.ui.inputSelector.setCurrentNode(volume)
    assert panel.ui.applyButton.isEnabled()
    panel.ui.stepSizeSlider.value = 0.25
    panel.ui.nnUNetModelPathEdit.setCurrentPath("/models")
    assert panel._parameterNode.parameter.stepSize == 0.25
    assert panel._parameterNode.parameter.modelPath == Path("/models")


def test_nnunets_own_tests_pass(nnunet, host, monkeypatch):
    _widget, folder = nnunet
    monkeypatch.syspath_prepend(str(folder))
    # nnU-Net itself is not installed: its program is only looked for, never run, by these tests
    logic = sys.modules["SlicerNNUNetLib.SegmentationLogic"].SegmentationLogic
    monkeypatch.setattr(logic, "_findUNetPredictPath", staticmethod(lambda: Path("nnUNetv2_predict")))
    # its tests import themselves as `Testing`, a name that this repository's own folder has too
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "Testing"}
    try:
        names = ["Testing.SegmentationLogicTestCase", "Testing.WidgetTestCase", "Testing.InstallLogicTestCase"]
        suite = unittest.defaultTestLoader.loadTestsFromNames(names)
        result = unittest.TestResult()
        suite.run(result)
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "Testing"]:
            del sys.modules[name]
        sys.modules.update(before)
    problems = [text for _test, text in result.failures + result.errors]
    assert problems == []
    assert result.testsRun >= 15
