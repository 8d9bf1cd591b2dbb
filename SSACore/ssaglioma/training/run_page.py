"""The report of a run as one HTML page: outcome, tables, and outlines before and after beside the expert's."""

from __future__ import annotations

import html
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssaglioma.evaluation.pictures import (
    AGREED,
    EXTRA,
    MISSED,
    View,
    best_index,
    brain_box,
    canonical,
    draw_view,
    position_text,
    to_data_url,
)
from ssaglioma.evaluation.report import color_key, write_page
from ssaglioma.evaluation.report_tables import html_table
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.training.run_report import RunReport
from ssaglioma.training.run_words import (
    CASE_HEADINGS,
    NOTICE,
    REGION_HEADINGS,
    case_table,
    explanations,
    outcome,
    region_table,
    region_title,
)
from ssaglioma.training.validation import kept_labelmap
from ssaglioma.types import PathLike
from ssaglioma.volume import Case, Volume, read_labelmap, read_volume

BEFORE, AFTER = "before", "after"
MOST_CASES = 4
"""Cases that are drawn, those that changed most; the tables hold all."""
_SHOWN_ON = {"WT": Sequence.T2F}
_LEGEND = {"model and expert agree": AGREED, "expert only (missed)": MISSED, "model only (extra)": EXTRA}
_SIDES = (
    "Each region where the expert's outline is largest, and where before and after differ most. "
    "The patient's left is on the right."
)


@dataclass(frozen=True, eq=False)
class _Checked:
    """A held-out case on the page: canonical images, the expert's labels, and those of each model."""

    case: Case
    images: dict[Sequence, Volume]
    reference: Volume
    found: dict[str, Volume]
    box: tuple


def write_run_page(
    path: PathLike, report: RunReport, held_out: Seq[Case], check: Path, scheme: LabelScheme, regions: Seq[str]
) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    held_out : sequence of Case
        Of the check, with references.
    check : Path
        Holds the labelmaps, `before/CASE-seg.nii.gz` (if an earlier model was compared) and `after/...`.
    regions : sequence of str
        Those to draw.
    """
    headline, sentences = outcome(report)
    light = "green" if report.accepted and report.compared_with else "red" if not report.accepted else "amber"
    said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    parts = [
        f"<h1>{html.escape(report.model)}: before and after</h1>",
        f'<p class="use">{NOTICE}</p>',
        f'<div class="light {light}"><b>{html.escape(headline)}</b><ul>{said}</ul></div>',
        html_table("Mean over the cases of the check", REGION_HEADINGS, region_table(report)),
        "".join(f'<p class="note">{html.escape(text)}</p>' for text in explanations(report)),
        html_table("Case by case", CASE_HEADINGS, case_table(report)),
    ]
    shown = _most_changed(report, held_out)
    parts += [f"<h2>Outlines</h2><p>{_SIDES}{color_key(_LEGEND)}</p>" if shown else ""]
    if len(held_out) > len(shown):
        parts.append(f'<p class="note">The {len(shown)} cases that changed most, of {len(held_out)}.</p>')
    parts += [_case_section(_read(case, check, scheme), scheme, regions) for case in shown]
    return write_page(Path(path), f"{report.model}: before and after", "".join(parts))


def _most_changed(report: RunReport, held_out: Seq[Case]) -> list[Case]:
    changes = {case.name: 0.0 for case in held_out}
    for row in report.cases:
        changes[row.case] = max(changes.get(row.case, 0.0), abs(row.change or 0.0))
    return sorted(held_out, key=lambda case: -changes[case.name])[:MOST_CASES]


def _read(case: Case, check: Path, scheme: LabelScheme) -> _Checked:
    wanted = [name for name in (Sequence.T2F, Sequence.T1C) if name in case.sequences] or list(case.sequences)[:1]
    images = {name: canonical(read_volume(case.sequences[name])) for name in wanted}
    files = {name: kept_labelmap(check / name, case.name) for name in (BEFORE, AFTER)}
    found = {name: canonical(read_labelmap(file, scheme)) for name, file in files.items() if file.is_file()}
    reference = canonical(read_labelmap(Path(str(case.reference)), scheme))
    return _Checked(case, images, reference, found, brain_box(list(images.values())))


def _case_section(checked: _Checked, scheme: LabelScheme, regions: Seq[str]) -> str:
    rows = [_region_row(checked, scheme, region) for region in regions]
    return f"<h3>{html.escape(checked.case.name)}</h3>{''.join(rows)}"


def _region_row(checked: _Checked, scheme: LabelScheme, region: str) -> str:
    wanted = scheme.mask(checked.reference.array, region)
    found = {name: scheme.mask(volume.array, region) for name, volume in checked.found.items()}
    if not (wanted.any() or any(mask.any() for mask in found.values())):
        return ""
    largest = best_index(wanted if wanted.any() else np.any([*found.values()], axis=0), 0)
    changed = np.logical_xor(*found.values()) if len(found) == 2 else np.zeros_like(wanted)
    indices = dict.fromkeys([largest, *([best_index(changed, 0)] if changed.any() else [])])
    drawn = [_picture(checked, region, index, wanted, when, mask) for index in indices for when, mask in found.items()]
    return f'<p>{html.escape(region_title(region))}</p><div class="row">{"".join(drawn)}</div>'


def _picture(checked: _Checked, region: str, index: int, wanted: np.ndarray, when: str, mask: np.ndarray) -> str:
    name = _SHOWN_ON.get(region, Sequence.T1C)
    name = name if name in checked.images else next(iter(checked.images))
    image, view = checked.images[name], View("axial", index)
    layers = [(mask & wanted, AGREED), (wanted & ~mask, MISSED), (mask & ~wanted, EXTRA)]
    caption = f"{when.upper()}  {region} on {name.display_name}  {position_text(image, view)}"
    picture = draw_view(image, view, layers, caption, checked.box)
    return f'<img src="{to_data_url(picture)}" alt="{html.escape(caption)}">'
