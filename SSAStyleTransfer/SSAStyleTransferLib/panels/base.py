"""What all sections of the panel share."""

from __future__ import annotations

from contextlib import contextmanager

import qt
import slicer
from slicer.i18n import tr as _

_ROW_HEIGHT = 22


class Section:
    """One section: `connect` once, `update` whenever parameters or scene change.

    Attributes
    ----------
    ui : namespace
        The widgets of the panel by name.
    logic : SSAStyleTransferLogic
    owner : SSAStyleTransferWidget
        Gives `parameters` and `say(text, level)`.
    """

    def __init__(self, ui, logic, owner) -> None:
        self.ui, self.logic, self.owner = ui, logic, owner

    @property
    def parameters(self):
        """The parameter node, or None while the scene is closed."""
        return self.owner.parameters

    def connect(self) -> None:
        """Connect signals; called once."""

    def update(self) -> None:
        """Bring the widgets in line with parameters and scene."""

    def leave(self) -> None:
        """Let go of views and effects when another module is opened."""

    def followWork(self) -> None:
        """Begin to follow child processes that were started."""

    def showProgress(self) -> None:
        """Show how far the child processes are."""

    def stop(self) -> None:
        """Stop timers when the module is destroyed."""

    @contextmanager
    def guarded(self):
        """Show an expected error in the status line, and an unexpected one in Slicer's error display."""
        from ssaglioma.errors import SSAGliomaError

        with slicer.util.tryWithErrorDisplay(_("SSAGlioma failed unexpectedly."), waitCursor=False):
            try:
                yield
            except SSAGliomaError as error:
                self.owner.say(str(error), "error")

    def setEnabled(self, widget, enabled: bool, why: str = "") -> None:
        """Enable or disable a widget; a disabled one says why in its tooltip."""
        tip = widget.property("enabledToolTip")
        if not tip:
            tip = widget.toolTip
            widget.setProperty("enabledToolTip", tip)
        widget.enabled = enabled
        widget.toolTip = tip if enabled or not why else why


def fillTable(table, headings: list[str], rows: list[list[str]], tips: dict[str, str] | None = None) -> None:
    """Fill a QTableWidget with texts; `tips` gives the definition of a heading."""
    table.setColumnCount(len(headings))
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(headings)
    for column, heading in enumerate(headings):
        if tips and heading in tips:
            table.horizontalHeaderItem(column).setToolTip(tips[heading])
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            table.setItem(row, column, qt.QTableWidgetItem(str(value)))
    table.resizeColumnsToContents()
    table.horizontalHeader().setStretchLastSection(True)


def duration(seconds: float) -> str:
    """Return a time for people: '12 s', '3 min'."""
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"


def tiePath(section: Section, edit, field: str) -> None:
    """Keep a path edit's text in a text parameter; a Path parameter would show '.' where nothing is chosen."""

    def keep(path: str) -> None:
        if section.parameters is not None and getattr(section.parameters, field) != path:
            setattr(section.parameters, field, path)

    edit.currentPathChanged.connect(keep)


def showPath(edit, path: str) -> None:
    """Show a text parameter in a path edit."""
    if edit.currentPath != path:
        edit.currentPath = path
