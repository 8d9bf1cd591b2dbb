"""Three linked slice views with a chart below: original, style, result; wipe, checkerboard, difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.content import MADE, SlicePiece, sliceAxis

if TYPE_CHECKING:
    import numpy as np

    from ssaglioma.volume import Volume

LAYOUT = 5128
"""Number of our layout in Slicer's layout node; that of SSAGliomaSeg is 5127."""
CONTENT_VIEW, STYLE_VIEW, RESULT_VIEW = "SSAContent", "SSAStyle", "SSAResult"
PLOT_VIEW = "SSAPlot"
_COLORS = {CONTENT_VIEW: "#5E90C8", STYLE_VIEW: "#EDD54C", RESULT_VIEW: "#6EB04B"}
_ORIENTATIONS = ("Axial", "Coronal", "Sagittal")
_LOW_PERCENTILE, _HIGH_PERCENTILE = 1.0, 99.5
_CHECKERS = 8
_DIFFERENCE_SHARE = 0.25
"""Of the image's window: a difference as large as this has its full color."""
_DIFFERENCE_COLORS = "SSAGlioma difference"
_STYLE_GROUP = 7


class ViewsLogic:
    """Views of the pictures; part of `SSAStyleTransferLogic`."""

    def showViews(self, parameters, chart=None) -> None:
        """Lay out original, style and result, linked, at the same slice, and a chart below: this one, or the last."""
        if self.contentProblem(parameters):
            return
        start = self.shownSlice(parameters)
        layout = slicer.app.layoutManager()
        layout_node = layout.layoutLogic().GetLayoutNode()
        if not layout_node.IsLayoutDescription(LAYOUT):
            layout_node.AddLayoutDescription(LAYOUT, _layoutXml())
        layout_node.SetViewArrangement(LAYOUT)
        slicer.app.processEvents()  # the views get their sizes, which fitting needs
        self.setWindow(parameters)
        content = parameters.content
        orientation = _ORIENTATIONS[sliceAxis(self.imageVolume(content))]
        for view in (CONTENT_VIEW, STYLE_VIEW, RESULT_VIEW):
            logic = layout.sliceWidget(view).sliceLogic()
            logic.GetSliceNode().SetOrientation(orientation)
            composite = logic.GetSliceCompositeNode()
            for layer in (composite.SetForegroundVolumeID, composite.SetLabelVolumeID):
                layer(None)
            composite.SetLinkedControl(view != STYLE_VIEW)
        layout.sliceWidget(STYLE_VIEW).sliceLogic().GetSliceNode().SetViewGroup(_STYLE_GROUP)
        self._fillViews(parameters)
        for view in (CONTENT_VIEW, RESULT_VIEW):
            layout.sliceWidget(view).sliceLogic().FitSliceToAll()
        self.goToSlice(parameters, start)
        if chart is not None:
            # Slicer's own ShowChartInLayout would leave our layout, which it does not know.
            self.plotNode().SetPlotChartNodeID(chart.GetID())
        elif self.shownChart() is None and self.shownPicture is not None and self.shownPicture.piece.array.any():
            self.plotNode().SetPlotChartNodeID(self.drawHistograms(parameters, show=False).GetID())

    @property
    def viewsShown(self) -> bool:
        """Whether our layout is shown."""
        return slicer.app.layoutManager().layout == LAYOUT

    @staticmethod
    def plotNode():
        """Return the node of our plot view, None before the layout was shown."""
        return slicer.mrmlScene.GetSingletonNode(PLOT_VIEW, "vtkMRMLPlotViewNode")

    def shownChart(self):
        """Return the chart that our plot view shows, or None."""
        node = self.plotNode()
        return None if node is None else node.GetPlotChartNode()

    def sliceNode(self, parameters):
        """Return the slice node that tells the slice: that of our first view where it is shown, else the usual one."""
        if self.viewsShown:
            name = CONTENT_VIEW
        else:
            name = ("Red", "Green", "Yellow")[sliceAxis(self.imageVolume(parameters.content))]
        widget = slicer.app.layoutManager().sliceWidget(name) or slicer.app.layoutManager().sliceWidget("Red")
        return widget.sliceLogic().GetSliceNode()

    def goToSlice(self, parameters, index: int) -> None:
        """Let the views show a slice of the content by its number."""
        volume = self.imageVolume(parameters.content)
        axis = sliceAxis(volume)
        middle = [(size - 1) / 2 for size in volume.shape]
        middle[axis] = index
        left, posterior, superior = (volume.affine_lps @ [*middle[::-1], 1.0])[:3]
        names = (CONTENT_VIEW, RESULT_VIEW) if self.viewsShown else ("Red", "Green", "Yellow")
        for name in names:
            widget = slicer.app.layoutManager().sliceWidget(name)
            if widget is not None:
                widget.sliceLogic().GetSliceNode().JumpSliceByCentering(-left, -posterior, superior)

    def setWindow(self, parameters) -> None:
        """Give the content a window from the 1st to the 99.5th percentile of its foreground; results share it."""
        import numpy as np

        array = self.imageVolume(parameters.content).array
        inside = array[array != 0]
        if inside.size == 0:
            return
        low, high = np.percentile(inside[:: max(1, inside.size // 200_000)], (_LOW_PERCENTILE, _HIGH_PERCENTILE))
        if parameters.content.GetDisplayNode() is None:
            parameters.content.CreateDefaultDisplayNodes()
        _window(parameters.content, float(low), float(max(high, low + 1e-6)))

    def showPictures(self, parameters, piece: SlicePiece, picture: np.ndarray, name: str = "") -> None:
        """Put a picture (Y, X) of a slice into the nodes that the views show; makes the nodes where there are none.

        `name` stands in the corner of the view where the picture is no result.
        """
        from SSASlicerLib.volumes import update_node

        display = parameters.content.GetDisplayNode()
        if display is None or display.GetAutoWindowLevel():
            self.setWindow(parameters)
            display = parameters.content.GetDisplayNode()
        low, high = display.GetWindowLevelMin(), display.GetWindowLevelMax()
        node = self._madeNode(parameters, "stylised", _("Stylized slice"))
        update_node(node, piece.placed(picture))
        _rename(node, name or _("Stylized slice"))
        _window(node, low, high)
        if parameters.view != "result":
            other = self._madeNode(parameters, "comparison", _("Comparison of slices"))
            update_node(other, piece.placed(self.comparisonPicture(parameters, piece.array, picture)))
            if parameters.view == "difference":
                full = _DIFFERENCE_SHARE * (high - low)
                _window(other, -full, full)
                _rename(other, _("Difference, full color at ±{value}").format(value=f"{full:.3g}"))
                other.GetDisplayNode().SetAndObserveColorNodeID(_differenceColors().GetID())
            else:
                _window(other, low, high)
                _rename(other, _("Comparison of slices"))
                other.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
        self._showStyle(parameters, piece)
        if self.viewsShown:
            self._fillViews(parameters)

    def comparisonPicture(self, parameters, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return what the third view shows of two pictures (Y, X), by `parameters.view`."""
        import numpy as np

        if parameters.view == "result":
            return after
        if parameters.view == "difference":
            return after - before
        y, x = np.indices(before.shape)
        if parameters.view == "wipe":
            return np.where(x < parameters.wipePosition * before.shape[1], before, after)
        edge = max(1, min(before.shape) // _CHECKERS)
        return np.where((y // edge + x // edge) % 2 == 0, before, after)

    def _showStyle(self, parameters, piece: SlicePiece) -> None:
        from SSASlicerLib.volumes import update_node
        from SSAStyleTransferLib.methods import SCANNER

        if self.methodEntry(parameters).method == SCANNER:
            key = ("scanner", piece.key)
        else:
            key = self.styleKey(parameters, piece.sequence)
        if self.__dict__.get("_styleShown") == key and parameters.stylePicture is not None:
            return
        volume = None if key[0] == "scanner" else self.styleSlice(parameters, piece.sequence)
        self.__dict__["_styleShown"] = key
        node = self._madeNode(parameters, "stylePicture", _("Style slice"))
        update_node(node, piece.placed(piece.array * 0) if volume is None else volume)
        names = {"scanner": _("Scanner: there is no style image"), "learned": _("Learned style: there is no image")}
        _rename(node, names.get(key[0] if key[0] == "scanner" else "learned") if volume is None else _("Style slice"))
        _windowOf(node, volume)
        if self.viewsShown:
            self._fitStyle(node)

    def _fillViews(self, parameters) -> None:
        third = parameters.stylised if parameters.view == "result" else parameters.comparison
        shown = {CONTENT_VIEW: parameters.content, STYLE_VIEW: parameters.stylePicture, RESULT_VIEW: third}
        for view, node in shown.items():
            composite = slicer.app.layoutManager().sliceWidget(view).sliceLogic().GetSliceCompositeNode()
            wanted = node.GetID() if node is not None else None
            if composite.GetBackgroundVolumeID() != wanted:
                composite.SetBackgroundVolumeID(wanted)
                if view == STYLE_VIEW and node is not None:
                    self._fitStyle(node)

    @staticmethod
    def _fitStyle(node) -> None:
        from SSASlicerLib.volumes import grid_from_node

        logic = slicer.app.layoutManager().sliceWidget(STYLE_VIEW).sliceLogic()
        shape = grid_from_node(node).shape
        thin = shape.index(1) if 1 in shape else 0
        logic.GetSliceNode().SetOrientation(_ORIENTATIONS[thin])
        logic.FitSliceToAll()
        bounds = [0.0] * 6
        node.GetRASBounds(bounds)
        logic.GetSliceNode().JumpSliceByCentering(*((bounds[2 * k] + bounds[2 * k + 1]) / 2 for k in range(3)))

    @staticmethod
    def _madeNode(parameters, field: str, name: str):
        node = getattr(parameters, field)
        if node is None:
            node = slicer.mrmlScene.AddNewNodeByClass(
                "vtkMRMLScalarVolumeNode", slicer.mrmlScene.GenerateUniqueName(name)
            )
            node.SetAttribute(MADE, field)
            node.SetHideFromEditors(True)
            node.SetSaveWithScene(False)  # made anew when the scene is loaded; own styles stay on this computer
            node.CreateDefaultDisplayNodes()
            setattr(parameters, field, node)
        return node


def _rename(node, name: str) -> None:
    """Give a node a name, which the corner of its view shows."""
    if node.GetName() != name:
        node.SetName(name)


def _window(node, low: float, high: float) -> None:
    display = node.GetDisplayNode()
    display.AutoWindowLevelOff()
    if (display.GetWindowLevelMin(), display.GetWindowLevelMax()) != (low, high):
        display.SetWindowLevelMinMax(low, high)


def _windowOf(node, volume: Volume | None) -> None:
    import numpy as np

    inside = np.zeros(0) if volume is None else volume.array[volume.array != 0]
    if inside.size:
        low, high = np.percentile(inside, (_LOW_PERCENTILE, _HIGH_PERCENTILE))
        _window(node, float(low), float(max(high, low + 1e-6)))


def _differenceColors():
    """Return our color table, blue for darker, black for equal, orange for brighter; made where it is missing."""
    found = slicer.mrmlScene.GetFirstNodeByName(_DIFFERENCE_COLORS)
    if found is not None:
        return found
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLColorTableNode", _DIFFERENCE_COLORS)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    for number in range(256):
        share = abs(number - 127.5) / 127.5
        end = (230 / 255, 159 / 255, 0.0) if number > 127 else (86 / 255, 180 / 255, 233 / 255)
        node.SetColor(number, str(number), *(share * one for one in end))
    return node


def _layoutXml() -> str:
    labels = {CONTENT_VIEW: _("Original"), STYLE_VIEW: _("Style"), RESULT_VIEW: _("Result")}
    views = "".join(_viewXml(view, text) for view, text in labels.items())
    row = f'<layout type="horizontal" split="true">{views}</layout>'
    plot = f'<item><view class="vtkMRMLPlotViewNode" singletontag="{PLOT_VIEW}"/></item>'
    return f'<layout type="vertical" split="true"><item>{row}</item>{plot}</layout>'


def _viewXml(view: str, text: str) -> str:
    properties = {"orientation": "Axial", "viewlabel": text, "viewcolor": _COLORS[view]}
    inside = "".join(
        f'<property name="{name}" action="default">{value}</property>' for name, value in properties.items()
    )
    return f'<item><view class="vtkMRMLSliceNode" singletontag="{view}">{inside}</view></item>'
