"""One page that shows how far two sets are apart: histograms, spectra, maps, slices, and the distances in a table.

The page holds a slice of one case of each set: it is the user's own output and belongs where the images belong.
matplotlib is imported when a page is drawn, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import DeviceError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.shift.figure_table import cell_texts, row_names
from ssaglioma.shift.measures import ONLY_CONTRAST, WHOLE, CaseMeasures
from ssaglioma.shift.report import SOURCE, STYLISED, TARGET, ContrastShift, ShiftReport
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS: Mapping[str, str] = {SOURCE: "#0072b2", TARGET: "#d55e00", STYLISED: "#009e73"}
"""From Okabe and Ito (2008), safe for color-blind eyes; lines and dots differ in shape too."""
_DASHES: Mapping[str, Any] = {SOURCE: "-", TARGET: (0, (5, 2)), STYLISED: (0, (1, 1.2))}
_MARKERS = {SOURCE: "o", TARGET: "^", STYLISED: "s"}

_WIDTH, _ROW, _HEAD, _LINE, _NOTE = 13.0, 2.5, 0.9, 0.235, 1.0
_TITLE_CHARACTERS = 40
_SHOWN_BINS = 64

Thumbnails = Mapping[str, Mapping[str, np.ndarray]]
"""Slices (Y, X) of uint8 by contrast and set."""


def typical_slices(sets: Mapping[str, list[CaseMeasures]], report: ShiftReport) -> dict[str, dict[str, np.ndarray]]:
    """Return a slice by contrast and set: of the case nearest to the middle of its set on the map.

    The stylised slice is that of the source's case, if it is there.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for contrast, shift in report.contrasts.items():
        chosen: dict[str, str] = {}
        for kind, view in shift.sets.items():
            apart = np.sum((view.points - np.median(view.points, axis=0)) ** 2, axis=1)
            chosen[kind] = view.cases[int(np.argmin(apart))]
        if chosen.get(SOURCE) in (shift.sets[STYLISED].cases if STYLISED in shift.sets else ()):
            chosen[STYLISED] = chosen[SOURCE]
        found[contrast] = {
            kind: next(one for one in sets[kind] if one.name == name).contrasts[contrast].thumbnail
            for kind, name in chosen.items()
        }
    return found


def write_figure(path: PathLike, report: ShiftReport, thumbnails: Thumbnails | None = None) -> Path:
    """Write the page as PNG, atomically, and return its path.

    Parameters
    ----------
    thumbnails : mapping of contrast to mapping of set to ndarray of uint8, optional
        As `typical_slices` gives them; left out, the page shows no image.

    Raises
    ------
    DeviceError
        If matplotlib is not installed.
    SSAGliomaError
        If the file cannot be written.
    """
    page = draw_figure(report, thumbnails)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        page.savefig(temporary, format="png", dpi=130, facecolor="white", metadata={"Software": None})
    return target


def draw_figure(report: ShiftReport, thumbnails: Thumbnails | None = None) -> Figure:
    """Return the page as a matplotlib figure of its own canvas; no window and no global state.

    Raises
    ------
    DeviceError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    thumbnails = {} if thumbnails is None else thumbnails
    rows = len(report.contrasts)
    table = _LINE * (1 + len(row_names(report)) * (1.6 if _two_lines(report) else 1.0))
    height = _HEAD + rows * _ROW + table + _NOTE
    page = Figure(figsize=(_WIDTH, height))
    FigureCanvasAgg(page)
    _head(page, report, height)
    kinds = list(report.titles)
    grid = page.add_gridspec(
        rows,
        3 + (len(kinds) if thumbnails else 0),
        width_ratios=[1.5, 1.5, 1.35, *([0.95] * len(kinds) if thumbnails else [])],
        left=0.075,
        right=0.985,
        top=1 - (_HEAD + 0.15) / height,
        bottom=(table + _NOTE + 0.45) / height,
        hspace=0.42,
        wspace=0.3,
    )
    for row, (contrast, shift) in enumerate(report.contrasts.items()):
        axes = [page.add_subplot(grid[row, column]) for column in range(3)]
        _histograms(axes[0], shift, contrast_title(contrast), last=row == rows - 1)
        _spectra(axes[1], shift, last=row == rows - 1)
        _map(axes[2], shift, last=row == rows - 1)
        for column, kind in enumerate(kinds if thumbnails else []):
            _thumbnail(page.add_subplot(grid[row, 3 + column]), thumbnails.get(contrast, {}).get(kind), kind)
    _table(page, report, (table, _NOTE), height)
    return page


def require_matplotlib() -> None:
    """Raise a DeviceError if matplotlib is not installed, before minutes of work are spent on a page."""
    if find_spec("matplotlib") is None:
        raise DeviceError(
            "The figure needs matplotlib, which is not installed",
            remedy="Install it with: pip install 'ssaglioma[figures]', or ask for the JSON alone",
        )


def contrast_title(contrast: str) -> str:
    """Return what a radiologist calls a contrast ('t2f': 'FLAIR')."""
    try:
        return Sequence.parse(contrast).display_name
    except SequenceError:
        return "Image" if contrast == ONLY_CONTRAST else contrast


def _head(page: Figure, report: ShiftReport, height: float) -> None:
    from matplotlib.lines import Line2D

    page.text(0.012, 1 - 0.14 / height, "How far the sets are apart", fontsize=14, weight="bold", va="top")
    sizes = {kind: max(len(shift.sets[kind].cases) for shift in report.contrasts.values()) for kind in report.titles}
    handles = [
        Line2D([], [], color=COLORS[kind], linestyle=_DASHES[kind], marker=_MARKERS[kind], markersize=5, linewidth=1.8)
        for kind in report.titles
    ]
    names = [
        f"{kind}: {_short(title)} ({sizes[kind]} case{'s' if sizes[kind] != 1 else ''})"
        for kind, title in report.titles.items()
    ]
    legend = page.legend(handles, names, loc="upper left", ncol=len(names), frameon=False, fontsize=9)
    legend.set_bbox_to_anchor((0.004, 1 - 0.38 / height), transform=page.transFigure)


def _histograms(axes: Axes, shift: ContrastShift, title: str, *, last: bool) -> None:
    for kind, view in shift.sets.items():
        shares = view.histograms[WHOLE]
        shares = shares.reshape(_SHOWN_BINS, -1).sum(axis=1)  # integer gray values comb finer bins
        middles = (np.arange(_SHOWN_BINS) + 0.5) / _SHOWN_BINS
        axes.plot(middles, 100 * shares, color=COLORS[kind], linestyle=_DASHES[kind], linewidth=1.3)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, 1)
    _finish(axes, "intensities", "intensity, 0 to 1 over a case", f"% of pixels in 1/{_SHOWN_BINS}", last)
    axes.text(-0.245, 0.5, title, transform=axes.transAxes, rotation=90, va="center", ha="center", weight="bold")


def _spectra(axes: Axes, shift: ContrastShift, *, last: bool) -> None:
    for kind, view in shift.sets.items():
        rings = len(view.spectrum)
        frequency = (np.arange(rings) + 0.5) / (2 * rings)
        axes.plot(frequency, view.spectrum, color=COLORS[kind], linestyle=_DASHES[kind], linewidth=1.3)
    axes.set_xlim(0, 0.5)
    _finish(axes, "spectra", "cycles a pixel", "log10 power", last)


def _map(axes: Axes, shift: ContrastShift, *, last: bool) -> None:
    for kind, view in shift.sets.items():
        look: dict[str, Any] = {"marker": _MARKERS[kind], "color": COLORS[kind]}
        across, up = view.points.T
        axes.scatter(across, up, s=15, alpha=0.55, linewidths=0, **look)
        axes.scatter(across.mean(), up.mean(), s=75, edgecolors="black", linewidths=1.1, zorder=3, **look)
    _finish(axes, "features, a dot a case", "", "", last)
    shares = [100 * one for one in shift.feature_map.explained] + [0.0]
    axes.set_xlabel(f"axis 1 ({shares[0]:.0f} % of the variance)", fontsize=8, labelpad=2)
    axes.set_ylabel(f"axis 2 ({shares[1]:.0f} %)", fontsize=8, labelpad=1)


def _thumbnail(axes: Axes, picture: np.ndarray | None, kind: str) -> None:
    axes.set_axis_off()
    if picture is None:
        return
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(kind, fontsize=9, color=COLORS[kind], pad=3)


def _finish(axes: Axes, title: str, below: str, beside: str, last: bool) -> None:
    axes.set_title(title, fontsize=9, pad=3)
    axes.set_ylabel(beside, fontsize=8, labelpad=2)
    if last:
        axes.set_xlabel(below, fontsize=8, labelpad=2)
    axes.tick_params(labelsize=7, length=2, pad=2)
    axes.grid(alpha=0.25, linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _table(page: Figure, report: ShiftReport, sizes: tuple[float, float], height: float) -> None:
    from matplotlib.transforms import Bbox

    tall, note = sizes
    axes = page.add_axes((0.012, note / height, 0.976, tall / height))
    axes.set_axis_off()
    heads = [contrast_title(contrast) for contrast in report.contrasts]
    rows = row_names(report)
    cells = [[title, *cell_texts(report, key, "\n" if _two_lines(report) else " ")] for key, title in rows.items()]
    first = 0.27 if len(heads) > 2 else 0.34
    widths = [first, *([(1 - first) / len(heads)] * len(heads))]
    drawn = axes.table(cells, colLabels=["distance", *heads], colWidths=widths, bbox=Bbox.unit(), cellLoc="left")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(7.5 if len(heads) > 2 else 8.5)
    for (row, _), cell in drawn.get_celld().items():
        cell.set_linewidth(0)
        cell.PAD = 0.02
        cell.set_facecolor("#e9edf2" if row == 0 else "#f7f7f7" if row % 2 == 0 else "white")
        if row == 0:
            cell.set_text_props(weight="bold", ha="left")
    page.text(0.012, (note - 0.08) / height, "\n".join(_notes(report)), fontsize=7.5, va="top", color="#444444")


def _two_lines(report: ShiftReport) -> bool:
    """Whether a cell takes two lines: before stylising, and after."""
    return STYLISED in report.titles and len(report.contrasts) > 1


def _notes(report: ShiftReport) -> list[str]:
    sampling = report.config.sampling
    where = f"{sampling.axis.replace('_', '-')}, pixels of {sampling.pixel_mm:g} mm (pictures keep theirs)"
    lines = [
        "Each cell: distance to the target [95 % interval over cases] (distance of halves of one set, the floor).",
        "KL and JS in nats, KL(first, second) weighted by the first; Wasserstein of intensities in parts of the range.",
        f"Features: {report.featurizer}. Up to {sampling.slices} slices a case, {where}.",
        f"SSAGlioma {__version__}, research use only.",
    ]
    if STYLISED in report.titles:
        lines.insert(1, "After the arrow: the stylised set's distance to the target, and the change in percent.")
    absent = [f"{contrast_title(name)} (not in {', '.join(kinds)})" for name, kinds in report.left_out.items()]
    if absent:
        lines.append("Left out: " + "; ".join(absent) + ".")
    number = sum(len(cases) for cases in report.skipped.values())
    if number:
        lines.append(f"{number} case{'s' if number > 1 else ''} could not be used; the JSON file says why.")
    return lines


def _short(text: str) -> str:
    return text if len(text) <= _TITLE_CHARACTERS else "..." + text[3 - _TITLE_CHARACTERS :]
