"""Table, charts and pictures of a comparison of encoders; helpers of `compare_encoders.py`. Charts need matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.style.encoders import STYLE_LAYERS

_COLORS = ("#2e6f95", "#d1495b", "#66a182", "#edae49", "#555555")
_Row = Mapping[str, Any]


def markdown(result: Mapping[str, Any]) -> str:
    """Return the figures as Markdown: one column an encoder, then the alignment of each pair."""
    facts, encoders = result["facts"], result["encoders"]
    lines = [
        (
            f"{facts['slices']} slices of {len(facts['cases'])} held-out cases (fold {facts['fold']}), four contrasts, "
            f"as they are and through {len(facts['scanners'])} simulated scanners; {facts['threads']} thread, torch "
            f"{facts['torch']}."
        ),
        "",
        f"| | {' | '.join(encoders)} |",
        "|---" * (len(encoders) + 1) + "|",
    ]
    for title, cell in _table():
        lines.append(f"| {title} | {' | '.join(cell(row) for row in encoders.values())} |")
    if result["cka"]:
        lines += ["", f"| linear CKA | {' | '.join(STYLE_LAYERS)} |", "|---" * (len(STYLE_LAYERS) + 1) + "|"]
        for pair, values in result["cka"].items():
            name = pair.replace(" | ", " and ")
            lines.append(f"| {name} | {' | '.join(f'{values[layer]:.2f}' for layer in STYLE_LAYERS)} |")
    lines += ["", f"Everything together took {result['seconds']:.0f} s." if "seconds" in result else "", ""]
    return "\n".join(lines)


def _table() -> list[tuple[str, Callable[[_Row], str]]]:
    def accuracy(what: str) -> list[tuple[str, Callable[[_Row], str]]]:
        return [
            (
                f"{what}, {layer}: ridge / nearest centroid",
                lambda row, layer=layer: f"{row[what][layer]['ridge']:.2f} / {row[what][layer]['centroid']:.2f}",
            )
            for layer in (*STYLE_LAYERS, "all")
        ]

    def spearman(kind: str, what: str) -> tuple[str, Callable[[_Row], str]]:
        def cell(row: _Row) -> str:
            found = row[kind][what]
            return ", ".join(f"{found[layer]['within']:.2f}/{found[layer]['pooled']:.2f}" for layer in STYLE_LAYERS)

        return f"{kind} and distance of {what}, rho within / over slices, relu1_1 to 4_1", cell

    def inversion(layer: str) -> tuple[str, Callable[[_Row], str]]:
        def cell(row: _Row) -> str:
            found = row["inversion"][layer]
            return f"{found['mean_absolute_error']:.3f} / {found['gradient_correlation']:.2f}"

        return f"inverted from {layer}: mean absolute error / gradient correlation", cell

    return [
        ("parameters to relu4_1", lambda row: f"{row['parameters']:,}"),
        (
            "240 x 240 to relu4_1, processor ms (ratio)",
            lambda row: f"{row['ms_per_slice']:.0f} ({row['time_ratio']:.1f})",
        ),
        *accuracy("contrast"),
        *accuracy("scanner"),
        *(spearman(kind, what) for kind in ("noise", "blur") for what in ("features", "style")),
        inversion("relu3_1"),
        inversion("relu4_1"),
        ("Gatys: KL to style, before -> after", lambda row: _change(row["gatys"], "kl")),
        ("Gatys: JS to style, before -> after", lambda row: _change(row["gatys"], "js")),
        ("Gatys: gradient correlation with content", lambda row: f"{row['gatys']['gradient_correlation']:.2f}"),
    ]


def _change(found: Mapping[str, float], what: str) -> str:
    return f"{found[what + '_before']:.3f} -> {found[what + '_after']:.3f}"


def draw_charts(result: Mapping[str, Any], path: Path) -> None:
    """Draw accuracy, monotonicity, inversion and alignment by layer; no image of anyone."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, layers = result["encoders"], [*STYLE_LAYERS, "all"]
    figure, axes = pyplot.subplots(2, 3, figsize=(14, 7.5))
    for axis, what in zip(axes[0], ("contrast", "scanner")):
        _bars(axis, layers, {name: [row[what][layer]["ridge"] for layer in layers] for name, row in rows.items()})
        axis.axhline(0.25, color="#999999", linewidth=0.8, linestyle=":")
        axis.set_title(f"{what} told by ridge from style statistics (chance 0.25)", fontsize=9)
    for axis, kind in zip((axes[0, 2], axes[1, 0]), ("noise", "blur")):
        values = {name: [row[kind]["style"][layer]["pooled"] for layer in STYLE_LAYERS] for name, row in rows.items()}
        _bars(axis, STYLE_LAYERS, values)
        axis.set_title(f"{kind} and distance of style: rank correlation over slices", fontsize=9)
    found = next(iter(rows.values()))["inversion"]
    _bars(
        axes[1, 1],
        list(found),
        {name: [row["inversion"][one]["gradient_correlation"] for one in found] for name, row in rows.items()},
    )
    axes[1, 1].set_title("inverted from features: gradient correlation", fontsize=9)
    pairs = {pair: [one[layer] for layer in STYLE_LAYERS] for pair, one in result["cka"].items()}
    _bars(axes[1, 2], STYLE_LAYERS, pairs)
    axes[1, 2].set_title("linear CKA of pairs", fontsize=9)
    axes[1, 2].set_visible(bool(pairs))
    for axis in (axes[0, 0], axes[1, 2]):
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _bars(axis: Any, labels: Any, groups: Mapping[str, list[float]]) -> None:
    width = 0.8 / max(len(groups), 1)
    for number, (name, values) in enumerate(groups.items()):
        places = np.arange(len(labels)) + (number - (len(groups) - 1) / 2) * width
        axis.bar(places, values, width, label=name, color=_COLORS[number % len(_COLORS)])
    axis.set_xticks(np.arange(len(labels)), labels, fontsize=8)
    axis.set_ylim(min([0.0, *(value for values in groups.values() for value in values)]), 1.05)


def draw_pictures(pictures: Mapping[str, list[np.ndarray]], path: Path) -> None:
    """Draw one row an encoder: cuts inverted from features, then content, style and stylised slice."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    widest = max(map(len, pictures.values()))
    figure, axes = pyplot.subplots(len(pictures), widest, figsize=(1.7 * widest, 1.9 * len(pictures)), squeeze=False)
    for line, (name, row) in zip(axes, pictures.items()):
        for axis in line:
            axis.axis("off")
        for axis, picture in zip(line, row):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        line[0].set_title(name, fontsize=8, loc="left")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
