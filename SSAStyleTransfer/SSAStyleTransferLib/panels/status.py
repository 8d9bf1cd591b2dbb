"""The line at the top: the last message, or else the state of the inputs."""

from __future__ import annotations

import slicer

_COLORS = {"ready": "#2e9e4f", "warning": "#d99000", "error": "#d03030", "busy": "#3070c0"}
_GRAY = "#808080"


class StatusLine:
    """Shows one message until the next one, or until images, style or method change.

    Attributes
    ----------
    ui : namespace
        The widgets of the panel by name.
    logic : SSAStyleTransferLogic
    owner : SSAStyleTransferWidget
        Gives `parameters`.
    """

    def __init__(self, ui, logic, owner) -> None:
        self.ui, self.logic, self.owner = ui, logic, owner
        self._message = ("", "", None)

    def say(self, text: str, level: str = "ready") -> None:
        """Show a message; level: 'ready', 'warning', 'error' or 'busy'."""
        self._message = (text, level, self._choice())
        self.show()
        slicer.app.processEvents()

    def clear(self) -> None:
        """Go back to the state of the inputs."""
        self._message = ("", "", None)
        self.show()

    def show(self) -> None:
        """Show the last message, or else the state of the inputs."""
        text, level, choice = self._message
        parameters = self.owner.parameters
        if text and parameters is not None and choice != self._choice():
            self._message = text, level, _choice = ("", "", None)
        if not text and parameters is not None:
            text, level = self.logic.statusSentence(parameters)
        self.ui.statusDot.text = f'<span style="color:{_COLORS.get(level, _GRAY)}">●</span>'
        self.ui.statusLabel.text = text

    def _choice(self):
        """Return what the user has chosen; a message that was shown before it changed is outdated."""
        parameters = self.owner.parameters
        if parameters is None:
            return None
        nodes = (parameters.content, parameters.style, parameters.labels)
        return (*(node and node.GetID() for node in nodes), parameters.bankStyle, parameters.method)
