"""Which file is of which type, and the readers of each type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
import vtk

# longest endings first: `.seg.nrrd` before `.nrrd`
ENDINGS = {
    "SegmentationFile": (".seg.nrrd", ".seg.nhdr", ".seg.vtm"),
    "MarkupsFile": (".mrk.json", ".fcsv"),
    "SequenceFile": (".seq.nrrd",),
    "TransformFile": (".tfm", ".h5", ".txfm"),
    "VolumeFile": (".nii.gz", ".gipl.gz", ".nrrd", ".nhdr", ".nii", ".mha", ".mhd", ".dcm", ".gipl", ".tif"),
    "SceneFile": (".mrml", ".mrb"),
    "ModelFile": (".vtk", ".vtp", ".stl", ".ply", ".obj"),
    "TableFile": (".tsv", ".csv"),
    "ColorTableFile": (".ctbl", ".cxml"),
    "TextFile": (".txt", ".json", ".xml"),
}


def file_type(path: str) -> str:
    """Return the type of a file by its ending, NoFile where it is unknown."""
    name = Path(path).name.lower()
    for kind, endings in ENDINGS.items():
        if name.endswith(endings):
            return kind
    return "NoFile"


def node_name(path: str, kind: str) -> str:
    """Return the name of a node read from a file: the file's name without its ending."""
    name = Path(path).name
    for ending in sorted((e for endings in ENDINGS.values() for e in endings), key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return Path(path).stem


def _read_volume(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
    logic = slicer.app.module_logic("Volumes")
    flags = ("labelmap", "center", "singleFile", "autoWindowLevel", "discardOrientation")
    defaults = {"autoWindowLevel": True}
    options = sum(1 << bit for bit, flag in enumerate(flags) if properties.get(flag, defaults.get(flag, False)))
    files = vtk.vtkStringArray()
    for file in properties.get("fileNames") or []:
        files.InsertNextValue(str(file))
    node = logic.AddArchetypeVolume(path, name, options, files if files.GetNumberOfValues() else None, messages)
    if node is not None:
        if properties.get("colorNodeID"):
            node.GetDisplayNode().SetAndObserveColorNodeID(properties["colorNodeID"])
        if properties.get("show", True):
            _show_volume(node)
    return [node]


def _show_volume(node: Any) -> None:
    logic = slicer.app.applicationLogic()
    selection = logic.GetSelectionNode()
    if node.IsA("vtkMRMLLabelMapVolumeNode"):
        selection.SetActiveLabelVolumeID(node.GetID())
    else:
        selection.SetActiveVolumeID(node.GetID())
    logic.PropagateVolumeSelection()


def _read_segmentation(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
    color_node = slicer.mrmlScene.GetNodeByID(properties["colorNodeID"]) if properties.get("colorNodeID") else None
    logic = slicer.app.module_logic("Segmentations")
    opacities = properties.get("autoOpacities", True)
    node = logic.LoadSegmentationFromFile(path, opacities, name, color_node, messages)
    if node is not None:
        node.CreateDefaultDisplayNodes()
    return [node]


def _read_scene(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
    scene = slicer.mrmlScene
    clear = bool(properties.get("clear", False))
    if path.lower().endswith(".mrb"):
        done = scene.ReadFromMRB(path, clear, messages)
    else:
        scene.SetURL(path)
        done = bool(scene.Connect(messages) if clear else scene.Import(messages))
    return [] if done else [None]


def _read_markups(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
    node_id = slicer.app.module_logic("Markups").LoadMarkups(path, name, messages)
    return [slicer.mrmlScene.GetNodeByID(node_id) if node_id else None]


def _read_text(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", name)
    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextStorageNode")
    storage.SetFileName(path)
    if storage.ReadData(node):
        node.SetAndObserveStorageNodeID(storage.GetID())
        return [node]
    slicer.mrmlScene.RemoveNode(storage)
    slicer.mrmlScene.RemoveNode(node)
    return [None]


def _reader_with_logic(module: str, read: Callable[[Any, str, str, Any], Any]) -> Callable[..., list[Any]]:
    def reader(path: str, name: str, properties: dict[str, Any], messages: Any) -> list[Any]:
        return [read(slicer.app.module_logic(module), path, name, messages)]

    return reader


READERS: dict[str, Callable[[str, str, dict[str, Any], Any], list[Any]]] = {
    "VolumeFile": _read_volume,
    "SegmentationFile": _read_segmentation,
    "SceneFile": _read_scene,
    "MarkupsFile": _read_markups,
    "TextFile": _read_text,
    "ModelFile": _reader_with_logic(
        "Models", lambda logic, p, n, m: logic.AddModel(p, slicer.vtkMRMLStorageNode.CoordinateSystemLPS, m)
    ),
    "TransformFile": _reader_with_logic(
        "Transforms", lambda logic, p, n, m: logic.AddTransform(p, slicer.mrmlScene, m)
    ),
    "TableFile": _reader_with_logic("Tables", lambda logic, p, n, m: logic.AddTable(p, n, True, "", m)),
    "ColorTableFile": _reader_with_logic("Colors", lambda logic, p, n, m: logic.LoadColorFile(p, n, m)),
    "SequenceFile": _reader_with_logic("Sequences", lambda logic, p, n, m: logic.AddSequence(p, m)),
}
