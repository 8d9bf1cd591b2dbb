"""Comparing the result with a reference: scores, differences, a chart."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.reading import DIFFERENCES_OF

REGIONS = ("WT", "TC", "ET", "NCR", "ED")
_KEYS = ("dice", "hd95_mm", "hd_mm", "nsd_1mm", "lesion_dice")
_DIGITS = {"dice": 3, "hd95_mm": 1, "hd_mm": 1, "nsd_1mm": 3, "lesion_dice": 3}
_REFERENCE_ROLE = "SSAGlioma.comparedWith"


class CompareLogic:
    """Scores against a reference; part of `SSAGliomaSegLogic`."""

    def compare(self, parameters) -> dict:
        """Score the shown result against the reference and keep the scores in a table node.

        Returns region -> scores, keyed as `ssaglioma.evaluation.score_keys()`.

        Raises
        ------
        DatasetError, GeometryError
            If there is no result or reference, or the reference is not of this patient's space.
        DeviceError
            If a package that the scores need cannot be installed.
        """
        from ssaglioma.evaluation import evaluate_case
        from ssaglioma.labels import GLIOMA

        self.ensurePackages(torch=False)
        result, reference = self._labelmaps(parameters)
        scores = evaluate_case(reference, result, GLIOMA, regions=self.comparableRegions(parameters))
        self._keepScores(parameters, scores)
        return scores

    def comparableRegions(self, parameters) -> list[str]:
        """Return the regions that the reference can tell: one that holds the whole tumor alone tells only WT."""
        from ssaglioma.labels import GLIOMA
        from SSASlicerLib.segmentations import comparable_regions, guess_mapping

        if not parameters.reference.IsA("vtkMRMLSegmentationNode"):
            return list(REGIONS)
        known = comparable_regions(guess_mapping(parameters.reference), GLIOMA)
        return [region for region in REGIONS if region in known]

    def scoreDefinitions(self) -> dict[str, str]:
        """Return the headings of the table of scores with their definitions."""
        return {
            _("Region"): _(
                "WT: whole tumor. TC: tumor core, NCR and ET. ET: enhancing tumor. NCR: necrosis. ED: edema."
            ),
            "Dice": _("Twice the common volume over the sum of both volumes. 1 is perfect, 0 is no overlap."),
            "HD95 mm": _(
                "95th percentile of the distances between both surfaces, weighted by surface area. 0 is perfect."
            ),
            "HD mm": _("Largest distance between both surfaces. One stray voxel decides it."),
            "NSD 1 mm": _("Share of both surfaces that lie within 1 mm of each other. 1 is perfect."),
            "Lesion Dice": _("Mean Dice over lesions (BraTS 2023); missed and invented lesions count 0."),
        }

    def comparisonRows(self, parameters) -> list[list[str]]:
        """Return the kept scores as texts, one row for each region; none where another reference is chosen now."""
        table = parameters.comparisonTable
        if table is None or table.GetNumberOfRows() == 0:
            return []
        if table.GetNodeReference(_REFERENCE_ROLE) is not parameters.reference:
            return []
        return [
            [table.GetCellText(row, column) for column in range(len(self.scoreDefinitions()))]
            for row in range(table.GetNumberOfRows())
        ]

    def showDifferences(self, parameters):
        """Make a segmentation of what was missed, extra and agreed in the chosen region, and show it."""
        from ssaglioma.labels import GLIOMA
        from SSASlicerLib.differences import difference_labelmap, difference_segmentation

        self.refuseWhileDrawing(parameters)
        result, reference = self._labelmaps(parameters)
        region = parameters.differenceRegion
        old = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
        earlier = [node for node in old if node.GetAttribute(DIFFERENCES_OF) == parameters.result.GetID()]
        difference = difference_labelmap(reference, result, region, GLIOMA)
        name = f"{parameters.result.GetName()} {region} differences"
        node = difference_segmentation(
            difference, name, reference_node=self.gridNode(parameters), node=earlier[0] if earlier else None
        )
        node.SetAttribute(DIFFERENCES_OF, parameters.result.GetID())
        self.showOverlay(parameters, "differences")
        return node

    def plotComparison(self, parameters):
        """Draw the Dice scores of the last comparison as bars, and show the chart."""
        from ssaglioma.errors import DatasetError

        table = parameters.comparisonTable
        if table is None:
            raise DatasetError("There are no scores yet", remedy=_("Press Compare first"))
        scene = slicer.mrmlScene
        series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", scene.GenerateUniqueName("Dice"))
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeBar)
        series.SetLabelColumnName(_("Region"))
        series.SetYColumnName("Dice value")
        series.SetUniqueColor()
        chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", scene.GenerateUniqueName("Dice by region"))
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
        chart.SetTitle(_("Dice by region"))
        chart.SetYAxisTitle("Dice")
        chart.SetYAxisRangeAuto(False)
        chart.SetYAxisRange(0.0, 1.0)
        slicer.modules.plots.logic().ShowChartInLayout(chart)
        return chart

    def _labelmaps(self, parameters):
        """Return result and reference as labelmap Volumes on the result's grid."""
        from ssaglioma.errors import DatasetError

        if parameters.result is None or parameters.reference is None:
            raise DatasetError(
                "There is no result" if parameters.result is None else "There is no reference",
                remedy=_("Press Apply, and choose a reference"),
            )
        from SSASlicerLib.subject_hierarchy import same_patient

        if same_patient(parameters.result, parameters.reference) is False:
            raise DatasetError(
                f"The reference {parameters.reference.GetName()!r} belongs to another patient",
                expected="a segmentation of the same patient",
                remedy=_("Choose another reference"),
            )
        grid = self.resultGrid(parameters)
        return self.labelmapOf(parameters.result, grid), self.labelmapOf(parameters.reference, grid)

    def _keepScores(self, parameters, scores: dict) -> None:
        import vtk

        table = parameters.comparisonTable
        if table is None:
            name = slicer.mrmlScene.GenerateUniqueName(f"{parameters.result.GetName()} scores")
            table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
        table.RemoveAllColumns()
        columns = {heading: vtk.vtkStringArray() for heading in self.scoreDefinitions()}
        for heading, column in columns.items():
            column.SetName(heading)
        values = vtk.vtkDoubleArray()
        values.SetName("Dice value")
        for region, row in scores.items():
            texts = [region] + [f"{row[key]:.{_DIGITS[key]}f}" if row[key] is not None else "-" for key in _KEYS]
            for column, text in zip(columns.values(), texts):
                column.InsertNextValue(text)
            values.InsertNextValue(float(row["dice"]))
        for column in (*columns.values(), values):
            table.AddColumn(column)
        table.SetNodeReferenceID(_REFERENCE_ROLE, parameters.reference.GetID())
        parameters.comparisonTable = table
