"""What the user chose and what belongs to the result: parameters that are saved with the scene."""

from typing import Annotated

from slicer import (
    vtkMRMLLabelMapVolumeNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLTableNode,
)
from slicer.parameterNodeWrapper import Choice, Default, parameterNodeWrapper


@parameterNodeWrapper
class SSAGliomaSegParameterNode:
    """What the user chose, and the nodes that belong to the result; saved with the scene.

    t1, t1gd, t2, flair: the images. prepare: whether raw scans are aligned and stripped first; loadAligned:
    whether the images that came out of that are loaded too. model: name of the model, empty for the recommended one.
    output: where the next result goes, None for a new node. result: the segmentation that is shown,
    prediction: the model's own result, never edited. doubt, probability: images of the same run;
    coreProbability, enhancingProbability: per cents, kept for the report. brain: mask of raw scans.
    resultTable: the numbers. earlier, reference: other segmentations of the patient.
    """

    t1: vtkMRMLScalarVolumeNode
    t1gd: vtkMRMLScalarVolumeNode
    t2: vtkMRMLScalarVolumeNode
    flair: vtkMRMLScalarVolumeNode
    prepare: Annotated[str, Choice(["auto", "always", "never"]), Default("auto")]
    loadAligned: bool = False
    resample: bool = False
    model: str = ""
    device: Annotated[str, Choice(["auto", "cpu", "cuda"]), Default("auto")]
    mirror: bool = False
    keepFiles: bool = False
    output: vtkMRMLSegmentationNode
    result: vtkMRMLSegmentationNode
    prediction: vtkMRMLSegmentationNode
    probability: vtkMRMLScalarVolumeNode
    doubt: vtkMRMLScalarVolumeNode
    coreProbability: vtkMRMLScalarVolumeNode
    enhancingProbability: vtkMRMLScalarVolumeNode
    brain: vtkMRMLScalarVolumeNode
    resultTable: vtkMRMLTableNode
    runInfo: str = ""
    earlier: vtkMRMLSegmentationNode | vtkMRMLLabelMapVolumeNode | None
    reference: vtkMRMLSegmentationNode | vtkMRMLLabelMapVolumeNode | None
    comparisonTable: vtkMRMLTableNode
    differenceRegion: Annotated[str, Choice(["WT", "TC", "ET"]), Default("WT")]
    studentMode: bool = False
    correction: vtkMRMLSegmentationNode
    acceptedSlices: str = ""
    correctionStarted: float = 0.0
    correctionsFolder: str = ""
    batchInput: str = ""
    batchOutput: str = ""
    reportLanguage: Annotated[str, Choice(["English", "Français"]), Default("English")]
    namePatient: bool = False
