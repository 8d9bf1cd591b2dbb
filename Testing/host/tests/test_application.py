"""The stand-in application: one per process, real logics, nothing of the user's settings."""

import os
from pathlib import Path

import numpy as np
import pytest
import slicer


def test_the_host_boots_once(host):
    import slicerhost

    assert slicerhost.boot() is host
    assert slicer.mrmlScene is host.scene is slicer.app.mrmlScene()


def test_the_logics_of_the_wheel_are_the_logics_of_the_modules(host):
    names = {"volumes", "segmentations", "terminologies", "subjecthierarchy", "markups", "plots", "tables", "colors"}
    for name in names:
        logic = getattr(slicer.modules, name).logic()
        assert logic.GetMRMLScene() is slicer.mrmlScene
    assert slicer.util.getModuleLogic("Volumes") is slicer.modules.volumes.logic()
    assert slicer.app.applicationLogic().GetModuleLogic("Segmentations") is slicer.modules.segmentations.logic()


def test_an_unknown_module_is_refused_as_in_slicer(host):
    with pytest.raises(RuntimeError, match="NoSuchModule"):
        slicer.util.getModule("NoSuchModule")


def test_default_colors_are_there(host):
    assert slicer.mrmlScene.GetNodeByID("vtkMRMLColorTableNodeGrey") is not None
    assert slicer.mrmlScene.GetNodeByID("vtkMRMLColorTableNodeFileGenericColors.txt").GetNumberOfColors() == 256


def test_an_attribute_that_the_application_lacks_is_an_error(host):
    with pytest.raises(AttributeError, match="noSuchThing"):
        slicer.app.noSuchThing  # noqa: B018


def test_the_version_is_the_wheels(host):
    version = f"{slicer.app.majorVersion}.{slicer.app.minorVersion}."
    assert slicer.app.applicationVersion.startswith(version)


def test_settings_stay_in_the_hosts_own_folder(host):
    slicer.app.settings().setValue("SSAGlioma/answer", "42")
    slicer.app.settings().sync()
    assert slicer.util.settingsValue("SSAGlioma/answer", 0, converter=int) == 42
    written = [path for path in (host.folder / "settings").rglob("*.ini") if "answer" in path.read_text()]
    assert len(written) == 1


def test_a_reset_forgets_scene_settings_and_messages(host):
    slicer.util.addVolumeFromArray(np.zeros((2, 3, 4)))
    slicer.util.infoDisplay("hello")
    slicer.app.settings().setValue("key", "value")
    host.reset()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    assert not host.messages.all
    assert not slicer.app.settings().contains("key")


def test_temporary_folders_are_made_under_the_host(host):
    folder = Path(slicer.util.tempDirectory())
    assert folder.is_dir()
    assert host.folder in folder.parents


def test_restart_and_exit_are_recorded_not_done(host):
    before = slicer.app.restarts
    slicer.util.restart()
    slicer.util.exit(3)
    assert slicer.app.restarts == before + 1
    assert slicer.app.exit_code == 3


def test_the_main_window_is_found_and_keeps_status_messages(host):
    window = slicer.util.mainWindow()
    assert window is not None
    slicer.util.showStatusMessage("half done")
    assert window.statusBar().messages[-1] == "half done"


def test_no_display_is_used(host):
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    import qt

    assert qt.QApplication.instance() is not None


def test_terminology_codes_of_a_glioma_are_known(host):
    logic = slicer.modules.terminologies.logic()
    category, kind = slicer.vtkSlicerTerminologyCategory(), slicer.vtkSlicerTerminologyType()
    name = "Segmentation category and type - DICOM master list"
    meanings = {}
    for index in range(logic.GetNumberOfCategoriesInTerminology(name)):
        logic.GetNthCategoryInTerminology(name, index, category)
        for place in range(logic.GetNumberOfTypesInTerminologyCategory(name, category)):
            logic.GetNthTypeInTerminologyCategory(name, category, place, kind)
            meanings[kind.GetCodeValue()] = kind.GetCodeMeaning()
    assert meanings["79654002"] == "Edema"
    assert meanings["6574001"] == "Necrosis"
