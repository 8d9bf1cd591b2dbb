import json

import pytest

from ssaglioma.cli.main import main
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.volume import Volume, read_labelmap, write_volume


@pytest.fixture
def thin_case(tmp_path, images_of):
    """Thirteen slices of 1 mm, so that a first look can leave some out."""
    images, _ = images_of(shape=(13, 40, 36))
    (tmp_path / "thin").mkdir()
    for sequence, image in zip(SEQUENCE_ORDER, images):
        write_volume(Volume(image, (1.0, 1.0, 1.0)), tmp_path / "thin" / f"thin-{sequence.value}.nii.gz")
    return tmp_path / "thin"


def events(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_first_coarser_labelmap_is_there_before_the_result(thin_case, package_folder, tmp_path, capsys):
    preview = tmp_path / "preview.nii.gz"
    words = ["segment", str(thin_case), "--model", str(package_folder), "--prepare", "never", "--progress", "json"]
    words += ["--output", str(tmp_path / "seg.nii.gz"), "--preview", str(preview)]
    assert main(words) == 0
    told = events(capsys)
    names = [event["event"] for event in told]
    assert told[names.index("preview")]["labelmap"] == str(preview)
    assert names.index("preview") < names.index("result")
    assert {"done", "planned"} <= set().union(*(event for event in told if event["event"] == "progress"))
    result = read_labelmap(tmp_path / "seg.nii.gz", GLIOMA)
    assert read_labelmap(preview, GLIOMA).same_grid(result)
    assert main(words) == 2 and "exists" in events(capsys)[-1]["message"]


def test_a_thorough_run_has_no_first_look(thin_case, package_folder, tmp_path, capsys):
    words = ["segment", str(thin_case), "--model", str(package_folder), "--prepare", "never", "--progress", "json"]
    words += ["--output", str(tmp_path / "seg.nii.gz"), "--preview", str(tmp_path / "preview.nii.gz"), "--thorough"]
    assert main(words) == 0
    assert "preview" not in [event["event"] for event in events(capsys)] and not (tmp_path / "preview.nii.gz").exists()
