"""A bare MRML scene for the tests of SSASlicerLib: the library's own nodes and logics, no application."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import slicer

from ssaglioma.volume import Volume

LOGICS = {
    "colors": "vtkSlicerColorLogic",
    "terminologies": "vtkSlicerTerminologiesModuleLogic",
    "volumes": "vtkSlicerVolumesLogic",
    "segmentations": "vtkSlicerSegmentationsModuleLogic",
    "subjecthierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
}

OBLIQUE = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation with exact decimals: every column has length 1."""


@pytest.fixture
def bare_scene(monkeypatch, tmp_path):
    """An empty scene that `slicer.mrmlScene` and `slicer.modules` point to."""
    mrml = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(mrml)
    cache, files = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(str(tmp_path))
    files.SetCacheManager(cache)
    mrml.SetDataIOManager(files)
    modules = {}
    for name, kind in LOGICS.items():
        logic = getattr(slicer, kind)()
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(mrml)
        application.SetModuleLogic(name.capitalize(), logic)
        modules[name] = SimpleNamespace(logic=lambda logic=logic: logic)
    modules["colors"].logic().AddDefaultColorNodes()
    monkeypatch.setattr(slicer, "mrmlScene", mrml, raising=False)
    monkeypatch.setattr(slicer, "modules", SimpleNamespace(**modules), raising=False)
    yield mrml
    mrml.Clear(1)


def axis_codes():
    """All 48 orders and flips of the axes as direction matrices (columns X, Y, Z in LPS), by a short name."""
    found = {}
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            direction = np.zeros((3, 3))
            for column, (row, sign) in enumerate(zip(order, signs)):
                direction[row, column] = sign
            letters = ["RL", "AP", "IS"]
            name = "".join(letters[row][sign > 0] for row, sign in zip(order, signs))
            found[name] = direction
    return found


def an_image(direction=None, dtype=np.int16, shape=(3, 5, 4)):
    """A volume whose voxels all differ, with three spacings and an origin away from 0."""
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    return Volume(array, (2.5, 1.25, 0.75), (-31.5, 12.25, 7.125), direction)


def a_labelmap(direction=None, shape=(6, 8, 7)):
    """Nested labels on an anisotropic grid: edema, then enhancing tumor, then necrosis inside."""
    labels = np.zeros(shape, np.uint8)
    labels[1:5, 1:7, 1:6] = 2
    labels[2:4, 2:5, 2:5] = 3
    labels[2:3, 3:4, 3:4] = 1
    return Volume(labels, (2.5, 1.25, 0.75), (-31.5, 12.25, 7.125), direction)


def a_transform(scene, matrix, name="Tilt"):
    """A linear transform node with a 4x4 matrix (RAS)."""
    import vtk

    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    to_parent = vtk.vtkMatrix4x4()
    to_parent.DeepCopy(np.asarray(matrix, dtype=float).ravel().tolist())
    node.SetMatrixTransformToParent(to_parent)
    return node
