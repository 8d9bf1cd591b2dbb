"""The stand-ins of qMRMLTableView and qMRMLTableWidget: a table node's content in a QTableWidget."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6 import QtWidgets

from .bar import ControllerBar
from .painting import ensure_application, grab_widget
from .render_view import DEFAULT_SIZE, Size
from .view_widget import ViewWidget


def make_table(table_node: Any) -> QtWidgets.QTableWidget:
    """A QTableWidget with the cells of a vtkMRMLTableNode, headers as the node asks for."""
    ensure_application()
    table = table_node.GetTable()
    columns = int(table.GetNumberOfColumns())
    rows = int(table.GetNumberOfRows())
    first = 1 if table_node.GetUseFirstColumnAsRowHeader() and columns else 0
    widget = QtWidgets.QTableWidget(rows, columns - first)
    for row in range(rows):
        if first:
            widget.setVerticalHeaderItem(row, QtWidgets.QTableWidgetItem(table_node.GetCellText(row, 0)))
        for column in range(first, columns):
            item = QtWidgets.QTableWidgetItem(table_node.GetCellText(row, column))
            widget.setItem(row, column - first, item)
    if table_node.GetUseColumnTitleAsColumnHeader() or table_node.GetUseColumnNameAsColumnHeader():
        names = [_column_title(table_node, table.GetColumnName(column)) for column in range(first, columns)]
        widget.setHorizontalHeaderLabels(names)
    widget.resizeColumnsToContents()
    return widget


def _column_title(table_node: Any, name: str) -> str:
    if not table_node.GetUseColumnTitleAsColumnHeader():
        return name
    return table_node.GetColumnTitle(name) or name


class TableView:
    """A table view of one vtkMRMLTableViewNode."""

    def __init__(self, view_node: Any) -> None:
        self._node = view_node
        self._size = DEFAULT_SIZE

    def mrmlTableViewNode(self) -> Any:
        """The vtkMRMLTableViewNode."""
        return self._node

    def mrmlTableNode(self) -> Any:
        """The vtkMRMLTableNode that is shown, or None."""
        return self._node.GetTableNode()

    def _resize(self, size: Size) -> None:
        self._size = size

    def _grab(self) -> np.ndarray:
        ensure_application()
        node = self.mrmlTableNode()
        widget = make_table(node) if node is not None else QtWidgets.QTableWidget(0, 0)
        widget.resize(*self._size)
        return grab_widget(widget)

    def _release(self) -> None:
        """Nothing is held."""


class TableWidget(ViewWidget):
    """A table view with its controller."""

    stands_for = "qMRMLTableWidget"

    def __init__(self, view_node: Any, application_logic: Any) -> None:
        super().__init__(view_node, TableView(view_node), ControllerBar(view_node))

    def tableView(self) -> TableView:
        """The view."""
        return self._view

    def tableController(self) -> ControllerBar:
        """The controller."""
        return self._controller

    def mrmlTableViewNode(self) -> Any:
        """The vtkMRMLTableViewNode."""
        return self._node
