"""Pop-ups, recorded instead of shown, and answered as a test says."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """One pop-up.

    kind: info, warning, error, confirm, retry, box or delay.
    text: what it said.
    detailed: text behind "details".
    answer: what the caller got.
    """

    kind: str
    text: str
    detailed: str = ""
    title: str = ""
    answer: Any = None


class MessageRecorder:
    """The pop-ups of the application since the last `clear`."""

    def __init__(self) -> None:
        self.all: list[Message] = []
        self._answers: deque[bool] = deque()

    def answer_next(self, *answers: bool) -> None:
        """Answer the next questions so: True is OK, Yes or Retry; without a word, OK and Yes but not Retry."""
        self._answers.extend(answers)

    def clear(self) -> None:
        self.all.clear()
        self._answers.clear()

    def texts(self, kind: str | None = None) -> list[str]:
        """Return the texts of all messages, or of one kind."""
        return [message.text for message in self.all if kind in (None, message.kind)]

    def add(self, kind: str, text: Any, options: dict[str, Any], answer: Any = None) -> Any:
        """Record a message and return its answer."""
        detailed, title = str(options.get("detailedText", "")), str(options.get("windowTitle") or "")
        self.all.append(Message(kind, str(text), detailed, title, answer))
        return answer

    def ask(self, kind: str, text: Any, options: dict[str, Any], default: bool) -> bool:
        answer = self._answers.popleft() if self._answers else default
        return bool(self.add(kind, text, options, answer))

    def install(self, util: Any) -> None:
        """Put the recording functions into `slicer.util`."""
        levels = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

        def shower(kind: str) -> Any:
            def show(text: Any, windowTitle: Any = None, parent: Any = None, **options: Any) -> None:
                logging.log(levels[kind], text)
                self.add(kind, text, {**options, "windowTitle": windowTitle})

            return show

        def asker(kind: str, default: bool) -> Any:
            def ask(text: Any, windowTitle: Any = None, parent: Any = None, **options: Any) -> bool:
                return self.ask(kind, text, {**options, "windowTitle": windowTitle}, default)

            return ask

        def box(text: Any, parent: Any = None, **options: Any) -> Any:
            import qt

            return self.add("box", text, options, qt.QMessageBox.Ok)

        def delay(message: Any, autoCloseMsec: int = 1000, parent: Any = None, **options: Any) -> None:
            import slicer

            logging.info(message)
            self.add("delay", message, options)
            slicer.app.processEvents()

        for kind in levels:
            setattr(util, f"{kind}Display", shower(kind))
        util.confirmOkCancelDisplay = asker("confirm", True)
        util.confirmYesNoDisplay = asker("confirm", True)
        util.confirmRetryCloseDisplay = asker("retry", False)
        util.messageBox, util.delayDisplay = box, delay
