"""The live picture: timers, the slice that is followed, views, the guard's line."""

from __future__ import annotations

import qt
import vtk
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section

_SOON_MS, _REST_MS, _POLL_MS = 10, 350, 150
_COLORS = {"ready": "#2e9e4f", "warning": "#d99000", "error": "#d03030"}


class PreviewSection(Section):
    """Follows slice and controls."""

    def connect(self) -> None:
        """Connect signals and make the timers."""
        self.ui.updateButton.clicked.connect(self.onUpdate)
        self.ui.showViewsButton.clicked.connect(self.onShowViews)
        self.ui.viewSelector.currentIndexChanged.connect(self.onView)
        for key, text in (
            ("result", _("Result")),
            ("wipe", _("Wipe")),
            ("checkerboard", _("Checkerboard")),
            ("difference", _("Difference")),
        ):
            self.ui.viewSelector.addItem(text, key)
        self.soonTimer = self._timer(_SOON_MS, self.onSoon, once=True)
        self.restTimer = self._timer(_REST_MS, self.onRest, once=True)
        self.pollTimer = self._timer(_POLL_MS, self.onPoll, once=False)
        self._observed = None
        self._signature = None

    def onUpdate(self) -> None:
        """Compute the picture now, also one that failed before."""
        self.logic.retryPicture()
        self._signature = self.logic.pictureSignature(self.parameters)
        self.onSoon()

    def onShowViews(self) -> None:
        """Lay out the three views."""
        with self.guarded():
            self.logic.showViews(self.parameters)
        self._follow()
        self.owner.refresh()

    def onView(self, _index: int) -> None:
        """Keep what the third view shows."""
        if self.parameters is not None:
            self.parameters.view = self.ui.viewSelector.currentData

    def onSlice(self, _caller=None, _event=None) -> None:
        """Follow the slice."""
        if self.parameters is not None and self.parameters.live:
            self._wish()

    def onSoon(self) -> None:
        """Compute the picture."""
        if self.parameters is None:
            return
        with self.guarded():
            state = self.logic.updatePicture(self.parameters)
            self._told(state)
        self._show()

    def onRest(self) -> None:
        """Examine the picture once the controls rest, and let the model look if that is wanted."""
        parameters = self.parameters
        if parameters is None or self.logic.shownPicture is None:
            return
        with self.guarded():
            self.logic.examineIfPossible(parameters)
            self.logic.refreshChart(parameters)
        self.ui.histogramLabel.text = self.logic.distanceText(parameters)
        with self.guarded():
            if parameters.lookLive and self.logic.lookIfNew(parameters):
                self.pollTimer.start()
        self.owner.refresh()

    def onPoll(self) -> None:
        """Follow the child processes."""
        if self.parameters is None:
            return
        with self.guarded():
            state = self.logic.pollPicture(self.parameters)
            if state is not None:
                self._told(state)
                self._show()
        with self.guarded():
            status = self.logic.pollLooking()
            if status is not None and not status.running:
                self._ended(status)
        with self.guarded():
            status = self.logic.pollApply()
            if status is not None and not status.running:
                self._ended(status)
        if not self.logic.busy and not self.logic.pictureWanted:
            self.pollTimer.stop()
        self.owner.showStatus()
        for section in self.owner.sections:
            section.showProgress()

    def followWork(self) -> None:
        """Begin to ask the child processes how far they are."""
        self.pollTimer.start()

    def leave(self) -> None:
        """Let go of the slice and stop what is computed for the views."""
        for timer in (self.soonTimer, self.restTimer):
            timer.stop()
        if self._observed is not None:
            self.owner.removeObserver(self._observed, vtk.vtkCommand.ModifiedEvent, self.onSlice)
            self._observed = None
        self._signature = None

    def stop(self) -> None:
        """Stop the timers."""
        for timer in (self.soonTimer, self.restTimer, self.pollTimer):
            timer.stop()

    def update(self) -> None:
        """Wish for a new picture where anything changed, and show what is known of the present one."""
        parameters = self.parameters
        if parameters is None:
            return
        problem = self.logic.contentProblem(parameters) or self.logic.styleProblem(parameters)
        for name in ("updateButton", "showViewsButton"):
            self.setEnabled(getattr(self.ui, name), not problem, problem)
        index = self.ui.viewSelector.findData(parameters.view)
        if index != self.ui.viewSelector.currentIndex:
            self.ui.viewSelector.setCurrentIndex(index)
        for widget in (self.ui.wipeLabel, self.ui.wipeSlider):
            widget.setVisible(parameters.view == "wipe")
        self._show()
        if problem:
            self.ui.histogramLabel.text = ""
            return
        self._follow()
        if parameters.live:
            self._wish()

    def _wish(self) -> None:
        with self.guarded():
            signature = self.logic.pictureSignature(self.parameters)
            if signature != self._signature:
                self._signature = signature
                self.soonTimer.start()

    def _told(self, state) -> None:
        if state.state == "failed":
            self.owner.say(state.message, "error")
        elif state.ready:
            self.restTimer.start()
        else:
            self.pollTimer.start()

    def _ended(self, status) -> None:
        levels = {"failed": "error", "cancelled": "warning"}
        if status.message:
            self.owner.say(status.message, levels.get(status.state, "ready"))
        self.restTimer.start()
        self.owner.refresh()

    def _follow(self) -> None:
        with self.guarded():
            node = self.logic.sliceNode(self.parameters)
            if node is not self._observed:
                if self._observed is not None:
                    self.owner.removeObserver(self._observed, vtk.vtkCommand.ModifiedEvent, self.onSlice)
                self.owner.addObserver(node, vtk.vtkCommand.ModifiedEvent, self.onSlice)
                self._observed = node

    def _show(self) -> None:
        text, level = self.logic.guardSentence(self.parameters)
        self.ui.guardDot.text = f'<span style="color:{_COLORS.get(level, "#808080")}">●</span>'
        self.ui.guardLabel.text = text
        reasons = self.logic.guardReasons(self.parameters)
        self.ui.guardLabel.toolTip = reasons or _("What the anatomy guard says of this slice: edges, lesions, brain.")
        rate = self.logic.updateRate()
        self.ui.rateLabel.text = _("{rate:.0f} updates/s").format(rate=rate) if rate else ""

    @staticmethod
    def _timer(milliseconds: int, function, once: bool):
        timer = qt.QTimer()
        timer.setInterval(milliseconds)
        timer.setSingleShot(once)
        timer.timeout.connect(function)
        return timer
