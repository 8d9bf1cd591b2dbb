"""Codes, names and colors of segments, as Slicer's terminologies write them.

Edema and necrosis stand in Slicer's own 'DICOM master list'. The enhancing lesion (DICOM
CID 7159) does not, so that `Resources/Terminology` brings a context of this extension's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
import vtk

from ssaglioma.errors import SSAGliomaError

if TYPE_CHECKING:
    from slicer import vtkSegment

CONTEXT_FILE = Path(__file__).parent / "Resources" / "Terminology" / "SegmentationCategoryTypeModifier-SSAGlioma.json"
OWN_CONTEXT = "Segmentation category and type - SSAGlioma"
DICOM_CONTEXT = "Segmentation category and type - DICOM master list"
ANATOMY_CONTEXT = "Anatomic codes - DICOM master list"

Code = tuple[str, str, str]
"""Coding scheme, value and meaning, as in DICOM."""

ALTERED_STRUCTURE: Code = ("SCT", "49755003", "Morphologically Altered Structure")
BRAIN: Code = ("SCT", "12738006", "Brain")


@dataclass(frozen=True)
class SegmentStyle:
    """What a segment is called, means and looks like.

    Attributes
    ----------
    meaning : str
        The words for it in a sentence.
    context : str
        Name of the terminology that holds the type.
    type_code : Code
    color : tuple of 3 floats
        RGB in 0..1, the one that the terminology recommends.
    """

    meaning: str
    context: str
    type_code: Code
    color: tuple[float, float, float]

    @property
    def entry(self) -> str:
        """The terminology entry as Slicer keeps it in a segment's tag.

        Seven parts between tildes: context, category, type, type modifier, anatomic context, region,
        region modifier; each code is scheme^value^meaning.
        """
        parts = (
            self.context,
            "^".join(ALTERED_STRUCTURE),
            "^".join(self.type_code),
            "^^",
            ANATOMY_CONTEXT,
            "^".join(BRAIN),
            "^^",
        )
        return "~".join(parts)


def _rgb(red: int, green: int, blue: int) -> tuple[float, float, float]:
    return red / 255, green / 255, blue / 255


SEGMENT_STYLES: Mapping[str, SegmentStyle] = {
    "NCR": SegmentStyle("necrotic core", DICOM_CONTEXT, ("SCT", "6574001", "Necrosis"), _rgb(216, 191, 216)),
    "ED": SegmentStyle("edema", DICOM_CONTEXT, ("SCT", "79654002", "Edema"), _rgb(140, 224, 228)),
    "ET": SegmentStyle("enhancing tumor", OWN_CONTEXT, ("NCIt", "C113842", "Enhancing Lesion"), _rgb(213, 94, 0)),
}
"""By label name of the scheme `glioma`."""

WHOLE_TUMOR = SegmentStyle("whole tumor", OWN_CONTEXT, ("SCT", "372087000", "Neoplasm, Primary"), _rgb(240, 228, 66))


def apply_style(segment: vtkSegment, style: SegmentStyle) -> None:
    """Give a segment the color and the terminology entry of a style; its name stays."""
    segment.SetColor(style.color)
    segment.SetTag(segment.GetTerminologyEntryTagName(), style.entry)


def type_code(segment: vtkSegment) -> Code | None:
    """Return the type code that a segment's terminology entry names, or None without one."""
    entry = vtk.mutable("")
    if not segment.GetTag(segment.GetTerminologyEntryTagName(), entry):
        return None
    parts = str(entry).split("~")
    code = parts[2].split("^") if len(parts) == 7 else []
    return (code[0], code[1], code[2]) if len(code) == 3 and code[1] else None


def load_terminology() -> bool:
    """Make the extension's terminology known to Slicer; False where the Terminologies module is not there.

    Calling it again changes nothing.

    Raises
    ------
    SSAGliomaError
        If Slicer does not take the file.
    """
    module = getattr(getattr(slicer, "modules", None), "terminologies", None)
    if module is None:
        return False
    logic = module.logic()
    if logic.IsTerminologyContextLoaded(OWN_CONTEXT):
        return True
    if logic.LoadTerminologyFromFile(str(CONTEXT_FILE)) != OWN_CONTEXT:
        raise SSAGliomaError(
            f"The terminology file {str(CONTEXT_FILE)!r} cannot be read",
            remedy="Install the extension SSAGlioma again",
        )
    return True
