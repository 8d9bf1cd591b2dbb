"""The stand-ins of qMRMLPlotView and qMRMLPlotWidget: a chart node drawn through VTK's charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

from .bar import ControllerBar
from .render_view import DEFAULT_SIZE, Size, make_render_window, pixels
from .view_widget import ViewWidget

_SERIES = slicer.vtkMRMLPlotSeriesNode
MARKERS = {
    _SERIES.MarkerStyleNone: vtk.vtkPlotPoints.NONE,
    _SERIES.MarkerStyleCross: vtk.vtkPlotPoints.CROSS,
    _SERIES.MarkerStylePlus: vtk.vtkPlotPoints.PLUS,
    _SERIES.MarkerStyleSquare: vtk.vtkPlotPoints.SQUARE,
    _SERIES.MarkerStyleCircle: vtk.vtkPlotPoints.CIRCLE,
    _SERIES.MarkerStyleDiamond: vtk.vtkPlotPoints.DIAMOND,
}
LINES = {
    _SERIES.LineStyleNone: vtk.vtkPen.NO_PEN,
    _SERIES.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
    _SERIES.LineStyleDash: vtk.vtkPen.DASH_LINE,
    _SERIES.LineStyleDot: vtk.vtkPen.DOT_LINE,
    _SERIES.LineStyleDashDot: vtk.vtkPen.DASH_DOT_LINE,
    _SERIES.LineStyleDashDotDot: vtk.vtkPen.DASH_DOT_DOT_LINE,
}


def make_chart(chart_node: Any) -> Any:
    """A vtkChartXY of a vtkMRMLPlotChartNode: series, titles, axes, legend."""
    chart = vtk.vtkChartXY()
    chart.SetShowLegend(bool(chart_node.GetLegendVisibility()))
    if chart_node.GetTitleVisibility():
        chart.SetTitle(chart_node.GetTitle() or "")
        chart.GetTitleProperties().SetFontSize(chart_node.GetTitleFontSize())
    for index in range(chart_node.GetNumberOfPlotSeriesNodes()):
        series = chart_node.GetNthPlotSeriesNode(index)
        if series is not None and series.GetTableNode() is not None:
            _add_series(chart, series)
    chart.RecalculateBounds()
    for name, side in (("X", vtk.vtkAxis.BOTTOM), ("Y", vtk.vtkAxis.LEFT)):
        _set_axis(chart.GetAxis(side), chart_node, name)
    return chart


def _set_axis(axis: Any, chart_node: Any, name: str) -> None:
    visible = getattr(chart_node, f"Get{name}AxisTitleVisibility")()
    axis.SetTitle((getattr(chart_node, f"Get{name}AxisTitle")() or "") if visible else "")
    axis.GetTitleProperties().SetFontSize(chart_node.GetAxisTitleFontSize())
    axis.GetLabelProperties().SetFontSize(chart_node.GetAxisLabelFontSize())
    axis.SetGridVisible(bool(chart_node.GetGridVisibility()))
    axis.SetLogScale(bool(getattr(chart_node, f"Get{name}AxisLogScale")()))
    if not getattr(chart_node, f"Get{name}AxisRangeAuto")():
        axis.SetBehavior(vtk.vtkAxis.FIXED)
        axis.SetRange(*getattr(chart_node, f"Get{name}AxisRange")())


def _plot_kind(kind: int) -> int:
    return {
        _SERIES.PlotTypeBar: vtk.vtkChart.BAR,
        _SERIES.PlotTypeScatterBar: vtk.vtkChart.BAR,
    }.get(kind, vtk.vtkChart.LINE)


def _add_series(chart: Any, series: Any) -> None:
    table = series.GetTableNode().GetTable()
    y_name = series.GetYColumnName()
    if not y_name or table.GetColumnByName(y_name) is None:
        return
    plot = chart.AddPlot(_plot_kind(series.GetPlotType()))
    x_name = series.GetXColumnName()
    if series.IsXColumnRequired() and x_name and table.GetColumnByName(x_name) is not None:
        plot.SetInputData(table, x_name, y_name)
    else:
        plot.SetUseIndexForXSeries(True)
        plot.SetInputData(table, y_name, y_name)
    if series.GetLabelColumnName():
        plot.SetIndexedLabels(table.GetColumnByName(series.GetLabelColumnName()))
    plot.SetLabel(series.GetName())
    plot.SetColorF(*series.GetColor())
    plot.GetPen().SetOpacityF(series.GetOpacity())
    plot.SetWidth(series.GetLineWidth())
    if isinstance(plot, vtk.vtkPlotPoints):
        plot.SetMarkerStyle(MARKERS.get(series.GetMarkerStyle(), vtk.vtkPlotPoints.NONE))
        plot.SetMarkerSize(series.GetMarkerSize())
        plot.GetPen().SetLineType(LINES.get(series.GetLineStyle(), vtk.vtkPen.SOLID_LINE))


class PlotView:
    """An off-screen chart view of one vtkMRMLPlotViewNode."""

    def __init__(self, view_node: Any) -> None:
        self._node = view_node
        self._window = make_render_window(DEFAULT_SIZE)

    def mrmlPlotViewNode(self) -> Any:
        """The vtkMRMLPlotViewNode."""
        return self._node

    def fitToContent(self) -> None:
        """Let both axes show all of the data."""
        chart_node = self._node.GetPlotChartNode()
        if chart_node is not None:
            chart_node.XAxisRangeAutoOn()
            chart_node.YAxisRangeAutoOn()

    def _resize(self, size: Size) -> None:
        self._window.SetSize(*size)

    def _grab(self) -> np.ndarray:
        renderer = vtk.vtkRenderer()
        renderer.SetBackground(1.0, 1.0, 1.0)
        actor = vtk.vtkContextActor()
        renderer.AddViewProp(actor)
        actor.GetScene().SetRenderer(renderer)
        self._window.AddRenderer(renderer)
        if self._node.GetPlotChartNode() is not None:
            actor.GetScene().AddItem(make_chart(self._node.GetPlotChartNode()))
        self._window.Render()
        picture = pixels(self._window)
        self._window.RemoveRenderer(renderer)
        return picture

    def _release(self) -> None:
        self._window.Finalize()


class PlotWidget(ViewWidget):
    """A plot view with its controller."""

    stands_for = "qMRMLPlotWidget"

    def __init__(self, view_node: Any, application_logic: Any) -> None:
        super().__init__(view_node, PlotView(view_node), ControllerBar(view_node))

    def plotView(self) -> PlotView:
        """The view."""
        return self._view

    def plotController(self) -> ControllerBar:
        """The controller."""
        return self._controller

    def mrmlPlotViewNode(self) -> Any:
        """The vtkMRMLPlotViewNode."""
        return self._node
