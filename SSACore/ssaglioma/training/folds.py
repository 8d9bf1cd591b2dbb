"""Cross-validation folds: stratified once, committed, and read by every experiment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike

GLIOMA_FOLDS = Path(__file__).parent / "folds.json"
"""The project's five folds over the 24 development cases."""

_SITES = (re.compile(r"^Brats18_(?P<site>2013|CBICA|TCIA)"), re.compile(r"^(?P<site>BraTS20\d\d)_"))


@dataclass(frozen=True)
class Folds:
    """Disjoint groups of case names; fold k holds out group k.

    Attributes
    ----------
    groups : tuple of tuple of str
        Case names of each held-out group.
    """

    groups: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        names = [name for group in self.groups for name in group]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DatasetError(f"The folds hold {twice} more than once", expected="each case in one fold")

    def held_out(self, fold: int) -> tuple[str, ...]:
        """Return the case names that fold `fold` never trains on.

        Raises
        ------
        DatasetError
            If there is no such fold.
        """
        if not 0 <= fold < len(self.groups):
            raise DatasetError(f"There is no fold {fold!r}", expected=f"0 to {len(self.groups) - 1}")
        return self.groups[fold]

    def training(self, fold: int) -> tuple[str, ...]:
        """Return the case names that fold `fold` trains on."""
        held_out = set(self.held_out(fold))
        return tuple(name for group in self.groups for name in group if name not in held_out)


def read_folds(path: PathLike = GLIOMA_FOLDS) -> Folds:
    """Read folds from JSON: `{"folds": [["case", ...], ...]}`.

    Raises
    ------
    DatasetError
        If the file is no such JSON.
    """
    try:
        groups = json.loads(Path(path).read_text(encoding="utf-8"))["folds"]
        return Folds(tuple(tuple(str(name) for name in group) for group in groups))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The folds file {str(path)!r} cannot be read ({error})",
            expected='{"folds": [["case", ...], ...]}',
        ) from error


def site_of(case: str) -> str:
    """Return the site that a BraTS name tells: '2013', 'CBICA', 'TCIA', or the challenge ('BraTS2021').

    Raises
    ------
    DatasetError
        If the name tells none.
    """
    for pattern in _SITES:
        found = pattern.match(case)
        if found:
            return found["site"]
    raise DatasetError(
        f"The case name {case!r} does not tell a site", expected="a name such as Brats18_CBICA_ABM_1 or BraTS2021_01485"
    )


def site_folds(cases: Iterable[str]) -> Folds:
    """Return folds that each hold out one whole site, in the order of the sites' names."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(cases):
        groups[site_of(name)].append(name)
    return Folds(tuple(tuple(groups[site]) for site in sorted(groups)))


def stratified_folds(sites: Mapping[str, str], et_volumes_ml: Mapping[str, float], count: int, seed: int) -> Folds:
    """Deal cases into folds so that each fold has a like share of every site and of small and large ET.

    Cases are sorted by site, then ET volume, and dealt in rounds of `count`; each round goes to the folds in
    random order, fuller folds last.

    Parameters
    ----------
    sites : mapping of case name to site
    et_volumes_ml : mapping of case name to volume of enhancing tumour in ml
    count : int
        Number of folds.
    seed : int
    """
    generator = np.random.default_rng(seed)
    by_site: dict[str, list[str]] = defaultdict(list)
    for name in sorted(sites, key=lambda case: (et_volumes_ml[case], case)):
        by_site[sites[name]].append(name)
    groups: list[list[str]] = [[] for _ in range(count)]
    volumes = np.zeros(count)
    queue = [name for site in sorted(by_site) for name in by_site[site]]
    for begin in range(0, len(queue), count):
        round_names = queue[begin : begin + count]
        order = sorted(range(count), key=lambda k: (len(groups[k]), volumes[k], generator.random()))
        for name, target in zip(sorted(round_names, key=lambda case: -et_volumes_ml[case]), order):
            groups[target].append(name)
            volumes[target] += et_volumes_ml[name]
    return Folds(tuple(tuple(sorted(group)) for group in groups))
