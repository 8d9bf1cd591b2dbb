"""The sample case that ships with the extension, in Slicer's Sample Data module and for the self test."""

from __future__ import annotations

from pathlib import Path

import slicer

CASE = "ICBM152-grown-001"


def sampleFolder() -> Path:
    """Return the folder of the sample case.

    Raises
    ------
    DatasetError
        If the extension was installed without it.
    """
    from ssaglioma.packages.resources import locate

    return locate(f"SampleCases/{CASE}")


def sampleFiles() -> dict[str, Path]:
    """Return the sample case's images by slot, and its labels under 'reference'."""
    from SSAGliomaSegLib.inputs import FIELDS

    folder = sampleFolder()
    files = {field: folder / f"{CASE}-{value}.nii.gz" for field, value in FIELDS.items()}
    return {**files, "reference": folder / f"{CASE}-seg.nii.gz"}


def registerSampleCase() -> None:
    """Register the sample cases; their files are copied from the extension, so that no network is needed."""
    from SSASlicerLib.samples import register_sample_cases

    register_sample_cases()


def loadSampleCase(logic, parameters):
    """Load the sample case, fill the slots, and return its reference as a segmentation node."""
    from ssaglioma.labels import GLIOMA
    from ssaglioma.volume import read_labelmap
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    logic.fillFromFolder(parameters, sampleFolder())
    labels = read_labelmap(sampleFiles()["reference"], GLIOMA)
    return segmentation_from_labelmap(labels, slicer.mrmlScene.GenerateUniqueName(f"{CASE} reference"))
