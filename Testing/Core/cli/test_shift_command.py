"""`ssaglioma shift` on small folders: cases, pictures, unnamed volumes, and everything that can be wrong with them."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from ssaglioma.cli.main import main
from ssaglioma.cli.shift_sets import find_set
from ssaglioma.errors import DatasetError
from ssaglioma.labels import CARDIAC_LGE, GLIOMA
from ssaglioma.packages import write_package
from ssaglioma.shift import ShiftReport
from ssaglioma.volume import Volume, write_volume


def shift(source, target, *more):
    return main(["shift", "--source", str(source), "--target", str(target), "--progress", "none", *map(str, more)])


def write_cases(folder, images_of, count=2, sequences=("t1n", "t2f"), gain=1.0, blur=0.0):
    for number in range(count):
        images, labels = images_of((8, 40, 36), seed=number)
        for sequence, image in zip(sequences, images):
            inside = image > 0
            drawn = np.where(inside, ndimage.gaussian_filter(image, (0, blur, blur)) ** gain, 0)
            path = folder / f"case-{number}" / f"case-{number}-{sequence}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_volume(Volume(drawn.astype(np.float32), (3.0, 1.0, 1.0)), path)
        write_volume(Volume(labels, (3.0, 1.0, 1.0)), folder / f"case-{number}" / f"case-{number}-seg.nii.gz")
    return folder


@pytest.fixture
def source(tmp_path, images_of):
    return write_cases(tmp_path / "hospital-a", images_of)


@pytest.fixture
def target(tmp_path, images_of):
    return write_cases(tmp_path / "hospital-b", images_of, count=3, sequences=("t2f", "t1c"), gain=1.5, blur=0.8)


@pytest.fixture
def pictures(tmp_path, images_of):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        image = images_of((8, 40, 36), seed=number)[0][0][4]
        Image.fromarray((image / 4).clip(0, 255).astype(np.uint8)).save(folder / f"slice-{number}.jpg")
    return folder


def test_shared_contrasts_are_compared_and_the_others_named(source, target, tmp_path, capsys):
    path = tmp_path / "out" / "shift.json"
    assert shift(source, target, "--labels", "glioma", "--slices", 3, "--json", path) == 0
    said = capsys.readouterr()
    assert "T1 is left out: not in the set target" in said.err and "T1Gd is left out" in said.err
    assert "FLAIR: 2 source, 3 target cases" in said.out and "ED: Jensen-Shannon" in said.out
    report = ShiftReport.from_json(json.loads(path.read_text(encoding="utf-8")), str(path))
    assert report.left_out == {"t1n": ("target",), "t1c": ("source",)}
    assert dict(report.titles) == {"source": "hospital-a", "target": "hospital-b"}
    found = report.contrasts["t2f"].distances["source_target"]
    assert set(GLIOMA.values) <= set(found) and found["all"]["js"].value > found["all"]["js"].floor
    assert report.config.sampling.slices == 3 and report.labels == "glioma"


def test_stylised_cases_come_nearer_and_a_page_is_drawn(source, target, tmp_path, images_of, capsys):
    pytest.importorskip("matplotlib")
    stylised = write_cases(tmp_path / "stylised", images_of, sequences=("t1c", "t2f"), gain=1.5, blur=0.8)
    for number in range(2):
        (stylised / f"case-{number}" / f"case-{number}-t1c.nii.gz").unlink()
    page = tmp_path / "page.png"
    assert shift(source, target, "--stylised", stylised, "--figure", page, "--json", tmp_path / "x.json") == 0
    changes = json.loads((tmp_path / "x.json").read_text())["contrasts"]["t2f"]["changes"]["all"]
    assert changes["js"]["value"] < 0 and changes["frechet"]["value"] < 0
    with Image.open(page) as drawn:
        assert drawn.format == "PNG"
    assert " -> " in capsys.readouterr().out


def test_pictures_are_compared_with_pictures(pictures, tmp_path, capsys):
    (tmp_path / "grouped" / "one").mkdir(parents=True)
    (tmp_path / "grouped" / "two").mkdir()
    for number, folder in ((0, "one"), (1, "one"), (2, "two")):
        shutil.copy(pictures / f"slice-{number}.jpg", tmp_path / "grouped" / folder)
    assert shift(pictures, tmp_path / "grouped") == 0
    assert "Image: 3 source, 2 target cases" in capsys.readouterr().out


def test_a_damaged_case_is_named_and_the_others_are_compared(source, target, tmp_path, capsys):
    (target / "case-1" / "case-1-t2f.nii.gz").write_bytes(b"no image")
    path = tmp_path / "shift.json"
    assert shift(source, target, "--json", path) == 2
    said = capsys.readouterr()
    assert "1 case could not be used (target case-1" in said.err and "FLAIR: 2 source, 2 target" in said.out
    assert list(json.loads(path.read_text())["skipped"]["target"]) == ["case-1"]


def test_json_progress_ends_with_a_result_and_names_no_image(source, target, capsys):
    words = ["shift", "--source", str(source), "--target", str(target), "--progress", "json"]
    assert main(words) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "result" and set(events[-1]["contrasts"]["t2f"]) == {
        "distances",
        "energy_p",
        "changes",
    }
    assert {event["event"] for event in events} == {"version", "warning", "progress", "result"}


def test_an_encoder_package_gives_the_features(source, target, tmp_path):
    torch = pytest.importorskip("torch")
    from ssaglioma.packages.style_card import NETWORK_PREFIX, StyleCard
    from ssaglioma.style.encoders import build_encoder

    torch.manual_seed(1)
    state = build_encoder("mri_small").state_dict()
    weights = {NETWORK_PREFIX + name: value.numpy() for name, value in state.items()}
    words = dict.fromkeys(("content_domain", "style_domain", "training_data", "licence", "intended_use"), "tests")
    card = StyleCard(
        kind="encoder",
        name="tiny",
        version="1",
        title="random",
        method=None,
        encoder="mri_small",
        contrasts=("t2f",),
        **words,
    )
    write_package(tmp_path / "encoder", card, weights, half=False)
    path = tmp_path / "shift.json"
    assert shift(source, target, "--encoder", tmp_path / "encoder", "--slices", 1, "--json", path) == 0
    document = json.loads(path.read_text())
    assert document["featurizer"] == "encoder encoder" and len(document["contrasts"]["t2f"]["map"]["centre"]) == 480


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda folder: None, "does not exist"),
        (lambda folder: folder.mkdir(), "holds no image"),
        (lambda folder: (folder.mkdir(), (folder / "a.jpg").write_bytes(b"x")), "holds 1 usable case"),
        (
            lambda folder: (folder.mkdir(), [(folder / f"{n}.png").write_bytes(b"x") for n in "ab"]),
            "no contrast in common",
        ),
    ],
)
def test_folders_that_are_no_set_end_with_two_and_say_why(source, tmp_path, capsys, make, found):
    make(tmp_path / "other")
    assert shift(source, tmp_path / "other", "--json", tmp_path / "x.json") == 2
    assert found in capsys.readouterr().err and not (tmp_path / "x.json").exists()


def test_a_set_of_damaged_pictures_names_them(pictures, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "other" / name).write_bytes(b"x")
    assert shift(pictures, tmp_path / "other") == 2
    said = capsys.readouterr().err
    assert "holds 0 usable cases (a: The picture" in said and "cannot be read" in said


def test_senseless_settings_and_packages_are_refused(source, target, capsys):
    assert shift(source, target, "--slices", 0) == 2
    assert shift(source, target, "--seed", -3) == 2
    assert shift(source, target, "--encoder", "nothing-like-it") == 2
    assert "nothing-like-it" in capsys.readouterr().err


def test_volumes_without_a_sequence_are_cases_with_their_manual_labels(tmp_path):
    for name in ("p1_C0", "p2_C0"):
        write_volume(Volume(np.ones((2, 9, 9), np.float32)), tmp_path / f"{name}.nii.gz")
        write_volume(Volume(np.full((2, 9, 9), 200, np.uint16)), tmp_path / f"{name}_manual.nii.gz")
    cases, failures = find_set(tmp_path)
    assert [case.name for case in cases] == ["p1_C0", "p2_C0"] and failures == {}
    assert cases[0].labels(None) is None and cases[0].labels(CARDIAC_LGE).array.max() == 200
    assert list(cases[0].read(("image",))) == ["image"] and cases[0].read(("t2f",)) == {}


def test_pictures_of_sixteen_bits_keep_their_values(tmp_path):
    values = np.arange(400, dtype=np.uint16).reshape(20, 20) * 150
    Image.fromarray(values).save(tmp_path / "deep.png")
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "deep.jpg")
    cases, _ = find_set(tmp_path)
    assert [case.name for case in cases] == ["deep.jpg", "deep.png"]
    assert np.array_equal(cases[1].read(("image",))["image"][0], values)
    with pytest.raises(DatasetError, match="does not exist"):
        find_set(tmp_path / "deep.png")
