"""How far a run in a child process is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes
    ----------
    state : str
        'running', 'done', 'failed', 'cancelled' or 'idle'.
    fraction : float
    message : str
        What is being done, or what went wrong and what to do.
    secondsLeft : float or None
    level : str
        Of a finished run: 'warning' where the traffic light of its images is not green.
    """

    state: str
    fraction: float = 0.0
    message: str = ""
    secondsLeft: float | None = None
    level: str = "ready"

    @property
    def running(self) -> bool:
        """Whether the child still works."""
        return self.state == "running"

    @property
    def done(self) -> bool:
        """Whether the result is in the scene."""
        return self.state == "done"

    @property
    def sentence(self) -> tuple[str, str]:
        """Text and level for the status line."""
        levels = {"failed": "error", "cancelled": "warning"}
        return self.message, levels.get(self.state, self.level)
