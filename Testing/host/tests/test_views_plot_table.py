"""Plot views and table views show what their nodes hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from slicerhost.views.plot_view import make_chart
from slicerhost.views.table_view import make_table
from views_scene import BareScene, near

RED = (1.0, 0.0, 0.0)


@pytest.fixture
def bare() -> Iterator[BareScene]:
    bare = BareScene()
    yield bare
    bare.close()


@pytest.fixture
def table(bare: BareScene) -> Any:
    node = bare.scene.AddNewNodeByClass("vtkMRMLTableNode", "volumes")
    names = vtk.vtkStringArray()
    names.SetName("Region")
    for name in ("ET", "NCR", "ED"):
        names.InsertNextValue(name)
    node.AddColumn(names)
    for title, values in (("Day", (0.0, 30.0, 60.0)), ("Volume ml", (10.0, 20.0, 40.0))):
        column = vtk.vtkDoubleArray()
        column.SetName(title)
        for value in values:
            column.InsertNextValue(value)
        node.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    return node


@pytest.fixture
def chart(bare: BareScene, table: Any) -> Any:
    series = bare.scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", "ET over time")
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    series.SetXColumnName("Day")
    series.SetYColumnName("Volume ml")
    series.SetColor(*RED)
    series.SetLineWidth(4)
    node = bare.scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "chart")
    node.AddAndObservePlotSeriesNodeID(series.GetID())
    node.SetTitle("Growth")
    node.SetXAxisTitle("days")
    node.SetYAxisTitle("ml")
    return node


def _show_chart(bare: BareScene, chart: Any) -> np.ndarray:
    bare.layout_manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpPlotView)
    bare.layout_manager.plotWidget(0).mrmlPlotViewNode().SetPlotChartNodeID(chart.GetID() if chart else None)
    return bare.layout_manager.grab_layout((600, 422))[22:]


def test_a_chart_is_drawn_in_the_series_colour_rising_to_the_right(bare: BareScene, chart: Any) -> None:
    chart.LegendVisibilityOff()
    picture = _show_chart(bare, chart)
    assert (picture[-3:, -3:] == 255).all()  # white paper
    rows, columns = np.nonzero(near(picture, RED, 60))
    assert rows.size > 200
    assert rows[columns < columns.min() + 20].mean() > rows[columns > columns.max() - 20].mean() + 100


def test_a_plot_view_without_a_chart_is_empty_paper(bare: BareScene) -> None:
    picture = _show_chart(bare, None)
    assert (picture == 255).all()


def test_titles_axes_and_ranges_come_from_the_chart_node(chart: Any) -> None:
    chart.YAxisRangeAutoOff()
    chart.SetYAxisRange(0.0, 100.0)
    drawn = make_chart(chart)
    assert drawn.GetTitle() == "Growth"
    bottom, left = drawn.GetAxis(vtk.vtkAxis.BOTTOM), drawn.GetAxis(vtk.vtkAxis.LEFT)
    assert (bottom.GetTitle(), left.GetTitle()) == ("days", "ml")
    assert (left.GetMinimum(), left.GetMaximum()) == (0.0, 100.0)
    assert drawn.GetNumberOfPlots() == 1
    assert drawn.GetPlot(0).GetLabel() == "ET over time"


def test_a_series_without_its_column_is_left_out(chart: Any) -> None:
    chart.GetNthPlotSeriesNode(0).SetYColumnName("not there")
    assert make_chart(chart).GetNumberOfPlots() == 0


def test_a_bar_series_needs_no_x_column(chart: Any) -> None:
    series = chart.GetNthPlotSeriesNode(0)
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeBar)
    series.SetXColumnName("")
    assert isinstance(make_chart(chart).GetPlot(0), vtk.vtkPlotBar)


def test_a_table_has_the_nodes_cells_and_headers(table: Any) -> None:
    widget = make_table(table)
    model = widget.model()
    cells = [[model.index(row, column).data() for column in range(3)] for row in range(3)]
    assert cells == [["ET", "0", "10"], ["NCR", "30", "20"], ["ED", "60", "40"]]
    assert [widget.horizontalHeaderItem(column).text() for column in range(3)] == ["Region", "Day", "Volume ml"]


def test_the_first_column_can_be_the_row_header(table: Any) -> None:
    table.SetUseFirstColumnAsRowHeader(True)
    widget = make_table(table)
    assert [widget.verticalHeaderItem(row).text() for row in range(3)] == ["ET", "NCR", "ED"]
    assert widget.model().index(2, 1).data() == "40"


def test_a_table_view_is_drawn_with_dark_text_on_white(bare: BareScene, table: Any) -> None:
    bare.layout_manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayout3DTableView)
    bare.layout_manager.tableWidget(0).mrmlTableViewNode().SetTableNodeID(table.GetID())
    picture = bare.layout_manager.grab_layout((803, 400))
    cells = picture[60:140, 420:640]
    assert (cells < 90).all(axis=-1).sum() > 60
    assert (picture[300:-4, 700:-4] == 255).all()
