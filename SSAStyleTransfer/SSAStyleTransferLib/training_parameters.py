"""What the user chose in the training desk; a parameter node of its own, saved with the scene."""

from __future__ import annotations

from typing import Annotated

import slicer
from slicer import (
    vtkMRMLPlotChartNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLTableNode,
)
from slicer.parameterNodeWrapper import Choice, Default, parameterNodeWrapper

_TAG = "SSAStyleTransferTraining"


@parameterNodeWrapper
class TrainingParameters:
    """Choices of the training desk.

    recipe: name of a recipe of the core. source, target, style, corrections: its folders. startModel: folder of the
    model to start from or compare with, empty for none. heldOut: names of cases, with commas; empty takes a fifth.
    options: JSON of the options that differ from the recipe's defaults. runFolder: where the training lives.
    t1, t1gd, t2, flair, labels: a case of the scene that is added to a folder. curveTable, lossChart, diceChart,
    resultTable: what the desk shows.
    """

    recipe: str = "from_scratch"
    source: str = ""
    target: str = ""
    style: str = ""
    corrections: str = ""
    startModel: str = ""
    heldOut: str = ""
    modelName: str = "my-glioma-model"
    device: Annotated[str, Choice(["auto", "cpu", "cuda"]), Default("auto")]
    options: str = ""
    runFolder: str = ""
    t1: vtkMRMLScalarVolumeNode
    t1gd: vtkMRMLScalarVolumeNode
    t2: vtkMRMLScalarVolumeNode
    flair: vtkMRMLScalarVolumeNode
    labels: vtkMRMLSegmentationNode
    curveTable: vtkMRMLTableNode
    lossChart: vtkMRMLPlotChartNode
    diceChart: vtkMRMLPlotChartNode
    resultTable: vtkMRMLTableNode


def trainingParameters(moduleName: str) -> TrainingParameters:
    """Return the training desk's parameter node of the scene; it is made if there is none."""
    scene = slicer.mrmlScene
    node = scene.GetSingletonNode(_TAG, "vtkMRMLScriptedModuleNode")
    if node is None:
        node = slicer.vtkMRMLScriptedModuleNode()
        node.SetSingletonTag(_TAG)
        node.SetModuleName(moduleName)
        node.SetName(_TAG)
        node = scene.AddNode(node)
    return TrainingParameters(node)
