"""Packages and cases in nnU-Net's files; what needs the real nnU-Net as judge is in test_nnunet_parity.py."""

import json

import nnunet_folders as nnunet
import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.packages import read_package
from ssaglioma.training.nnunet_export import as_planned, export_nnunet
from ssaglioma.training.nnunet_files import read_trained_nnunet
from ssaglioma.training.nnunet_raw import export_dataset
from ssaglioma.volume import find_cases, read_volume


def test_our_package_becomes_a_results_folder(package_folder, tmp_path):
    folder = export_nnunet(read_package(package_folder), tmp_path / "results", "Dataset501_Ours")
    assert folder.name == "nnUNetTrainer__nnUNetPlans__2d"
    dataset = json.loads((folder / "dataset.json").read_text())
    assert list(dataset["labels"].items()) == [("background", 0), ("WT", [1, 2, 3]), ("TC", [1, 3]), ("ET", [3])]
    assert dataset["regions_class_order"] == [2, 1, 3]  # what is left of WT is ED, of TC NCR
    read = read_trained_nnunet(folder)
    assert read.checkpoint["inference_allowed_mirroring_axes"] == (1,)
    assert "decoder.encoder.stages.0.0.convs.0.all_modules.0.weight" in read.checkpoint["network_weights"]
    with pytest.raises(ModelPackageError, match="is there already"):
        export_nnunet(read_package(package_folder), tmp_path / "results", "Dataset501_Ours")


def test_an_exported_package_comes_back(package_folder, tmp_path):
    before = read_package(package_folder)
    folder = export_nnunet(before, tmp_path / "results", "Dataset501_Ours")
    after = nnunet.imported(folder, tmp_path / "package")
    assert (after.card.network, after.card.regions) == ("small_2d", before.card.regions)
    assert after.card.spacing_zyx_mm == before.card.spacing_zyx_mm
    assert all(np.array_equal(value, after.weights()[name]) for name, value in before.weights().items())


@pytest.mark.parametrize("name", ["Dataset1_x", "glioma", "Dataset501_a/b"])
def test_names_that_nnunet_would_not_take_are_refused(name, package_folder, tmp_path):
    with pytest.raises(ModelPackageError, match="Dataset501_Glioma"):
        export_nnunet(read_package(package_folder), tmp_path, name)


def test_networks_that_nnunet_lacks_have_no_plan():
    assert as_planned(CONFIGURATIONS["optimized_unet_2d"]) is None
    assert as_planned(CONFIGURATIONS["small_3d"]).divisor == CONFIGURATIONS["small_3d"].divisor


def test_cases_become_a_raw_data_set(cases_folder, tmp_path):
    cases = find_cases(cases_folder)
    folder = export_dataset(cases, tmp_path / "raw", "Dataset501_Glioma")
    values = json.loads((folder / "dataset.json").read_text())
    assert values["numTraining"] == 3
    assert values["channel_names"] == {"0": "t1n", "1": "t1c", "2": "t2w", "3": "t2f"}
    assert sorted(path.name for path in (folder / "imagesTr").iterdir())[:5] == [
        *(f"case-0_000{index}.nii.gz" for index in range(4)),
        "case-1_0000.nii.gz",
    ]
    for case in cases:
        assert np.array_equal(
            SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "labelsTr" / f"{case.name}.nii.gz"))),
            read_volume(case.reference).array,
        )
        for index, sequence in enumerate(SEQUENCE_ORDER):
            copied = folder / "imagesTr" / f"{case.name}_{index:04d}.nii.gz"
            assert copied.read_bytes() == case.sequences[sequence].read_bytes()
    assert [case.name for case in find_cases(folder)] == [case.name for case in cases]
    with pytest.raises(DatasetError, match="is there already"):
        export_dataset(cases, tmp_path / "raw", "Dataset501_Glioma")


def test_a_case_that_lacks_a_sequence_stops_the_whole_export(cases_folder, tmp_path):
    next(cases_folder.glob("case-1/*t2w*")).unlink()
    with pytest.raises(DatasetError, match=r"1 of 3 cases lack.*case-1"):
        export_dataset(find_cases(cases_folder), tmp_path / "raw", "Dataset501_Glioma")
    assert not (tmp_path / "raw").exists()
