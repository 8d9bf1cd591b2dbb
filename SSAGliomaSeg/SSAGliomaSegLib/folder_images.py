"""What lies in a folder that the user chose."""

from __future__ import annotations

from pathlib import Path

from slicer.i18n import tr as _


def imagesInFolder(folder: Path) -> dict:
    """Return key -> (name, tags, function that reads the Volume) of every image file and DICOM series.

    Raises
    ------
    DatasetError
        If there is none.
    """
    from ssaglioma.errors import DatasetError
    from ssaglioma.volume import list_dicom_series, read_dicom_series, read_volume
    from ssaglioma.volume.reading import IMAGE_SUFFIXES
    from SSASlicerLib.dicom_values import file_values

    if not folder.is_dir():
        raise DatasetError(f"The folder {str(folder)!r} does not exist", remedy=_("Check the path"))
    images = {}
    for path in sorted(folder.rglob("*")):
        if path.name.lower().endswith(IMAGE_SUFFIXES) and path.is_file():
            images[str(path)] = (path.name, {}, lambda path=path: read_volume(path))
    if not images:
        for series in list_dicom_series(folder):
            images[series.uid] = (
                series.description or series.uid,
                file_values(series.files[0]),
                lambda uid=series.uid: read_dicom_series(folder, uid),
            )
    if not images:
        raise DatasetError(
            f"The folder {str(folder)!r} holds no image",
            expected="NIfTI, NRRD, MHA or DICOM",
            remedy=_("Check the path"),
        )
    return images
