"""Where results go in Slicer's subject hierarchy: beside the image they were made from, under names of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import slicer

if TYPE_CHECKING:
    from slicer import vtkMRMLNode, vtkMRMLScene

_NUMBER = re.compile(r"^(.*\S) \((\d+)\)$")


def unique_name(base: str, scene: vtkMRMLScene | None = None) -> str:
    """Return a node name that the scene does not have: 'Result', 'Result (2)', 'Result (3)' ...

    A number in parentheses that `base` ends with is taken off first.
    """
    scene = slicer.mrmlScene if scene is None else scene
    match = _NUMBER.match(base.strip())
    stem = match[1] if match else base.strip()
    name, number = stem, 1
    while scene.GetFirstNodeByName(name) is not None:
        number += 1
        name = f"{stem} ({number})"
    return name


def result_name(source: vtkMRMLNode, suffix: str, scene: vtkMRMLScene | None = None) -> str:
    """Return a unique name for a result, after the study or folder of its image, else after the image.

    Parameters
    ----------
    suffix : str
        Kind of the result, such as 'segmentation'.
    """
    scene = slicer.mrmlScene if scene is None else scene
    hierarchy, item = _item(source, scene)
    parent = hierarchy.GetItemParent(item)
    in_root = parent in (0, hierarchy.GetSceneItemID())
    name = source.GetName() if in_root else hierarchy.GetItemName(parent)
    return unique_name(f"{name} {suffix}", scene)


def place_beside(node: vtkMRMLNode, source: vtkMRMLNode, scene: vtkMRMLScene | None = None) -> int:
    """Put a node under the same study or folder as its source, right after it; return its item's id.

    Nothing else is moved or renamed, so that earlier results stay where they are.
    """
    scene = slicer.mrmlScene if scene is None else scene
    hierarchy, source_item = _item(source, scene)
    _, item = _item(node, scene)
    hierarchy.SetItemParent(item, hierarchy.GetItemParent(source_item))
    return item


def study_item(node: vtkMRMLNode, scene: vtkMRMLScene | None = None) -> int:
    """Return the item of the study or folder that holds a node, or the scene's own item."""
    scene = slicer.mrmlScene if scene is None else scene
    hierarchy, item = _item(node, scene)
    return hierarchy.GetItemParent(item) or hierarchy.GetSceneItemID()


def same_patient(first: vtkMRMLNode, second: vtkMRMLNode, scene: vtkMRMLScene | None = None) -> bool | None:
    """Tell whether two nodes lie under one patient; None when either lies under none.

    Patients are known by their level in the subject hierarchy, which DICOM import makes.
    """
    scene = slicer.mrmlScene if scene is None else scene
    level = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelPatient()
    found = []
    for node in (first, second):
        hierarchy, item = _item(node, scene)
        found.append(hierarchy.GetItemAncestorAtLevel(item, level))
    return None if 0 in found else found[0] == found[1]


def _item(node: vtkMRMLNode, scene: vtkMRMLScene) -> tuple[slicer.vtkMRMLSubjectHierarchyNode, int]:
    """Return the hierarchy and the node's item, made under the scene where the application has not made it."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.GetItemByDataNode(node)
    return hierarchy, item or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)


def patient_name(node: vtkMRMLNode, scene: vtkMRMLScene | None = None) -> str:
    """Return the name of the DICOM patient that a node belongs to, or an empty text."""
    scene = slicer.mrmlScene if scene is None else scene
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    hierarchy, item = _item(node, scene)
    patient = hierarchy.GetItemAncestorAtLevel(item, constants.GetDICOMLevelPatient())
    if not patient:
        return ""
    return hierarchy.GetItemAttribute(patient, constants.GetDICOMPatientNameAttributeName()) or ""
