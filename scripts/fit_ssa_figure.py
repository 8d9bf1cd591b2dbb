"""The figure of `fit_ssa_scanner.py`: distributions and spectra, no image of anyone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_STYLES = {
    "SSA slices, other half": ("black", ":"),
    "FLAIR alone, no simulator": ("tab:gray", "--"),
    "sum, no simulator": ("tab:orange", "-"),
    "sum, estimates before the fit": ("tab:green", "--"),
    "sum, preset as it stands": ("tab:blue", "-"),
    "sum, fitted": ("tab:purple", "--"),
}


def draw_figure(rows: dict[str, np.ndarray], real: dict[str, np.ndarray], fit: dict, path: Path) -> None:
    """Draw edge widths and noise (distribution functions), spectra over that of the judging half, and the fit."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), constrained_layout=True)
    shown = [("SSA slices that judge", real["judge"], ("black", "-"))]
    shown += [(title, rows[title], style) for title, style in _STYLES.items() if title in rows]
    for panel, column, label in (
        (axes[0, 0], 0, "10-90 % width of sharp edges, px (1 mm)"),
        (axes[0, 1], 1, "noise in even tissue, % of its level"),
    ):
        for title, values, (color, dash) in shown:
            one = np.sort(values[:, column][np.isfinite(values[:, column])])
            panel.step(one, (np.arange(len(one)) + 1) / len(one), color=color, linestyle=dash, label=title)
        panel.set(xlabel=label, ylabel="share of slices", ylim=(0, 1))
    axes[0, 1].set_xlim(0, 6)
    axes[0, 0].legend(fontsize=8)
    count = real["judge"].shape[1] - 2
    frequencies = 0.5 - (np.arange(count)[::-1] + 0.5) / 80
    for title, values, (color, dash) in shown:
        apart = values[:, 2:].mean(axis=0) - real["judge"][:, 2:].mean(axis=0)
        axes[1, 0].plot(frequencies, apart, color=color, linestyle=dash, label=title)
    axes[1, 0].set(xlabel="cycles per px", ylabel="log10 power over that of the judging slices")
    near = fit["within_10_percent"]
    axes[1, 1].scatter(near["mm"], near["gibbs"], s=8, color="tab:blue", label="within 10 % of the best score")
    axes[1, 1].scatter(np.mean(fit["in_plane_mm"]), fit["gibbs"], marker="x", color="red", label="best")
    axes[1, 1].set(
        xlabel="middle of the range of resolution, mm", ylabel="ringing (1: k-space ends sharply)", ylim=(0, 1)
    )
    axes[1, 1].legend(fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
