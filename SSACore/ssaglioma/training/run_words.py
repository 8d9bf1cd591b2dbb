"""The report of a run in words and tables for the person who will use the model; the outcome comes first.

Nothing here imports torch: a screen reads it.
"""

from __future__ import annotations

from ssaglioma.evaluation.report_words import Words
from ssaglioma.training.run_report import RunReport

FEW_CASES = 10
DICE_MEANS = (
    "Dice is the overlap with the expert's outline: 0 is none, 1 is the same outline. Two experts who outline the same "
    "tumor reach 0.74 to 0.85 with each other (Menze et al. 2015)."
)
WHEN_REFUSED = (
    "Nothing has changed. Look at the pictures of the region that became worse: do the outlines that it learned from "
    "follow the same rules as the earlier ones? More cases help, too."
)
UNCHANGED = 0.005
"""Changes of Dice up to this count as none."""
NOTICE = "Research use only. Every outline must be checked by a radiologist."
REGION_HEADINGS = ("Region", "Dice before", "Dice after", "Change", "Cases: better / same / worse")
CASE_HEADINGS = ("Case", "Region", "Expert (ml)", "Before (ml)", "After (ml)", "Dice before", "Dice after", "")
_ENGLISH = Words("en")


def region_title(region: str) -> str:
    """Return a region's name in full."""
    return _ENGLISH.region(region)


def count(number: int, noun: str) -> str:
    """Return '1 case', '2 cases'."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def outcome(report: RunReport) -> tuple[str, tuple[str, ...]]:
    """Return the headline, and the sentences under it."""
    cases = f"{count(len(report.held_out), 'case')} that it did not learn from"
    if not report.compared_with:
        return "NOT COMPARED with an earlier model", (f"The new model was scored on {cases}.",)
    if not report.accepted:
        return f"REFUSED: {report.compared_with} stays in use", (
            f"On {cases} the new model is worse than is allowed:",
            *report.reasons,
            WHEN_REFUSED,
        )
    change = report.mean_change
    said = "" if change is None else f" (mean Dice {change:+.3f})"
    return f"ACCEPTED: the new model may take the place of {report.compared_with}", (
        f"On {cases} it is not worse than before{said}, by the limits set beforehand.",
        "The earlier model is kept; you can go back to it at any time.",
    )


def region_table(report: RunReport) -> list[list[str]]:
    """Return one row of texts for each region, under `REGION_HEADINGS`."""
    rows = []
    for row in report.rows:
        changes = [case.change for case in report.cases if case.region == row.region and case.change is not None]
        counts = [
            sum(change > UNCHANGED for change in changes),
            sum(abs(change) <= UNCHANGED for change in changes),
            sum(change < -UNCHANGED for change in changes),
        ]
        if row.cases == 0:
            rows.append([region_title(row.region), "-", "-", "-", "not checked: no held-out case holds it"])
            continue
        numbers = [number(row.before, 3), number(row.after, 3), number(row.change, 3, signed=True)]
        rows.append([region_title(row.region), *numbers, " / ".join(map(str, counts)) if changes else "-"])
    return rows


def case_table(report: RunReport) -> list[list[str]]:
    """Return one row of texts for each region of each held-out case, under `CASE_HEADINGS`."""
    return [
        [
            row.case,
            region_title(row.region),
            *(number(value, 1) for value in (row.reference_ml, row.before_ml, row.after_ml)),
            number(row.before, 3),
            number(row.after, 3),
            _direction(row.change),
        ]
        for row in report.cases
    ]


def explanations(report: RunReport) -> list[str]:
    """Return what a reader should know before trusting the figures."""
    few = len(report.held_out) < FEW_CASES
    return [
        DICE_MEANS,
        *(["The check has few cases: small changes, up or down, may be chance."] if few else []),
        *([f"Learned from: {report.learned_from}."] if report.learned_from else []),
        f"The training took {max(report.minutes, 0):.0f} min.",
        *report.notes,
    ]


def report_text(report: RunReport) -> str:
    """Return the whole report as plain text."""
    headline, sentences = outcome(report)
    lines = [f"{report.model}: before and after", "", headline, *sentences, ""]
    lines += [*_columns(REGION_HEADINGS, region_table(report)), ""]
    if report.cases:
        lines += [*_columns(CASE_HEADINGS, case_table(report)), ""]
    return "\n".join([*lines, *explanations(report), NOTICE]) + "\n"


def number(value: float | None, digits: int, *, signed: bool = False) -> str:
    """Return a number as text, '-' for none."""
    return "-" if value is None else format(value, f"{'+' if signed else ''}.{digits}f")


def _direction(change: float | None) -> str:
    if change is None:
        return ""
    return "better" if change > UNCHANGED else "worse" if change < -UNCHANGED else "same"


def _columns(headings: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    table = [list(headings), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
