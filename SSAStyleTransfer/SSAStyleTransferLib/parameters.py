"""What the user chose and what belongs to the picture: parameters that are saved with the scene."""

from typing import Annotated

from slicer import (
    vtkMRMLLabelMapVolumeNode,
    vtkMRMLPlotChartNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLTableNode,
)
from slicer.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper


@parameterNodeWrapper
class SSAStyleTransferParameterNode:
    """What the user chose, and the nodes that belong to the picture; saved with the scene.

    content, labels, style: the image, its labels, an image that lends its look (None: `bankStyle` of the bank).
    t1, t1gd, t2, flair: the four contrasts of the case. method: key of `MethodsLogic.methods()`.
    scan...: the scanner's knobs; a switch for each effect, then its values.
    stylised, stylePicture, comparison: pictures of one slice that the views show. seenBefore, seenAfter: what the
    model sees. ...Table, ...Chart: data of the charts.
    """

    content: vtkMRMLScalarVolumeNode
    labels: vtkMRMLSegmentationNode | vtkMRMLLabelMapVolumeNode | None
    style: vtkMRMLScalarVolumeNode
    bankStyle: str = ""
    t1: vtkMRMLScalarVolumeNode
    t1gd: vtkMRMLScalarVolumeNode
    t2: vtkMRMLScalarVolumeNode
    flair: vtkMRMLScalarVolumeNode
    method: str = "histogram"
    strength: Annotated[float, WithinRange(0, 1), Default(1.0)]
    epsilonSteps: Annotated[int, WithinRange(0, 20), Default(0)]
    seed: Annotated[int, WithinRange(0, 999999), Default(7)]
    live: bool = True
    view: Annotated[str, Choice(["result", "wipe", "checkerboard", "difference"]), Default("result")]
    wipePosition: Annotated[float, WithinRange(0, 1), Default(0.5)]
    force: bool = False
    model: str = ""
    lookLive: bool = False
    region: str = "all"
    scanPreset: str = ""
    scanSlices: bool = False
    scanThickness: Annotated[float, WithinRange(1, 10), Default(5.0)]
    scanGap: Annotated[float, WithinRange(0, 4), Default(0.0)]
    scanInPlane: bool = False
    scanPixel: Annotated[float, WithinRange(0.5, 4), Default(1.0)]
    scanGibbs: Annotated[float, WithinRange(0, 1), Default(0.0)]
    scanNoise: bool = False
    scanSnr: Annotated[float, WithinRange(2, 200), Default(20.0)]
    scanBias: bool = False
    scanBiasPercent: Annotated[float, WithinRange(0, 100), Default(20.0)]
    scanMotion: bool = False
    scanMotionMm: Annotated[float, WithinRange(0, 10), Default(2.0)]
    scanGhosting: bool = False
    scanGhostPercent: Annotated[float, WithinRange(0, 50), Default(5.0)]
    scanSpikes: bool = False
    scanSpikePercent: Annotated[float, WithinRange(0, 100), Default(10.0)]
    scanWrap: bool = False
    scanFov: Annotated[float, WithinRange(80, 260), Default(200.0)]
    scanContrast: bool = False
    scanField: Annotated[float, WithinRange(50, 3000), Default(1500.0)]
    scanMissing: Annotated[str, Choice(["none", "t1n", "t1c", "t2w", "t2f"]), Default("none")]
    stylised: vtkMRMLScalarVolumeNode
    stylePicture: vtkMRMLScalarVolumeNode
    comparison: vtkMRMLScalarVolumeNode
    seenBefore: vtkMRMLSegmentationNode
    seenAfter: vtkMRMLSegmentationNode
    histogramTable: vtkMRMLTableNode
    histogramChart: vtkMRMLPlotChartNode
    curveTable: vtkMRMLTableNode
    curveChart: vtkMRMLPlotChartNode
    mapTable: vtkMRMLTableNode
    mapChart: vtkMRMLPlotChartNode
    lessonLanguage: Annotated[str, Choice(["English", "Français"]), Default("English")]
