"""What the parts of the Train tab share."""

from __future__ import annotations

from collections.abc import Callable

from SSAStyleTransferLib.panels.base import Section


class TrainPart(Section):
    """One part of the tab; its owner is the tab."""

    @property
    def parameters(self):
        """The training desk's parameter node, or None while the scene is closed."""
        return self.owner.training

    def poll(self) -> None:
        """Look at what works in the background; called twice a second while something does."""


def tieText(part: TrainPart, edit, field: str) -> None:
    """Keep the text of a line in a parameter, once it is typed."""

    def keep() -> None:
        if part.parameters is not None and getattr(part.parameters, field) != edit.text:
            setattr(part.parameters, field, edit.text)
            part.owner.refresh()

    edit.editingFinished.connect(keep)


def tieFolder(part: TrainPart, edit, field: str, chosen: Callable[[], None] | None = None) -> None:
    """Keep a chosen folder in a parameter; `chosen` is called when a person chose another one."""

    def keep(path: str) -> None:
        if part.parameters is not None and getattr(part.parameters, field) != path:
            setattr(part.parameters, field, path)
            if chosen is not None:
                chosen()
            part.owner.refresh()

    edit.currentPathChanged.connect(keep)


def showText(edit, text: str) -> None:
    """Show a parameter in a line, unless it is there already."""
    if edit.text != text:
        edit.text = text


def showFolder(edit, path: str) -> None:
    """Show a folder, unless it is there already."""
    if edit.currentPath != path:
        edit.currentPath = path
