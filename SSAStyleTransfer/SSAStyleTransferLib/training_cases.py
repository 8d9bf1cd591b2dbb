"""A case of the scene for training: loaded volumes and a segmentation, checked and written into a folder of cases."""

from __future__ import annotations

from pathlib import Path

from slicer.i18n import tr as _

from SSAStyleTransferLib.content import FIELDS, nodeProblem


class TrainingCasesLogic:
    """Adding cases; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self.caseWarnings: list[str] = []

    def caseProblem(self, parameters) -> str:
        """Return why the chosen volumes are no case yet, or an empty text."""
        missing = [field for field in FIELDS if getattr(parameters, field) is None]
        if missing:
            names = {"t1": "T1", "t1gd": "T1Gd", "t2": "T2", "flair": "FLAIR"}
            return _("Choose {names}.").format(names=", ".join(names[field] for field in missing))
        if parameters.labels is None:
            return _("Choose the segmentation.")
        return next(filter(None, (nodeProblem(getattr(parameters, field)) for field in FIELDS)), "")

    def guessCase(self, parameters) -> None:
        """Choose the four contrasts by names and DICOM values, and the segmentation if there is one."""
        import slicer

        from ssaglioma.preprocessing.assignment import assign_sequences
        from SSASlicerLib.dicom_values import node_values

        nodes = {node.GetID(): node for node in self.imageNodes()}
        found = assign_sequences({key: (node.GetName() or "", node_values(node)) for key, node in nodes.items()})
        for field, value in FIELDS.items():
            key = next((key for sequence, (key, _guess) in found.items() if sequence.value == value), None)
            setattr(parameters, field, nodes.get(key))
        shown = [
            node for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if not node.GetHideFromEditors()
        ]
        parameters.labels = shown[0] if len(shown) == 1 else parameters.labels

    def addCase(self, parameters, folderName: str = "") -> Path:
        """Check the chosen volumes and labels, write them as a case into a folder of the training, return its folder.

        Patient names stay out: the case bears a key that only this site can trace back. Images on other grids are
        brought to T1Gd's. What the check only warns of is in `caseWarnings` afterwards.

        Parameters
        ----------
        folderName : str
            'source' or 'target'; by default the one whose cases the recipe judges itself on.

        Raises
        ------
        DatasetError
            If something is missing, the case is there already, an image is a single slice, is empty, has several
            values in a voxel or holds no finite numbers, or the segments are no tumor labels.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.labels import GLIOMA
        from ssaglioma.training.case_check import findings_of
        from ssaglioma.volume.case_writing import save_case
        from ssaglioma.volume.local_key import local_key

        self.caseWarnings = []
        problem = self.caseProblem(parameters)
        if problem:
            raise DatasetError(problem)
        root = getattr(parameters, folderName or self.recipe(parameters).held_out_from)
        if not root:
            raise DatasetError("No folder for the case is chosen", remedy=_("Choose the folder of the cases first"))
        images, labels = self._caseVolumes(parameters)
        findings = findings_of(images, labels, GLIOMA)
        wrong = [finding.text for finding in findings if finding.level == "error"]
        if wrong:
            raise DatasetError("; ".join(wrong), remedy=_("Choose other images"))
        folder = save_case(root, local_key(root, self._caseIdentity(parameters)), images, labels)
        self.caseWarnings = [finding.text for finding in findings]
        return folder

    @staticmethod
    def _caseVolumes(parameters) -> tuple[dict, object]:
        """Return the images by sequence and the labels, all on the grid of T1Gd."""
        from ssaglioma.labels import Sequence
        from ssaglioma.volume import resample_to
        from SSASlicerLib.segmentations import read_segmentation
        from SSASlicerLib.volumes import grid_from_node, volume_from_node

        grid = grid_from_node(parameters.t1gd)
        labels = read_segmentation(parameters.labels, grid).labelmap
        images = {}
        for field, value in FIELDS.items():
            volume = volume_from_node(getattr(parameters, field))
            images[Sequence(value)] = volume if volume.same_grid(grid) else resample_to(volume, grid, order=1)
        return images, labels

    @staticmethod
    def _caseIdentity(parameters) -> str:
        """Return what tells the study apart: the DICOM instances, else the names and files of the images."""
        nodes = [getattr(parameters, field) for field in FIELDS]
        uids = [(node.GetAttribute("DICOM.instanceUIDs") or "").split() for node in nodes]
        if any(uids):
            return "|".join(sorted(found[0] for found in uids if found))
        storage = [node.GetStorageNode() for node in nodes]
        files = [node.GetFileName() or "" for node in storage if node is not None]
        return "|".join(sorted(file for file in files if file)) or "|".join(sorted(node.GetName() for node in nodes))
