"""An experiment as data: its rows, the published figures beside them, its budgets, and what it is scored by.

Nothing here imports torch; a `Study` (see `study`) carries the rows out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ssaglioma.errors import DatasetError
from ssaglioma.training.config_json import JsonConfig

if TYPE_CHECKING:
    from ssaglioma.experiments.study import Study

AVERAGE = "average"
"""Name of the mean over the classes, beside the classes' own names."""
BUDGETS = ("small", "medium", "paper")
Published = Mapping[str, Mapping[str, float]]
"""Score -> class (or `AVERAGE`) -> value, as a work printed it."""


@dataclass(frozen=True)
class Score:
    """One column group of the table.

    Attributes
    ----------
    name : str
        Key of the results.
    title : str
        With its unit, for people.
    higher_is_better : bool
    digits : int
        Shown behind the point.
    """

    name: str
    title: str
    higher_is_better: bool = True
    digits: int = 3


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, title : str
        Key of the results, and words for people.
    published : mapping
        What the work printed for it; may be empty.
    note : str
        What is ours in it, or what the work leaves open.
    """

    name: str
    title: str
    published: Published = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        frozen = {score: MappingProxyType(dict(values)) for score, values in self.published.items()}
        object.__setattr__(self, "published", MappingProxyType(frozen))


@dataclass(frozen=True)
class Protocol(JsonConfig):
    """What is fixed before a target label is read; each experiment adds its own hyper-parameters.

    Attributes
    ----------
    folds : int
        Patient-disjoint parts of the target; each is held out once.
    seeds : tuple of int
        Each seed draws its own folds, weights and batches.
    """

    _KIND = "experiment's protocol"

    folds: int = 3
    seeds: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(int(seed) for seed in self.seeds))
        require(self.folds >= 2, "folds", self.folds, "2 or more")
        proper = bool(self.seeds) and len(set(self.seeds)) == len(self.seeds) and min(self.seeds) >= 0
        require(proper, "seeds", self.seeds, "different whole numbers, 0 or more")


P = TypeVar("P", bound=Protocol)


@dataclass(frozen=True)
class Experiment:
    """One table of a published work, to be made again.

    Attributes
    ----------
    name, title : str
    citation : str
        The work, and which table.
    classes : tuple of str
        Scored one by one; the average is over them.
    scores : tuple of Score
    rows : tuple of Row
    pairs : tuple of (str, str)
        Rows that are compared by paired tests, first minus second.
    budgets : mapping of str to Protocol
        Under the names of `BUDGETS`.
    open_study : callable
        (context) -> Study; imports what it needs when it is called.
    notes : tuple of str
        Departures from the work and other things a reader must know.
    default_rows : mapping of str to tuple of str
        Rows of a budget where not all are carried out unasked.
    spread : str
        'cases' or 'classes': what the +- of the average is taken over (population SD over classes in some works).
    """

    name: str
    title: str
    citation: str
    classes: tuple[str, ...]
    scores: tuple[Score, ...]
    rows: tuple[Row, ...]
    pairs: tuple[tuple[str, str], ...]
    budgets: Mapping[str, Protocol]
    open_study: Callable[[StudyContext], Study]
    notes: tuple[str, ...] = ()
    default_rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spread: str = "cases"

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if len(set(names)) != len(names) or set(self.budgets) != set(BUDGETS):
            raise ValueError(
                f"Rows need names of their own, budgets are {BUDGETS}: found {names}, {list(self.budgets)}"
            )
        asked = [name for pair in (*self.pairs, *self.default_rows.values()) for name in pair]
        unknown = set(asked) - set(names)
        if unknown or self.spread not in ("cases", "classes"):
            raise ValueError(f"Pairs name unknown rows {sorted(unknown)}, or spread is {self.spread!r}")

    def row(self, name: str) -> Row:
        """Return a row by its name.

        Raises
        ------
        DatasetError
            If there is none.
        """
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            known = [row.name for row in self.rows]
            raise DatasetError(f"The experiment {self.name!r} has no row {name!r}", expected=f"one of {known}")
        return found

    def chosen_rows(self, names: tuple[str, ...]) -> tuple[Row, ...]:
        """Return the named rows in the table's order; no name gives all."""
        wanted = {self.row(name).name for name in names}
        return tuple(row for row in self.rows if not names or row.name in wanted)


@dataclass(frozen=True)
class StudyContext:
    """What a run of an experiment is given.

    Attributes
    ----------
    source, target : Path
        Folders of the two domains; may be the same where the files tell them apart.
    output : Path
        Folder of this run.
    protocol : Protocol
    excluded : tuple of str
        Cases that are left out, if the experiment knows what to do with them.
    device : str
        'auto', 'cpu', 'cuda' or 'cuda:N'.
    """

    source: Path
    target: Path
    output: Path
    protocol: Protocol
    excluded: tuple[str, ...] = ()
    device: str = "auto"


def with_changes(protocol: P, changes: Mapping[str, Any]) -> P:
    """Return a protocol with some values replaced; text becomes the type of the value that stands there.

    Raises
    ------
    DatasetError
        If there is no such value, or the text makes no value of its type.
    """
    known = {item.name: getattr(protocol, item.name) for item in fields(protocol)}
    made = {}
    for name, value in changes.items():
        if name not in known:
            raise DatasetError(f"The protocol has no value {name!r}", expected=f"one of {sorted(known)}")
        made[name] = _typed(name, value, known[name])
    return replace(protocol, **made)


def require(condition: bool, name: str, value: object, expected: str) -> None:
    """Raise a DatasetError about a value of a protocol unless the condition holds."""
    if not condition:
        raise DatasetError(f"The protocol's {name} is {value!r}", expected=expected)


def _typed(name: str, value: Any, present: Any) -> Any:
    if not isinstance(value, str) or isinstance(present, str):
        return value
    try:
        if isinstance(present, bool):
            return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
        if isinstance(present, tuple):
            kind = type(present[0]) if present else str
            return tuple(kind(part) for part in value.split(",") if part)
        return type(present)(value)
    except (KeyError, ValueError) as error:
        raise DatasetError(f"The protocol's {name} is {value!r}", expected=f"a value like {present!r}") from error
