"""One self-contained HTML page for one case: measurements, scores, pictures, model, warnings."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import SequenceError
from ssaglioma.evaluation.measurements import Measurements
from ssaglioma.evaluation.pictures import (
    AGREED,
    EXTRA,
    MISSED,
    Line,
    View,
    best_index,
    brain_box,
    canonical,
    draw_view,
    label_colors,
    position_text,
    to_data_url,
)
from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.evaluation.report_tables import (
    change_table,
    measurement_table,
    model_section,
    quality_section,
    rano_table,
    score_table,
    timing_section,
    trust_section,
    volume_table,
)
from ssaglioma.evaluation.report_words import Words
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.labels import Sequence as MRSequence
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, check_same_grid, resample_to
from ssaglioma.volume.atomic import atomic_path

_SLICES_APART_MM = 4.0
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1150px;margin:1.5em auto;padding:0 1em;color:#1b1b1b}"
    "h1{font-size:1.5em;margin-bottom:.1em}h2{font-size:1.15em;margin:1.4em 0 .4em}"
    "table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.row{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:6px}"
    "img{background:#000}.use{background:#fff3cd;padding:.5em .8em}.warn{background:#f8d7da;padding:.5em .8em}"
    ".light{padding:.5em .8em;border-left:1.2em solid}.green{border-color:#2e7d32;background:#e8f5e9}"
    ".amber{border-color:#f9a825;background:#fff8e1}.red{border-color:#c62828;background:#fdecea}"
    ".light ul{margin:.3em 0 0;padding-left:1.2em}"
    ".note{font-size:.87em;color:#555;max-width:75em}"
    ".name{white-space:nowrap}"
    ".key{display:inline-block;width:1em;height:.8em;margin:0 .35em 0 .9em}dt{font-weight:600}dd{margin:0 0 .4em}"
)


@dataclass(frozen=True, eq=False)
class _Pages:
    """What every picture of a report shares: canonical images on one grid, the part shown, the words."""

    images: Mapping[MRSequence, Volume]
    labels: Volume
    scheme: LabelScheme
    box: tuple
    words: Words

    def anatomy(self, *wanted: MRSequence) -> MRSequence:
        """Return the first of the wanted sequences that was given, or else any."""
        return next((name for name in wanted if name in self.images), next(iter(self.images)))


def write_report(
    path: PathLike,
    *,
    images: Mapping[MRSequence, Volume],
    labelmap: Volume,
    case_name: str = "",
    reference: Volume | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    volumes_ml: Mapping[str, float] | None = None,
    measurements: Measurements | None = None,
    earlier: Measurements | None = None,
    model_card: Mapping[str, Any] | None = None,
    timings: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
    quality: QualityReport | None = None,
    brain: Volume | None = None,
    scheme: LabelScheme = GLIOMA,
    language: str = "en",
) -> Path:
    """Write the report of one case as a single HTML file, atomically, and return its path.

    Parameters
    ----------
    images : mapping of Sequence to Volume
        Any orientation; images on other grids are resampled onto the labelmap's for display.
    labelmap : Volume
        Predicted labels.
    case_name : str
        Shown as the page's title; leave it empty where a name must not be told.
    reference : Volume, optional
        Reference labels on the same grid; adds a comparison.
    scores : mapping of region to scores, optional
        As `evaluate_case` returns them.
    measurements, earlier : Measurements, optional
        Of this labelmap (takes the place of `volumes_ml`), and of an earlier one of the same patient.
    quality : QualityReport, optional
        Adds the traffic light of the images, with its reasons; a warning that is one of them is not shown twice.
    brain : Volume, optional
        The brain mask that was used, on the labelmap's grid; its outline is drawn.
    language : str
        'en' or 'fr'.

    Raises
    ------
    SequenceError
        If there is no image to draw on.
    GeometryError
        If reference and labelmap lie on different grids.
    SSAGliomaError
        If the language is not known, or the file cannot be written.
    """
    words = Words(language)
    if not images:
        raise SequenceError(f"The report of {case_name!r} has no image", expected="at least one sequence")
    labels, truth = canonical(labelmap), None if reference is None else canonical(reference)
    if truth is not None:
        check_same_grid({"the segmentation": labels, "the reference": truth})
    flat = {name: canonical(_on_grid(volume, labelmap)) for name, volume in images.items()}
    pages = _Pages(flat, labels, scheme, brain_box(list(flat.values())), words)
    reasons = set() if quality is None else {one.text() for one in quality.reasons}
    parts = [
        f"<h1>{html.escape(words.heading(case_name))}</h1>",
        f'<p class="use">{words["notice"]}</p>',
        *(f'<p class="warn">{html.escape(words.warning(text))}</p>' for text in warnings if text not in reasons),
        "" if quality is None else quality_section(quality, words),
        volume_table(volumes_ml or {}, words) if measurements is None else measurement_table(measurements, words),
    ]
    if measurements is not None:
        parts += [trust_section(measurements, words), _rano_section(pages, measurements)]
        if earlier is not None:
            parts.append(change_table(earlier, measurements, words))
    parts += [score_table(scores or {}, words), _overlay_section(pages)]
    if measurements is not None and measurements.worst_slice is not None:
        parts.append(_doubt_section(pages, measurements.worst_slice.plane.center_lps_mm))
    if truth is not None:
        parts.append(_comparison_section(pages, truth))
    if brain is not None:
        parts.append(_brain_section(pages, canonical(brain)))
    parts += [model_section(model_card or {}, words), timing_section(timings or {}, words)]
    return write_page(Path(path), words.heading(case_name), "".join(parts), language)


def write_page(target: Path, title: str, body: str, language: str = "en") -> Path:
    """Write a self-contained page in the report's style, atomically, and return its path."""
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}<p>SSAGlioma {__version__}</p></body></html>\n"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        Path(temporary).write_text(page, encoding="utf-8")
    return target


def _on_grid(volume: Volume, grid: Volume) -> Volume:
    return volume if volume.same_grid(grid) else resample_to(volume, grid, order=1)


def _outlines(pages: _Pages) -> list[tuple[np.ndarray, tuple[int, int, int]]]:
    colors = label_colors(pages.scheme)
    masks = [(pages.scheme.mask(pages.labels.array, name), color) for name, color in colors.items()]
    return sorted(masks, key=lambda layer: -int(layer[0].sum()))  # small labels last, on top


def _overlay_section(pages: _Pages) -> str:
    words, labels = pages.words, pages.labels
    tumour = labels.array > 0
    regions = [pages.scheme.mask(labels.array, region) for region in pages.scheme.regions]
    largest = [best_index(mask, 0) for mask in regions if mask.any()] or [best_index(tumour, 0)]
    indices = _apart(largest, max(1, round(_SLICES_APART_MM / labels.spacing_zyx_mm[0])))
    legend = color_key({words.region(name): color for name, color in label_colors(pages.scheme).items()})
    parts = [f"<h2>{words['outlines']}</h2><p>{words['sides']}{legend}</p>"]
    outlines = _outlines(pages)
    for index in sorted(indices, reverse=True):
        parts.append(_row(pages, pages.images, View("axial", index), outlines))
    first = pages.anatomy(MRSequence.T1C)
    flair = pages.anatomy(MRSequence.T2F, first)
    for plane, axis in (("coronal", 1), ("sagittal", 2)):
        view = View(plane, best_index(tumour, axis))
        parts.append(_row(pages, dict.fromkeys((first, flair)), view, outlines))
    return "".join(parts)


def _rano_section(pages: _Pages, found: Measurements) -> str:
    table = rano_table(found, pages.words)
    if not found.rano:
        return table
    lesion = found.rano[0]
    to_index = np.linalg.inv(pages.labels.affine_lps)
    places = [(to_index @ [*point, 1.0])[:3] for point in lesion.diameter_lps_mm + (lesion.perpendicular_lps_mm or ())]
    ends = [(float(y), float(x)) for x, y, _ in places]
    lines: list[Line] = [(ends[0], ends[1]), *([(ends[2], ends[3])] if len(ends) == 4 else [])]
    name = pages.anatomy(MRSequence.T1C)
    view = View("axial", round(float(places[0][2])))
    return f'{table}<div class="row">{_picture(pages, name, view, _outlines(pages), lines)}</div>'


def _doubt_section(pages: _Pages, center_lps_mm: tuple[float, float, float]) -> str:
    words = pages.words
    index = round(float((np.linalg.inv(pages.labels.affine_lps) @ [*center_lps_mm, 1.0])[2]))
    row = _row(pages, pages.images, View("axial", index), _outlines(pages))
    return f'<h2>{words["doubt"]}</h2><p class="note">{words["doubt_note"]}</p>{row}'


def _brain_section(pages: _Pages, brain: Volume) -> str:
    words, mask = pages.words, brain.array > 0
    name = pages.anatomy(MRSequence.T1C, MRSequence.T1N)
    middle = [round(float(places.mean())) for places in np.nonzero(mask)] if mask.any() else [0, 0, 0]
    views = [View("axial", middle[0]), View("coronal", middle[1]), View("sagittal", middle[2])]
    drawn = "".join(_picture(pages, name, view, [(mask, AGREED)]) for view in views)
    return f'<h2>{words["brain_mask"]}</h2><p class="note">{words["brain_mask_note"]}</p><div class="row">{drawn}</div>'


def _apart(indices: list[int], least: int) -> list[int]:
    """Leave out slices that show nearly the same as an earlier one."""
    kept: list[int] = []
    for index in indices:
        if all(abs(index - other) >= least for other in kept):
            kept.append(index)
    return kept


def _comparison_section(pages: _Pages, reference: Volume) -> str:
    words, scheme = pages.words, pages.scheme
    legend = color_key({words["agreed"]: AGREED, words["missed"]: MISSED, words["extra"]: EXTRA})
    parts = [f'<h2>{words["comparison"]}</h2><p>{legend}</p><div class="row">']
    for number, region in enumerate(scheme.regions):
        found, wanted = scheme.mask(pages.labels.array, region), scheme.mask(reference.array, region)
        if not (found | wanted).any():
            continue
        layers = [(found & wanted, AGREED), (wanted & ~found, MISSED), (found & ~wanted, EXTRA)]
        name = pages.anatomy(MRSequence.T1C if number else MRSequence.T2F)
        view = View("axial", best_index(found | wanted, 0))
        title = words["on"].format(region=region, image=name.display_name)
        parts.append(_picture(pages, name, view, layers, title=title))
    return "".join([*parts, "</div>"])


def _row(pages: _Pages, names: Mapping[MRSequence, Any], view: View, outlines: list) -> str:
    return f'<div class="row">{"".join(_picture(pages, name, view, outlines) for name in names)}</div>'


def _picture(
    pages: _Pages, name: MRSequence, view: View, outlines: list, lines: Sequence[Line] = (), title: str = ""
) -> str:
    volume, words = pages.images[name], pages.words
    caption = f"{title or name.display_name}  {words[view.plane]} {position_text(volume, view)}"
    drawn = draw_view(volume, view, outlines, caption, pages.box, lines=lines, renamed_marks=words.marks)
    return f'<img src="{to_data_url(drawn)}" alt="{html.escape(caption)}">'


def color_key(colors: Mapping[str, tuple[int, int, int]]) -> str:
    """Return the key of colors (RGB, 0..255) as HTML."""
    keys = (
        f'<span class="name"><span class="key" style="background:rgb{color}"></span>{name}</span>'
        for name, color in colors.items()
    )
    return " ".join(keys)
