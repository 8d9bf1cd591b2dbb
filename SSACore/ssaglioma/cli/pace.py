"""How long the rest takes, from what the stages of a run usually take and what they took so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TRUST_SECONDS = 1.0
"""So much of the usual time is held against the pace of this run, lest its first moments decide."""
_OWN_PACE = 0.3
"""From this part of a stage on, its own pace alone tells how long the rest of it takes."""
_STEPS = 12
"""The pace of a stage is the median of so many steps told last: a single pause does not count."""


@dataclass(frozen=True)
class Stage:
    """A part of a run.

    Attributes
    ----------
    until : float
        Fraction of the run's progress, as it is told, where the stage ends.
    seconds : float
        What it usually takes.

    Raises
    ------
    ValueError
        If the numbers make no sense.
    """

    until: float
    seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.until <= 1 or not self.seconds > 0:
            raise ValueError(f"The stage makes no sense: {self!r}")


class Pace:
    """Tells the time left of a run of several stages.

    The usual seconds need only be right in proportion: how fast this computer is shows while it works. Within a stage,
    its own pace counts more and more, so that a stage of a size nobody foretold is told rightly, too.

    Parameters
    ----------
    stages : sequence of Stage
        In order; the last ends at 1.
    began : float
        When the run began, in seconds of the clock that `told` is given.
    """

    def __init__(self, stages: Sequence[Stage], began: float) -> None:
        ends = [stage.until for stage in stages]
        if not ends or ends[-1] != 1 or ends != sorted(set(ends)):
            raise ValueError(f"The stages {stages!r} do not rise to 1")
        self._stages = tuple(stages)
        self._began = began
        self._place = 0
        self._steps: deque[tuple[float, float]] = deque([(began, 0.0)], _STEPS)

    def left(self, fraction: float, now: float) -> float:
        """Return the seconds left when a fraction (0..1, never less than before) is done at a time."""
        if fraction >= 1:
            return 0.0
        place = next(index for index, stage in enumerate(self._stages) if fraction < stage.until)
        if place > self._place:
            self._place = place
            self._steps = deque([(now, 0.0)], _STEPS)
        stage = self._stages[self._place]
        start = self._stages[self._place - 1].until if self._place else 0.0
        inside = max(0.0, fraction - start) / (stage.until - start)
        if inside > self._steps[-1][1]:
            self._steps.append((now, inside))
        done = sum(other.seconds for other in self._stages[: self._place]) + inside * stage.seconds
        slowness = (now - self._began + _TRUST_SECONDS) / (done + _TRUST_SECONDS)
        later = sum(other.seconds for other in self._stages[self._place + 1 :])
        return self._rest(inside, (1 - inside) * stage.seconds * slowness) + slowness * later

    def _rest(self, inside: float, usual: float) -> float:
        """Return the seconds left of the present stage, of which a part is done; `usual` is what it usually takes."""
        if len(self._steps) < 2:
            return usual
        paces = sorted((now - then) / (done - before) for (then, before), (now, done) in pairwise(self._steps))
        slowness = (paces[len(paces) // 2] + paces[(len(paces) - 1) // 2]) / 2
        trust = min(1.0, inside / _OWN_PACE)
        return (1 - trust) * usual + trust * slowness * (1 - inside)
