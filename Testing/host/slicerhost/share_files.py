"""Small substitutes for data files that Slicer installs and the wheel does not bring: colors and terminologies."""

from __future__ import annotations

import colorsys
import json
from pathlib import Path
from typing import Any

TERMINOLOGY_FOLDER = "qt-loadable-modules/Terminologies"
GENERAL = "Segmentation category and type - 3D Slicer General Anatomy list"
MASTER = "Segmentation category and type - DICOM master list"
REGIONS = "Anatomic codes - DICOM master list"
# category -> types, each (meaning, SNOMED CT code, color); a handful of the thousands in Slicer
CATEGORIES: dict[tuple[str, str], list[tuple[str, str, tuple[int, int, int]]]] = {
    ("Tissue", "85756007"): [("Tissue", "85756007", (128, 174, 128))],
    ("Anatomical Structure", "123037004"): [("Brain", "12738006", (250, 250, 225))],
    ("Morphologically Altered Structure", "49755003"): [
        ("Mass", "4147007", (144, 238, 144)),
        ("Edema", "79654002", (140, 224, 228)),
        ("Necrosis", "6574001", (216, 191, 216)),
        ("Neoplasm, Primary", "86049000", (253, 135, 192)),
        ("Lesion", "52988006", (253, 135, 192)),
    ],
}
REGION_CODES = [("Brain", "12738006"), ("Head", "69536005")]


def _code(meaning: str, value: str) -> dict[str, Any]:
    return {"CodeMeaning": meaning, "CodingSchemeDesignator": "SCT", "CodeValue": value}


def _terminology(name: str) -> dict[str, Any]:
    categories = []
    for (meaning, value), types in CATEGORIES.items():
        listed = [
            {**_code(text, code), "recommendedDisplayRGBValue": list(color), "3dSlicerLabel": text.lower()}
            for text, code, color in types
        ]
        categories.append({**_code(meaning, value), "showAnatomy": True, "Type": listed})
    return {
        "SegmentationCategoryTypeContextName": name,
        "@schema": "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/segment-context-schema.json#",
        "SegmentationCodes": {"Category": categories},
    }


def _regions() -> dict[str, Any]:
    return {
        "AnatomicContextName": REGIONS,
        "@schema": "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/anatomic-context-schema.json#",
        "AnatomicCodes": {"AnatomicRegion": [_code(text, code) for text, code in REGION_CODES]},
    }


def _color_table(count: int) -> str:
    """Return a color file: index 0 is background, the others differ in hue."""
    lines = ["# Color table of the stand-in application", "0 background 0 0 0 0"]
    for index in range(1, count):
        rgb = colorsys.hsv_to_rgb(index * 0.381966 % 1.0, 0.55, 0.9)
        lines.append(f"{index} {index} " + " ".join(str(round(255 * part)) for part in rgb) + " 255")
    return "\n".join(lines) + "\n"


def write_share_files(share: Path) -> None:
    """Write the files into Slicer's share folder, where the logics look for them."""
    colors, terms = share / "ColorFiles", share / TERMINOLOGY_FOLDER
    colors.mkdir(parents=True, exist_ok=True)
    terms.mkdir(parents=True, exist_ok=True)
    for name in ("GenericColors.txt", "GenericAnatomyColors.txt", "DarkBrightChartColors.txt"):
        (colors / name).write_text(_color_table(256), encoding="utf-8")
    files = {
        "SegmentationCategoryTypeModifier-SlicerGeneralAnatomy.term.json": _terminology(GENERAL),
        "SegmentationCategoryTypeModifier-DICOM-Master.term.json": _terminology(MASTER),
        "AnatomicRegionAndModifier-DICOM-Master.term.json": _regions(),
    }
    for name, content in files.items():
        (terms / name).write_text(json.dumps(content), encoding="utf-8")
