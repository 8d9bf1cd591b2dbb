"""One self-contained HTML page for one case: volumes, scores, pictures, model, warnings."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import SequenceError
from ssaglioma.evaluation.pictures import (
    AGREED,
    EXTRA,
    MISSED,
    View,
    best_index,
    brain_box,
    canonical,
    draw_view,
    label_colors,
    position_text,
    to_data_url,
)
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.labels import Sequence as MRSequence
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, check_same_grid, resample_to
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

    Raises
    ------
    SequenceError
        If there is no image to draw on.
    GeometryError
        If reference and labelmap lie on different grids.
    """
    if not images:
        raise SequenceError(f"The report of {case_name!r} has no image", expected="at least one sequence")
    labels, truth = canonical(labelmap), None if reference is None else canonical(reference)
    if truth is not None:
        check_same_grid({"the segmentation": labels, "the reference": truth})
    flat = {name: canonical(_on_grid(volume, labelmap)) for name, volume in images.items()}
    parts = [
        f"<h1>Glioma segmentation: {html.escape(case_name)}</h1>",
        f'<p class="use">{_NOTICE}</p>',
        *(f'<p class="warn">{html.escape(text)}</p>' for text in warnings),
        _volume_table(volumes_ml or {}),
        _score_table(scores or {}),
        _overlay_section(flat, labels, scheme),
    ]
    if truth is not None:
        parts.append(_comparison_section(flat, labels, truth, scheme))
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
    colors = label_colors(scheme)
    masks = [(scheme.mask(labelmap.array, name), color) for name, color in colors.items()]
    outlines = sorted(masks, key=lambda layer: -int(layer[0].sum()))  # small labels last, on top
    box = brain_box(list(images.values()))
    tumour = labelmap.array > 0
    regions = [scheme.mask(labelmap.array, region) for region in scheme.regions]
    largest = [best_index(mask, 0) for mask in regions if mask.any()] or [best_index(tumour, 0)]
    indices = _apart(largest, max(1, round(_SLICES_APART_MM / labelmap.spacing_zyx_mm[0])))
    parts = [
        "<h2>Outlines</h2><p>Patient's left is on the right of axial and coronal pictures. ",
        "Positions are coordinates of the file (x to the left, y to the back, z up), not distances from the midline.",
        _legend(colors),
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
        "<h2>Difference from the reference</h2><p>",
        _legend(colors),
        "</p>",
    ]
    box = brain_box(list(images.values()))
    parts.append('<div class="row">')
    for number, region in enumerate(scheme.regions):
        found, wanted = scheme.mask(labelmap.array, region), scheme.mask(reference.array, region)
        if not (found | wanted).any():
            continue
        layers = [(found & wanted, AGREED), (wanted & ~found, MISSED), (found & ~wanted, EXTRA)]
        volume = images.get(MRSequence.T1C if number else MRSequence.T2F, next(iter(images.values())))
        view = View("axial", best_index(found | wanted, 0))
        parts.append(_picture(f"{region} on {_label(_name_of(images, volume))}", volume, view, layers, box))
    return "".join([*parts, "</div>"])


def _row(images: Mapping[Any, Volume], view: View, outlines: list, box: tuple) -> str:
    pictures = "".join(_picture(_label(name), volume, view, outlines, box) for name, volume in images.items())
    return f'<div class="row">{pictures}</div>'


def _picture(title: str, volume: Volume, view: View, outlines: list, box: tuple) -> str:
    caption = f"{title}  {view.plane} {position_text(volume, view)}"
    url = to_data_url(draw_view(volume, view, outlines, caption, box))
    return f'<img src="{url}" alt="{html.escape(caption)}">'


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
