"""The rows and cells of a report as text, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ssaglioma.shift.estimates import Estimate
from ssaglioma.shift.measures import WHOLE
from ssaglioma.shift.report import AFTER, BEFORE, HISTOGRAM_MEASURES, WHOLE_MEASURES, ContrastShift, ShiftReport

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "kl_to_target": "histogram: KL(set, target)",
        "kl_from_target": "histogram: KL(target, set)",
        "js": "histogram: Jensen-Shannon",
        "wasserstein": "histogram: Wasserstein",
        "spectrum": "spectrum (rms of log10 power)",
        "edge_width_px": "edge width (pixels)",
        "noise_percent": "noise (% of the tissue's level)",
        "frechet": "features: Fréchet (squared)",
        "energy": "features: energy",
    }
)
_REGION_MEASURES = ("js", "wasserstein")
ENERGY_P = "energy_p"
NOTHING = "-"

RowKey = tuple[str, str]
"""Region and measure."""


def row_names(report: ShiftReport) -> dict[RowKey, str]:
    """Return the title of each row: all measures of the whole, two of each region."""
    rows = {(WHOLE, name): TITLES[name] for name in (*HISTOGRAM_MEASURES, *WHOLE_MEASURES)}
    rows[(WHOLE, ENERGY_P)] = "p-value of the energy distance"
    regions = dict.fromkeys(
        region for shift in report.contrasts.values() for region in shift.distances[BEFORE] if region != WHOLE
    )
    for region in regions:
        for name in _REGION_MEASURES:
            rows[(region, name)] = TITLES[name].replace("histogram", region)
    rows[(WHOLE, "medians_edge")] = "median edge width of each set (pixels)"
    rows[(WHOLE, "medians_noise")] = "median noise of each set (%)"
    return rows


def cell_texts(report: ShiftReport, key: RowKey, between: str = " ") -> list[str]:
    """Return the cells of a row, one a contrast; `between` stands before the arrow."""
    return [cell_text(shift, key, between) for shift in report.contrasts.values()]


def cell_text(shift: ContrastShift, key: RowKey, between: str = " ") -> str:
    """Return '0.123 [0.1, 0.14] (0.02)', and after stylising '-> 0.05 (-60 %)'."""
    region, name = key
    if name == ENERGY_P:
        return " -> ".join(NOTHING if p is None else f"{p:.3g}" for p in shift.energy_p.values())
    if name.startswith("medians_"):
        kind = "edge_width_px" if name == "medians_edge" else "noise_percent"
        values = [getattr(view, kind) for view in shift.sets.values()]
        return ", ".join(
            f"{set_name} {NOTHING if value is None else _number(value)}" for set_name, value in zip(shift.sets, values)
        )
    before = shift.distances[BEFORE].get(region, {}).get(name)
    if before is None:
        return NOTHING
    text = estimate_text(before)
    after = shift.distances.get(AFTER, {}).get(region, {}).get(name)
    if after is None:
        return text
    change = shift.changes.get(region, {}).get(name)
    percent = "" if change is None or change.percent is None else f" ({change.percent:+.0f} %)"
    return f"{text}{between}-> {_number(after.value)}{percent}"


def estimate_text(one: Estimate) -> str:
    """Return a value with its interval and its floor."""
    text = _number(one.value)
    if one.low is not None and one.high is not None:
        text += f" [{_number(one.low)}, {_number(one.high)}]"
    return text if one.floor is None else f"{text} ({_number(one.floor)})"


def _number(value: float) -> str:
    if abs(value) < 5e-4:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.2g}"
