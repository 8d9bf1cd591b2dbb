"""Pictures as PNG, tables as CSV; own style images stay out unless they were allowed in."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

if TYPE_CHECKING:
    import numpy as np

_GAP = 6
_CHART_SIZE = (900, 600)


class ExportingLogic:
    """Exports; part of `SSAStyleTransferLogic`."""

    def privateStyle(self, parameters) -> bool:
        """Whether the chosen style comes from the user's own files."""
        entry = self.bankEntry(parameters)
        return parameters.style is not None or (entry is not None and entry.private)

    def exportFigure(self, parameters, path, allowPrivate: bool = False) -> Path:
        """Write original, style, result and difference of the shown slice side by side as one gray PNG.

        Parameters
        ----------
        allowPrivate : bool
            Whether an own style image may be in it; it is left out otherwise.

        Raises
        ------
        DatasetError
            If no picture is shown.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.volume.pictures2d import write_picture

        shown = self.shownPicture
        if shown is None:
            raise DatasetError("No picture is shown", remedy=_("Choose content, style and method first"))
        display = parameters.content.GetDisplayNode()
        low, high = display.GetWindowLevelMin(), display.GetWindowLevelMax()
        parts = [_gray(shown.piece.array, low, high)]
        style = self._stylePicture(parameters, shown)
        if style is not None and (allowPrivate or not self.privateStyle(parameters)):
            parts.append(_gray(style, 0.0, float(style.max())))
        parts.append(_gray(shown.array, low, high))
        parts.append(_gray(shown.array - shown.piece.array, low - high, high - low))
        target = Path(path).with_suffix(".png")
        write_picture(_sideBySide(parts), target)
        return target

    def exportTables(self, parameters, folder, allowPrivate: bool = False) -> list[Path]:
        """Write each filled table as CSV and its chart as PNG into a folder; return the files.

        Columns and charts that show an own style are left out unless they are allowed.

        Raises
        ------
        DatasetError
            If there is no table yet.
        SSAGliomaError
            If the folder cannot be written.
        """
        from ssaglioma.errors import DatasetError, SSAGliomaError

        hide = self.privateStyle(parameters) and not allowPrivate
        written: list[Path] = []
        for kind in ("histogram", "curve", "map"):
            table = getattr(parameters, f"{kind}Table")
            if table is None or table.GetNumberOfRows() == 0:
                continue
            target = Path(folder) / f"{kind}.csv"
            try:
                _writeCsv(table, target, _("Style") if hide else None)
            except OSError as error:
                raise SSAGliomaError(
                    f"The file {str(target)!r} cannot be written ({error.strerror or error})",
                    remedy=_("Choose another folder, or free some space"),
                ) from error
            written.append(target)
            if not hide or kind == "curve":
                written.append(writeChart(getattr(parameters, f"{kind}Chart"), target.with_suffix(".png")))
        if not written:
            raise DatasetError("There is no chart yet", remedy=_("Press Histograms, Curve or Feature map first"))
        return written


def writeChart(chart, path: Path) -> Path:
    """Draw a chart node's series without a window and write them as PNG."""
    import vtk

    view = vtk.vtkContextView()
    window = view.GetRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*_CHART_SIZE)
    drawn = vtk.vtkChartXY()
    view.GetScene().AddItem(drawn)
    view.GetRenderer().SetBackground(1, 1, 1)
    for number in range(chart.GetNumberOfPlotSeriesNodes()):
        _addSeries(drawn, chart.GetNthPlotSeriesNode(number))
    drawn.SetTitle(chart.GetTitle() or "")
    drawn.GetAxis(vtk.vtkAxis.BOTTOM).SetTitle(chart.GetXAxisTitle() or "")
    drawn.GetAxis(vtk.vtkAxis.LEFT).SetTitle(chart.GetYAxisTitle() or "")
    drawn.SetShowLegend(True)
    window.Render()
    grabber = vtk.vtkWindowToImageFilter()
    grabber.SetInput(window)
    writer = vtk.vtkPNGWriter()
    writer.SetInputConnection(grabber.GetOutputPort())
    writer.SetFileName(str(path))
    writer.Write()
    return path


def _addSeries(drawn, series) -> None:
    import slicer
    import vtk

    points = series.GetLineStyle() == slicer.vtkMRMLPlotSeriesNode.LineStyleNone
    plot = drawn.AddPlot(vtk.vtkChart.POINTS if points else vtk.vtkChart.LINE)
    plot.SetInputData(series.GetTableNode().GetTable(), series.GetXColumnName(), series.GetYColumnName())
    plot.SetColorF(*series.GetColor())
    plot.SetWidth(2.0)
    plot.SetLabel(series.GetName())
    if points:
        plot.SetMarkerSize(series.GetMarkerSize())


def _writeCsv(table, target: Path, hidden: str | None) -> None:
    names = [table.GetColumnName(index) for index in range(table.GetNumberOfColumns())]
    kept = [index for index, name in enumerate(names) if hidden is None or name.split(" ")[0] != hidden]
    with open(target, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([names[index] for index in kept])
        for row in range(table.GetNumberOfRows()):
            writer.writerow([table.GetCellText(row, index) for index in kept])


def _gray(array: np.ndarray, low: float, high: float) -> np.ndarray:
    import numpy as np

    return np.clip((array - low) / max(high - low, 1e-9), 0, 1) * 255


def _sideBySide(parts: list) -> np.ndarray:
    """Return pictures beside each other, centered on the height of the tallest."""
    import numpy as np

    height = max(part.shape[0] for part in parts)
    columns = []
    for part in parts:
        top = (height - part.shape[0]) // 2
        padded = np.zeros((height, part.shape[1] + _GAP))
        padded[top : top + part.shape[0], : part.shape[1]] = part
        columns.append(padded)
    return np.concatenate(columns, axis=1)[:, :-_GAP]
