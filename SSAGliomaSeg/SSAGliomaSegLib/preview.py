"""The first, coarse look of a run: in the views while the run works, gone when it ends, however it ends."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

PREVIEW = "preview"
"""Value of the attribute `SSAGlioma.made` of a preview."""
_FILL_2D, _OUTLINE_2D = 0.0, 1.0


class PreviewLogic:
    """The preview of the run under way; part of `SSAGliomaSegLogic`.

    It is a node of its own, drawn as outlines, which cannot be chosen, exported or saved with the scene: nobody can
    take it for the result. The result, earlier results and corrections are never touched.
    """

    def __init__(self) -> None:
        self._previewId = ""
        self._previewLabels = None

    @property
    def previewNode(self):
        """The segmentation that shows the first look, or None."""
        return slicer.mrmlScene.GetNodeByID(self._previewId) if self._previewId else None

    def showPreview(self, order, job) -> bool:
        """Draw what the child found at its first look over the images; tell whether it is drawn.

        It is left out where it would be in the way: beside a correction (a student must not see the model's answer
        either), and where its image was removed.

        Raises
        ------
        SSAGliomaError
            If the file cannot be read or does not lie on the image.
        """
        from SSASlicerLib import jobs, segmentations, subject_hierarchy

        anchor, node = order.anchor, self.previewNode
        if anchor.GetScene() is None or self.correcting(order.parameters) or self._edited(node):
            return False
        labels = jobs.read_preview(job, anchor)
        if node is None:
            name = subject_hierarchy.result_name(anchor, _("preview, not the result"))
            node = segmentations.segmentation_from_labelmap(labels, name, reference_node=anchor)
            node.SetAttribute("SSAGlioma.made", PREVIEW)
            node.SetHideFromEditors(True)
            node.SetSaveWithScene(False)
            node.GetDisplayNode().SetOpacity2DFill(_FILL_2D)
            node.GetDisplayNode().SetOpacity2DOutline(_OUTLINE_2D)
            subject_hierarchy.place_beside(node, anchor)
        else:
            segmentations.update_segmentation(node, labels, reference_node=anchor)
        self._previewId, self._previewLabels = node.GetID(), labels
        return True

    def dropPreview(self) -> None:
        """Take the preview out of the scene; one that the user edited stays, as a drawing of the user's own."""
        node = self.previewNode
        if node is not None and self._edited(node):
            node.SetName(slicer.mrmlScene.GenerateUniqueName(_("{name}, edited").format(name=node.GetName())))
            node.RemoveAttribute("SSAGlioma.made")
            node.SetHideFromEditors(False)
            node.SetSaveWithScene(True)
        elif node is not None:
            slicer.mrmlScene.RemoveNode(node)
        self._previewId, self._previewLabels = "", None

    def _edited(self, node) -> bool:
        """Tell whether a preview is no longer what the child wrote."""
        import numpy as np

        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.labels import GLIOMA

        if node is None or self._previewLabels is None:
            return False
        if node.GetSegmentation().GetNumberOfSegments() != len(GLIOMA.values):
            return True
        try:
            return not np.array_equal(self.labelmapOf(node, self._previewLabels).array, self._previewLabels.array)
        except SSAGliomaError:  # its segments are no longer those of the labels
            return True
