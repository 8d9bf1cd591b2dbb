"""The errors that users of ssaglioma meet.

Every message says what was found, what was expected and what to do about it. The
three parts stay apart as attributes, so that a screen or a JSON consumer can lay
them out.
"""

from __future__ import annotations

from collections.abc import Callable


class SSAGliomaError(Exception):
    """Base of all errors that a user can cause and mend.

    Parameters
    ----------
    problem : str
        What was found, with the offending value in ``repr`` form and the file's name.
    expected : str
        What would have been accepted.
    remedy : str
        What the user can do next.
    """

    exit_code = 2

    def __init__(self, problem: str, *, expected: str = "", remedy: str = "") -> None:
        self.problem = problem.strip()
        self.expected = expected.strip()
        self.remedy = remedy.strip()
        parts = [_sentence(self.problem)]
        if self.expected:
            parts.append(_sentence(f"Expected {self.expected}"))
        if self.remedy:
            parts.append(_sentence(self.remedy))
        super().__init__(" ".join(parts))


class GeometryError(SSAGliomaError):
    """Grids, spacings or directions that do not fit together or make no sense."""


class SequenceError(SSAGliomaError):
    """A sequence that is missing, given twice or not understood."""


class DatasetError(SSAGliomaError):
    """A file, case or folder of cases that cannot be used as it is."""


class ModelPackageError(SSAGliomaError):
    """A model package that is missing, damaged or of another kind."""


class DeviceError(SSAGliomaError):
    """A computing device, or software for it, that is missing or does not work."""

    exit_code = 3


def requirement(what: str, kind: type[SSAGliomaError] = DatasetError) -> Callable[[bool, str, object, str], None]:
    """Return a function (condition, name, value, expected) that raises "<what> <name> is <value>" unless it holds."""

    def require(condition: bool, name: str, value: object, expected: str) -> None:
        if not condition:
            raise kind(f"{what} {name} is {value!r}", expected=expected)

    return require


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
