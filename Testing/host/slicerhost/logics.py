"""The scene, the application logic and the logics of the modules, wired as Slicer's application wires them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from .share_files import TERMINOLOGY_FOLDER, write_share_files

# module name -> (title, class of its logic)
MODULE_LOGICS = {
    "Colors": ("Colors", "vtkSlicerColorLogic"),
    "Units": ("Units", "vtkSlicerUnitsLogic"),
    "Terminologies": ("Terminologies", "vtkSlicerTerminologiesModuleLogic"),
    "SubjectHierarchy": ("Subject Hierarchy", "vtkSlicerSubjectHierarchyModuleLogic"),
    "Annotations": ("Annotations", "vtkSlicerAnnotationModuleLogic"),
    "Cameras": ("Cameras", "vtkSlicerCamerasModuleLogic"),
    "CropVolume": ("Crop Volume", "vtkSlicerCropVolumeLogic"),
    "Data": ("Data", "vtkSlicerDataModuleLogic"),
    "Markups": ("Markups", "vtkSlicerMarkupsLogic"),
    "Models": ("Models", "vtkSlicerModelsLogic"),
    "Plots": ("Plots", "vtkSlicerPlotsLogic"),
    "Reformat": ("Reformat", "vtkSlicerReformatLogic"),
    "SceneViews": ("Scene Views", "vtkSlicerSceneViewsModuleLogic"),
    "Segmentations": ("Segmentations", "vtkSlicerSegmentationsModuleLogic"),
    "Sequences": ("Sequences", "vtkSlicerSequencesLogic"),
    "Tables": ("Tables", "vtkSlicerTablesLogic"),
    "Texts": ("Texts", "vtkSlicerTextsLogic"),
    "Transforms": ("Transforms", "vtkSlicerTransformLogic"),
    "ViewControllers": ("View Controllers", "vtkSlicerViewControllersLogic"),
    "VolumeRendering": ("Volume Rendering", "vtkSlicerVolumeRenderingLogic"),
    "Volumes": ("Volumes", "vtkSlicerVolumesLogic"),
}


def make_application_logic(scene: Any, home: Path, temporary_path: str) -> Any:
    """Return a `vtkSlicerApplicationLogic` on a scene; `temporary_path` is where bundles are unpacked."""
    logic = slicer.vtkSlicerApplicationLogic()
    logic.SetTemporaryPath(temporary_path)
    logic.SetHomeDirectory(str(home))
    logic.SetShareDirectory("share")
    write_share_files(Path(logic.GetShareFilePath("")))
    remote_io, data_io = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    remote_io.SetMRMLScene(scene)
    data_io.SetMRMLApplicationLogic(logic)
    remote_io.AddDataIOToScene()
    remote_io.GetCacheManager().SetRemoteCacheDirectory(temporary_path)
    data_io.SetAndObserveDataIOManager(remote_io.GetDataIOManager())
    logic.SetMRMLSceneDataIO(scene, remote_io, data_io)
    logic.SetMRMLScene(scene)
    logic.remote_io, logic.data_io = remote_io, data_io  # both must live as long as the scene
    return logic


def make_module_logics(scene: Any, application_logic: Any) -> dict[str, Any]:
    """Make and register the logics of all modules of the wheel, Colors first; return them by module name."""
    logics: dict[str, Any] = {}
    for name, (_title, class_name) in MODULE_LOGICS.items():
        logic = getattr(slicer, class_name)()
        logics[name] = logic
        application_logic.SetModuleLogic(name, logic)
        logic.SetMRMLApplicationLogic(application_logic)
        if name == "Terminologies":
            logic.SetUserContextsPath(application_logic.GetTemporaryPath())
            logic.SetModuleShareDirectory(application_logic.GetShareFilePath(TERMINOLOGY_FOLDER))
        logic.SetMRMLScene(scene)
        if name == "Colors":
            application_logic.SetColorLogic(logic)
            logic.AddDefaultColorNodes()
    return logics
