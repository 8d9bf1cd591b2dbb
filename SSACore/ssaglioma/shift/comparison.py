"""Two sets of cases compared, contrast by contrast and region by region, and a third one: the stylised source."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme
from ssaglioma.shift.distances import spectral_distance, wasserstein
from ssaglioma.shift.estimates import Distances, Estimate, draw_cases, estimate, interval
from ssaglioma.shift.feature_map import FeatureMap, fit_map
from ssaglioma.shift.features import Featurizer, case_distances, energy_distance, frechet_distance, permutation_p
from ssaglioma.shift.featurizers import PLAIN_NAME, plain_features
from ssaglioma.shift.histograms import Histogram, histogram_distances
from ssaglioma.shift.measures import WHOLE, CaseImages, CaseMeasures, ContrastMeasures, measure_case
from ssaglioma.shift.report import (
    AFTER,
    BEFORE,
    HISTOGRAM_MEASURES,
    SOURCE,
    STYLISED,
    TARGET,
    WHOLE_MEASURES,
    Change,
    ContrastShift,
    SetView,
    ShiftConfig,
    ShiftReport,
)
from ssaglioma.volume import Volume

_PAIRS = {BEFORE: (SOURCE, TARGET), AFTER: (STYLISED, TARGET)}


def compare_sets(
    source: Mapping[str, CaseImages],
    target: Mapping[str, CaseImages],
    *,
    stylised: Mapping[str, CaseImages] | None = None,
    labels: Mapping[str, Mapping[str, Volume]] | None = None,
    scheme: LabelScheme | None = None,
    featurizer: Featurizer = plain_features,
    config: ShiftConfig | None = None,
) -> ShiftReport:
    """Return how far two sets of cases are apart.

    Parameters
    ----------
    source, target : mapping of case name to images
        As `measure_case` takes them; each case is asked for once, so a mapping may read it only then.
    stylised : mapping, optional
        The source made to look like the target, under the same names.
    labels : mapping of 'source', 'target', 'stylised' to mapping of case name to Volume, optional
        Labelmaps of `scheme`; a case without one counts in the region 'all' alone.

    Raises
    ------
    DatasetError, GeometryError
        As `measure_case` and `compare_measured`.
    """
    config = ShiftConfig() if config is None else config
    given = {SOURCE: source, TARGET: target, **({} if stylised is None else {STYLISED: stylised})}
    measured = {
        kind: [
            measure_case(
                name,
                images[name],
                sampling=config.sampling,
                labels=(labels or {}).get(kind, {}).get(name),
                scheme=scheme,
                featurizer=featurizer,
            )
            for name in images
        ]
        for kind, images in given.items()
    }
    report = compare_measured(measured[SOURCE], measured[TARGET], measured.get(STYLISED), config)
    named = PLAIN_NAME if featurizer is plain_features else getattr(featurizer, "__name__", "given")
    return report.described(labels=None if scheme is None else scheme.name, featurizer=named)


def compare_measured(
    source: Seq[CaseMeasures],
    target: Seq[CaseMeasures],
    stylised: Seq[CaseMeasures] | None = None,
    config: ShiftConfig | None = None,
) -> ShiftReport:
    """Return how far two sets of measured cases are apart, in the contrasts that all sets have.

    Raises
    ------
    DatasetError
        If a set is empty, or no contrast is in all sets.
    """
    config = ShiftConfig() if config is None else config
    sets = {SOURCE: source, TARGET: target, **({} if stylised is None else {STYLISED: stylised})}
    present = {kind: list(dict.fromkeys(key for one in cases for key in one.contrasts)) for kind, cases in sets.items()}
    shared, left_out = shared_contrasts(present)
    contrasts = {}
    for key in shared:
        with_it = {kind: [one for one in cases if key in one.contrasts] for kind, cases in sets.items()}
        contrasts[key] = _ContrastComparison.of(with_it, key, config).result()
    return ShiftReport(contrasts, left_out, {}, {kind: kind for kind in sets}, None, "given", config)


def shared_contrasts(present: Mapping[str, Seq[str]]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return the contrasts that all sets have, and the others with the sets that lack them.

    Parameters
    ----------
    present : mapping of set to sequence of str
        Contrasts that some case of the set has.

    Raises
    ------
    DatasetError
        If no contrast is in all sets.
    """
    known = dict.fromkeys(key for keys in present.values() for key in keys)
    lacking = {key: tuple(kind for kind, keys in present.items() if key not in keys) for key in known}
    shared = [key for key, kinds in lacking.items() if not kinds]
    if not shared:
        found = "; ".join(f"{kind}: {', '.join(keys) or 'nothing'}" for kind, keys in present.items())
        raise DatasetError(
            f"The sets have no contrast in common ({found})",
            expected="at least one contrast that every set has",
            remedy="Check the folders and the names of the files",
        )
    return shared, {key: kinds for key, kinds in lacking.items() if kinds}


@dataclass(frozen=True, eq=False)
class _ContrastComparison:
    """All cases of one contrast in one list, so that a case is a number, and a bootstrap draw a list of numbers."""

    names: list[str]
    cases: list[ContrastMeasures]
    members: Mapping[str, np.ndarray]
    feature_map: FeatureMap
    places: list[np.ndarray]
    between: np.ndarray
    config: ShiftConfig

    @classmethod
    def of(cls, sets: Mapping[str, Seq[CaseMeasures]], key: str, config: ShiftConfig) -> _ContrastComparison:
        ordered = {kind: sorted(cases, key=lambda one: one.name) for kind, cases in sets.items()}
        flat = [one for cases in ordered.values() for one in cases]
        starts = np.cumsum([0, *(len(cases) for cases in ordered.values())])
        members = {kind: np.arange(starts[k], starts[k + 1]) for k, kind in enumerate(ordered)}
        measures = [one.contrasts[key] for one in flat]
        features = [one.features for one in measures]
        first, second = ([features[index] for index in members[kind]] for kind in (SOURCE, TARGET))
        feature_map = fit_map(first, second, config.components)
        between = case_distances([feature_map.scaled(one) for one in features])
        places = [feature_map.project(one) for one in features]
        return cls([one.name for one in flat], measures, members, feature_map, places, between, config)

    def result(self) -> ContrastShift:
        pairs = {pair: kinds for pair, kinds in _PAIRS.items() if kinds[0] in self.members}
        regions = self._regions()
        keys = [(region, name) for region in regions for name in HISTOGRAM_MEASURES]
        keys += [(WHOLE, name) for name in WHOLE_MEASURES]
        draws = draw_cases(
            self.members,
            draws=self.config.draws,
            splits=self.config.splits,
            tied=(SOURCE, STYLISED) if self._same_cases() else None,
            seed=self.config.seed,
        )
        distances = self._distances(regions)
        found, drawn = {}, {}
        for pair, (first, second) in pairs.items():
            estimates, drawn[pair] = estimate(distances, self.members, draws, first, second)
            found[pair] = dict(zip(keys, estimates))
        changes = _changes(found, drawn) if AFTER in found else {}
        return ContrastShift(
            {kind: self._view(kind) for kind in self.members},
            {pair: _by_region({key: one for key, one in values.items() if one}) for pair, values in found.items()},
            {pair: self._p(*kinds) for pair, kinds in pairs.items()},
            changes,
            self.feature_map.shortened(2),
        )

    def _regions(self) -> list[str]:
        """Regions that the source and the target both have in some case."""
        present = [
            {region for index in self.members[kind] for region in self.cases[index].histograms}
            for kind in (SOURCE, TARGET)
        ]
        known = dict.fromkeys(region for case in self.cases for region in case.histograms)
        return [region for region in known if all(region in kind for kind in present)]

    def _same_cases(self) -> bool:
        if STYLISED not in self.members:
            return False
        first, second = ([self.names[index] for index in self.members[kind]] for kind in (SOURCE, STYLISED))
        return first == second

    def _distances(self, regions: list[str]) -> Distances:
        shares = [_stacked([case.histograms.get(region) for case in self.cases]) for region in regions]
        spectra = np.stack([case.spectrum for case in self.cases])
        edges = np.array([case.edge_width_px for case in self.cases])
        noise = np.array([case.noise_percent for case in self.cases])

        def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
            values = [one for rows in shares for one in _of_histograms(rows[first], rows[second])]
            values.append(spectral_distance(spectra[first], spectra[second]))
            values += [_wasserstein(one[first], one[second]) for one in (edges, noise)]
            values.append(self._frechet(first, second))
            weights = [np.bincount(one, minlength=len(self.cases)).astype(float) for one in (first, second)]
            values.append(float(energy_distance(self.between, *weights)))
            return np.array(values)

        return distances

    def _frechet(self, first: np.ndarray, second: np.ndarray) -> float:
        rows = [np.concatenate([self.places[index] for index in one]) for one in (first, second)]
        return frechet_distance(*rows) if min(map(len, rows)) > 1 else float("nan")

    def _p(self, first: str, second: str) -> float | None:
        chosen = np.concatenate([self.members[first], self.members[second]])
        value = permutation_p(
            self.between[np.ix_(chosen, chosen)],
            np.isin(chosen, self.members[first]),
            generator=np.random.default_rng(self.config.seed),
            permutations=self.config.permutations,
        )
        return value if np.isfinite(value) else None

    def _view(self, kind: str) -> SetView:
        cases = [self.cases[index] for index in self.members[kind]]
        regions = dict.fromkeys(region for case in cases for region in case.histograms)
        points = np.zeros((len(cases), 2))
        for row, index in zip(points, self.members[kind]):
            place = self.places[index][:, :2].mean(axis=0)
            row[: len(place)] = place
        return SetView(
            tuple(self.names[index] for index in self.members[kind]),
            _median([case.edge_width_px for case in cases]),
            _median([case.noise_percent for case in cases]),
            {
                region: np.mean([case.histograms[region] for case in cases if region in case.histograms], axis=0)
                for region in regions
            },
            np.mean([case.spectrum for case in cases], axis=0),
            points,
        )


def _changes(
    found: Mapping[str, Mapping[tuple[str, str], Estimate | None]], drawn: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Change]]:
    changes: dict[tuple[str, str], Change] = {}
    for number, (key, before) in enumerate(found[BEFORE].items()):
        after = found[AFTER][key]
        if before is None or after is None:
            continue
        difference = after.value - before.value
        low, high = interval(drawn[AFTER][:, number] - drawn[BEFORE][:, number], difference)
        percent = 100 * difference / before.value if before.value > 0 else None
        known = before.low is not None and after.low is not None
        changes[key] = Change(difference, low if known else None, high if known else None, percent)
    return _by_region(changes)


def _by_region(values: Mapping[tuple[str, str], object]) -> dict[str, dict]:
    regions: dict[str, dict] = {}
    for (region, name), one in values.items():
        regions.setdefault(region, {})[name] = one
    return regions


def _stacked(shares: list[np.ndarray | None]) -> np.ndarray:
    """Rows (cases, bins); NaN for a case without the region."""
    bins = next(len(one) for one in shares if one is not None)
    return np.stack([np.full(bins, np.nan) if one is None else one for one in shares])


def _of_histograms(first: np.ndarray, second: np.ndarray) -> list[float]:
    rows = [one[np.isfinite(one[:, 0])] for one in (first, second)]
    if not all(len(one) for one in rows):
        return [float("nan")] * len(HISTOGRAM_MEASURES)
    apart = histogram_distances(*(Histogram(one.mean(axis=0), 0.0, 1.0, len(one)) for one in rows))
    return [apart.kl_to_second, apart.kl_to_first, apart.js, apart.wasserstein]


def _wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    known = np.isfinite(first).any() and np.isfinite(second).any()
    return wasserstein(first, second) if known else float("nan")


def _median(values: list[float]) -> float | None:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else None
