"""Table, series and chart nodes of the charts."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.content import MADE

_SERIES_COLORS = ((0.35, 0.56, 0.79), (0.90, 0.62, 0.0), (0.0, 0.62, 0.45), (0.8, 0.47, 0.65))


def drawLines(parameters, kind: str, columns: dict, title: str, axes: tuple[str, str]):
    """Fill the table of a kind, and draw each column against the first one."""
    table, chart = _nodesOf(parameters, kind)
    _fill(table, columns)
    first, *rest = columns
    for number, name in enumerate(rest):
        series = _series(kind, number, name)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
        series.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
        series.SetXColumnName(first)
        series.SetYColumnName(name)
        series.SetColor(_SERIES_COLORS[number % len(_SERIES_COLORS)])
        series.SetLineWidth(2)
    _observe(chart, kind, len(rest))
    chart.SetTitle(title)
    chart.SetXAxisTitle(axes[0])
    chart.SetYAxisTitle(axes[1])
    return chart


def drawScatter(parameters, columns: dict, groups: list[str], clouds: int):
    """Fill the map's table with the points of groups, and draw them: the first `clouds` small, the others large."""
    table, chart = _nodesOf(parameters, "map")
    _fill(table, columns)
    markers = slicer.vtkMRMLPlotSeriesNode
    for number, name in enumerate(groups):
        series = _series("map", number, name)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(markers.PlotTypeScatter)
        series.SetLineStyle(markers.LineStyleNone)
        cloud = number < clouds
        series.SetMarkerStyle(markers.MarkerStyleCircle if cloud else markers.MarkerStyleDiamond)
        series.SetMarkerSize(7 if cloud else 16)
        series.SetXColumnName(f"{name} x")
        series.SetYColumnName(f"{name} y")
        colors = ((0.6, 0.6, 0.6), (0.8, 0.47, 0.65), *(_SERIES_COLORS[index] for index in (0, 2, 1)))
        series.SetColor(colors[number])
    _observe(chart, "map", len(groups))
    chart.SetTitle(_("Where the slice lies between scanners"))
    chart.SetXAxisTitle(_("First axis of largest spread"))
    chart.SetYAxisTitle(_("Second axis"))
    return chart


def _nodesOf(parameters, kind: str):
    scene = slicer.mrmlScene
    for suffix, class_name in (("Table", "vtkMRMLTableNode"), ("Chart", "vtkMRMLPlotChartNode")):
        if getattr(parameters, f"{kind}{suffix}") is None:
            name = scene.GenerateUniqueName(f"SSAGlioma {kind}")
            node = scene.AddNewNodeByClass(class_name, name)
            node.SetAttribute(MADE, f"{kind}{suffix}")
            setattr(parameters, f"{kind}{suffix}", node)
    return getattr(parameters, f"{kind}Table"), getattr(parameters, f"{kind}Chart")


def _observe(chart, kind: str, count: int) -> None:
    chart.RemoveAllPlotSeriesNodeIDs()
    for number in range(count):
        chart.AddAndObservePlotSeriesNodeID(_seriesNode(kind, number).GetID())


def _seriesNode(kind: str, number: int):
    nodes = slicer.util.getNodesByClass("vtkMRMLPlotSeriesNode")
    return next((node for node in nodes if node.GetAttribute(MADE) == f"{kind}{number}"), None)


def _series(kind: str, number: int, name: str):
    node = _seriesNode(kind, number)
    if node is None:
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        node.SetAttribute(MADE, f"{kind}{number}")
    node.SetName(name)
    return node


def _fill(table, columns: dict) -> None:
    import vtk

    modified = table.StartModify()
    table.RemoveAllColumns()
    for name, values in columns.items():
        column = vtk.vtkDoubleArray()
        column.SetName(name)
        for value in values:
            column.InsertNextValue(float(value))
        table.AddColumn(column)
    table.EndModify(modified)
