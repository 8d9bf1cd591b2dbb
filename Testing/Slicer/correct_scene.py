"""Painting in the Segment Editor, for the tests of corrections and of student mode."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from seg_scene import SHAPE

VOXELS = int(np.prod(SHAPE))


@pytest.fixture
def correcting(boxed, tmp_path):
    """The panel with a correction under way."""
    boxed.ui.correctionsPath.currentPath = str(tmp_path / "corrections")
    boxed.ui.correctButton.collapsed = False
    boxed.ui.startCorrectionButton.click()
    assert boxed.logic.correcting(boxed.parameters)
    return boxed


@pytest.fixture
def student(boxed):
    """The panel in student mode, the drawing begun."""
    boxed.ui.fourViewsButton.click()
    boxed.ui.diametersButton.click()
    boxed.ui.studentModeCheckBox.click()
    boxed.ui.startCorrectionButton.click()
    assert boxed.logic.drawing(boxed.parameters)
    return boxed


def paint(panel, label, *boxes, clear=False):
    """Paint boxes (slices of Z, Y, X) with a label as Slicer's effects do: by the editor logic, with its settings."""
    from SSASlicerLib.oriented_images import oriented_image

    grid = panel.logic.resultGrid(panel.parameters)
    mask = np.zeros(grid.shape, np.uint8)
    for box in boxes:
        mask[box] = 1
    editor = slicer.vtkSlicerSegmentEditorLogic()
    editor.SetMRMLScene(slicer.mrmlScene)
    editor.SetSegmentEditorNode(panel.ui.editorWidget.mrmlSegmentEditorNode())
    panel.ui.editorWidget.saveStateForUndo()
    mode = editor.ModificationModeRemove if clear else editor.ModificationModeAdd
    editor.ModifySegmentByLabelmap(
        panel.parameters.correction, label, oriented_image(grid.with_array(mask)), mode, False, False
    )


def press(panel, text):
    """Press a button of the embedded editor."""
    import qt

    next(child for child in panel.ui.editorWidget.findChildren(qt.QPushButton) if child.text == text).click()


def labels_of(panel, node):
    return panel.logic.labelmapOf(node, panel.logic.resultGrid(panel.parameters)).array


def visible(*nodes) -> list[bool]:
    return [bool(node.GetDisplayNode().GetVisibility()) for node in nodes]
