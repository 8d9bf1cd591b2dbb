"""A correction is saved whole or not at all, is never overwritten, and reads back as a case."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ssaglioma
from ssaglioma.errors import DatasetError, GeometryError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.types import CorrectionRecord
from ssaglioma.volume import Volume, find_cases, read_labelmap, read_volume, write_volume
from ssaglioma.volume import corrections as module
from ssaglioma.volume.corrections import CorrectionNotes, changed_voxels, read_corrections, save_correction

NOTES = CorrectionNotes("glioma-2d-small", "0.1.0", minutes=7.5, editor="reader 2")
KEY = "case-0123456789ab"


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    return {s: Volume(generator.normal(size=(6, 7, 8)).astype(np.float32), (3.0, 1.0, 1.0)) for s in SEQUENCE_ORDER}


@pytest.fixture
def prediction(images):
    labels = np.zeros((6, 7, 8), np.uint8)
    labels[1:5, 2:6, 2:6], labels[2:4, 3:5, 3:5] = 2, 3
    return images[Sequence.T1C].with_array(labels)


@pytest.fixture
def corrected(prediction):
    labels = prediction.array.copy()
    labels[1, 2, 2:4] = 0
    labels[3, 3, 3] = 1
    labels[5, 5, 5] = 3
    return prediction.with_array(labels)


@pytest.fixture
def save(tmp_path, images, prediction, corrected):
    def run(key=KEY, **changes):
        values = {"prediction": prediction, "corrected": corrected, "notes": NOTES, **changes}
        return save_correction(tmp_path / "corrections", key, values.pop("images", images), **values)

    return run


def everything_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_correction_has_the_agreed_files(save, corrected, prediction, images):
    folder = save()
    names = [f"{KEY}-{kind}.nii.gz" for kind in ("t1n", "t1c", "t2w", "t2f", "seg", "prediction")]
    assert folder.name == KEY and {path.name for path in folder.iterdir()} == {*names, "correction.json"}
    assert np.array_equal(read_labelmap(folder / f"{KEY}-seg.nii.gz", GLIOMA).array, corrected.array)
    assert np.array_equal(read_labelmap(folder / f"{KEY}-prediction.nii.gz", GLIOMA).array, prediction.array)
    assert np.array_equal(read_volume(folder / f"{KEY}-t2f.nii.gz").array, images[Sequence.T2F].array)
    assert read_volume(folder / f"{KEY}-t2f.nii.gz").same_grid(images[Sequence.T2F])


def test_the_record_tells_who_did_what(save):
    record = json.loads((save() / "correction.json").read_text())
    assert record["changed_voxels"]["WT"] == {"added": 1, "removed": 2, "kept": 62}
    assert record["changed_voxels"]["ET"] == {"added": 1, "removed": 1, "kept": 7}
    assert record["changed_voxels"]["NCR"] == {"added": 1, "removed": 0, "kept": 0}
    assert (record["case"], record["revision"], record["minutes"]) == (KEY, 1, 7.5)
    assert (record["model"], record["model_version"], record["editor"]) == ("glioma-2d-small", "0.1.0", "reader 2")
    assert record["time"].endswith("+00:00") and record["voxel_volume_ml"] == pytest.approx(0.003)
    assert record["software"] == ssaglioma.__version__ and record["labels"] == "glioma" and record["format"] == 1


def test_changed_voxels_agree_with_counting():
    generator = np.random.default_rng(4)
    before, after = generator.integers(0, 4, (2, 5, 5, 5))
    counts = changed_voxels(before, after, GLIOMA)["TC"]
    pairs = [(int(a) in (1, 3), int(b) in (1, 3)) for a, b in zip(before.ravel(), after.ravel())]
    assert counts == {
        "added": pairs.count((False, True)),
        "removed": pairs.count((True, False)),
        "kept": pairs.count((True, True)),
    }


def test_a_second_correction_is_a_new_revision_and_the_first_stays(save, tmp_path):
    first = save()
    before = everything_below(first)
    second, third = save(), save()
    assert [path.name for path in (second, third)] == [f"{KEY}-r2", f"{KEY}-r3"]
    assert everything_below(first) == before
    assert json.loads((third / "correction.json").read_text())["revision"] == 3
    assert (second / f"{KEY}-r2-seg.nii.gz").is_file()


def test_the_newest_revision_is_read_as_the_case(save, tmp_path):
    save(), save(key="case-b"), save()
    found = read_corrections(tmp_path / "corrections")
    assert [(item.case.name, item.record.revision) for item in found] == [(KEY, 2), ("case-b", 1)]
    assert found[0].case.reference == found[0].folder / f"{KEY}-r2-seg.nii.gz"
    assert list(found[0].case.sequences) == list(SEQUENCE_ORDER) and found[0].prediction.is_file()
    every = read_corrections(tmp_path / "corrections", every_revision=True)
    assert [item.case.name for item in every] == [KEY, f"{KEY}-r2", "case-b"]


def test_the_general_reader_of_cases_takes_the_corrected_labels_as_reference(save, tmp_path):
    folder = save()
    (case,) = find_cases(tmp_path / "corrections")
    assert case.name == KEY and case.reference == folder / f"{KEY}-seg.nii.gz" and len(case.sequences) == 4


def test_missing_sequences_are_allowed_but_no_image_is_not(save, images, tmp_path):
    one = {Sequence.T1C: images[Sequence.T1C]}
    save(images=one)
    assert list(read_corrections(tmp_path / "corrections")[0].case.sequences) == [Sequence.T1C]
    with pytest.raises(DatasetError, match="has no image"):
        save(images={})


def test_a_folder_taken_meanwhile_by_another_process_is_not_touched(save, tmp_path, monkeypatch):
    numbers = iter([1, 2])
    first = save()
    before = everything_below(first)
    monkeypatch.setattr(module, "_next_revision", lambda *_: next(numbers))
    assert save().name == f"{KEY}-r2"
    assert everything_below(first) == before
    assert {path.name[: len(KEY) + 3] for path in (tmp_path / "corrections" / f"{KEY}-r2").glob("*.gz")} == {
        f"{KEY}-r2"
    }


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("bug")])
def test_an_interrupted_write_leaves_nothing(save, tmp_path, monkeypatch, stop):
    written = []

    def write_then_stop(volume, path):
        if len(written) == 3:
            raise stop
        write_volume(volume, path)
        written.append(path)

    monkeypatch.setattr(module, "write_volume", write_then_stop)
    with pytest.raises(type(stop)):
        save()
    assert len(written) == 3 and list((tmp_path / "corrections").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_process_leaves_no_case_and_the_next_one_works(save, tmp_path):
    script = f"""
import os, signal, numpy as np
from ssaglioma.labels import Sequence
from ssaglioma.volume import Volume, corrections
def stop(*_):
    os.kill(os.getpid(), signal.SIGKILL)
corrections._publish = stop
labels = Volume(np.ones((3, 3, 3), np.uint8))
notes = corrections.CorrectionNotes("m", "1", 1.0)
corrections.save_correction({str(tmp_path / "corrections")!r}, {KEY!r}, {{Sequence.T1C: labels}},
                            prediction=labels, corrected=labels, notes=notes)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    left = list((tmp_path / "corrections").iterdir())
    assert len(left) == 1 and left[0].name.startswith(".writing-")
    assert read_corrections(tmp_path / "corrections") == []
    assert save().name == KEY and len(read_corrections(tmp_path / "corrections")) == 1


@pytest.fixture
def a_small_disk():
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_says_so_and_leaves_what_was_there(save, tmp_path, a_small_disk):
    first = save()
    before = everything_below(tmp_path)
    a_small_disk(800)
    with pytest.raises(SSAGliomaError, match="cannot be saved in .*corrections.*Free some space.*nothing") as caught:
        save()
    a_small_disk(1 << 30)
    assert caught.value.exit_code == 3
    assert everything_below(tmp_path) == before and list(first.parent.iterdir()) == [first]


def test_a_root_that_is_a_file_is_named(images, prediction, tmp_path):
    (tmp_path / "root").write_text("x")
    with pytest.raises(SSAGliomaError, match="cannot be saved in .*root"):
        save_correction(tmp_path / "root", KEY, images, prediction=prediction, corrected=prediction, notes=NOTES)


@pytest.mark.parametrize("key", ["", "Jane Doe", "../x", "a/b", "-x", ".hidden", "é"])
def test_a_key_that_is_no_plain_name_is_refused(save, key, tmp_path):
    with pytest.raises(DatasetError, match="no plain name"):
        save(key=key)
    assert not (tmp_path / "corrections").exists()


def test_other_grids_and_unknown_labels_are_refused(save, corrected, images, tmp_path):
    with pytest.raises(GeometryError, match="different grids"):
        save(corrected=Volume(corrected.array, (1.0, 1.0, 1.0)))
    with pytest.raises(DatasetError, match="The corrected segmentation holds labels"):
        save(corrected=corrected.with_array(corrected.array + 5))
    assert not (tmp_path / "corrections").exists()


@pytest.mark.parametrize("minutes", [-1.0, float("nan"), float("inf")])
def test_minutes_are_a_number(save, minutes):
    with pytest.raises(DatasetError, match="minutes"):
        save(notes=replace(NOTES, minutes=minutes))


def test_a_damaged_record_names_its_file(save, tmp_path):
    record = save() / "correction.json"
    whole = json.loads(record.read_text())
    for text in ("{", "[1]", json.dumps({**whole, "format": 9}), json.dumps({"case": "x"})):
        record.write_text(text)
        with pytest.raises(DatasetError, match=r"correction\.json|format 9"):
            read_corrections(tmp_path / "corrections")


def test_a_correction_without_its_labels_is_named(save, tmp_path):
    (save() / f"{KEY}-seg.nii.gz").unlink()
    with pytest.raises(DatasetError, match=f"lacks {KEY}-seg"):
        read_corrections(tmp_path / "corrections")


def test_other_folders_are_passed_over_and_a_missing_root_is_named(save, tmp_path):
    save()
    (tmp_path / "corrections" / "notes").mkdir()
    assert len(read_corrections(tmp_path / "corrections")) == 1
    with pytest.raises(DatasetError, match="'.*nowhere' does not exist"):
        read_corrections(tmp_path / "nowhere")


def test_a_record_survives_json(save):
    record = read_corrections(save().parent)[0].record
    assert CorrectionRecord.from_json(json.loads(json.dumps(record.to_json())), "x") == record
