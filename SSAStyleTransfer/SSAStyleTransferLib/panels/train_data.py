"""Part 1 of the Train tab: folders of cases, their check, a case from the scene."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import fillTable
from SSAStyleTransferLib.panels.train_part import TrainPart, showFolder, showText, tieFolder, tieText

_PICTURE_PX, _NAME_PX = 40, 110
_LINE_PX, _LINE_CHARACTERS = 15, 24
_SIGNS = {"ok": "✓", "warning": "!", "error": "✗"}


class TrainDataPart(TrainPart):
    """Folders and their check."""

    def connect(self) -> None:
        """Connect signals."""
        ui = self.ui
        self.paths = {
            "source": (ui.trainSourceLabel, ui.trainSourcePath),
            "target": (ui.trainTargetLabel, ui.trainTargetPath),
            "style": (ui.trainStyleLabel, ui.trainStylePath),
            "corrections": (ui.trainCorrectionsLabel, ui.trainCorrectionsPath),
        }
        for field, (_label, edit) in self.paths.items():
            tieFolder(self, edit, field)
        tieText(self, ui.trainHeldOutEdit, "heldOut")
        ui.trainCheckButton.clicked.connect(self.onCheck)
        ui.trainAddToggle.toggled.connect(self.onAddToggled)
        ui.trainGuessButton.clicked.connect(self.onGuess)
        ui.trainAddButton.clicked.connect(self.onAdd)
        for name in ("T1", "T1Gd", "T2", "Flair", "Labels"):
            getattr(ui, f"train{name}Selector").currentNodeChanged.connect(self.onNode)
        ui.trainCheckLabel.setVisible(False)
        self._shown = None

    def onCheck(self) -> None:
        """Check the folders."""
        with self.guarded():
            self.logic.startCheck(self.parameters)
        self.owner.refresh()

    def onAddToggled(self, shown: bool) -> None:
        """Show or hide what adds a case."""
        self.ui.trainAddBox.setVisible(shown)

    def onGuess(self) -> None:
        """Choose images by their names."""
        with self.guarded():
            self.logic.guessCase(self.parameters)
        self.owner.refresh()

    def onNode(self, _node=None) -> None:
        """Enable the button when the case is whole."""
        if self.parameters is not None:
            self._showAdding()

    def onAdd(self) -> None:
        """Write the case of the scene into the folder."""
        with self.guarded():
            folder = self.logic.addCase(self.parameters)
            warnings = self.logic.caseWarnings
            text = " ".join([_("Added the case {name}.").format(name=folder.name), "; ".join(warnings)])
            self.owner.say(text.strip(), "warning" if warnings else "ready")
        self.owner.refresh()

    def poll(self) -> None:
        """Take over what the check found."""
        if not self.logic.checking:
            return
        running, text = False, ""
        with self.guarded():
            running, text = self.logic.pollCheck()
            if not running and text:
                self.owner.say(
                    text, "warning" if any(row.level == "error" for row in self.logic.checkRows) else "ready"
                )
        if self.logic.checksCases:
            self.ui.trainCheckLabel.text = text
            self.ui.trainCheckLabel.setVisible(bool(text))
        if not running:
            self.update()

    def update(self) -> None:
        """Show the folders that the recipe uses, and what the check found."""
        parameters, ui = self.parameters, self.ui
        if parameters is None:
            return
        used = self.logic.usedFolders(parameters)
        for field, (label, edit) in self.paths.items():
            label.setVisible(field in used)
            edit.setVisible(field in used)
            showFolder(edit, getattr(parameters, field))
        showText(ui.trainHeldOutEdit, parameters.heldOut)
        chosen = any(getattr(parameters, field) for field in used)
        why = _("A check is under way.") if self.logic.checking else _("Choose a folder first.")
        self.setEnabled(ui.trainCheckButton, chosen and not self.logic.checking, why)
        self._showAdding()
        self._showRows()

    def _showAdding(self) -> None:
        problem = self.logic.caseProblem(self.parameters)
        field = self.logic.recipe(self.parameters).held_out_from
        if not problem and not getattr(self.parameters, field):
            problem = _("Choose the folder of the cases first.")
        self.setEnabled(self.ui.trainAddButton, not problem, problem)

    def _showRows(self) -> None:
        rows = self.logic.checkRows
        self.ui.trainCheckTable.setVisible(bool(rows))
        if rows == self._shown:
            return
        self._shown = rows
        texts = [["", row.name or _("(folder)"), f"{_SIGNS[row.level]} {row.text}"] for row in rows]
        table = self.ui.trainCheckTable
        fillTable(table, ["", _("Case"), _("Finding")], texts)
        table.setIconSize(qt.QSize(_PICTURE_PX, _PICTURE_PX))
        table.setColumnWidth(0, _PICTURE_PX + 10)
        table.setColumnWidth(1, min(table.columnWidth(1), _NAME_PX))
        table.resizeRowsToContents()
        for index, row in enumerate(rows):
            table.item(index, 1).setToolTip(row.name)
            table.item(index, 2).setToolTip(row.text)
            lines = -(-len(row.text) // _LINE_CHARACTERS)  # the column is not laid out yet when the table first appears
            least = max(lines * _LINE_PX, _PICTURE_PX if row.picture else 0) + 4
            table.setRowHeight(index, max(table.rowHeight(index), least))
            if row.picture:
                table.item(index, 0).setIcon(qt.QIcon(row.picture))
