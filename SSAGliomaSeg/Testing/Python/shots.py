"""States of the panel for pictures: `make slicer-shot MODULE=SSAGliomaSeg STATE=result OUTPUT=picture.png`."""

from __future__ import annotations

SECTIONS = ("sequences", "segment", "results", "compare", "correct", "batch", "advanced")


def open_only(widget, *sections):
    """Unfold some sections and fold the others."""
    for name in SECTIONS:
        getattr(widget.ui, f"{name}Button").collapsed = name not in sections


def ready(host, widget):
    """The sample case is loaded and the slots are filled."""
    from SSAGliomaSegLib.sample import loadSampleCase

    reference = loadSampleCase(widget.logic, widget.parameters)
    reference.GetDisplayNode().SetVisibility(False)
    widget.parameters.reference = reference
    widget.logic.showFourViews(widget.parameters)
    widget.refresh()


def swapped(host, widget):
    """FLAIR and T2 are exchanged: the panel warns."""
    ready(host, widget)
    parameters = widget.parameters
    parameters.t2, parameters.flair = parameters.flair, parameters.t2
    widget.ui.geometryButton.checked = True
    widget.refresh()


def running(host, widget):
    """A segmentation is under way."""
    ready(host, widget)
    widget.ui.applyButton.click()
    host.wait_until(lambda: widget.ui.progressBar.value > 200, seconds=300)
    widget.sections[1].timer.stop()


def preview(host, widget):
    """The first, coarse look while the segmentation goes on, at the slice with the most of it."""
    import numpy as np

    ready(host, widget)
    widget.ui.applyButton.click()
    host.wait_until(lambda: widget.logic.previewNode is not None, seconds=300)
    widget.sections[1].timer.stop()
    labels = widget.logic.labelmapOnItsGrid(widget.logic.previewNode)
    index = int(np.argmax((labels.array > 0).sum(axis=(1, 2))))
    x, y, z, _one = labels.affine_lps @ [labels.shape[2] / 2, labels.shape[1] / 2, index, 1]
    widget.logic.goToSlice((-x, -y, z))
    open_only(widget, "segment")


def result(host, widget):
    """The result of the sample case, at its most doubtful slice."""
    ready(host, widget)
    widget.ui.applyButton.click()
    host.wait_until(lambda: not widget.logic.running, seconds=600)
    widget.logic.showFourViews(widget.parameters)
    widget.ui.diametersButton.click()
    open_only(widget, "segment", "results")


def doubt(host, widget):
    """The doubt of the model over the images."""
    result(host, widget)
    widget.ui.overlaySelector.setCurrentIndex(2)


def three_d(host, widget):
    """Surfaces of the segments beside the slices."""
    import slicer

    result(host, widget)
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    slicer.util.setSliceViewerLayers(background=widget.parameters.t1gd, fit=True)
    widget.ui.diametersButton.click()
    widget.ui.show3DButton.click()


def compared(host, widget):
    """Scores against the reference, with the differences."""
    result(host, widget)
    widget.ui.compareApplyButton.click()
    widget.ui.differenceButton.click()
    open_only(widget, "compare")


def correcting(host, widget):
    """The Segment Editor on the result."""
    result(host, widget)
    widget.ui.startCorrectionButton.click()
    widget.ui.nextDoubtfulButton.click()
    open_only(widget, "correct")


def raw(host, widget):
    """Four scans that are not aligned, with thick slices: the sample case, scanned anew in four poses."""
    from SSASlicerLib.volumes import node_from_volume, volume_from_node

    ready(host, widget)
    parameters = widget.parameters
    scans = {"t1": ((1.2, 1.2, 5.0), 9), "t1gd": ((1.0, 1.0, 3.0), 0), "t2": ((1.0, 1.0, 5.0), -7)}
    scans["flair"] = ((1.0, 1.2, 4.0), 6)
    for field, (spacing, degrees) in scans.items():
        node = getattr(parameters, field)
        moved = scannedAnew(volume_from_node(node), spacing, degrees)
        setattr(parameters, field, node_from_volume(moved, f"raw {node.GetName().split('-')[-1]}"))
    widget.logic.showFourViews(parameters)
    widget.ui.geometryButton.checked = True
    widget.refresh()


def scannedAnew(volume, spacing, degrees):
    """Return a head turned about Z, in voxels of another size."""
    import math

    import SimpleITK

    from ssaglioma.volume.sitk import from_sitk, to_sitk

    image = SimpleITK.Cast(to_sitk(volume), SimpleITK.sitkFloat32)
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    turned = SimpleITK.Euler3DTransform(middle, 0.02, -0.03, math.radians(degrees), (degrees / 2, 3.0, -2.0))
    size = [int(n * old / new) for n, old, new in zip(image.GetSize(), image.GetSpacing(), spacing)]
    smooth = SimpleITK.SmoothingRecursiveGaussian(image, [0.4 * one for one in spacing])
    grid = (turned, SimpleITK.sitkLinear, image.GetOrigin(), spacing, image.GetDirection())
    return from_sitk(SimpleITK.Resample(smooth, size, *grid))


def raw_result(host, widget):
    """The result of unaligned scans with its traffic light, on the aligned copies."""
    raw(host, widget)
    widget.ui.loadAlignedCheckBox.checked = True
    widget.ui.applyButton.click()
    host.wait_until(lambda: not widget.logic.running, seconds=900)
    widget.logic.showFourViews(widget.parameters)
    widget.ui.worstSliceButton.click()
    open_only(widget, "sequences", "segment", "results")


STATES = {
    "ready": ready,
    "raw": raw,
    "raw_result": raw_result,
    "swapped": swapped,
    "running": running,
    "preview": preview,
    "result": result,
    "doubt": doubt,
    "three_d": three_d,
    "compared": compared,
    "correcting": correcting,
}
