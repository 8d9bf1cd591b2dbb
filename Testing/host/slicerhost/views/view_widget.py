"""What the stand-ins of all view widgets share; the methods have the names of qMRMLAbstractViewWidget."""

from __future__ import annotations

from typing import Any

from .bar import ControllerBar


class ViewWidget:
    """A view with the bar over it."""

    def __init__(self, view_node: Any, view: Any, controller: ControllerBar) -> None:
        self._node = view_node
        self._view = view
        self._controller = controller

    def mrmlAbstractViewNode(self) -> Any:
        """The view's node."""
        return self._node

    def viewWidget(self) -> Any:
        """The view."""
        return self._view

    def controllerWidget(self) -> ControllerBar:
        """The bar over the view."""
        return self._controller

    @property
    def viewLabel(self) -> str:
        """The label in the bar."""
        return self._node.GetLayoutLabel()

    def setViewLabel(self, label: str) -> None:
        """Change the label in the bar."""
        self._node.SetLayoutLabel(label)

    def _release(self) -> None:
        self._view._release()
