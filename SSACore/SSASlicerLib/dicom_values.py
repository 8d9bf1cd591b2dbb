"""The DICOM values that tell which sequence an image is: of a loaded node, or of a file."""

from __future__ import annotations

from typing import Any

import slicer

from ssaglioma.types import PathLike

DICOM_TAGS = {
    "EchoTime": "0018,0081",
    "RepetitionTime": "0018,0080",
    "InversionTime": "0018,0082",
    "ContrastBolusAgent": "0018,0010",
}
"""Keyword -> tag of each value that `ssaglioma.preprocessing.assignment` reads."""


def node_values(node: Any) -> dict[str, str]:
    """Return the values of a node that was loaded through Slicer's DICOM database, by keyword; empty for others."""
    database = getattr(slicer, "dicomDatabase", None)
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    if database is None or not uids:
        return {}
    return {keyword: database.instanceValue(uids[0], tag) for keyword, tag in DICOM_TAGS.items()}


def file_values(path: PathLike) -> dict[str, str]:
    """Return the values of a DICOM file, by keyword; empty texts for those that it lacks."""
    import pydicom

    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(DICOM_TAGS))
    return {keyword: str(header.get(keyword, "") or "") for keyword in DICOM_TAGS}
