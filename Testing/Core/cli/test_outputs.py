"""What `segment` can leave besides a labelmap, and what `measure` says of it."""

import json

import numpy as np
import pydicom
import pytest

from ssaglioma.cli.main import main
from ssaglioma.evaluation.measurements import measure
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.volume import read_labelmap, read_volume
from ssaglioma.volume.probability_files import read_probabilities


@pytest.fixture
def segment(package_folder, case_folder, tmp_path):
    def run(*options, case=case_folder):
        model = ["--model", str(package_folder), "--device", "cpu"]
        inputs = [str(case)] if case else []
        return main(["segment", *inputs, *model, "--output", str(tmp_path / "o" / "a-seg.nii.gz"), *map(str, options)])

    return run


@pytest.fixture
def dicom_case(mr_series, case_volumes, tmp_path):
    """Options that name four DICOM folders on one oblique grid."""
    turn = np.radians(10)
    direction = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    options = []
    for sequence in SEQUENCE_ORDER:
        folder = mr_series(tmp_path / sequence.value, case_volumes[sequence].array, direction, (3.0, 1.0, 1.0))
        options += [f"--{sequence.value}", str(folder)]
    return options


@pytest.fixture
def a_found_tumour(monkeypatch):
    """Random weights find what they like; this model finds a ball."""

    def predict(self, array, spacing_zyx_mm, progress=None):
        grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in array.shape[1:]), indexing="ij")
        radius = np.sqrt(sum(axis**2 for axis in grid))
        return np.stack([np.clip(1.2 - radius * k, 0, 1) for k in (1.2, 1.8, 2.4)]).astype(np.float32)

    monkeypatch.setattr("ssaglioma.inference.engine.PackageEngine.predict", predict)


def result_of(capsys):
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "result"
    return events[-1]


def test_the_result_event_names_every_file_and_the_model(segment, a_found_tumour, tmp_path, capsys):
    files = {kind: tmp_path / "o" / name for kind, name in (("measurements", "m.json"), ("report", "sub/r.html"))}
    options = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    assert segment(*options, "--probabilities", "--progress", "json") == 0
    result = result_of(capsys)
    assert result["labelmap"] == result["output"] == str(tmp_path / "o" / "a-seg.nii.gz")
    assert {kind: result[kind] for kind in files} == {kind: str(path) for kind, path in files.items()}
    assert set(result["probabilities"]) == {"WT", "TC", "ET"} and result["model"]["name"] == "tiny-test"
    assert {"read", "load", "slots", "prepare", "predict", "restore"} == set(result["timings"]) and result[
        "warnings"
    ] == []
    for path in (*files.values(), *result["probabilities"].values()):
        assert read_volume(path) if str(path).endswith(".gz") else path.stat().st_size


def test_the_measurements_are_those_of_the_written_files(segment, a_found_tumour, tmp_path):
    assert segment("--measurements", tmp_path / "m.json", "--probabilities") == 0
    document = json.loads((tmp_path / "m.json").read_text())
    labelmap = read_labelmap(tmp_path / "o" / "a-seg.nii.gz", GLIOMA)
    files = [tmp_path / "o" / f"a-probability-{name}.nii.gz" for name in ("wt", "tc", "et")]
    expected = json.loads(json.dumps(measure(labelmap, GLIOMA, read_probabilities(files, GLIOMA)).to_json()))
    assert document["regions"] == {name: pytest.approx(region) for name, region in expected["regions"].items()}
    assert document["rano"]["lesions"][0]["diameter_mm"] > 5 and document["model"]["version"] == "0.0.1"
    assert document["regions"]["ET"]["confidence"] > 0.5 and document["doubtful_slices"]


def test_small_probability_images_hold_whole_per_cents(segment, a_found_tumour, tmp_path):
    assert segment("--probabilities") == 0
    names = [tmp_path / "o" / f"a-probability-{name}.nii.gz" for name in ("wt", "tc", "et")]
    exact = read_probabilities(names, GLIOMA)
    assert segment("--probabilities", "--probability-type", "uint8", "--overwrite") == 0
    assert read_volume(names[0]).array.dtype == np.uint8 and read_volume(names[0]).array.max() > 90
    rounded = read_probabilities(names, GLIOMA)
    for region, volume in exact.items():
        assert np.abs(volume.array - rounded[region].array).max() <= 0.00501


@pytest.mark.parametrize(("language", "word"), [("en", "Research use only"), ("fr", "Réservé à la recherche")])
def test_the_report_speaks_the_language_and_names_nobody(segment, a_found_tumour, tmp_path, language, word):
    assert segment("--report", tmp_path / "r.html", "--language", language) == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert word in page and "case-001" not in page and "tiny-test" in page
    assert segment("--report", tmp_path / "r.html", "--name", "Patient 7", "--overwrite") == 0
    assert "Patient 7" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--measurements", "--report", "--dicom-seg"])
def test_files_that_exist_stay_unless_overwriting_is_asked_for(segment, tmp_path, option, capsys):
    target = tmp_path / "precious"
    target.write_bytes(b"x")
    assert segment(option, target) == 2
    assert target.read_bytes() == b"x" and not (tmp_path / "o").exists()
    assert "precious' exists already" in capsys.readouterr().err


def test_one_file_for_two_outputs_is_refused(segment, tmp_path, capsys):
    assert segment("--measurements", tmp_path / "x", "--report", tmp_path / "x") == 2
    assert "named for two outputs" in capsys.readouterr().err


def test_a_dicom_seg_is_written_from_dicom_folders(segment, dicom_case, a_found_tumour, tmp_path, capsys):
    highdicom = pytest.importorskip("highdicom")
    assert segment(*dicom_case, "--dicom-seg", tmp_path / "s.dcm", "--progress", "json", case=None) == 0
    assert result_of(capsys)["dicom_seg"] == str(tmp_path / "s.dcm")
    labelmap = read_labelmap(tmp_path / "o" / "a-seg.nii.gz", GLIOMA)
    volume = highdicom.seg.segread(tmp_path / "s.dcm").get_volume(combine_segments=False)
    found = {
        (number + 1, *np.round(volume.affine @ [*index, 1], 2)[:3])
        for number in range(3)
        for index in np.argwhere(volume.array[..., number])
    }
    expected = {
        (int(labelmap.array[z, y, x]), *np.round(labelmap.affine_lps @ [x, y, z, 1], 2)[:3])
        for z, y, x in np.argwhere(labelmap.array)
    }
    assert found == expected and len(expected) > 100
    series = pydicom.dcmread(next((tmp_path / "t1c").iterdir())).SeriesInstanceUID
    assert pydicom.dcmread(tmp_path / "s.dcm").ReferencedSeriesSequence[0].SeriesInstanceUID == series


def test_the_grid_chooses_the_series_that_the_dicom_seg_refers_to(segment, dicom_case, a_found_tumour, tmp_path):
    pytest.importorskip("highdicom")
    for file in (tmp_path / "t2f").iterdir():
        data = pydicom.dcmread(file)
        data.ImagePositionPatient = [float(value) + 20.0 for value in data.ImagePositionPatient]
        data.save_as(file)
    options = [*dicom_case, "--resample", "--grid", "flair", "--dicom-seg", tmp_path / "s.dcm"]
    assert segment(*options, case=None) == 0
    series = pydicom.dcmread(next((tmp_path / "t2f").iterdir())).SeriesInstanceUID
    assert pydicom.dcmread(tmp_path / "s.dcm").ReferencedSeriesSequence[0].SeriesInstanceUID == series


def test_no_dicom_seg_without_dicom_folders(segment, tmp_path, capsys):
    assert segment("--dicom-seg", tmp_path / "s.dcm") == 2
    assert "no input is a DICOM folder" in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_an_empty_result_gives_a_warning_in_place_of_a_dicom_seg(segment, dicom_case, tmp_path, capsys, monkeypatch):
    pytest.importorskip("highdicom")
    nothing = lambda self, array, spacing, progress=None: np.zeros((3, *array.shape[1:]), np.float32)  # noqa: E731
    monkeypatch.setattr("ssaglioma.inference.engine.PackageEngine.predict", nothing)
    assert segment(*dicom_case, "--dicom-seg", tmp_path / "s.dcm", "--progress", "json", case=None) == 0
    result = result_of(capsys)
    assert "dicom_seg" not in result and not (tmp_path / "s.dcm").exists()
    assert any("No DICOM SEG was written" in text for text in result["warnings"])


def test_measure_prints_a_table_and_writes_json(case_folder, tmp_path, capsys):
    labelmap = case_folder / "case-001-seg.nii.gz"
    assert main(["measure", str(labelmap), "--earlier", str(labelmap), "--json", str(tmp_path / "j" / "m.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = measure(read_labelmap(labelmap, GLIOMA))
    assert lines[0].split() == [
        "region",
        "ml",
        "lesions",
        "diameter",
        "mm",
        "confidence",
        "change",
        "ml",
        "change",
        "%",
    ]
    assert lines[1].split()[:3] == ["WT", f"{expected.regions['WT'].volume_ml:.2f}", "1"]
    assert lines[1].split()[-2:] == ["+0.00", "+0"] and lines[6].startswith("ET lesion 1:")
    document = json.loads((tmp_path / "j" / "m.json").read_text())
    assert document["change"]["WT"]["percent"] == 0 and document["regions"]["ET"]["lesions"] == 1


def test_measure_takes_probabilities_by_their_names(segment, a_found_tumour, tmp_path, capsys):
    assert segment("--probabilities", "--probability-type", "uint8", "--progress", "none") == 0
    files = [str(path) for path in sorted((tmp_path / "o").glob("*probability*"))]
    labelmap = str(tmp_path / "o" / "a-seg.nii.gz")
    capsys.readouterr()
    assert main(["measure", labelmap, "--probabilities", *files, "--progress", "json"]) == 0
    assert 0.5 < result_of(capsys)["regions"]["ET"]["confidence"] <= 1
    assert main(["measure", labelmap, "--probabilities", files[0], files[0]]) == 2
    assert "a second one of ET" in capsys.readouterr().err
    assert main(["measure", labelmap, "--probabilities", labelmap]) == 2
    assert "names no region" in capsys.readouterr().err
