"""An image with its place in the patient: reading, writing, reorienting. The only room that flips axes."""

from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.cases import Case, find_case, find_cases
from ssaglioma.volume.checks import check_same_grid
from ssaglioma.volume.dicom import (
    DicomSeries,
    group_dicom_files,
    list_dicom_series,
    read_dicom_files,
    read_dicom_series,
)
from ssaglioma.volume.orientation import from_canonical, to_canonical
from ssaglioma.volume.reading import read_labelmap, read_volume, read_volumes
from ssaglioma.volume.resampling import resample_to
from ssaglioma.volume.volume import Volume
from ssaglioma.volume.writing import write_volume

__all__ = [
    "Case",
    "DicomSeries",
    "Volume",
    "atomic_path",
    "check_same_grid",
    "find_case",
    "find_cases",
    "from_canonical",
    "group_dicom_files",
    "list_dicom_series",
    "read_dicom_files",
    "read_dicom_series",
    "read_labelmap",
    "read_volume",
    "read_volumes",
    "resample_to",
    "to_canonical",
    "write_volume",
]
