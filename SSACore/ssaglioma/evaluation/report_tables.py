"""The tables and texts of the report as HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssaglioma.evaluation.measurements import Measurements, changes
from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.evaluation.quality_words import light_name
from ssaglioma.evaluation.report_words import Words

_SCORES = (("dice", 3), ("hd95_mm", 2), ("nsd_1mm", 3), ("lesion_dice", 3), ("volume_difference_ml", 2))
_RANO_SUM = "rano_sum_mm2"
_SURE, _MOST_LESIONS = 0.8, 10


def volume_table(volumes_ml: Mapping[str, float], words: Words) -> str:
    """Return the table of volumes, or nothing without any."""
    rows = [[words.region(name), words.number(value, 1)] for name, value in volumes_ml.items()]
    return html_table(words["volumes"], [words["region"], words["volume_ml"]], rows)


def measurement_table(found: Measurements, words: Words) -> str:
    """Return the table of volumes, lesions, diameters and confidences."""
    rows = [
        [
            words.region(name),
            words.number(region.volume_ml, 1),
            str(region.large_lesions),
            words.number(region.largest_diameter_mm, 0) if region.lesions else "-",
            words.number(region.confidence, 2),
        ]
        for name, region in found.regions.items()
    ]
    keys = ("region", "volume_ml", "lesions", "largest_diameter_mm", "confidence")
    table = html_table(words["measurements"], [words[key] for key in keys], rows)
    return f'{table}<p class="note">{html.escape(words["confidence_note"])}</p>'


def trust_section(found: Measurements, words: Words) -> str:
    """Return the Dice to expect and the lesions that may not be real; nothing where the model does not tell."""
    if not found.expected_dice:
        return ""
    rows = []
    for region, told in found.expected_dice.items():
        bounds = words["from_to"].format(low=words.number(told.low, 2), high=words.number(told.high, 2))
        judgement = words["expect_low" if told.doubtful else "expect_unsure" if told.unsure else "expect_good"]
        rows.append([words.region(region), words.number(told.dice, 2), bounds, judgement])
    keys = ("region", "expected_dice", "expected_range", "judgement")
    table = html_table(words["expected"], [words[key] for key in keys], rows)
    note = f'<p class="note">{html.escape(words["expected_note"])}</p>'
    return table + note + _lesion_table(found, words)


def _lesion_table(found: Measurements, words: Words) -> str:
    unsure = [lesion for lesion in found.lesions if (lesion.confidence or 0.0) < _SURE]
    if not unsure:
        return f"<p>{html.escape(words['lesions_sure'])}</p>" if found.lesions else ""
    unsure.sort(key=lambda lesion: lesion.confidence or 0.0)
    rows = [
        [
            words.region(lesion.region),
            words.number(lesion.volume_ml, 2),
            ", ".join(f"{name} {value:+.0f}" for name, value in zip("xyz", lesion.center_lps_mm)),
            f"{100 * (lesion.confidence or 0.0):.0f} %",
        ]
        for lesion in unsure[:_MOST_LESIONS]
    ]
    keys = ("region", "volume_ml", "place_mm", "likely_real")
    table = html_table(words["lesions_unsure"], [words[key] for key in keys], rows)
    note = words["lesions_note"].format(shown=len(rows), unsure=len(unsure), total=len(found.lesions))
    return f'{table}<p class="note">{html.escape(note)}</p>'


def rano_table(found: Measurements, words: Words) -> str:
    """Return the table of the diameters of enhancing lesions, or a sentence when there is none."""
    if not found.rano:
        return f"<h2>{html.escape(words['rano'])}</h2><p>{html.escape(words['rano_none'])}</p>"
    rows = [
        [
            str(number),
            words.number(lesion.diameter_mm, 1),
            words.number(lesion.perpendicular_mm, 1),
            words.number(lesion.product_mm2, 0),
            words["yes" if lesion.measurable else "no"],
            f"z {round(lesion.plane.center_lps_mm[2]):+d} mm",
        ]
        for number, lesion in enumerate(found.rano, start=1)
    ]
    keys = ("number", "diameter_mm", "perpendicular_mm", "product_mm2", "measurable", "slice")
    note = words["rano_note"].format(
        limit=words.number(found.rano[0].smallest_measurable_mm, 0), total=words.number(found.rano_sum_mm2, 0)
    )
    return html_table(words["rano"], [words[key] for key in keys], rows) + f'<p class="note">{html.escape(note)}</p>'


def change_table(earlier: Measurements, current: Measurements, words: Words) -> str:
    """Return the table of changes since an earlier segmentation."""
    rows = []
    for name, change in changes(earlier, current).items():
        title = words[_RANO_SUM] if name == _RANO_SUM else words["in_ml"].format(region=words.region(name))
        digits = 0 if name == _RANO_SUM else 1
        values = [words.number(value, digits) for value in (change.earlier, change.current, change.difference)]
        rows.append([title, *values, words.number(change.percent, 0)])
    keys = ("region", "earlier", "current", "difference", "percent")
    return html_table(words["change"], [words[key] for key in keys], rows)


def score_table(scores: Mapping[str, Mapping[str, Any]], words: Words) -> str:
    """Return the table of scores against a reference, or nothing without any."""
    rows = [
        [words.region(region), *(words.number(values.get(key), digits) for key, digits in _SCORES)]
        for region, values in scores.items()
    ]
    return html_table(words["scores"], [words["region"], *(words[key] for key, _ in _SCORES)], rows)


def model_section(card: Mapping[str, Any], words: Words) -> str:
    """Return what the reader should know of the model: what it is for, what it learnt from, how well it did."""
    keys = ("title", "version", "training_data", "intended_use", "licence")
    facts = [(words["model_title"] if key == "title" else words[key], str(card[key])) for key in keys if key in card]
    dice = (card.get("scores") or {}).get("mean_dice") or {}
    if dice:
        text = ", ".join(
            f"{region} {words.number(value['mean'], 2)} ({words['cases'].format(count=value['cases'])})"
            for region, value in dice.items()
        )
        facts.append((words["held_out"], text))
    if not facts:
        return ""
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in facts)
    note = f'<p class="note">{html.escape(words["model_note"])}</p>' if words["model_note"] else ""
    return f"<h2>{words['model']} {html.escape(str(card.get('name', '')))}</h2>{note}<dl>{rows}</dl>"


def quality_section(quality: QualityReport, words: Words) -> str:
    """Return the traffic light of the images: its meaning, the reasons, and all that was measured behind a click."""
    language = words.language
    colon = " :" if language == "fr" else ":"
    head = f"{words['images']}{colon} {light_name(quality.light, language)}. {quality.text(language)}"
    reasons = "".join(
        f"<li>{html.escape(words.spaced(light_name(one.light, language) + colon))} "
        f"{html.escape(one.text(language))}</li>"
        for one in quality.reasons
    )
    rest = "".join(
        f"<li>{html.escape(one.text(language))}</li>" for one in quality.findings if one not in quality.reasons
    )
    more = f"<details><summary>{html.escape(words['also_measured'])}</summary><ul>{rest}</ul></details>" if rest else ""
    listed = f"<ul>{reasons}</ul>" if reasons else ""
    return f'<div class="light {quality.light}"><b>{html.escape(words.spaced(head))}</b>{listed}{more}</div>'


def timing_section(timings: Mapping[str, float], words: Words) -> str:
    """Return the seconds of each stage as a sentence, or nothing without any."""
    if not timings:
        return ""
    stages = ", ".join(f"{words.stage(name)} {words.number(float(value), 1)} s" for name, value in timings.items())
    text = words["time"].format(stages=stages, total=words.number(float(np.sum(list(timings.values()))), 1))
    return f"<p>{html.escape(text)}</p>"


def html_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table under its title, nothing without rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<h2>{html.escape(title)}</h2><table><tr>{head}</tr>{body}</table>"
