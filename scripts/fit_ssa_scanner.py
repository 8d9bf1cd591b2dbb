"""Fit the in-plane numbers of the scanner preset 1.5T_ssa to the published BraTS-SSA slices, and judge the fit.

Usage: python scripts/fit_ssa_scanner.py DATA --output JSON --figure PNG

DATA holds `glioma/` (cases with four contrasts), `slices/ssa/` and `slices/gli/`. First the making of the slices is
found from published slices whose volumes are at hand; then the real cases pass through the same steps, with and
without the simulator (resolution, noise, ringing and bias alone), and are compared with the SSA slices. Resolution
and noise are fitted on a random half of these and judged on the other. The figure shows distributions, no image.
Needs matplotlib and Pillow.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from fit_ssa_figure import draw_figure
from fit_ssa_search import DISTANCES, GIBBS, RESOLUTIONS, SNRS, fitted
from published_slices import (
    MIDDLE,
    Match,
    classify,
    contrast_features,
    explain,
    jpeg_quality,
    published,
    read_case,
    read_slices,
)

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.shift import (
    bootstrap_interval,
    brain_of_slice,
    measure_slice,
)
from ssaglioma.synthesis.scanner import (
    InPlane,
    Noise,
    ScannerPreset,
    ScanParameters,
    apply_scan,
    draw_scan,
    scanner_preset,
)
from ssaglioma.volume import Volume

NAMES = [one.value for one in SEQUENCE_ORDER]
PLANES = (MIDDLE, MIDDLE + 8)
LOWEST, GIBBS_SPREAD = 0.05, 0.2
ESTIMATES = {"in_plane_mm": (1.0, 1.3), "snr": (12.0, 25.0), "gibbs": (0.5, 1.0)}
"""The preset's ranges before anything was fitted."""


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """One slice of a real case: planes (Y, X) by sequence over their brain mean, the weights of the sum, its case."""

    planes: dict[str, np.ndarray]
    weights: dict[str, float]
    case: int
    seed: int


def main() -> int:
    """Find the steps, simulate, fit, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    generator = np.random.default_rng(args.seed)
    quality = jpeg_quality(args.data / "slices" / "ssa")
    folders = sorted(path for path in (args.data / "glioma").iterdir() if path.is_dir() and path.name[0] != ".")
    sources, matches = read_sources(folders, args.data / "slices" / "gli", quality, generator)
    slices = read_slices(args.data / "slices" / "ssa")
    classes, recall = classified(slices, sources, quality)
    used = [name for name, kind in zip(slices, classes) if kind == "sum"]
    order = generator.permutation(len(used))
    half = len(used) // 2
    names = {"fit": sorted(used[k] for k in order[:half]), "judge": sorted(used[k] for k in order[half:])}
    real = {key: np.array([measured(slices[name]) for name in names[key]]) for key in names}

    with ProcessPoolExecutor(args.jobs) as pool:
        grid = simulated_grid(sources, quality, pool)
        fit = fitted(grid, real["fit"], generator)
        rows = {"SSA slices, other half": real["fit"]}
        preset, alone = scanner_preset("1.5T_ssa"), {name: float(name == "t2f") for name in NAMES}
        before = dataclasses.replace(preset, **ESTIMATES)
        asked = dataclasses.replace(
            preset,
            in_plane_mm=tuple(fit["in_plane_mm"]),
            snr=tuple(fit["snr"]),
            gibbs=tuple(np.clip([fit["gibbs"] - GIBBS_SPREAD, fit["gibbs"] + GIBBS_SPREAD], 0, 1)),
        )
        for title, scanner, weights in (
            ("FLAIR alone, no simulator", None, alone),
            ("FLAIR alone, estimates before the fit", before, alone),
            ("FLAIR alone, preset as it stands", preset, alone),
            ("sum, no simulator", None, None),
            ("sum, estimates before the fit", before, None),
            ("sum, preset as it stands", preset, None),
            ("sum, fitted", asked, None),
        ):
            jobs = [(source, scanner, weights, quality) for source in sources]
            rows[title] = np.array(list(pool.map(_drawn, jobs, chunksize=4)))
    cases = np.array([source.case for source in sources])
    table = {title: judged(values, real["judge"], cases, generator) for title, values in rows.items()}
    report = {
        "seed": args.seed,
        "jpeg_quality": quality,
        "matches": [dataclasses.asdict(one) for one in matches],
        "classes": dict(zip(slices, classes)),
        "class_recall": recall,
        "halves": names,
        "fit": fit,
        "judged": table,
    }
    args.output.write_text(json.dumps(report, indent=1), encoding="utf-8")
    draw_figure(rows, real, fit, args.figure)
    print(as_text(report))
    return 0


def read_sources(
    folders: list[Path], gli: Path, quality: int, generator: np.random.Generator
) -> tuple[list[Source], list[Match]]:
    """Return the middle slices of the cases with random weights, and the published slices of these very cases.

    The weights are drawn as they spread where they are known.
    """
    shown, cases, matches = read_slices(gli), [], []
    for folder in folders:
        case = read_case(folder)
        twin = f"BraTS-GLI-{folder.name.rpartition('_')[2]}-000"
        if folder.name.startswith("BraTS2021_") and twin in shown:
            matches.append(explain(twin, shown[twin], case, quality))
        cases.append([{name: case[name][plane].copy() for name in NAMES} for plane in PLANES])
    if len(matches) < 3:
        raise SystemExit(f"{len(matches)} published slices have their volumes in {folders[0].parent}; 3 are needed")
    spread = float(np.std(np.log([one.weights for one in matches])))
    sources = []
    for index, planes in enumerate(cases):
        for plane in planes:
            drawn = np.exp(generator.normal(0, spread, len(NAMES)))
            sources.append(Source(plane, dict(zip(NAMES, map(float, drawn))), index, len(sources)))
    return sources, matches


def classified(
    slices: dict[str, np.ndarray], sources: list[Source], quality: int
) -> tuple[list[str], dict[str, dict[str, int]]]:
    """Return the contrast of each slice, and how the rule does on each source when its own case is left out."""
    known: dict[str, list[np.ndarray]] = {name: [] for name in (*NAMES, "sum")}
    for source in sources:
        for name in NAMES:
            known[name].append(contrast_features(published(source.planes[name].T, quality)))
        known["sum"].append(contrast_features(summed(source.planes, source.weights, quality)))
    rows = {name: np.array(values) for name, values in known.items()}
    cases = np.array([source.case for source in sources])
    recall = {name: Counter[str]() for name in rows}
    for case in np.unique(cases):
        rest = {name: values[cases != case] for name, values in rows.items()}
        for name, values in rows.items():
            recall[name].update(classify(rest, values[cases == case]))
    found = classify(rows, np.array([contrast_features(image) for image in slices.values()]))
    return found, {name: dict(counts) for name, counts in recall.items()}


def summed(planes: dict[str, np.ndarray], weights: dict[str, float], quality: int) -> np.ndarray:
    """Return the published slice of some planes (Y, X): weighted sum, rows = x, min-max, 8 bits, JPEG."""
    return published(sum(weights[name] * planes[name].T for name in NAMES), quality)


def measured(image: np.ndarray) -> np.ndarray:
    """Return edge width (px), noise (percent) and log10 power of the rings from 0.05 cycles/px on."""
    result = measure_slice(image, brain_of_slice(image))
    power = np.log10(result.spectrum.power[result.spectrum.cycles_per_px >= LOWEST])
    return np.array([result.edge_width_px, result.noise_percent, *power])


def scanned(planes: dict[str, np.ndarray], parameters: ScanParameters) -> dict[str, np.ndarray]:
    """Return single planes (Y, X) after the scanner."""
    volumes = {Sequence(name): Volume(np.ascontiguousarray(plane[None])) for name, plane in planes.items()}
    return {one.value: volume.array[0] for one, volume in apply_scan(volumes, parameters, threads=1).items()}


def in_plane_only(preset: ScannerPreset, seed: int) -> ScanParameters:
    """Draw a scan and keep resolution, ringing, noise and bias."""
    drawn = draw_scan(preset, np.random.default_rng(seed))
    return ScanParameters(in_plane=drawn.in_plane, bias=drawn.bias, noise=drawn.noise, phase_axis=drawn.phase_axis)


def simulated_grid(sources: list[Source], quality: int, pool: ProcessPoolExecutor) -> np.ndarray:
    """Return the measures of all sources at every point: (ringing, resolutions, SNRs, sources, measures)."""
    points = itertools.product(GIBBS, RESOLUTIONS, SNRS, sources)
    values = np.array(list(pool.map(_at_point, [(*point, quality) for point in points], chunksize=16)))
    return values.reshape(len(GIBBS), len(RESOLUTIONS), len(SNRS), len(sources), -1)


def judged(
    rows: np.ndarray, real: np.ndarray, cases: np.ndarray, generator: np.random.Generator
) -> dict[str, dict[str, float | list[float]]]:
    """Return median and distance (with its bootstrap interval) of each measure, against the half that judges."""
    groups = cases if len(rows) == len(cases) else None
    result: dict[str, dict[str, float | list[float]]] = {}
    for name, (part, apart) in zip(("edge_px", "noise_percent", "spectrum"), DISTANCES):
        first, second = rows[:, part], real[:, part]
        low, high = bootstrap_interval(first, second, apart, generator=generator, groups=groups)
        result[name] = {"distance": apart(first, second), "interval_95": [low, high]}
        if name != "spectrum":
            result[name]["median"] = float(np.nanmedian(first))
            result[name]["median_ssa"] = float(np.nanmedian(second))
    return result


def as_text(report: dict) -> str:
    """Return the report as Markdown."""
    lines = [f"JPEG quality {report['jpeg_quality']}; classes {dict(Counter(report['classes'].values()))}"]
    lines += [f"recall {name}: {counts}" for name, counts in report["class_recall"].items()]
    for one in report["matches"]:
        shares = ", ".join(f"{weight:.2f}" for weight in one["weights"])
        lines.append(
            f"{one['name']}: weights {shares}; residual {one['residual']:.2f}, JPEG alone {one['jpeg']:.2f}, "
            f"FLAIR alone {one['flair_residual']:.2f}"
        )
    fit = {key: value for key, value in report["fit"].items() if key != "within_10_percent"}
    lines += [f"{key}: {value}" for key, value in fit.items()]
    lines += ["", "| slices | edge, px | distance | noise, % | distance | spectrum |", "|---|---|---|---|---|---|"]
    for title, row in report["judged"].items():
        cells = []
        for name, values in row.items():
            low, high = values["interval_95"]
            cells += [f"{values['median']:.2f}"] if name != "spectrum" else []
            cells.append(f"{values['distance']:.2f} ({low:.2f} to {high:.2f})")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _at_point(job: tuple[float, float, float, Source, int]) -> np.ndarray:
    gibbs, mm, snr, source, quality = job
    bias = in_plane_only(scanner_preset("1.5T_ssa"), source.seed).bias
    noise = None if np.isinf(snr) else Noise(snr, source.seed)
    planes = scanned(source.planes, ScanParameters(in_plane=InPlane(mm, mm, gibbs), bias=bias, noise=noise))
    return measured(summed(planes, source.weights, quality))


def _drawn(job: tuple[Source, ScannerPreset | None, dict[str, float] | None, int]) -> np.ndarray:
    source, preset, weights, quality = job
    planes = source.planes if preset is None else scanned(source.planes, in_plane_only(preset, 1000 + source.seed))
    return measured(summed(planes, weights or source.weights, quality))


if __name__ == "__main__":
    sys.exit(main())
