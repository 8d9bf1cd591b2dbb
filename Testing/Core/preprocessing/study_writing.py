"""Small studies for tests: four contrasts of the sample case, as DICOM of five vendors or as files."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.packages.resources import locate
from ssaglioma.volume import Volume
from ssaglioma.volume.sitk import from_sitk

CASE, SHRINK_XYZ = "ICBM152-grown-001", (3, 3, 5)

VENDORS: Mapping[str, Mapping[Sequence, dict]] = {
    "SIEMENS": {
        Sequence.T1N: {"SeriesDescription": "t1_se_tra", "SequenceName": "*se2d1", "times": (500, 12, None)},
        Sequence.T1C: {"SeriesDescription": "t1_se_tra_KM", "SequenceName": "*se2d1", "times": (500, 12, None)},
        Sequence.T2W: {"SeriesDescription": "t2_tse_tra", "SequenceName": "*tse2d1_9", "times": (4500, 98, None)},
        Sequence.T2F: {"SeriesDescription": "t2_tirm_tra", "SequenceName": "*tir2d1_16", "times": (9000, 110, 2500)},
    },
    "GE MEDICAL SYSTEMS": {
        Sequence.T1N: {"SeriesDescription": "Ax T1 FLAIR", "ScanningSequence": ["SE", "IR"], "times": (2200, 10, 780)},
        Sequence.T1C: {
            "SeriesDescription": "Ax T1 FLAIR +C",
            "ScanningSequence": ["SE", "IR"],
            "times": (2200, 10, 780),
        },
        Sequence.T2W: {"SeriesDescription": "Ax T2 PROPELLER", "ScanningSequence": "RM", "times": (5000, 105, None)},
        Sequence.T2F: {
            "SeriesDescription": "Ax T2 FLAIR",
            "ScanningSequence": ["SE", "IR"],
            "times": (8600, 125, 2100),
        },
    },
    "Philips Medical Systems": {
        Sequence.T1N: {"SeriesDescription": "T1 sans injection", "ProtocolName": "T1W_SE", "times": (550, 15, None)},
        Sequence.T1C: {"SeriesDescription": "T1 après injection", "ProtocolName": "T1W_SE", "times": (550, 15, None)},
        Sequence.T2W: {"SeriesDescription": "Axial T2", "ProtocolName": "T2W_TSE", "times": (4400, 100, None)},
        Sequence.T2F: {"SeriesDescription": "Axial", "ProtocolName": "FLAIR_longTR", "times": (11000, 125, 2800)},
    },
    "CANON_MEC": {  # Toshiba until 2018; the inversion time of FLAIR stands in the tag, its name in the sequence
        Sequence.T1N: {"SeriesDescription": "AXI T1W SE2D", "ScanningSequence": "SE", "times": (540, 12, None)},
        Sequence.T1C: {"SeriesDescription": "AXI T1W SE2D CE", "ScanningSequence": "SE", "times": (540, 12, None)},
        Sequence.T2W: {"SeriesDescription": "AXI T2W FSE2D", "ScanningSequence": "SE", "times": (4800, 105, None)},
        Sequence.T2F: {
            "SeriesDescription": "AXI FSE2D IR",
            "ScanningSequence": ["SE", "IR"],
            "times": (8000, 105, 2300),
        },
    },
    "Hitachi Medical Corporation": {
        Sequence.T1N: {"SeriesDescription": "T1 SE SEM CONTRASTE", "times": (450, 20, None)},
        Sequence.T1C: {"SeriesDescription": "T1 SE PÓS GADOLÍNIO", "times": (450, 20, None)},
        Sequence.T2W: {"SeriesDescription": "T2 FSE AX", "times": (4500, 125, None)},
        Sequence.T2F: {"SeriesDescription": "FLAIR AX", "times": (8000, 110, 1700)},
    },
}


@lru_cache(maxsize=1)
def small_heads() -> Mapping[Sequence, Volume]:
    """The sample case with voxels of 3 x 3 x 5 mm; whole numbers, as DICOM holds them."""
    result = {}
    for sequence in SEQUENCE_ORDER:
        path = locate("SampleCases") / CASE / f"{CASE}-{sequence.value}.nii.gz"
        image = from_sitk(SimpleITK.BinShrink(SimpleITK.ReadImage(str(path), SimpleITK.sitkFloat32), SHRINK_XYZ))
        result[sequence] = image.with_array(np.rint(image.array).astype(np.uint16))
    return result


def header_of(volume: Volume, common: Mapping[str, object], storage: str = MRImageStorage) -> FileDataset:
    """A DICOM header with the geometry of a volume, but no position."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = storage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("x", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = storage, meta.MediaStorageSOPInstanceUID, "MR"
    data.PatientName, data.PatientID, data.StudyDate, data.BodyPartExamined = "TEST^T", "T-1", "20240102", "HEAD"
    data.ImageType, data.SeriesInstanceUID = ["ORIGINAL", "PRIMARY", "M"], "1.2.3"
    data.Rows, data.Columns = volume.shape[1:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    for name, value in common.items():
        setattr(data, name, value)
    return data


def write_series(folder: Path, volume: Volume, *, keep: Iterable[int] | None = None, **values) -> Path:
    """Write one file a slice (or those of `keep`), with a private tag in each; `times` are TR, TE and TI in ms."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = with_times(values)
    tags.setdefault("SeriesInstanceUID", generate_uid())
    for index in range(volume.shape[0]) if keep is None else keep:
        data = header_of(volume, tags)
        place(data, volume, index)
        data.PixelSpacing = [volume.spacing_zyx_mm[1], volume.spacing_zyx_mm[2]]
        data.SliceThickness, data.InstanceNumber = volume.spacing_zyx_mm[0], index + 1
        data.private_block(0x0029, "MAKER SECRET", create=True).add_new(0x01, "LO", "hidden name")
        data.PixelData = volume.array[index].astype(np.uint16).tobytes()
        number = len(list(folder.iterdir()))
        pydicom.dcmwrite(folder / f"IM{number:04}", data, enforce_file_format=True)
    return folder


def write_study(folder: Path, vendor: str, volumes: Mapping[Sequence, Volume], drop: Iterable[str] = ()) -> Path:
    """Write the four series of a vendor, and a localiser of 3 slices; tags of `drop` are left out."""
    for number, (sequence, volume) in enumerate(volumes.items()):
        values = {**VENDORS[vendor][sequence], "Manufacturer": vendor, "SeriesNumber": 2 + number}
        if sequence is Sequence.T1C:
            values["ContrastBolusAgent"] = "GADOVIST"
        kept = {k: v for k, v in with_times(values).items() if k not in drop}
        write_series(folder / f"S{9 - number}", volume, **kept)
    first = next(iter(volumes.values()))
    kind = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    write_series(folder / "S1", first, keep=range(3), SeriesDescription="Survey", ImageType=kind, SeriesNumber=1)
    return folder


def with_times(values: Mapping[str, object]) -> dict[str, object]:
    """The values with `times` spelt out."""
    tags = {name: value for name, value in values.items() if name != "times"}
    times = values.get("times", (None, None, None))
    for name, value in zip(("RepetitionTime", "EchoTime", "InversionTime"), times):  # type: ignore[call-overload]
        if value is not None:
            tags[name] = value
    return tags


def place(data: Dataset, volume: Volume, index: int) -> None:
    """Give a header or a group the position and direction of a slice."""
    direction = np.asarray(volume.direction_lps)
    data.ImagePositionPatient = [float(v) for v in (volume.affine_lps @ [0, 0, index, 1])[:3]]
    data.ImageOrientationPatient = [float(v) for v in (*direction[:, 0], *direction[:, 1])]


def write_enhanced(path: Path, volume: Volume, order: Iterable[int] | None = None, **values) -> Path:
    """Write one enhanced MR file of many frames, in any order of slices."""
    tags = with_times(values)
    data = header_of(volume, {k: v for k, v in tags.items() if not k.endswith("Time")}, EnhancedMRImageStorage)
    indices = list(range(volume.shape[0]) if order is None else order)
    shared = Dataset()
    shared.PixelMeasuresSequence = [Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = list(volume.spacing_zyx_mm[1:])
    shared.PixelMeasuresSequence[0].SliceThickness = volume.spacing_zyx_mm[0]
    shared.MRTimingAndRelatedParametersSequence = [Dataset()]
    shared.MRTimingAndRelatedParametersSequence[0].RepetitionTime = tags.get("RepetitionTime")
    shared.MRModifierSequence = [Dataset()]
    shared.MRModifierSequence[0].InversionTimes = tags.get("InversionTime")
    frames = []
    for index in indices:
        frame, where = Dataset(), Dataset()
        place(where, volume, index)
        frame.PlanePositionSequence, frame.PlaneOrientationSequence = [Dataset()], [Dataset()]
        frame.PlanePositionSequence[0].ImagePositionPatient = where.ImagePositionPatient
        frame.PlaneOrientationSequence[0].ImageOrientationPatient = where.ImageOrientationPatient
        frame.MREchoSequence = [Dataset()]
        frame.MREchoSequence[0].EffectiveEchoTime = float(tags["EchoTime"])  # type: ignore[arg-type]
        frames.append(frame)
    data.SharedFunctionalGroupsSequence, data.PerFrameFunctionalGroupsSequence = [shared], frames
    data.NumberOfFrames = len(indices)
    data.PixelData = volume.array[indices].astype(np.uint16).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, data, enforce_file_format=True)
    return path
