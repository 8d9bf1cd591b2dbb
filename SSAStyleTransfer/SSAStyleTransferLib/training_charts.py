"""The course of a training as table and plot nodes: loss, and Dice of each region on held-out patches."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

EPOCH, LOSS, DICE_PREFIX = "epoch", "loss", "dice_"
_ROOM_FOR_LEGEND = 1.2
"""The legend lies at the upper right, where good Dice curves end."""
_COLORS = {
    "loss": (0.35, 0.35, 0.35),
    "dice_WT": (0.84, 0.24, 0.24),
    "dice_TC": (0.16, 0.5, 0.84),
    "dice_ET": (0.85, 0.6, 0.1),
}


class TrainingChartsLogic:
    """Curves of the training desk; part of `SSAStyleTransferLogic`."""

    def updateCurves(self, parameters, state) -> bool:
        """Bring the table of epochs up to date; tell whether there is one. The charts follow it by themselves."""
        rows = list(state.epochs)
        if not rows:
            return False
        names = [LOSS, *(name for name in rows[0] if name.startswith(DICE_PREFIX))]
        table = parameters.curveTable
        if table is None:
            table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", _("Training curves"))
            parameters.curveTable = table
        if self.curveRows(parameters) != [[row[EPOCH], *(row.get(name) for name in names)] for row in rows]:
            _fill(table, [EPOCH, *names], rows)
        return True

    def curveRows(self, parameters) -> list[list]:
        """Return the table of epochs: epoch, loss, Dice of each region (None where it is not defined)."""
        import math

        table = parameters.curveTable
        if table is None:
            return []
        columns = [table.GetTable().GetColumn(index) for index in range(table.GetNumberOfColumns())]
        values = [[column.GetValue(row) for column in columns] for row in range(table.GetNumberOfRows())]
        return [[int(row[0]), *(None if math.isnan(value) else value for value in row[1:])] for row in values]

    def showCurves(self, parameters):
        """Make the charts of loss and Dice where there are none, and show the Dice chart; return both.

        Raises
        ------
        DatasetError
            If no epoch is finished yet.
        """
        from ssaglioma.errors import DatasetError

        table = parameters.curveTable
        if table is None or table.GetNumberOfRows() == 0:
            raise DatasetError("No epoch is finished yet", remedy=_("Wait for the first one"))
        names = [table.GetColumnName(index) for index in range(1, table.GetNumberOfColumns())]
        dice = [name for name in names if name.startswith(DICE_PREFIX)]
        if parameters.lossChart is None:
            parameters.lossChart = _chart(table, [LOSS], _("Loss"), _("loss"))
        if parameters.diceChart is None and dice:
            parameters.diceChart = _chart(table, dice, _("Dice on held-out patches"), "Dice", top=1.0)
        last = self._lastEpoch(parameters, table)
        for chart in filter(None, (parameters.lossChart, parameters.diceChart)):
            chart.SetXAxisRangeAuto(False)
            chart.SetXAxisRange(0.0, last * _ROOM_FOR_LEGEND)
        self._showChart(parameters.diceChart or parameters.lossChart)
        return parameters.lossChart, parameters.diceChart

    def _lastEpoch(self, parameters, table) -> int:
        """Return how many epochs are planned; where the job cannot be read any more, how many there are."""
        from ssaglioma.errors import SSAGliomaError

        try:
            return int(self.trainingJob(parameters).values()["epochs"])
        except (SSAGliomaError, KeyError):
            return table.GetNumberOfRows()

    def showLoss(self, parameters) -> None:
        """Show the chart of the loss."""
        self.showCurves(parameters)
        self._showChart(parameters.lossChart)

    def _showChart(self, chart) -> None:
        """Show a chart in our own layout's plot view, else in a layout of Slicer's that has one."""
        if self.viewsShown and self.plotNode() is not None:
            self.plotNode().SetPlotChartNodeID(chart.GetID())
        else:
            slicer.modules.plots.logic().ShowChartInLayout(chart)


def _fill(table, names: list[str], rows: list[dict]) -> None:
    import vtk

    modified = table.StartModify()
    table.RemoveAllColumns()
    for name in names:
        column = vtk.vtkDoubleArray()
        column.SetName(name)
        for row in rows:
            value = row.get(name)
            column.InsertNextValue(float("nan") if value is None else float(value))
        table.AddColumn(column)
    table.EndModify(modified)


def _chart(table, columns: list[str], title: str, axis: str, top: float | None = None):
    """Return a chart with one line for each column."""
    scene = slicer.mrmlScene
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", scene.GenerateUniqueName(title))
    for name in columns:
        label = name.removeprefix(DICE_PREFIX)
        series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", label)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
        series.SetXColumnName(EPOCH)
        series.SetYColumnName(name)
        series.SetColor(*_COLORS.get(name, (0.4, 0.2, 0.6)))
        series.SetLineWidth(2)
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    chart.SetTitle(title)
    chart.SetXAxisTitle(_("epoch"))
    chart.SetYAxisTitle(axis)
    if top is not None:
        chart.SetYAxisRangeAuto(False)
        chart.SetYAxisRange(0.0, top)
    return chart
