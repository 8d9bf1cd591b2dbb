"""Dialogs that would wait for a user: they are recorded and answered at once.

`answer_next('/a/path')` answers the next dialog: a path or list of paths for file dialogs, a button or result code for
boxes and dialogs, a text for text inputs. Without an answer a file dialog is cancelled, a message box says Ok or Yes
where it has such a button, and any other dialog is rejected. `wait_for_user = True` lets dialogs really run.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox

Button = QMessageBox.StandardButton
_AGREEING = (Button.Ok, Button.Yes, Button.Close, Button.Cancel)


@dataclass(frozen=True)
class Asked:
    """A dialog that was opened: kind (the function's or class's name), title, text, and what it answered."""

    kind: str
    title: str
    text: str
    answer: Any


asked: list[Asked] = []
wait_for_user = False
_answers: deque[Any] = deque()
_real_exec = QDialog.exec


def answer_next(*answers: Any) -> None:
    """Answer the next dialogs so."""
    _answers.extend(answers)


def clear() -> None:
    """Forget what was asked and what would be answered."""
    asked.clear()
    _answers.clear()


def _answer(kind: str, title: str, text: str, default: Any) -> Any:
    answer = _answers.popleft() if _answers else default
    asked.append(Asked(kind, title, text, answer))
    return answer


def install() -> None:
    """Replace the functions that wait; the names and results are PythonQt's."""
    for name, default in (("getOpenFileName", ""), ("getSaveFileName", ""), ("getExistingDirectory", "")):
        setattr(QFileDialog, name, staticmethod(_file_dialog(name, default)))
    QFileDialog.getOpenFileNames = staticmethod(_file_dialog("getOpenFileNames", ()))
    for name in ("information", "warning", "critical", "question"):
        setattr(QMessageBox, name, staticmethod(_message_box(name)))
    for name, default in (("getText", ""), ("getItem", ""), ("getInt", 0), ("getDouble", 0.0)):
        setattr(QInputDialog, name, staticmethod(_input_dialog(name, default)))
    QDialog.exec = QDialog.exec_ = _execute


def _file_dialog(name: str, default: Any) -> Any:
    def ask(parent: Any = None, caption: str = "", directory: str = "", *_rest: Any, **_options: Any) -> Any:
        answer = _answer(name, caption, str(directory), default)
        return answer if isinstance(answer, list | tuple) else str(answer)

    return ask


def _message_box(name: str) -> Any:
    def ask(_parent: Any, title: str, text: str, buttons: Any = None, *_default: Any, **_options: Any) -> Any:
        shown = Button.Yes | Button.No if buttons is None and name == "question" else buttons or Button.Ok
        return _answer(name, title, text, _agreeing(shown))

    return ask


def _agreeing(buttons: Any) -> int:
    """Return the button that lets a script go on: Ok or Yes, else Close or Cancel, else 0."""
    return next((int(button) for button in _AGREEING if int(buttons) & int(button)), 0)


def _input_dialog(name: str, default: Any) -> Any:
    def ask(_parent: Any, title: str, label: str, *rest: Any, **_options: Any) -> Any:
        return _answer(name, title, label, default)

    return ask


def _execute(self: Any, *arguments: Any) -> int:
    if wait_for_user:
        return int(_real_exec(self, *arguments))
    if isinstance(self, QMessageBox):
        text, default = self.text, _agreeing(self.standardButtons)
    else:
        text, default = "", int(QDialog.DialogCode.Rejected)
    return int(_answer(type(self).__name__, self.windowTitle, text, default))
