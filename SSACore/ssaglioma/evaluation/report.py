"""One self-contained HTML page for one case: volumes, scores, pictures, model, warnings."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.evaluation.pictures import (
    AGREED,
    COLORS,
    EXTRA,
    MISSED,
    View,
    best_index,
    brain_box,
    canonical,
    draw_view,
    slice_position_mm,
    to_data_url,
)
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.labels import Sequence as MRSequence
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, resample_to
from ssaglioma.volume.atomic import atomic_path

_SCORES = (
    ("dice", "Dice", 3),
    ("hd95_mm", "HD95 (mm)", 2),
    ("nsd_1mm", "NSD 1 mm", 3),
    ("lesion_dice", "Lesion-wise Dice", 3),
    ("volume_difference_ml", "Volume difference (ml)", 2),
)
_NOTICE = "<b>Research use only.</b> Not a medical device. Every outline must be checked by a radiologist."
_SLICES_APART_MM = 4.0
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1150px;margin:1.5em auto;padding:0 1em;color:#1b1b1b}"
    "h1{font-size:1.5em;margin-bottom:.1em}h2{font-size:1.15em;margin:1.4em 0 .4em}"
    "table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.row{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:6px}"
    "img{background:#000}.use{background:#fff3cd;padding:.5em .8em}.warn{background:#f8d7da;padding:.5em .8em}"
    ".key{display:inline-block;width:1em;height:.8em;margin:0 .35em 0 .9em}dt{font-weight:600}dd{margin:0 0 .4em}"
)


def write_report(
    path: PathLike,
    *,
    case_name: str,
    images: Mapping[MRSequence, Volume],
    labelmap: Volume,
    reference: Volume | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    volumes_ml: Mapping[str, float] | None = None,
    model_card: Mapping[str, Any] | None = None,
    timings: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
    scheme: LabelScheme = GLIOMA,
) -> Path:
    """Write the report of one case as a single HTML file, atomically, and return its path.

    Parameters
    ----------
    images : mapping of Sequence to Volume
        Any orientation; images on other grids are resampled onto the labelmap's for display.
    labelmap : Volume
        Predicted labels.
    reference : Volume, optional
        Reference labels on the same grid; adds a comparison.
    scores : mapping of region to scores, optional
        As `evaluate_case` returns them.
    """
    flat = {name: canonical(_on_grid(volume, labelmap)) for name, volume in images.items()}
    parts = [
        f"<h1>Glioma segmentation: {html.escape(case_name)}</h1>",
        f'<p class="use">{_NOTICE}</p>',
        *(f'<p class="warn">{html.escape(text)}</p>' for text in warnings),
        _volume_table(volumes_ml or {}),
        _score_table(scores or {}),
        _overlay_section(flat, canonical(labelmap), scheme),
    ]
    if reference is not None:
        parts.append(_comparison_section(flat, canonical(labelmap), canonical(reference), scheme))
    parts += [_model_section(model_card or {}), _timing_section(timings or {})]
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(case_name)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}<p>SSAGlioma {__version__}</p></body></html>\n"
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        Path(temporary).write_text(page, encoding="utf-8")
    return target


def _on_grid(volume: Volume, grid: Volume) -> Volume:
    return volume if volume.same_grid(grid) else resample_to(volume, grid, order=1)


def _volume_table(volumes_ml: Mapping[str, float]) -> str:
    rows = [[name, f"{value:.1f}"] for name, value in volumes_ml.items()]
    return _table("Volumes", ["Region", "Volume (ml)"], rows)


def _score_table(scores: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [region, *(_number(values.get(key), digits) for key, _, digits in _SCORES)] for region, values in scores.items()
    ]
    title = "Agreement with the reference (HD95: surface-area convention; BraTS 2023 lesion rule)"
    return _table(title, ["Region", *(heading for _, heading, _ in _SCORES)], rows)


def _number(value: Any, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else "-"


def _table(title: str, headings: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<h2>{html.escape(title)}</h2><table><tr>{head}</tr>{body}</table>"


def _overlay_section(images: Mapping[MRSequence, Volume], labelmap: Volume, scheme: LabelScheme) -> str:
    outlines = [(labelmap.array == scheme.values[name], COLORS[name]) for name in ("ED", "NCR", "ET")]
    box = brain_box(list(images.values()))
    tumour = labelmap.array > 0
    largest = [best_index(scheme.mask(labelmap.array, region), 0) for region in scheme.regions]
    indices = _apart(largest, max(1, round(_SLICES_APART_MM / labelmap.spacing_zyx_mm[0])))
    parts = [
        "<h2>Outlines</h2><p>Patient's left is on the right of axial and coronal pictures.",
        _legend(COLORS),
        "</p>",
    ]
    for index in sorted(indices, reverse=True):
        parts.append(_row(images, View("axial", index), outlines, box))
    first = images.get(MRSequence.T1C, next(iter(images.values())))
    flair = images.get(MRSequence.T2F, first)
    for plane, axis in (("coronal", 1), ("sagittal", 2)):
        view = View(plane, best_index(tumour, axis))
        parts.append(_row({_name_of(images, v): v for v in (first, flair)}, view, outlines, box))
    return "".join(parts)


def _apart(indices: list[int], least: int) -> list[int]:
    """Leave out slices that show nearly the same as an earlier one."""
    kept: list[int] = []
    for index in indices:
        if all(abs(index - other) >= least for other in kept):
            kept.append(index)
    return kept


def _comparison_section(
    images: Mapping[MRSequence, Volume], labelmap: Volume, reference: Volume, scheme: LabelScheme
) -> str:
    colors = {"agreed": AGREED, "missed": MISSED, "extra": EXTRA}
    parts = [
        "<h2>Difference from the reference, whole tumor and enhancing tumor</h2><p>",
        _legend(colors),
        "</p>",
    ]
    box = brain_box(list(images.values()))
    anchors = {"WT": MRSequence.T2F, "ET": MRSequence.T1C}
    for region, sequence in anchors.items():
        found, wanted = scheme.mask(labelmap.array, region), scheme.mask(reference.array, region)
        layers = [(found & wanted, AGREED), (wanted & ~found, MISSED), (found & ~wanted, EXTRA)]
        volume = images.get(sequence, next(iter(images.values())))
        index = best_index(found | wanted, 0)
        both = {f"{region} on {_label(_name_of(images, volume))}": volume}
        parts.append(_row(both, View("axial", index), layers, box))
    return "".join(parts)


def _row(images: Mapping[Any, Volume], view: View, outlines: list, box: tuple) -> str:
    pictures = []
    for name, volume in images.items():
        caption = f"{_label(name)}  {view.plane} {slice_position_mm(volume, view):+.0f} mm"
        url = to_data_url(draw_view(volume, view, outlines, caption, box))
        pictures.append(f'<img src="{url}" alt="{html.escape(caption)}">')
    return f'<div class="row">{"".join(pictures)}</div>'


def _label(name: Any) -> str:
    return name.display_name if isinstance(name, MRSequence) else str(name)


def _name_of(images: Mapping[MRSequence, Volume], volume: Volume) -> MRSequence:
    return next(name for name, candidate in images.items() if candidate is volume)


def _legend(colors: Mapping[str, tuple[int, int, int]]) -> str:
    keys = (f'<span class="key" style="background:rgb{color}"></span>{name}' for name, color in colors.items())
    return "".join(keys)


def _model_section(card: Mapping[str, Any]) -> str:
    keys = ("title", "version", "training_data", "intended_use", "licence")
    rows = "".join(
        f"<dt>{key.replace('_', ' ')}</dt><dd>{html.escape(str(card[key]))}</dd>" for key in keys if key in card
    )
    return f"<h2>Model {html.escape(str(card.get('name', '')))}</h2><dl>{rows}</dl>" if rows else ""


def _timing_section(timings: Mapping[str, float]) -> str:
    if not timings:
        return ""
    text = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in timings.items())
    return f"<p>Time: {html.escape(text)}; in all {np.sum(list(timings.values())):.1f} s.</p>"
