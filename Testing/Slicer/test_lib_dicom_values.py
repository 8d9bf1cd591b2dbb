"""The DICOM values of nodes and files that tell T1, T1Gd, T2 and FLAIR apart."""

from __future__ import annotations

import pydicom
import slicer
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage


class Database:
    """Stand-in for Slicer's DICOM database."""

    def instanceValue(self, uid: str, tag: str) -> str:
        return f"{uid} {tag}"


def test_a_node_of_the_database_has_the_values_of_its_first_image(bare_scene, monkeypatch):
    from SSASlicerLib.dicom_values import DICOM_TAGS, node_values

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    monkeypatch.setattr(slicer, "dicomDatabase", Database(), raising=False)
    assert node_values(node) == {}
    node.SetAttribute("DICOM.instanceUIDs", "1.2 1.3")
    assert node_values(node) == {keyword: f"1.2 {tag}" for keyword, tag in DICOM_TAGS.items()}
    monkeypatch.setattr(slicer, "dicomDatabase", None)
    assert node_values(node) == {}


def test_a_file_gives_its_values_and_empty_texts_for_those_it_lacks(tmp_path):
    from SSASlicerLib.dicom_values import file_values

    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, MRImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2"
    data = FileDataset("x", {}, file_meta=meta, preamble=b"\0" * 128)
    data.EchoTime, data.RepetitionTime, data.ContrastBolusAgent = 90.5, 4000, "Gadovist"
    pydicom.dcmwrite(tmp_path / "x.dcm", data)
    found = file_values(tmp_path / "x.dcm")
    assert (float(found["EchoTime"]), float(found["RepetitionTime"])) == (90.5, 4000)
    assert found["ContrastBolusAgent"] == "Gadovist" and found["InversionTime"] == ""
