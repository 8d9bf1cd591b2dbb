"""Reading: four linked views, windows for each contrast, overlays, going to a slice."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.preview import PREVIEW

LAYOUT = 5127
"""Number of our layout in Slicer's layout node; Slicer's own end at 1000."""

VIEWS = {"t1": "SSAT1", "t1gd": "SSAT1Gd", "t2": "SSAT2", "flair": "SSAFLAIR"}
_LABELS = {"t1": "T1", "t1gd": "T1Gd", "t2": "T2", "flair": "FLAIR"}
_COLORS = {"t1": "#F34A33", "t1gd": "#EDD54C", "t2": "#6EB04B", "flair": "#5E90C8"}
_LOW_PERCENTILE, _HIGH_PERCENTILE = 1.0, 99.5
_ALIGNED_FILL, _OUTLINE_ONLY = 0.45, 0.0
OVERLAYS = ("mask", "probability", "doubt", "differences", "none")
DIFFERENCES_OF = "SSAGlioma.differencesOf"


class ReadingLogic:
    """Views of the case; part of `SSAGliomaSegLogic`."""

    def showFourViews(self, parameters) -> None:
        """Lay out T1, T1Gd, T2 and FLAIR two by two: linked, the same axial slice, a window for each contrast.

        Aligned copies of raw scans are shown where they were loaded.
        """
        layout_node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
        if not layout_node.IsLayoutDescription(LAYOUT):
            layout_node.AddLayoutDescription(LAYOUT, _layoutXml())
        layout_node.SetViewArrangement(LAYOUT)
        self.setWindows(parameters)
        shown = self.shownNodes(parameters)
        for field, view in VIEWS.items():
            node = shown.get(field)
            logic = slicer.app.layoutManager().sliceWidget(view).sliceLogic()
            composite = logic.GetSliceCompositeNode()
            composite.SetBackgroundVolumeID(node.GetID() if node is not None else None)
            composite.SetForegroundVolumeID(None)
            composite.SetLabelVolumeID(None)
            composite.SetLinkedControl(True)
            logic.GetSliceNode().SetOrientationMarkerType(slicer.vtkMRMLAbstractViewNode.OrientationMarkerTypeCube)
            logic.GetSliceNode().SetOrientationMarkerSize(slicer.vtkMRMLAbstractViewNode.OrientationMarkerSizeSmall)
        home = self.gridNode(parameters)
        if home is not None:
            self._fit(home)

    def setWindows(self, parameters) -> None:
        """Give each image a window of its own, from the 1st to the 99.5th percentile of its non-zero voxels."""
        import numpy as np

        for node in self.shownNodes(parameters).values():
            values = slicer.util.arrayFromVolume(node)
            inside = values[values != 0]
            if inside.size == 0:
                continue
            low, high = np.percentile(inside[:: max(1, inside.size // 200_000)], (_LOW_PERCENTILE, _HIGH_PERCENTILE))
            display = node.GetDisplayNode()
            if display is None:
                node.CreateDefaultDisplayNodes()
                display = node.GetDisplayNode()
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(float(low), float(max(high, low + 1e-6)))

    def setOutline(self, parameters, outline: bool) -> None:
        """Draw the segments as outlines only, or filled."""
        for node in (parameters.result, parameters.correction):
            if node is not None and node.GetDisplayNode() is not None:
                node.GetDisplayNode().SetOpacity2DFill(_OUTLINE_ONLY if outline else _ALIGNED_FILL)
                node.GetDisplayNode().SetOpacity2DOutline(1.0)

    def showOnly(self, parameters, shown) -> None:
        """Show one of this case's segmentations (result, drawing, reference, differences) and hide the others."""
        own = {
            parameters.result,
            parameters.prediction,
            parameters.correction,
            parameters.reference,
            parameters.earlier,
        }
        for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
            made = node.GetAttribute(DIFFERENCES_OF) or node.GetAttribute("SSAGlioma.made") == PREVIEW
            if node.GetDisplayNode() is not None and (node in own or made):
                node.GetDisplayNode().SetVisibility(node is shown)
        if shown.GetDisplayNode() is not None:
            shown.GetDisplayNode().SetVisibility(True)

    def show3D(self, parameters, shown: bool) -> None:
        """Show the surfaces of the segments in the 3D view, or hide them."""
        node = parameters.result
        if shown:
            node.CreateClosedSurfaceRepresentation()
        node.GetDisplayNode().SetVisibility3D(shown)
        if shown:
            layout = slicer.app.layoutManager()
            if layout.threeDViewCount == 0:
                layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)
            layout.threeDWidget(0).threeDView().resetFocalPoint()

    def showOverlay(self, parameters, kind: str) -> None:
        """Draw over the images: 'mask', 'probability' of tumor, 'doubt' of the model, 'differences', or 'none'."""
        from ssaglioma.errors import DatasetError

        if kind not in OVERLAYS:
            raise DatasetError(f"The overlay {kind!r} is not known", expected=f"one of {OVERLAYS}")
        if kind != "none":
            self.refuseWhileDrawing(parameters)
        image = {"probability": parameters.probability, "doubt": parameters.doubt}.get(kind)
        if kind in ("probability", "doubt") and image is None:
            raise DatasetError(
                f"There is no {kind} image of this result", remedy=_("Press Apply again with this version")
            )
        differences = [
            node
            for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
            if node.GetAttribute(DIFFERENCES_OF) == parameters.result.GetID()
        ]
        if kind == "differences" and not differences:
            raise DatasetError("There are no differences yet", remedy=_("Press Show differences first"))
        for node in differences:
            node.GetDisplayNode().SetVisibility(kind == "differences")
        parameters.result.GetDisplayNode().SetVisibility(kind == "mask")
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            composite.SetForegroundVolumeID(image.GetID() if image is not None else None)
            composite.SetForegroundOpacity(0.5 if image is not None else 0.0)

    def goToSlice(self, position_ras) -> None:
        """Let all slice views jump to a point (R, A, S in mm)."""
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            node.JumpSliceByCentering(*position_ras)

    def axialSliceNode(self):
        """Return the slice node of our T1Gd view where it is shown, else that of the Red view."""
        layout = slicer.app.layoutManager()
        shown = layout.layout == LAYOUT
        return layout.sliceWidget(VIEWS["t1gd"] if shown else "Red").sliceLogic().GetSliceNode()

    def _fit(self, node) -> None:
        bounds = [0.0] * 6
        node.GetRASBounds(bounds)
        layout = slicer.app.layoutManager()
        for view in VIEWS.values():
            logic = layout.sliceWidget(view).sliceLogic()
            logic.FitSliceToAll()
            logic.SetSliceOffset((bounds[4] + bounds[5]) / 2)


def _layoutXml() -> str:
    rows = (("t1", "t1gd"), ("t2", "flair"))
    return (
        '<layout type="vertical" split="true">'
        + "".join(
            '<item><layout type="horizontal" split="true">'
            + "".join(_viewXml(field) for field in row)
            + "</layout></item>"
            for row in rows
        )
        + "</layout>"
    )


def _viewXml(field: str) -> str:
    properties = {"orientation": "Axial", "viewlabel": _LABELS[field], "viewcolor": _COLORS[field]}
    inside = "".join(
        f'<property name="{name}" action="default">{value}</property>' for name, value in properties.items()
    )
    return f'<item><view class="vtkMRMLSliceNode" singletontag="{VIEWS[field]}">{inside}</view></item>'
