"""The anatomy guard's verdict on the picture that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from SSAStyleTransferLib.methods import SCANNER

if TYPE_CHECKING:
    from ssaglioma.style.guard_report import GuardReport

_TOLD = 2
READY, WARNING, ERROR, NONE = "ready", "warning", "error", "none"


class GuardingLogic:
    """Verdicts; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._verdict: tuple[tuple, GuardReport] | None = None

    def examinePicture(self, parameters) -> GuardReport:
        """Return the guard's report on the shown picture, with labels and the model's masks where there are some.

        A refused picture is striped in the views unless refusals are accepted, or a scanner is simulated.

        Raises
        ------
        DatasetError
            If no picture is shown, or the slice is empty.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.style.guard import examine, hatched

        shown = self.shownPicture
        if shown is None:
            raise DatasetError("No picture is shown", remedy=_("Choose content, style and method first"))
        key = self._verdictKey(parameters)
        if self._verdict is None or self._verdict[0] != key:
            report = examine(
                shown.piece.array,
                shown.array,
                spacing_yx_mm=shown.piece.spacing_yx_mm,
                labels=self.labelsSlice(parameters, shown.piece),
                segmenter=self.seenMasks(shown.key),
            )
            self._verdict = (key, report)
        report = self._verdict[1]
        scan = self.methodEntry(parameters).method == SCANNER  # it is meant to lose anatomy
        striped = shown.array if parameters.force or scan else hatched(shown.array, report)
        self.showPictures(parameters, shown.piece, striped)
        return report

    def examineIfPossible(self, parameters) -> None:
        """Examine the shown picture unless its slice is empty."""
        if self.shownPicture is not None and self.shownPicture.piece.array.any():
            self.examinePicture(parameters)

    def verdict(self, parameters) -> GuardReport | None:
        """Return the last report if it is on the shown picture, else None."""
        if self.shownPicture is None or self._verdict is None or self._verdict[0] != self._verdictKey(parameters):
            return None
        return self._verdict[1]

    def guardSentence(self, parameters) -> tuple[str, str]:
        """Return the verdict in a sentence, and its level: 'ready' passed, 'error' refused, 'none' not examined."""
        report = self.verdict(parameters)
        if report is None:
            return _("Anatomy guard: not examined yet."), NONE
        if not report.passed:
            reasons = "; ".join(report.reasons[:_TOLD])
            more = len(report.reasons) - _TOLD
            text = _("Anatomy guard refuses: {reasons}.").format(reasons=reasons)
            text += " " + _("And {count} more.").format(count=more) if more > 0 else ""
            return text, WARNING if parameters.force else ERROR
        return _("Anatomy guard: {facts}.").format(facts=", ".join(_facts(report))), READY

    def guardReasons(self, parameters) -> str:
        """Return all reasons of a refusal, one a line; empty where the guard did not refuse."""
        report = self.verdict(parameters)
        return "" if report is None else "\n".join(report.reasons)

    def _verdictKey(self, parameters) -> tuple:
        key = self.shownPicture.key
        return (key, self.labelsStamp(parameters), self.seenMasks(key) is not None)

    @staticmethod
    def labelsStamp(parameters) -> tuple | None:
        """Return what differs when other labels are chosen, or they change; None without labels."""
        labels = parameters.labels
        return None if labels is None else (labels.GetID(), labels.GetMTime())


def _facts(report: GuardReport) -> list[str]:
    """Return what the guard found, good news only."""
    from ssaglioma.style.guard import GuardConfig

    config, measures = GuardConfig(), report.measures
    facts = []
    if measures.edges.p95_mm is None:
        facts.append(_("too few edges to measure"))
    else:
        facts.append(
            _("boundary moved {mm:.1f} mm (limit {limit:.1f})").format(mm=measures.edges.p95_mm, limit=config.edge_mm)
        )
    kept = measures.contrast_kept
    if kept:
        name = min(kept, key=lambda one: kept[one])
        facts.append(_("{name} keeps {share:.0%} of its contrast").format(name=name, share=kept[name]))
    if measures.lesions:
        facts += [_("lesion kept"), _("no new lesion")]
    return facts
