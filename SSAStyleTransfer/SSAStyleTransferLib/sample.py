"""The synthetic sample cases that ship with the extension: content of lessons, and the bank's simulated styles."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.content import FIELDS

CASE = "ICBM152-grown-001"
HOSPITAL_CASE = "ICBM152-grown-001-ssa"
_TITLES = {"t1": "T1", "t1gd": "T1Gd", "t2": "T2", "flair": "FLAIR"}


def sampleFile(case: str, value: str) -> Path:
    """Return a file of a sample case: value of `Sequence`, or 'seg'.

    Raises
    ------
    DatasetError
        If the extension was installed without it.
    """
    from ssaglioma.packages.resources import locate

    return locate(f"SampleCases/{case}") / f"{case}-{value}.nii.gz"


@lru_cache(maxsize=4)
def sampleVolume(value: str):
    """Return a contrast of the 3 T sample case on canonical axes; kept, as the bank asks again and again."""
    from ssaglioma.volume import read_volume, to_canonical

    return to_canonical(read_volume(sampleFile(CASE, value)))


@lru_cache(maxsize=1)
def tumorSlice() -> int:
    """Return the axial slice of the sample case with the most tumor."""
    import numpy as np

    from ssaglioma.labels import GLIOMA
    from ssaglioma.volume import read_labelmap, to_canonical

    labels = to_canonical(read_labelmap(sampleFile(CASE, "seg"), GLIOMA))
    return int(np.argmax((labels.array != 0).sum(axis=(1, 2))))


def loadSampleCase(logic, parameters, case: str = CASE):
    """Load a sample case, choose its contrasts, FLAIR as content and its labels; return the labels' node.

    A case that was loaded before is chosen again instead.
    """
    from ssaglioma.labels import GLIOMA
    from ssaglioma.volume import read_labelmap, read_volume
    from SSASlicerLib.segmentations import segmentation_from_labelmap
    from SSASlicerLib.volumes import node_from_volume

    for field, value in FIELDS.items():
        name = f"{case} {_TITLES[field]}"
        node = slicer.mrmlScene.GetFirstNodeByName(name)
        if node is None:
            node = node_from_volume(read_volume(sampleFile(case, value)), name)
        setattr(parameters, field, node)
    name = _("{case} reference").format(case=case)
    labels = slicer.mrmlScene.GetFirstNodeByName(name)
    if labels is None:
        labels = segmentation_from_labelmap(
            read_labelmap(sampleFile(case, "seg"), GLIOMA), name, reference_node=parameters.flair
        )
        labels.GetDisplayNode().SetVisibility(False)
    parameters.content, parameters.labels = parameters.flair, labels
    return labels
