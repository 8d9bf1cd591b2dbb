"""The main window: what `slicer.util.mainWindow()`, `selectModule` and `showStatusMessage` need of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ModuleSelector:
    """The module list of the toolbar."""

    def __init__(self, select: Callable[[str], None]) -> None:
        self._select = select
        self.selectedModule = ""

    def selectModule(self, name: str) -> None:
        self._select(name)
        self.selectedModule = name


class StatusBar:
    """Keeps the messages of the status bar."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def showMessage(self, message: str, _duration: int = 0) -> None:
        self.messages.append(message)

    def clearMessage(self) -> None:
        self.messages.append("")


def make_main_window(select: Callable[[str], None]) -> Any:
    """Return a hidden QMainWindow called qSlicerMainWindow."""
    import qt

    selector, status_bar = ModuleSelector(select), StatusBar()

    class MainWindow(qt.QMainWindow):
        def moduleSelector(self) -> ModuleSelector:
            return selector

        def statusBar(self) -> StatusBar:
            return status_bar

    window = MainWindow()
    window.setObjectName("qSlicerMainWindow")
    return window
