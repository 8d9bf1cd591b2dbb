"""What came of a training: before and after, use in SSAGliomaSeg, roll back, and jobs for another computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _

_HEADINGS = ("Region", "Before", "After", "Change", "Cases")


@dataclass(frozen=True)
class Judgement:
    """Whether the new model may be used.

    Attributes
    ----------
    accepted : bool
    sentence : str
    """

    accepted: bool
    sentence: str


class TrainingResultsLogic:
    """Results of the training desk; part of `SSAStyleTransferLogic`."""

    def trainingReport(self, parameters):
        """Return the report of the folder's finished training, None if there is none.

        Raises
        ------
        DatasetError
            If it is damaged.
        """
        from ssaglioma.training.run_folder import REPORT_FILE
        from ssaglioma.training.run_report import read_report

        if not parameters.runFolder or not (Path(parameters.runFolder) / REPORT_FILE).is_file():
            return None
        return read_report(parameters.runFolder)

    def reportPage(self, parameters) -> Path | None:
        """Return the page with before and after of the folder's finished training, None if there is none."""
        from ssaglioma.training.run_folder import PAGE_FILE

        page = Path(parameters.runFolder) / PAGE_FILE if parameters.runFolder else None
        return page if page is not None and page.is_file() else None

    def resultTexts(self, parameters) -> list[list[str]]:
        """Return the before-and-after table as texts, one row for each region; it is kept as a table node, too."""
        report = self.trainingReport(parameters)
        rows = [] if report is None else report.rows
        texts = [
            [row.region, _number(row.before), _number(row.after), _number(row.change, "+.3f"), str(row.cases)]
            for row in rows
        ]
        if texts:
            self._keepResultTable(parameters, texts)
        return texts

    def judgement(self, parameters) -> Judgement:
        """Return whether the new model may take the earlier one's place, and why."""
        report = self.trainingReport(parameters)
        if report is None:
            return Judgement(False, _("There is no result yet."))
        cases = ", ".join(report.held_out)
        notes = "".join(f" {note}" for note in report.notes)
        if not report.accepted:
            return Judgement(False, _("Refused: {reasons}").format(reasons=" ".join(report.reasons)) + notes)
        if not report.compared_with:
            scored = _("Scored on {cases}; not compared with an earlier model.").format(cases=cases)
            return Judgement(True, scored + notes)
        better = _("Not worse than {model} on {cases}.").format(model=report.compared_with, cases=cases)
        return Judgement(True, better + notes)

    def useModel(self, parameters):
        """Put the new model on the shelf of this computer's models, where SSAGliomaSeg finds it; return the package.

        Raises
        ------
        DatasetError
            If there is no result, or the model is refused because it is worse.
        ModelPackageError
            If the package is damaged, or another model has its name.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.training.run_install import install_run

        judgement = self.judgement(parameters)
        if not judgement.accepted:
            raise DatasetError("The model is not taken into use", remedy=judgement.sentence)
        self.recipes()  # a run may follow a recipe that another room registers
        return install_run(parameters.runFolder, self.siteFolder(), judgement.sentence)

    def inUse(self, parameters) -> bool:
        """Tell whether the new model is the installed version of its shelf."""
        from ssaglioma.packages.site_models import installed_digest
        from ssaglioma.training.run_folder import PACKAGE_FOLDER

        folder = Path(parameters.runFolder) / PACKAGE_FOLDER if parameters.runFolder else None
        report = self.trainingReport(parameters)
        return report is not None and installed_digest(self.siteFolder(), report.model) == _digest(folder)

    def canRollBack(self, parameters) -> bool:
        """Tell whether the model has an earlier version to go back to."""
        from ssaglioma.packages.site_models import can_roll_back

        return can_roll_back(self.siteFolder(), self._trainedName(parameters))

    def rollBack(self, parameters):
        """Return to the version of the model that was installed before; return its package.

        Raises
        ------
        ModelPackageError
            If there is none.
        """
        from ssaglioma.packages.site_models import roll_back_model

        return roll_back_model(self.siteFolder(), self._trainedName(parameters))

    def importResult(self, parameters, folder) -> Path:
        """Take the result of a job that was run elsewhere into the run's folder; return it.

        Raises
        ------
        SSAGliomaError
            If the job is not finished, or of another training.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.training.job_export import import_result

        if not parameters.runFolder:
            raise DatasetError("No folder for the training is chosen", remedy=_("Choose a folder for the result"))
        self.recipes()  # a job may follow a recipe that another room registers
        return import_result(folder, parameters.runFolder)

    def _trainedName(self, parameters) -> str:
        report = self.trainingReport(parameters)
        return parameters.modelName if report is None else report.model

    def _keepResultTable(self, parameters, texts: list[list[str]]) -> None:
        import vtk

        table = parameters.resultTable
        if table is None:
            table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", _("Training before and after"))
            parameters.resultTable = table
        shown = [
            [table.GetCellText(row, column) for column in range(table.GetNumberOfColumns())]
            for row in range(table.GetNumberOfRows())
        ]
        if shown == texts:
            return
        table.RemoveAllColumns()
        for index, heading in enumerate(_HEADINGS):
            column = vtk.vtkStringArray()
            column.SetName(heading)
            for row in texts:
                column.InsertNextValue(row[index])
            table.AddColumn(column)


def _number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)


def _digest(folder: Path | None) -> str:
    from ssaglioma.errors import SSAGliomaError
    from ssaglioma.packages import read_package
    from ssaglioma.packages.package import WEIGHTS_FILE

    try:
        return "" if folder is None else read_package(folder, verify=False).card.sha256[WEIGHTS_FILE]
    except SSAGliomaError:
        return ""
