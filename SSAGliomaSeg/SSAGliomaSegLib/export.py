"""Writing results: labelmap, segmentation, report, DICOM SEG."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path

import slicer
from slicer.i18n import tr as _

_LANGUAGES = {"English": "en", "Français": "fr"}
_SEGMENTATION_SUFFIX = ".seg.nrrd"


class ExportLogic:
    """Files for others; part of `SSAGliomaSegLogic`."""

    def export(self, parameters, path) -> Path:
        """Write the shown result, as a labelmap on the grid of the images or as `.seg.nrrd`, and return the path.

        Raises
        ------
        SSAGliomaError
            If the suffix is not known, or the file cannot be written; an existing file is then as before.
        """
        from ssaglioma.volume import write_volume

        target = Path(path)
        if target.name.lower().endswith(_SEGMENTATION_SUFFIX):
            return self._exportSegmentation(parameters.result, target)
        write_volume(self.labelmapOf(parameters.result, self.resultGrid(parameters)), target)
        return target

    def writeReport(self, parameters, path) -> Path:
        """Write the HTML report of the shown result and return its path.

        The language and whether the patient is named are chosen in `parameters`.

        Raises
        ------
        SSAGliomaError
            If a package is missing, or the file cannot be written.
        """
        self.ensurePackages(torch=False)
        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.evaluation import evaluate_case
        from ssaglioma.evaluation.measurements import measure
        from ssaglioma.evaluation.report import write_report
        from ssaglioma.labels import GLIOMA
        from SSASlicerLib.volumes import volume_from_node

        grid = self.resultGrid(parameters)
        labels = self.labelmapOf(parameters.result, grid)
        brain = None if parameters.brain is None else volume_from_node(parameters.brain)
        reference, scores = None, None
        if parameters.reference is not None:
            reference = self._labelmaps(parameters)[1]
            scores = evaluate_case(reference, labels, GLIOMA, regions=self.comparableRegions(parameters))
        info, card = self.runInfo(parameters), self._cardOfResult(parameters)
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            target = target.with_name(target.name + ".html")
        try:
            return write_report(
                target,
                images=self.imagesOnGrid(parameters, grid),
                labelmap=labels,
                case_name=self.patientName(parameters) if parameters.namePatient else "",
                reference=reference,
                scores=scores,
                measurements=measure(labels, GLIOMA, self._probabilitiesOf(parameters), card),
                earlier=measure(self.labelmapOnItsGrid(parameters.earlier), GLIOMA)
                if parameters.earlier is not None
                else None,
                model_card=card,
                timings={"total": info["seconds"]} if "seconds" in info else None,
                warnings=info.get("warnings", []),
                quality=self.qualityReport(parameters),
                brain=brain if brain is not None and brain.same_grid(grid) else None,
                language=_LANGUAGES[parameters.reportLanguage],
            )
        except OSError as error:
            raise SSAGliomaError(
                f"The report cannot be written to {str(target)!r} ({error.strerror or error})",
                remedy=_("Free some space, or choose another folder"),
            ) from error

    def _cardOfResult(self, parameters) -> dict:
        """Return the card of the model that made the shown result, or its name and version where it is not here.

        It foretells no Dice where the images looked mixed up.
        """
        from ssaglioma.packages import read_package

        info, quality = self.runInfo(parameters), self.qualityReport(parameters)
        for entry in self.models():
            card = read_package(entry.folder, verify=False).card
            if (card.name, card.version) == (info.get("model"), info.get("version")):
                return {**card.to_json(), **({"expected_dice": {}} if quality and quality.mixed_up else {})}
        return {"name": info["model"], "version": info["version"]} if "model" in info else {}

    def _probabilitiesOf(self, parameters) -> dict:
        """Return the model's probabilities if the shown result is still the model's own, else none."""
        import numpy as np

        grid = self.resultGrid(parameters)
        own, shown = (self.labelmapOf(node, grid).array for node in (parameters.prediction, parameters.result))
        return self.regionProbabilities(parameters) if np.array_equal(own, shown) else {}

    def patientName(self, parameters) -> str:
        """Return the patient's name from the subject hierarchy, else the name of the image."""
        from SSASlicerLib.subject_hierarchy import patient_name

        node = self.gridNode(parameters)
        return patient_name(node) or node.GetName()

    def dicomProblem(self, parameters) -> str:
        """Return why no DICOM SEG can be written, or an empty text."""
        node = self.gridNode(parameters)
        if node is None or not (node.GetAttribute("DICOM.instanceUIDs") or ""):
            return _("The images were not loaded through Slicer's DICOM module.")
        if not hasattr(slicer.modules, "dicom") or getattr(slicer, "dicomDatabase", None) is None:
            return _("Slicer's DICOM module is not available.")
        return ""

    def exportDicom(self, parameters, folder) -> Path:
        """Write the shown result as a DICOM SEG of the images' study into a folder and return the file.

        Raises
        ------
        DatasetError
            If the images were not loaded from DICOM, or their files are gone.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.volume.dicom_seg import SegmentationSource, write_dicom_seg

        problem = self.dicomProblem(parameters)
        if problem:
            raise DatasetError(problem, remedy=_("Load the images through the DICOM module"))
        uids = (self.gridNode(parameters).GetAttribute("DICOM.instanceUIDs") or "").split()
        files = [slicer.dicomDatabase.fileForInstance(uid) for uid in uids]
        lost = [file for file in files if not file or not Path(file).is_file()]
        if lost:
            raise DatasetError(
                f"{len(lost)} of {len(files)} DICOM files of the images are gone", remedy=_("Import the study again")
            )
        info = self.runInfo(parameters)
        corrected = parameters.correction is not None
        source = SegmentationSource(info.get("model", ""), info.get("version", ""), corrected=corrected)
        labels = self.labelmapOf(parameters.result, self.resultGrid(parameters))
        self._ensureHighdicom()
        with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as series:
            for number, file in enumerate(files):
                shutil.copyfile(file, Path(series) / f"{number:05d}.dcm")
            return write_dicom_seg(labels, series, Path(folder) / "ssaglioma-segmentation.dcm", source)

    @staticmethod
    def _ensureHighdicom() -> None:
        from SSASlicerLib import dependencies

        if importlib.util.find_spec("highdicom") is None:
            dependencies.install(dependencies.Readiness(("highdicom>=0.26",)), torch=False)

    @staticmethod
    def _exportSegmentation(node, target: Path) -> Path:
        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.volume import atomic_path

        with atomic_path(target) as temporary:
            aside = Path(temporary).with_name(f"{Path(temporary).name.split('.')[0]}-aside{_SEGMENTATION_SUFFIX}")
            storage = slicer.vtkMRMLSegmentationStorageNode()
            storage.SetFileName(str(aside))
            try:
                if not storage.WriteData(node):
                    raise SSAGliomaError(
                        f"The segmentation cannot be written to {str(target)!r}",
                        remedy=_("Free some space, or choose another folder"),
                    )
                aside.replace(temporary)
            finally:
                aside.unlink(missing_ok=True)
        return target
