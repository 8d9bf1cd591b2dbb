"""Compare generated tumours with real labelmaps: volume, shares, place, shape of the ring; tests and a figure.

Usage: python scripts/compare_tumours.py --real DIR [DIR ...] --generated DIR --output DIR

Labelmaps are found by the names of cases (BraTS and others) or as loose *.nii.gz files. Written are
`tumours.csv` (one line a tumour), `tumours.md` (medians, Kolmogorov-Smirnov and energy tests) and
`tumours.png` (distributions; no image of anyone). Needs matplotlib.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage, stats
from scipy.spatial.distance import cdist

from ssaglioma.labels import GLIOMA, to_scheme
from ssaglioma.volume import read_volume, to_canonical

COLUMNS = {
    "volume_ml": "whole tumour, ml",
    "core_share": "core / whole",
    "necrosis_share": "necrosis / core",
    "centre_z": "centre, inferior to superior, mm",
    "centre_y": "centre, anterior to posterior, mm",
    "centre_side": "distance from the middle plane, mm",
    "ring_mm": "ring thickness, mm",
    "ring_closed": "share of necrosis surface behind a ring",
    "core_sphericity": "sphericity of the core",
    "whole_sphericity": "sphericity of the whole",
    "parts": "separate cores",
}
_MIDDLE_X, _LEAST_VOXELS = 119.5, 200
_PERMUTATIONS, _SAMPLE = 499, 300


def main() -> int:
    """Measure both sets, test, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, nargs="+", required=True)
    parser.add_argument("--generated", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    sets = {"real": measured(args.real), "generated": measured(args.generated)}
    for name, rows in sets.items():
        if len(rows) < 3:
            raise SystemExit(f"The {name} set holds {len(rows)} tumours; at least 3 are needed")
    _write_csv(sets, args.output / "tumours.csv")
    text = table(sets)
    (args.output / "tumours.md").write_text(text, encoding="utf-8")
    print(text)
    _draw(sets, args.output / "tumours.png")
    return 0


def measured(folders: list[Path]) -> list[dict[str, float]]:
    """Return the measurements of every tumour of 200 voxels and more below some folders."""
    rows = []
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.name.endswith((".nii", ".nii.gz"))):
            if any(word in path.name for word in ("-t1n", "-t1c", "-t2w", "-t2f")) or path.name.startswith("."):
                continue
            labels = to_scheme(to_canonical(read_volume(path)).array, GLIOMA, source=path.name)
            if np.count_nonzero(labels) >= _LEAST_VOXELS:
                rows.append(measure(labels))
    return rows


def measure(labels: np.ndarray) -> dict[str, float]:
    """Return the statistics of one labelmap of 1 mm voxels; ring statistics are NaN without a ring."""
    whole = labels > 0
    centre = [float(np.mean(index)) for index in np.nonzero(whole)]
    low = [max(int(index.min()) - 3, 0) for index in np.nonzero(whole)]
    high = [int(index.max()) + 4 for index in np.nonzero(whole)]
    part = labels[tuple(slice(a, b) for a, b in zip(low, high))]
    whole, core = part > 0, GLIOMA.mask(part, "TC")
    ring, necrosis = GLIOMA.mask(part, "ET"), GLIOMA.mask(part, "NCR")
    _, parts = ndimage.label(ndimage.binary_opening(core))
    return {
        "volume_ml": whole.sum() / 1000,
        "core_share": core.sum() / whole.sum(),
        "necrosis_share": necrosis.sum() / core.sum() if core.any() else np.nan,
        "centre_z": centre[0],
        "centre_y": centre[1],
        "centre_side": abs(centre[2] - _MIDDLE_X),
        **_ring(ring, necrosis),
        "core_sphericity": sphericity(core),
        "whole_sphericity": sphericity(whole),
        "parts": float(parts),
    }


def sphericity(mask: np.ndarray) -> float:
    """Return the surface of a ball of the same volume over the mask's surface (faces of voxels), or NaN.

    Faces of voxels count a smooth surface 1.5 times; the number is divided by that of a ball.
    """
    volume = int(mask.sum())
    if volume < 50:
        return float("nan")
    padded = np.pad(mask, 1).astype(np.int8)
    faces = sum(int(np.abs(np.diff(padded, axis=axis)).sum()) for axis in range(3))
    return float(1.5 * np.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / faces)


def _ring(ring: np.ndarray, necrosis: np.ndarray) -> dict[str, float]:
    """Thickness: twice the mean depth over the ring's spine; closed: necrosis border voxels that touch the ring."""
    if ring.sum() < 100 or necrosis.sum() < 50:
        return {"ring_mm": np.nan, "ring_closed": np.nan}
    depth = ndimage.distance_transform_edt(ring)
    spine = ring & (depth >= ndimage.maximum_filter(depth, 3))
    shell = ndimage.binary_dilation(necrosis, iterations=2) & ~necrosis
    return {"ring_mm": float(2 * depth[spine].mean()), "ring_closed": float(ring[shell].mean())}


def energy_test(first: np.ndarray, second: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the energy distance of two samples (rows, columns scaled to unit spread) and its permutation p."""
    both = np.concatenate([first, second])
    both = (both - both.mean(0)) / np.maximum(both.std(0), 1e-9)
    apart, n = cdist(both, both), len(first)
    generator = np.random.default_rng(seed)

    def distance(order: np.ndarray) -> float:
        a, b = order[:n], order[n:]
        between, within = apart[np.ix_(a, b)].mean(), apart[np.ix_(a, a)].mean() + apart[np.ix_(b, b)].mean()
        return float(2 * between - within)

    found = distance(np.arange(len(both)))
    shuffled = [distance(generator.permutation(len(both))) for _ in range(_PERMUTATIONS)]
    return found, (1 + sum(value >= found for value in shuffled)) / (1 + _PERMUTATIONS)


def table(sets: dict[str, list[dict[str, float]]]) -> str:
    """Return medians, quartiles and tests as Markdown."""
    lines = [
        f"{len(sets['real'])} real and {len(sets['generated'])} generated tumours. Median (quartiles).",
        "",
        "| | real | generated | KS | p |",
        "|---|---|---|---|---|",
    ]
    for key, title in COLUMNS.items():
        real, made = _column(sets["real"], key), _column(sets["generated"], key)
        if len(real) < 3 or len(made) < 3:
            continue
        test = stats.ks_2samp(real, made)
        lines.append(f"| {title} | {_spread(real)} | {_spread(made)} | {test.statistic:.2f} | {test.pvalue:.3f} |")
    keys = [key for key in COLUMNS if not key.startswith("ring")]
    matrices = [
        np.array([[row[key] for key in keys] for row in rows if np.isfinite([row[key] for key in keys]).all()])
        for rows in sets.values()
    ]
    found, p = energy_test(matrices[0][:_SAMPLE], matrices[1][:_SAMPLE])
    lines += ["", f"Energy distance over {len(keys)} statistics together: {found:.3f}, permutation p = {p:.3f}.", ""]
    return "\n".join(lines)


def _column(rows: list[dict[str, float]], key: str) -> np.ndarray:
    values = np.array([row[key] for row in rows], float)
    return values[np.isfinite(values)]


def _spread(values: np.ndarray) -> str:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def _write_csv(sets: dict[str, list[dict[str, float]]], path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["set", *COLUMNS])
        writer.writeheader()
        for name, rows in sets.items():
            writer.writerows({"set": name, **{key: round(float(row[key]), 4) for key in COLUMNS}} for row in rows)


def _draw(sets: dict[str, list[dict[str, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 4, figsize=(14, 8.5))
    for axis, (key, title) in zip(axes.ravel(), COLUMNS.items()):
        for (name, rows), color in zip(sets.items(), ("#555555", "#d1495b")):
            values = np.sort(_column(rows, key))
            if len(values):
                axis.step(values, np.arange(1, len(values) + 1) / len(values), color=color, label=name, where="post")
        axis.set_title(title, fontsize=9)
        axis.set_ylim(0, 1)
    axes.ravel()[0].legend(frameon=False)
    axes.ravel()[-1].axis("off")
    figure.suptitle("Share of tumours with at most this value")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
