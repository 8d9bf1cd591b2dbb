"""The coloured bar over each view: its state; ``compose`` draws it."""

from __future__ import annotations

from typing import Any


class ControllerBar:
    """What the controllers of all views share: label, colour, shown or not."""

    def __init__(self, view_node: Any) -> None:
        self._view_node = view_node
        self._visible = True

    @property
    def visible(self) -> bool:
        """True while the bar is drawn."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._visible = bool(visible)

    def setVisible(self, visible: bool) -> None:
        """Show or hide the bar."""
        self._visible = bool(visible)

    def show(self) -> None:
        """Show the bar."""
        self._visible = True

    def hide(self) -> None:
        """Hide the bar."""
        self._visible = False

    def mrmlViewNode(self) -> Any:
        """The view's node."""
        return self._view_node
