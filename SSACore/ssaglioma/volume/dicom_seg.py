"""DICOM Segmentation objects: a labelmap as segments that refer to the series it was drawn on.

Codes are those of context group 7168 (Brain Lesion Segmentation Type With Necrosis) of DICOM
PS3.16. Writing needs the package highdicom (the extra `dicomseg`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom

from ssaglioma import __version__
from ssaglioma.errors import DatasetError, DeviceError, GeometryError
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.dicom import list_dicom_series
from ssaglioma.volume.volume import Volume

if TYPE_CHECKING:
    from highdicom.seg import Segmentation, SegmentDescription

_CATEGORY = ("49755003", "SCT", "Morphologically Abnormal Structure")
_CODES = {
    "NCR": ("6574001", "SCT", "Necrosis"),
    "ED": ("79654002", "SCT", "Edema"),
    "ET": ("C113842", "NCIt", "Enhancing Lesion"),
}
_BRAIN = ("12738006", "SCT", "Brain")
_POSITION_TOLERANCE_MM = 0.01
_SERIES_NUMBER = 9000


@dataclass(frozen=True)
class SegmentationSource:
    """What made a segmentation.

    Attributes
    ----------
    name, version : str
        Of the model.
    corrected : bool
        A person has changed the result (SEMIAUTOMATIC instead of AUTOMATIC).
    """

    name: str
    version: str
    corrected: bool = False


def write_dicom_seg(
    labelmap: Volume,
    series: PathLike | Sequence[Path],
    path: PathLike,
    source: SegmentationSource,
    *,
    scheme: LabelScheme = GLIOMA,
) -> Path:
    """Write a labelmap as a binary DICOM SEG with one segment for each label, and return its path.

    The object belongs to the patient and study of the series; it carries their identity.

    Parameters
    ----------
    labelmap : Volume
        Labels on the grid of the series.
    series : path, or paths
        Folder with the one DICOM series that the labelmap lies on, or the files of its slices.
    path : path
        File to write, usually .dcm; replaced only by a whole one.

    Raises
    ------
    DeviceError
        If highdicom is not installed.
    DatasetError
        If the labelmap is empty, or the series lacks what a DICOM SEG must take over from it.
    GeometryError
        If the labelmap does not lie on the slices of the series.
    """
    check_available()
    if not labelmap.array.any():
        raise DatasetError(
            "The segmentation is empty: a DICOM SEG without a single voxel cannot be read by most viewers",
            remedy="Report 'no tumour found' in words",
        )
    unknown = [name for name in scheme.values if name not in _CODES]
    if unknown:
        raise DatasetError(f"The labels {unknown} have no DICOM code here", expected=f"labels among {list(_CODES)}")
    images = source_images(series, labelmap)
    segmentation = _segmentation(labelmap, images, source, scheme)
    target = Path(path)
    with atomic_path(target) as temporary:
        segmentation.save_as(temporary)
    return target


def check_available() -> None:
    """Raise `DeviceError` if the package highdicom is missing."""
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise DeviceError(
            "The Python package 'highdicom' is not installed",
            expected="it for DICOM SEG",
            remedy="Run: pip install 'ssaglioma[dicomseg]'",
        ) from error


def source_images(series: PathLike | Sequence[Path], labelmap: Volume) -> list[pydicom.Dataset]:
    """Return the slices of a series (the one in a folder, or its files), in the order of the labelmap's first axis.

    Raises
    ------
    DatasetError
        If the folder does not hold exactly one series of single slices.
    GeometryError
        If the slices are not those of the labelmap.
    """
    files, where = _slices(series, labelmap)
    images: list[pydicom.Dataset] = [pydicom.dcmread(file) for file in files]
    places = np.array([[float(value) for value in image.ImagePositionPatient] for image in images])
    wanted = np.array([(labelmap.affine_lps @ [0, 0, z, 1])[:3] for z in range(labelmap.shape[0])])
    rows = {(int(image.Rows), int(image.Columns)) for image in images}
    if rows != {labelmap.shape[1:]} or np.abs(places - wanted).max() > _POSITION_TOLERANCE_MM:
        raise GeometryError(
            f"The segmentation ({labelmap.geometry_text()}) does not lie on the slices in {where!r}",
            expected="the grid of that series",
            remedy="Choose the series by --grid",
        )
    return images


def _slices(series: PathLike | Sequence[Path], labelmap: Volume) -> tuple[list[Path], str]:
    """The files of the slices, ordered along the labelmap's first axis, and where they lie."""
    if not isinstance(series, (str, os.PathLike)):
        files = list(series)
        if len(files) != labelmap.shape[0]:
            raise DatasetError(
                f"The DICOM series has {len(files)} files",
                expected=f"{labelmap.shape[0]} single slices",
                remedy="Choose a series of classic single-slice DICOM by --grid",
            )
        return files, str(files[0].parent)
    found = list_dicom_series(series)
    if len(found) != 1 or len(found[0].files) != labelmap.shape[0]:
        listing = "; ".join(f"{item.description!r} ({len(item.files)} files)" for item in found) or "none"
        raise DatasetError(
            f"The folder {str(series)!r} holds these DICOM series: {listing}",
            expected=f"one series of {labelmap.shape[0]} single slices",
            remedy="Give the folder of the series that the result lies on (--grid), in classic single-slice DICOM",
        )
    return list(found[0].files), str(series)


def _segmentation(
    labelmap: Volume, images: list[pydicom.Dataset], source: SegmentationSource, scheme: LabelScheme
) -> Segmentation:
    from highdicom.seg import Segmentation
    from pydicom.uid import generate_uid

    numbered = {name: number for number, name in enumerate(scheme.values, start=1)}
    frames = np.zeros(labelmap.shape, np.uint8)
    for name, number in numbered.items():
        frames[labelmap.array == scheme.values[name]] = number
    try:
        return Segmentation(
            source_images=images,
            pixel_array=frames,
            segmentation_type="BINARY",
            segment_descriptions=[_description(name, number, source) for name, number in numbered.items()],
            series_instance_uid=generate_uid(),
            series_number=_SERIES_NUMBER,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="SSAGlioma",
            manufacturer_model_name=source.name,
            software_versions=f"ssaglioma {__version__}",
            device_serial_number=source.version,
            content_label="GLIOMA",
            content_description="Glioma segmentation, research use only",
            series_description="Glioma segmentation (research use only)",
        )
    except (AttributeError, ValueError, TypeError) as error:
        raise DatasetError(
            f"A DICOM SEG cannot be made from this series ({error})",
            expected="a series with patient, study, series and frame-of-reference attributes",
            remedy="Export the original series again, not a converted one",
        ) from error


def _description(name: str, number: int, source: SegmentationSource) -> SegmentDescription:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    algorithm = AlgorithmIdentificationSequence(
        name=source.name, version=source.version, family=codes.DCM.ArtificialIntelligence
    )
    return SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=_code(_CATEGORY),
        segmented_property_type=_code(_CODES[name]),
        algorithm_type="SEMIAUTOMATIC" if source.corrected else "AUTOMATIC",
        algorithm_identification=algorithm,
        anatomic_regions=[_code(_BRAIN)],
    )


def _code(parts: Sequence[str]) -> Any:
    from highdicom.sr import CodedConcept

    value, scheme, meaning = parts
    return CodedConcept(value=value, scheme_designator=scheme, meaning=meaning)
