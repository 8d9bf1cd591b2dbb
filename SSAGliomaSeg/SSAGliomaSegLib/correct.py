"""Correcting the result slice by slice, student mode, and saving corrections for later training."""

from __future__ import annotations

import time

import slicer
from slicer.i18n import tr as _

_EDITOR_TAG = "SSAGliomaSeg"
_NO_SLICE = "-"
_LEAST_DOUBT_ML = 0.05


class CorrectLogic:
    """Corrections; part of `SSAGliomaSegLogic`."""

    def startCorrection(self, parameters):
        """Make the result editable and return (segmentation, source volume) for the Segment Editor.

        The model's own result stays unchanged in `parameters.prediction`. In student mode an empty
        segmentation is edited and the result is hidden until `scoreDrawing`. A correction that is under
        way, as in a restored scene, goes on with its accepted slices.

        Raises
        ------
        DatasetError
            If there is no result.
        """
        import numpy

        from ssaglioma.errors import DatasetError
        from SSASlicerLib.segmentations import segmentation_from_labelmap

        if parameters.result is None:
            raise DatasetError("There is no result to correct", remedy=_("Press Apply first"))
        resumed = (
            self.correcting(parameters) and (parameters.correction is not parameters.result) == parameters.studentMode
        )
        if resumed:
            pass
        elif parameters.studentMode:
            grid = self.resultGrid(parameters)
            empty = grid.with_array(numpy.zeros(grid.shape, numpy.uint8))
            name = slicer.mrmlScene.GenerateUniqueName(_("Drawing"))
            self._hideAnswer(parameters)
            parameters.correction = segmentation_from_labelmap(empty, name, reference_node=self.gridNode(parameters))
        else:
            parameters.correction = parameters.result
        self.showOnly(parameters, parameters.correction)
        if not resumed:
            parameters.correctionStarted = time.time()
            parameters.acceptedSlices = _NO_SLICE
        return parameters.correction, self.gridNode(parameters)

    def editorNode(self, parameters):
        """Return the Segment Editor node; painting one segment clears the others, so that labels stay disjoint."""
        scene = slicer.mrmlScene
        node = scene.GetSingletonNode(_EDITOR_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_EDITOR_TAG)
            node = scene.AddNode(node)
        node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments)
        return node

    def correcting(self, parameters) -> bool:
        """Tell whether a correction is under way."""
        return parameters.correction is not None and parameters.correctionStarted > 0

    def drawing(self, parameters) -> bool:
        """Tell whether a student draws, so that the model's answer must stay out of sight."""
        return self.correcting(parameters) and parameters.correction is not parameters.result

    def refuseWhileDrawing(self, parameters) -> None:
        """Raise DatasetError while a student draws, before something shows the model's answer."""
        from ssaglioma.errors import DatasetError

        if self.drawing(parameters):
            raise DatasetError(
                "This shows the model's answer", remedy=_("Finish your drawing and press Score my drawing first")
            )

    def _hideAnswer(self, parameters) -> None:
        """Take what tells where the model found the tumor off the views: masks, probabilities, doubt, diameters."""
        self.showOverlay(parameters, "none")
        for line in self.diameterLines(parameters):
            line.GetDisplayNode().SetVisibility(False)

    def slicesToCheck(self, parameters) -> list[int]:
        """Return the axial slices (canonical Z) that hold doubt and were not accepted, the most doubtful first."""
        doubt = self._doubtBySlice(parameters)
        accepted = self.acceptedSlices(parameters)
        left = [index for index, amount in enumerate(doubt) if amount >= _LEAST_DOUBT_ML and index not in accepted]
        return sorted(left, key=lambda index: -doubt[index])

    def acceptedSlices(self, parameters) -> set[int]:
        """Return the accepted slices."""
        return {int(text) for text in parameters.acceptedSlices.split(",") if text.strip().isdigit()}

    def goToNextDoubtfulSlice(self, parameters) -> int:
        """Go to the most doubtful slice that is not accepted; return how many are left."""
        left = self.slicesToCheck(parameters)
        if left:
            self.goToSlice(self.slicePosition(parameters, left[0]))
        return len(left)

    def acceptSlice(self, parameters, index: int | None = None) -> None:
        """Mark an axial slice, by default the one on the screen, as checked."""
        if index is None:
            index = self.shownSlice(parameters)
        accepted = sorted(self.acceptedSlices(parameters) | {index})
        parameters.acceptedSlices = ",".join(str(number) for number in accepted)

    def scoreDrawing(self, parameters) -> str:
        """End student mode: show the model's result again and return the scores of the drawing in a sentence.

        The drawing is scored against the reference where there is one, else against the model.

        Raises
        ------
        DatasetError
            If no drawing is under way.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.evaluation import evaluate_case
        from ssaglioma.labels import GLIOMA

        if not self.drawing(parameters):
            raise DatasetError(
                "There is no drawing to score", remedy=_("Tick the student mode, press Start, and draw the tumor")
            )
        self.ensurePackages(torch=False)
        grid = self.resultGrid(parameters)
        judge = parameters.reference or parameters.prediction or parameters.result
        scores = evaluate_case(
            self.labelmapOf(judge, grid),
            self.labelmapOf(parameters.correction, grid),
            GLIOMA,
            regions=tuple(GLIOMA.regions),
        )
        parameters.result.GetDisplayNode().SetVisibility(True)
        for line in self.diameterLines(parameters):
            line.GetDisplayNode().SetVisibility(True)
        parameters.studentMode = False
        drawing = parameters.correction
        parameters.correction, parameters.correctionStarted = None, 0.0
        drawing.GetDisplayNode().SetOpacity2DFill(0.0)
        text = ", ".join(f"{region} {row['dice']:.2f}" for region, row in scores.items())
        return _("Your drawing against {judge}, Dice: {text}").format(judge=judge.GetName(), text=text)

    def correctionText(self, parameters) -> str:
        """Return how far the correction is."""
        minutes = max(0.0, time.time() - parameters.correctionStarted) / 60
        return _("{left} slices to check, {done} accepted, {minutes:.0f} min").format(
            left=len(self.slicesToCheck(parameters)), done=len(self.acceptedSlices(parameters)), minutes=minutes
        )

    def saveCorrection(self, parameters):
        """Write images, corrected labels, the model's labels and the changes to the corrections folder.

        Returns the folder written. Nothing in the folder is overwritten.

        Raises
        ------
        DatasetError
            If no folder is chosen, or it cannot be written.
        """
        from ssaglioma.errors import DatasetError

        if not self.correcting(parameters):
            raise DatasetError("No correction is under way", remedy=_("Press Start first"))
        if parameters.correction is not parameters.result:
            raise DatasetError(
                "A drawing of student mode is no correction of the model",
                remedy=_("Leave student mode and press Start, then correct the result itself"),
            )
        if not parameters.correctionsFolder:
            raise DatasetError("No corrections folder is chosen", remedy=_("Choose a folder"))
        return self._writeCorrection(parameters, time.time() - parameters.correctionStarted)

    def _writeCorrection(self, parameters, seconds: float):
        from ssaglioma.volume.corrections import CorrectionNotes, save_correction
        from ssaglioma.volume.local_key import local_key

        grid = self.resultGrid(parameters)
        images = self.imagesOnGrid(parameters, grid, stripped=True)
        info = self.runInfo(parameters)
        notes = CorrectionNotes(
            model=info.get("model", ""), model_version=info.get("version", ""), minutes=seconds / 60
        )
        folder = save_correction(
            parameters.correctionsFolder,
            local_key(parameters.correctionsFolder, self._identity(parameters)),
            images,
            prediction=self.labelmapOf(parameters.prediction, grid),
            corrected=self.labelmapOf(parameters.correction, grid),
            notes=notes,
        )
        self.updateMeasurements(parameters)
        return folder

    def _identity(self, parameters) -> str:
        """Return what tells the study apart: the DICOM series, else the names and storage of the images."""
        nodes = self.chosenNodes(parameters).values()
        uids = [node.GetAttribute("DICOM.instanceUIDs") or "" for node in nodes]
        if any(uids):
            return "|".join(sorted(text.split()[0] for text in uids if text))
        storage = [node.GetStorageNode() for node in nodes]
        files = [node.GetFileName() or "" for node in storage if node is not None]
        return "|".join(sorted(file for file in files if file)) or "|".join(sorted(node.GetName() for node in nodes))

    def _doubtBySlice(self, parameters) -> list[float]:
        """Return the millilitres of doubt in each canonical axial slice; of tumor where no doubt image is kept."""
        import numpy as np

        from ssaglioma.volume import to_canonical
        from SSASlicerLib.volumes import volume_from_node

        if parameters.doubt is not None:
            volume = to_canonical(volume_from_node(parameters.doubt, copy=False))
            values = volume.array
        else:
            volume = to_canonical(self.labelmapOf(parameters.result, self.resultGrid(parameters)))
            values = volume.array != 0
        return [float(amount) * volume.voxel_volume_ml for amount in values.sum(axis=(1, 2), dtype=np.float64)]
