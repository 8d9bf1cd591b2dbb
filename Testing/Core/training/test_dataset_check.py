"""The check of a folder of cases: what it finds, each time with the case's name."""

import json
import shutil

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.training.dataset_check import check_dataset
from ssaglioma.training.thumbnails import write_thumbnails
from ssaglioma.volume import Volume, read_volume, write_volume


def findings(checked, name):
    case = next(case for case in checked.cases if case.name == name)
    return case.level, " ".join(finding.text for finding in case.findings)


def of_folder(checked):
    return [(finding.level, finding.text) for finding in checked.findings]


def test_good_cases_are_measured_and_drawn(cases_folder, tmp_path):
    checked = check_dataset(cases_folder)
    assert [case.level for case in checked.cases] == ["ok"] * 3
    case = checked.cases[0]
    assert case.sequences == ("T1", "T1Gd", "T2", "FLAIR") and case.shape == (8, 40, 36)
    labels = read_volume(cases_folder / "case-0" / "case-0-seg.nii.gz").array
    assert case.volumes_ml["ET"] == pytest.approx(float((labels == 3).sum()) * 0.003)
    assert of_folder(checked) == [("warning", "Only 3 patients: scores on so few held-out cases say little")]
    values = json.loads(json.dumps(checked.to_json()))
    assert values["level"] == "warning" and len(values["cases"]) == 3
    files = write_thumbnails(checked, tmp_path / "pictures")
    assert [file.name for file in files] == ["0000.png", "0001.png", "0002.png"] and files[0].stat().st_size > 200


def change(folder, name, kind, change_array, **geometry):
    file = folder / name / f"{name}-{kind}.nii.gz"
    volume = read_volume(file)
    spacing = geometry.get("spacing", volume.spacing_zyx_mm)
    write_volume(Volume(change_array(volume.array), spacing), file)


def test_each_fault_is_told_with_its_case(cases_folder):
    (cases_folder / "case-0" / "case-0-t2w.nii.gz").unlink()
    (cases_folder / "case-1" / "case-1-seg.nii.gz").unlink()
    change(cases_folder, "case-2", "t1c", lambda array: array[:, :-1])
    checked = check_dataset(cases_folder)
    assert findings(checked, "case-0") == ("error", "Missing: T2")
    assert findings(checked, "case-1")[0] == "error" and "No labelmap" in findings(checked, "case-1")[1]
    level, text = findings(checked, "case-2")
    assert level == "error" and "T1Gd" in text
    assert ("error", "No case of this folder can be used") in of_folder(checked)


def test_labels_are_not_asked_of_scans_that_only_lend_their_look(cases_folder):
    (cases_folder / "case-1" / "case-1-seg.nii.gz").unlink()
    checked = check_dataset(cases_folder, labels=False)
    assert findings(checked, "case-1") == ("ok", "") and of_folder(checked) == []


def test_empty_images_and_empty_labels_are_told(cases_folder):
    change(cases_folder, "case-0", "t1n", np.zeros_like)
    change(cases_folder, "case-1", "seg", np.zeros_like)
    change(cases_folder, "case-2", "seg", lambda array: np.where(array == 3, 2, array))
    checked = check_dataset(cases_folder)
    assert findings(checked, "case-0") == ("error", "T1 is empty: all voxels are 0")
    assert findings(checked, "case-1") == ("warning", "The labelmap is empty: no tumor to learn from")
    assert findings(checked, "case-2") == ("warning", "No ET in the labels")


def test_labels_that_are_none_of_the_scheme_are_told(cases_folder):
    change(cases_folder, "case-0", "seg", lambda array: np.where(array == 1, 9, array))
    level, text = findings(check_dataset(cases_folder), "case-0")
    assert level == "error" and "9" in text


def test_a_damaged_file_is_told_and_the_others_are_checked(cases_folder):
    file = cases_folder / "case-1" / "case-1-t2f.nii.gz"
    file.write_bytes(file.read_bytes()[:500])
    checked = check_dataset(cases_folder)
    assert findings(checked, "case-1")[0] == "error" and "case-1-t2f" in findings(checked, "case-1")[1]
    assert findings(checked, "case-2")[0] == "ok"


def test_thick_slices_and_a_skull_are_warned_of(tmp_path, images_of):
    images, labels = images_of()
    for name, image in zip(("t1n", "t1c", "t2w", "t2f"), images):
        noise = np.random.default_rng(1).uniform(50, 90, image.shape)
        write_volume(Volume(np.where(image == 0, noise, image).astype(np.float32), (6.0, 1, 1)), _file(tmp_path, name))
    write_volume(Volume(labels, (6.0, 1, 1)), _file(tmp_path, "seg"))
    level, text = findings(check_dataset(tmp_path / "cases"), "a")
    assert level == "warning" and "Thick slices (6.0 mm)" in text and "skull may not be stripped" in text


def _file(folder, kind):
    (folder / "cases" / "a").mkdir(parents=True, exist_ok=True)
    return folder / "cases" / "a" / f"a-{kind}.nii.gz"


def test_one_patient_alone_cannot_be_trained_on(cases_folder):
    for name in ("case-1", "case-2"):
        shutil.rmtree(cases_folder / name)
    assert of_folder(check_dataset(cases_folder))[0][0] == "error"
    assert "One patient only" in of_folder(check_dataset(cases_folder))[0][1]


def rename(folder, old, new):
    (folder / old).rename(folder / new)
    for file in (folder / new).iterdir():
        file.rename(file.with_name(file.name.replace(old, new)))


def test_the_same_images_under_two_names_are_a_leak(cases_folder):
    shutil.copytree(cases_folder / "case-0", cases_folder / "copy")
    for file in (cases_folder / "copy").iterdir():
        file.rename(file.with_name(file.name.replace("case-0", "copy")))
    assert ("error", "The same images under several names: case-0, copy") in of_folder(check_dataset(cases_folder))


def test_a_patient_on_both_sides_is_a_leak(cases_folder):
    rename(cases_folder, "case-0", "BraTS-SSA-00001-000")
    rename(cases_folder, "case-1", "BraTS-SSA-00001-001")
    checked = check_dataset(cases_folder, held_out=["BraTS-SSA-00001-000"])
    levels = {text.split(":")[0]: level for level, text in of_folder(checked)}
    assert levels["Leak"] == "error"
    assert any("BraTS-SSA-00001-001" in text for level, text in of_folder(checked) if level == "error")
    with pytest.raises(DatasetError, match="not in the folder: .'absent'"):
        check_dataset(cases_folder, held_out=["absent"])


def test_patients_and_images_of_another_folder_are_found(cases_folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(cases_folder, other)
    found = of_folder(check_dataset(cases_folder, against=[other, cases_folder]))
    assert any(level == "warning" and "Patients are in" in text and "case-0" in text for level, text in found)
    for name in ("case-0", "case-1", "case-2"):
        rename(other, name, name.replace("case", "scan"))
    found = of_folder(check_dataset(cases_folder, against=[other]))
    assert any(level == "error" and "case-0 = scan-0" in text for level, text in found)


def test_a_folder_without_cases_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="No case was found"):
        check_dataset(tmp_path)


def test_a_folder_of_which_no_case_is_held_out_may_have_one_patient(cases_folder):
    for name in ("case-1", "case-2"):
        shutil.rmtree(cases_folder / name)
    assert of_folder(check_dataset(cases_folder))[0][1].startswith("One patient only")
    assert of_folder(check_dataset(cases_folder, split=False)) == []


def test_of_a_corrections_folder_the_newest_revisions_are_checked(cases_folder, tmp_path):
    from ssaglioma.labels import SEQUENCE_ORDER
    from ssaglioma.volume.corrections import CorrectionNotes, save_correction

    case = cases_folder / "case-0"
    images = {sequence: read_volume(case / f"case-0-{sequence.value}.nii.gz") for sequence in SEQUENCE_ORDER}
    labels = read_volume(case / "case-0-seg.nii.gz")
    notes = CorrectionNotes("tiny-test", "0.0.1", minutes=1.0)
    for _revision in range(2):
        save_correction(tmp_path / "fixed", "key-1", images, prediction=labels, corrected=labels, notes=notes)
    checked = check_dataset(tmp_path / "fixed", corrections=True, split=False, against=[cases_folder])
    assert [case.name for case in checked.cases] == ["key-1"] and checked.cases[0].level == "ok"
    assert of_folder(checked) == [("error", f"The same images are in {str(cases_folder)!r}: key-1 = case-0")]


def test_a_single_slice_is_no_case(cases_folder):
    for kind in ("t1n", "t1c", "t2w", "t2f", "seg"):
        change(cases_folder, "case-0", kind, lambda array: array[4:5])
    level, text = findings(check_dataset(cases_folder), "case-0")
    assert level == "error" and "is a single slice" in text and "case-0-t1n.nii.gz" in text
