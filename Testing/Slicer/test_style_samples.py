"""The sample cases in Sample Data, and the thumbnails of styles that ship: synthetic, and up to date."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import slicer
from PIL import Image
from seg_scene import MODULE as SEGMENTER
from seg_scene import ROOT
from style_scene import SLOTS, errors, rest, write_card

from ssaglioma.packages import list_all_packages
from SSASlicerLib.samples import SAMPLE_CASES

THUMBNAILS = ROOT / "SSAStyleTransfer" / "Resources" / "Thumbnails"
AGAIN = "run scripts/make_thumbnails.py again"


def sources():
    import SampleData

    return {one.sampleName: one for one in SampleData.SampleDataLogic.sampleDataSourcesByCategory("SSAGlioma")}


def made_from(file):
    with Image.open(file) as picture:
        return picture.text["made-from"], picture.size, np.asarray(picture)


def test_both_modules_offer_the_same_two_cases_once(host, theatre):
    import SampleData

    host.load_module(SEGMENTER)
    host.unload_module("SSAGliomaSeg")
    listed = SampleData.SampleDataLogic.sampleDataSourcesByCategory("SSAGlioma")
    assert [one.sampleName for one in listed] == [one.sample for one in SAMPLE_CASES] == list(sources())
    for one in listed:
        assert len(one.uris) == len(one.checksums) == 5 and all(uri.startswith("file://") for uri in one.uris)
        with Image.open(one.thumbnailFileName) as picture:
            assert picture.size == (128, 128)


def test_the_hospital_case_is_loaded_from_sample_data_and_the_panel_takes_it(host, theatre):
    import SampleData

    nodes = SampleData.SampleDataLogic().downloadSamples("SSAGliomaGrownHospital")
    assert [node.GetName().split(" ")[-1] for node in nodes] == ["T1", "T1Gd", "T2", "FLAIR", "reference"]
    theatre.ui.fillButton.click()
    theatre.ui.labelsSelector.setCurrentNode(nodes[4])
    rest(host, theatre)
    chosen = {field: getattr(theatre.parameters, field) for field in SLOTS}
    assert list(chosen.values()) == nodes[:4] and theatre.parameters.content is nodes[3]
    assert theatre.ui.statusLabel.text.startswith("Ready: FLAIR"), theatre.ui.statusLabel.text
    labels = theatre.logic.labelsVolume(theatre.parameters).array
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    assert errors(host) == []


def test_a_damaged_file_is_refused_by_its_checksum(host, theatre, tmp_path, monkeypatch):
    import SampleData

    source = sources()["SSAGliomaGrown"]
    wrong = tmp_path / source.fileNames[0]
    wrong.write_bytes(b"nothing")
    monkeypatch.setitem(SampleData.local_copies, source.fileNames[0], wrong)
    with pytest.raises(ValueError, match=f"{source.fileNames[0]}.*expected"):
        SampleData.SampleDataLogic().downloadSamples("SSAGliomaGrown")


def test_every_shipped_style_has_a_thumbnail_that_its_package_made():
    styles = [(one, style) for one in list_all_packages() if one.kind == "stylizer" for style in one.card.styles]
    assert len(styles) >= 6
    names = {f"{package.card.name}-{style.name}.png" for package, style in styles}
    assert {path.name for path in THUMBNAILS.iterdir()} == names, AGAIN
    pictures = []
    for package, style in styles:
        expected = hashlib.sha256("".join(sorted(package.card.sha256.values())).encode()).hexdigest()
        found, size, gray = made_from(THUMBNAILS / f"{package.card.name}-{style.name}.png")
        assert found == expected, f"{package.card.name} has other weights: {AGAIN}"
        assert size == (96, 96) and gray.max() > 200 and (gray == 0).mean() > 0.1
        pictures.append(gray.tobytes())
    assert len(set(pictures)) == len(pictures), "each style looks its own way"


@pytest.mark.parametrize("case", SAMPLE_CASES, ids=lambda case: case.sample)
def test_every_sample_case_has_a_thumbnail_of_its_own_files(case):
    file = ROOT / "SSACore" / "SSASlicerLib" / "Resources" / "SampleCases" / f"{case.case}.png"
    assert made_from(file)[0] == hashlib.sha256(case.files["FLAIR"].read_bytes()).hexdigest(), AGAIN


def test_the_panel_shows_the_thumbnail_of_a_learned_style_and_none_for_a_package_without(host, theatre):
    first = next(entry for entry in theatre.logic.bankEntries() if entry.key.startswith("learned:style-brain-"))
    theatre.parameters.bankStyle = first.key
    with theatre.logic.thumbnailFile(theatre.parameters) as file:
        assert file.is_file()
    assert file.is_file(), "what ships must stay"
    assert file.parent == THUMBNAILS and file.name.startswith("style-brain-")
    assert not theatre.ui.thumbnailLabel.pixmap.isNull() and theatre.ui.thumbnailLabel.pixmap.width() == 96
    write_card(theatre.logic.userPackagesFolder() / "own-package", "own-package", "rain")
    theatre.refresh()
    theatre.parameters.bankStyle = "learned:own-package:plain"
    assert theatre.logic.bankEntry(theatre.parameters).title.startswith("plain, learned over 10 cases")
    with theatre.logic.thumbnailFile(theatre.parameters) as file:
        assert file is None
    assert theatre.ui.thumbnailLabel.pixmap.isNull() and errors(host) == []


def test_a_thumbnail_of_an_image_that_is_not_square_is_not_stretched(host, theatre, tmp_path):
    from ssaglioma.volume import Volume, write_volume

    write_volume(Volume(np.full((3, 60, 40), 9, np.float32), (5.0, 1.0, 1.0)), tmp_path / "tall.nii.gz")
    theatre.parameters.bankStyle = theatre.logic.addOwnStyle(tmp_path / "tall.nii.gz").key
    with theatre.logic.thumbnailFile(theatre.parameters) as file, Image.open(file) as picture:
        gray = np.asarray(picture)
    assert not file.exists(), "a picture of a patient must not stay on the disk"
    assert theatre.ui.thumbnailLabel.pixmap.width() > 0
    assert not list(Path(slicer.app.temporaryPath).rglob("*thumbnail*"))
    assert gray.shape == (60, 60) and not gray[:, :10].any() and not gray[:, 50:].any() and gray[:, 10:50].all()
