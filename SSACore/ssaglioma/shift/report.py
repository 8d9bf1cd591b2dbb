"""What a comparison of two sets found, as plain values that survive a JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.shift.estimates import Estimate
from ssaglioma.shift.feature_map import FeatureMap
from ssaglioma.shift.sampling import SliceSampling

SOURCE, TARGET, STYLISED = "source", "target", "stylised"
BEFORE, AFTER = "source_target", "stylised_target"
HISTOGRAM_MEASURES = ("kl_to_target", "kl_from_target", "js", "wasserstein")
WHOLE_MEASURES = ("spectrum", "edge_width_px", "noise_percent", "frechet", "energy")

REPORT_FORMAT = 1
_DIGITS = 7


@dataclass(frozen=True)
class ShiftConfig:
    """How sets are compared.

    Attributes
    ----------
    sampling : SliceSampling
    draws : int
        Bootstrap draws of whole cases.
    splits : int
        Random divisions of a set into halves, for the floor.
    permutations : int
        Random divisions of all cases, for the p-value of the energy distance.
    components : int
        Principal components that the Fréchet distance is taken over.
    seed : int

    Raises
    ------
    DatasetError
        If a count is less than 1 or the seed is negative.
    """

    sampling: SliceSampling = field(default_factory=SliceSampling)
    draws: int = 200
    splits: int = 50
    permutations: int = 999
    components: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("draws", "splits", "permutations", "components"):
            if getattr(self, name) < 1:
                raise DatasetError(f"The number of {name} is {getattr(self, name)!r}", expected="1 or more")
        if self.seed < 0:
            raise DatasetError(f"The seed is {self.seed!r}", expected="0 or more")


@dataclass(frozen=True)
class Change:
    """A distance after stylising minus the one before; below 0 the sets came nearer.

    Attributes
    ----------
    value, low, high : float, float or None
        With a 95 % interval over cases; source and stylised cases of one name are drawn together.
    percent : float or None
        Of the distance before; None where that is not above 0.
    """

    value: float
    low: float | None
    high: float | None
    percent: float | None


@dataclass(frozen=True, eq=False)
class SetView:
    """One set in one contrast.

    Attributes
    ----------
    cases : tuple of str
    edge_width_px, noise_percent : float or None
        Median over the cases.
    histograms : mapping of region to ndarray, shape (256,)
        Mean shares over the cases that have the region.
    spectrum : ndarray, shape (rings,)
        Mean log10 power, from 0 to 0.5 cycles a pixel.
    points : ndarray, shape (cases, 2)
        Mean place of each case on the map.
    """

    cases: tuple[str, ...]
    edge_width_px: float | None
    noise_percent: float | None
    histograms: Mapping[str, np.ndarray]
    spectrum: np.ndarray
    points: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, arrays to seven digits."""
        return {
            "cases": list(self.cases),
            "edge_width_px": self.edge_width_px,
            "noise_percent": self.noise_percent,
            "histograms": {region: _rounded(shares) for region, shares in self.histograms.items()},
            "spectrum": _rounded(self.spectrum),
            "points": _rounded(self.points),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SetView:
        """Build a view from parsed JSON."""
        return cls(
            tuple(values["cases"]),
            values["edge_width_px"],
            values["noise_percent"],
            {region: np.array(shares, float) for region, shares in values["histograms"].items()},
            np.array(values["spectrum"], float),
            np.array(values["points"], float).reshape(-1, 2),
        )


@dataclass(frozen=True, eq=False)
class ContrastShift:
    """What was found in one contrast.

    Attributes
    ----------
    sets : mapping of str to SetView
        'source', 'target', and 'stylised' where given.
    distances : mapping of pair to mapping of region to mapping of measure to Estimate
        Pairs 'source_target' and 'stylised_target'. Each region has `HISTOGRAM_MEASURES` (KL and JS in nats;
        'kl_to_target' is sum of first * log(first / target)), the region 'all' also `WHOLE_MEASURES`: root mean square
        of log10 power, Wasserstein distances of edge widths (pixels) and noise (percent of the tissue's level),
        squared Fréchet and energy distance of standardised features.
    energy_p : mapping of pair to float or None
        Permutation p-value of the energy distance.
    changes : mapping of region to mapping of measure to Change
        Empty without a stylised set.
    feature_map : FeatureMap
        Of two coordinates; `project` places a new image among the points.
    """

    sets: Mapping[str, SetView]
    distances: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    energy_p: Mapping[str, float | None]
    changes: Mapping[str, Mapping[str, Change]]
    feature_map: FeatureMap

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "sets": {name: view.to_json() for name, view in self.sets.items()},
            "distances": {
                pair: {
                    region: {name: one.to_json() for name, one in measures.items()}
                    for region, measures in regions.items()
                }
                for pair, regions in self.distances.items()
            },
            "energy_p": dict(self.energy_p),
            "changes": {
                region: {name: asdict(one) for name, one in found.items()} for region, found in self.changes.items()
            },
            "map": self.feature_map.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ContrastShift:
        """Build it from parsed JSON."""
        return cls(
            {name: SetView.from_json(view) for name, view in values["sets"].items()},
            {
                pair: {
                    region: {name: Estimate.from_json(one) for name, one in measures.items()}
                    for region, measures in regions.items()
                }
                for pair, regions in values["distances"].items()
            },
            dict(values["energy_p"]),
            {
                region: {name: Change(**one) for name, one in found.items()}
                for region, found in values["changes"].items()
            },
            FeatureMap.from_json(values["map"]),
        )


@dataclass(frozen=True, eq=False)
class ShiftReport:
    """How far two sets are apart.

    Attributes
    ----------
    contrasts : mapping of str to ContrastShift
        Those that all sets have.
    left_out : mapping of str to tuple of str
        Other contrasts, with the sets that lack them.
    skipped : mapping of set to mapping of case to str
        Cases that could not be used, and why.
    titles : mapping of set to str
        Names for people.
    labels : str or None
        Label scheme of the regions.
    featurizer : str
        Where the features come from.
    config : ShiftConfig
    """

    contrasts: Mapping[str, ContrastShift]
    left_out: Mapping[str, tuple[str, ...]]
    skipped: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, str]
    labels: str | None
    featurizer: str
    config: ShiftConfig

    def described(self, **changes: Any) -> ShiftReport:
        """Return the report with other `titles`, `skipped`, `labels` or `featurizer`."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; there is no NaN among them."""
        return {
            "format": REPORT_FORMAT,
            "contrasts": {name: one.to_json() for name, one in self.contrasts.items()},
            "left_out": {name: list(sets) for name, sets in self.left_out.items()},
            "skipped": {name: dict(cases) for name, cases in self.skipped.items()},
            "titles": dict(self.titles),
            "labels": self.labels,
            "featurizer": self.featurizer,
            "config": asdict(self.config),
        }

    @classmethod
    def from_json(cls, values: Any, source: str) -> ShiftReport:
        """Build a report from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If it is of another format, or keys are missing.
        """
        try:
            if values["format"] != REPORT_FORMAT:
                raise ValueError(f"format {values['format']!r}")
            config = dict(values["config"])
            config["sampling"] = SliceSampling(**config["sampling"])
            return cls(
                {name: ContrastShift.from_json(one) for name, one in values["contrasts"].items()},
                {name: tuple(sets) for name, sets in values["left_out"].items()},
                {name: dict(cases) for name, cases in values["skipped"].items()},
                dict(values["titles"]),
                values["labels"],
                values["featurizer"],
                ShiftConfig(**config),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"The file {source!r} is no report of a shift ({error})",
                expected=f"the JSON of 'ssaglioma shift', format {REPORT_FORMAT}",
            ) from error


def _rounded(array: np.ndarray) -> list:
    return list(np.round(np.asarray(array, float), _DIGITS).tolist())
