"""Fixtures that several rooms share: a tiny labelled case, and a model package with random weights."""

import subprocess
import sys

import numpy as np
import pydicom
import pytest
import torch
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.networks import CONFIGURATIONS, build_network
from ssaglioma.packages import ModelCard, write_package
from ssaglioma.volume import Volume, write_volume

CASE_SHAPE = (8, 40, 36)


def make_card(**changes) -> ModelCard:
    values = {
        "name": "tiny-test",
        "version": "0.0.1",
        "title": "random weights",
        "network": "small_2d",
        "channels": tuple(sequence.value for sequence in SEQUENCE_ORDER),
        "labels": "glioma",
        "regions": ("WT", "TC", "ET"),
        "spacing_zyx_mm": (None, 1.0, 1.0),
        "slice_axis": "axial",
        "patch": CONFIGURATIONS["small_2d"].patch,
        "missing_channels": "zero",
        "training_data": "none",
        "licence": "none",
        "intended_use": "tests",
        "missing_cost": {"t2w": 0.03},
    }
    return ModelCard(**{**values, **changes})


def make_weights():
    torch.manual_seed(3)
    network = build_network("small_2d", in_channels=4, out_channels=3)
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def make_images(shape=CASE_SHAPE, seed=0):
    """Return four brain-like arrays (an ellipsoid with texture, 0 outside) and labels inside it."""
    generator = np.random.default_rng(seed)
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in grid))
    brain, labels = radius < 0.95, np.zeros(shape, np.uint8)
    labels[radius < 0.6], labels[radius < 0.4], labels[radius < 0.2] = 2, 3, 1
    images = [((300 + 40.0 * labels + generator.normal(0, 40, shape)).clip(1, 1000) * brain) for _ in range(4)]
    return [image.astype(np.float32) for image in images], labels


@pytest.fixture(scope="session")
def images_of():
    """The maker of brain-like images, for tests that need another shape."""
    return make_images


@pytest.fixture(scope="session")
def package_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    write_package(folder, make_card(), make_weights(), half=False)
    return folder


@pytest.fixture
def case_volumes():
    images, _ = make_images()
    return {name: Volume(image, (3.0, 1.0, 1.0)) for name, image in zip(SEQUENCE_ORDER, images)}


def write_case(folder, name="case-001", seed=0):
    images, labels = make_images(seed=seed)
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    for sequence, image in zip(SEQUENCE_ORDER, images):
        write_volume(Volume(image, (3.0, 1.0, 1.0)), target / f"{name}-{sequence.value}.nii.gz")
    write_volume(Volume(labels, (3.0, 1.0, 1.0)), target / f"{name}-seg.nii.gz")
    return target


@pytest.fixture
def case_folder(tmp_path):
    return write_case(tmp_path / "cases")


@pytest.fixture
def cases_folder(tmp_path):
    for index in range(3):
        write_case(tmp_path / "training", f"case-{index}", seed=index)
    return tmp_path / "training"


@pytest.fixture
def touch(tmp_path):
    """Makes empty files by name below tmp_path and returns tmp_path."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path

    return make


def write_mr_series(folder, array, direction, spacing=(4.0, 0.5, 0.75), origin=(-20.0, 10.0, 5.0)):
    """Write an MR series with all that a SEG must take over; slices are stacked along the third axis."""
    folder.mkdir(parents=True)
    common = {name: generate_uid() for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")}
    for index, pixels in enumerate(array):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data = FileDataset("x", {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        for name, value in common.items():
            setattr(data, name, value)
        data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "TEST^T", "T-1", "19700101", "F"
        data.StudyDate, data.StudyTime, data.StudyID, data.AccessionNumber = "20240102", "101112", "1", "A1"
        data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 3, index + 1
        data.SeriesDescription, data.Manufacturer, data.ReferringPhysicianName = "T1 GD", "maker", ""
        data.PositionReferenceIndicator = ""
        data.ImagePositionPatient = [float(v) for v in np.add(origin, index * spacing[0] * direction[:, 2])]
        data.ImageOrientationPatient = [float(v) for v in (*direction[:, 0], *direction[:, 1])]
        data.PixelSpacing, data.SliceThickness = [spacing[1], spacing[2]], spacing[0]
        data.Rows, data.Columns = pixels.shape
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.PixelData = pixels.astype(np.uint16).tobytes()
        pydicom.dcmwrite(folder / f"{len(array) - index:03}.dcm", data, enforce_file_format=True)
    return folder


@pytest.fixture
def mr_series():
    """Writes an MR series: folder, array (Z, Y, X), direction (3, 3), and optionally spacing and origin."""
    return write_mr_series


@pytest.fixture
def package_index(tmp_path_factory):
    """Skips where pip fetches nothing at all; where it does, an installation that fails is a failure."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "packaging"]
    probe = subprocess.run([*words, "--dest", tmp_path_factory.mktemp("probe")], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("pip reaches no package index from here")
