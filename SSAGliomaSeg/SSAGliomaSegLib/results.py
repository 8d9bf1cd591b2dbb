"""The result in numbers: volumes, diameters, lesions, confidence, change, the worst slice."""

from __future__ import annotations

import json
from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

_MEASUREMENTS = "SSAGlioma.measurements"
_SHOWN = ("ET", "NCR", "ED", "TC", "WT")
_LINE_ROLE = "SSAGlioma.diameter"
_SURE = 0.8


@dataclass(frozen=True)
class ResultRow:
    """One row of the table of results, as texts."""

    region: str
    volume: str
    diameter: str
    lesions: str
    confidence: str


class ResultsLogic:
    """Measurements of the shown result; part of `SSAGliomaSegLogic`."""

    def resultGrid(self, parameters):
        """Return the grid (a Volume without voxels) of the image that the result was made on."""
        from SSASlicerLib.volumes import grid_from_node

        role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
        node = parameters.result.GetNodeReference(role) if parameters.result is not None else None
        return grid_from_node(node if node is not None else self.gridNode(parameters))

    def labelmapOf(self, node, grid):
        """Return a segmentation or labelmap node as a labelmap Volume on a grid (nearest neighbour where grids differ).

        Raises
        ------
        DatasetError
            If its segments or values are not NCR, ED, ET.
        """
        from ssaglioma.errors import GeometryError
        from ssaglioma.labels import GLIOMA, to_scheme
        from ssaglioma.volume import resample_to
        from SSASlicerLib.segmentation_reading import labelmap_from_segmentation
        from SSASlicerLib.volumes import volume_from_node

        if node.IsA("vtkMRMLSegmentationNode"):
            return labelmap_from_segmentation(node, grid)
        labels = volume_from_node(node)
        labels = labels.with_array(to_scheme(labels.array, GLIOMA, source=f"The labelmap {node.GetName()!r}"))
        if labels.same_grid(grid):
            return grid.with_array(labels.array)
        moved = resample_to(labels, grid, order=0)
        if labels.array.any() and not moved.array.any():
            raise GeometryError(
                f"The labelmap {node.GetName()!r} lies outside the images of this patient ({grid.geometry_text()})",
                expected="labels of the same patient, in the same space",
                remedy=_("Choose another labelmap"),
            )
        return moved

    def labelmapOnItsGrid(self, node):
        """Return a segmentation or labelmap node as a labelmap Volume on the grid that it was drawn on."""
        from SSASlicerLib.segmentation_grids import own_grid
        from SSASlicerLib.volumes import grid_from_node

        return self.labelmapOf(node, own_grid(node) if node.IsA("vtkMRMLSegmentationNode") else grid_from_node(node))

    def updateMeasurements(self, parameters, probabilities=None) -> dict:
        """Measure the shown result and keep the numbers in its table node; returns them as plain values.

        `probabilities` (region -> Volume) give the confidences; they are at hand right after a run only.
        """
        from ssaglioma.evaluation.measurements import measure
        from ssaglioma.labels import GLIOMA

        grid = self.resultGrid(parameters)
        labels = self.labelmapOf(parameters.result, grid)
        card = self._cardOfResult(parameters) if probabilities else None
        measurements = measure(labels, GLIOMA, probabilities, card).to_json()
        self._keepMeasurements(parameters, measurements)
        return measurements

    def measurements(self, parameters) -> dict:
        """Return the kept measurements as plain values, or an empty dict."""
        table = parameters.resultTable
        text = table.GetAttribute(_MEASUREMENTS) if table is not None else None
        return json.loads(text) if text else {}

    def resultRows(self, parameters) -> list[ResultRow]:
        """Return the kept measurements as the rows of the panel's table."""
        regions = self.measurements(parameters).get("regions", {})
        rows = []
        for name in _SHOWN:
            if name in regions:
                found = regions[name]
                sure = found["confidence"]
                rows.append(
                    ResultRow(
                        name,
                        f"{found['volume_ml']:.1f} ml",
                        f"{found['largest_diameter_mm']:.0f} mm",
                        str(found["large_lesions"]),
                        "-" if sure is None else f"{sure:.2f}",
                    )
                )
        return rows

    def diametersText(self, parameters) -> str:
        """Return the RANO diameters of the largest enhancing lesion in a sentence; drawn lines count as they lie."""
        lesions = self.measurements(parameters).get("rano", {}).get("lesions", [])
        if not lesions:
            return ""
        first = lesions[0]
        drawn = [line.GetMeasurement("length").GetValue() for line in self.diameterLines(parameters)]
        a, b = drawn if len(drawn) == 2 else (first["diameter_mm"], first["perpendicular_mm"])
        text = _("Enhancing tumor: {a:.0f} x {b:.0f} mm = {product:.0f} mm²").format(a=a, b=b, product=a * b)
        if min(a, b) < first["smallest_measurable_mm"] or first["slices"] < 2:
            text += _(" (not measurable by RANO: under {least:.0f} mm, or on one slice only)").format(
                least=first["smallest_measurable_mm"]
            )
        return text

    def trustText(self, parameters) -> str:
        """Return how good the outlines are likely to be, in a sentence or two; empty where the model does not tell."""
        found = self.measurements(parameters)
        expected = {name: found.get("expected_dice", {}).get(name) for name in ("WT", "TC", "ET")}
        told = [
            f"{name} {one['dice']:.2f} ({one['low']:.2f}-{one['high']:.2f})" for name, one in expected.items() if one
        ]
        if not told:
            return ""
        text = _("Dice to expect (told without a reference): ") + ", ".join(told) + "."
        poor = [name for name, one in expected.items() if one and one["doubtful"]]
        if poor:
            text += " " + _("Probably poor: {regions}.").format(regions=", ".join(poor))
        unsure = [lesion for lesion in found.get("lesions", []) if lesion["confidence"] < _SURE]
        if unsure:
            text += " " + _("Lesions that may not be real: {count}; see the report.").format(count=len(unsure))
        return text

    def diameterLines(self, parameters) -> list:
        """Return the drawn lines of the shown result: diameter, then perpendicular; the user may have moved them."""
        if parameters.result is None:
            return []
        lines = slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode")
        return [line for line in lines if line.GetAttribute(_LINE_ROLE) == parameters.result.GetID()]

    def changeText(self, parameters) -> str:
        """Return the change of volumes against the earlier segmentation in a sentence."""
        from SSASlicerLib.subject_hierarchy import same_patient

        if parameters.earlier is None or parameters.result is None or parameters.earlier is parameters.result:
            return ""
        if same_patient(parameters.result, parameters.earlier) is False:
            return _("{name} belongs to another patient.").format(name=parameters.earlier.GetName())
        earlier = self._volumesOf(parameters.earlier)
        regions = self.measurements(parameters).get("regions", {})
        parts = []
        for name in ("WT", "TC", "ET"):
            if name in regions:
                now, before = regions[name]["volume_ml"], earlier[name]
                percent = f", {100 * (now - before) / before:+.0f} %" if before > 0 else ""
                parts.append(f"{name} {now - before:+.1f} ml{percent}")
        return _("Since the earlier result: ") + "; ".join(parts)

    def drawDiameters(self, parameters) -> list:
        """Draw the largest axial diameter of ET and its perpendicular as two editable lines, and go to their slice.

        Lines of an earlier call are replaced.

        Raises
        ------
        DatasetError
            If there is no enhancing tumor.
        """
        from ssaglioma.errors import DatasetError

        lesions = self.measurements(parameters).get("rano", {}).get("lesions", [])
        if not lesions:
            raise DatasetError("The result holds no enhancing tumor", remedy=_("There is nothing to measure"))
        self._removeLines(parameters)
        lines = []
        ends = (lesions[0]["diameter_lps_mm"], lesions[0]["perpendicular_lps_mm"])
        for name, pair in zip((_("Largest diameter"), _("Perpendicular")), ends):
            if pair is None:
                continue
            line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", name)
            line.SetAttribute(_LINE_ROLE, parameters.result.GetID())
            line.CreateDefaultDisplayNodes()
            line.GetDisplayNode().SetPropertiesLabelVisibility(not lines)  # both labels would lie on each other
            for left, posterior, superior in pair:
                line.AddControlPoint((-left, -posterior, superior))
            lines.append(line)
        self.goToSlice(_middleRas(ends[0]))
        return lines

    def goToWorstSlice(self, parameters) -> None:
        """Let all views jump to the axial slice in which the model doubts most."""
        from ssaglioma.errors import DatasetError

        left = self.slicesToCheck(parameters)
        if not left:
            raise DatasetError("The result holds no doubtful slice", remedy=_("Look through all slices"))
        self.goToSlice(self.slicePosition(parameters, left[0]))

    def slicePosition(self, parameters, index: int) -> tuple[float, float, float]:
        """Return the RAS point (mm) in the middle of the tumor, or of the image, on a canonical axial slice."""
        import numpy as np

        from ssaglioma.volume import to_canonical

        grid = self.resultGrid(parameters)
        labels = to_canonical(self.labelmapOf(parameters.result, grid))
        inside = np.argwhere(labels.array[index] != 0)
        y, x = inside.mean(axis=0) if len(inside) else (np.asarray(labels.shape[1:]) - 1) / 2
        point = labels.affine_lps @ [x, y, index, 1.0]
        return (-float(point[0]), -float(point[1]), float(point[2]))

    def shownSlice(self, parameters) -> int:
        """Return the canonical axial slice of the result that the Red view, or our T1Gd view, shows."""
        import numpy as np

        from ssaglioma.volume import to_canonical

        grid = to_canonical(self.resultGrid(parameters))
        node = self.axialSliceNode()
        matrix = node.GetSliceToRAS()
        ras = [matrix.GetElement(row, 3) for row in range(3)]
        index = np.linalg.inv(grid.affine_lps) @ [-ras[0], -ras[1], ras[2], 1.0]
        return int(np.clip(round(float(index[2])), 0, grid.shape[0] - 1))

    def _volumesOf(self, node) -> dict[str, float]:
        from ssaglioma.labels import GLIOMA

        labels = self.labelmapOnItsGrid(node)
        return {
            region: float(GLIOMA.mask(labels.array, region).sum()) * labels.voxel_volume_ml for region in GLIOMA.regions
        }

    def _removeLines(self, parameters) -> None:
        for line in self.diameterLines(parameters):
            slicer.mrmlScene.RemoveNode(line)

    def _keepMeasurements(self, parameters, measurements: dict) -> None:
        import vtk

        table = parameters.resultTable
        if table is None:
            name = slicer.mrmlScene.GenerateUniqueName(f"{parameters.result.GetName()} numbers")
            table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
            parameters.resultTable = table
        table.RemoveAllColumns()
        table.SetAttribute(_MEASUREMENTS, json.dumps(measurements))
        names = vtk.vtkStringArray()
        names.SetName(_("Region"))
        keys = {"volume_ml": "Volume (ml)", "largest_diameter_mm": "Largest diameter (mm)", "large_lesions": "Lesions"}
        columns = {}
        for key, heading in keys.items():
            columns[key] = vtk.vtkDoubleArray()
            columns[key].SetName(heading)
        for name in _SHOWN:
            names.InsertNextValue(name)
            for key, column in columns.items():
                column.InsertNextValue(float(measurements["regions"][name][key]))
        for column in (names, *columns.values()):
            table.AddColumn(column)
        table.Modified()


def _middleRas(pair) -> tuple[float, float, float]:
    left, posterior, superior = [(a + b) / 2 for a, b in zip(*pair)]
    return (-left, -posterior, superior)
