"""Wrong or missing input: a line that says what is wrong, controls that rest, nothing lost."""

from __future__ import annotations

import numpy as np
import slicer
from seg_scene import add_image
from style_scene import errors, install_package, rest


def choose(panel, node):
    panel.ui.contentSelector.setCurrentNode(node)
    return panel.ui.statusLabel.text


def test_a_single_slice_a_tiny_image_and_an_empty_node_are_refused_in_words(host, theatre):
    flat = add_image("flat", np.ones((1, 30, 30), np.float32))
    assert "flat is a single slice; expected a volume" in choose(theatre, flat)
    tiny = add_image("tiny", np.ones((4, 5, 5), np.float32))
    assert "slices of 5 pixels; expected 16 or more" in choose(theatre, tiny)
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    assert "'empty' holds no voxels" in choose(theatre, empty)
    assert not theatre.ui.applyButton.enabled and "no voxels" in theatre.ui.applyButton.toolTip
    assert errors(host) == []


def test_values_that_are_no_numbers_are_told(host, stage):
    array = np.ones((6, 40, 40), np.float32)
    array[2, 5, 5] = np.nan
    choose(stage, add_image("holes", array))
    rest(host, stage)
    stage.ui.updateButton.click()
    assert "'holes' holds 1 values that are not finite" in stage.ui.statusLabel.text.replace("The holes", "The 'holes'")
    assert errors(host) == []


def test_an_empty_slice_is_shown_as_it_is_without_a_verdict(host, stage):
    array = np.zeros((6, 40, 40), np.float32)
    array[3, 10:30, 10:30] = np.random.default_rng(0).uniform(100, 200, (20, 20))
    choose(stage, add_image("almost empty", array))
    stage.logic.goToSlice(stage.parameters, 0)
    rest(host, stage)
    assert not stage.logic.shownPicture.array.any() and stage.ui.guardLabel.text == "Anatomy guard: not examined yet."
    assert errors(host) == []


def test_labels_that_lie_elsewhere_are_told_and_the_picture_stays(host, stage):
    from ssaglioma.volume import Volume
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    far = Volume(np.full((6, 40, 40), 2, np.uint8), (6.0, 1.0, 1.0), (900.0, 900.0, 900.0))
    stage.parameters.labels = segmentation_from_labelmap(far, "far away")
    rest(host, stage)
    assert "'far away' lies outside the image" in stage.ui.statusLabel.text
    assert stage.logic.shownPicture is not None and errors(host) == []


def test_a_style_or_method_that_is_gone_is_told(host, stage):
    stage.parameters.bankStyle = "own:gone"
    assert "'own:gone' is not in the bank any more" in stage.ui.statusLabel.text
    assert not stage.ui.applyButton.enabled
    stage.parameters.bankStyle = "simulated:64mT:1"
    stage.parameters.method = "style-gone"
    assert "The method 'style-gone' is not here" in stage.ui.statusLabel.text
    stage.ui.methodSelector.setCurrentIndex(0)
    rest(host, stage)
    assert stage.ui.statusLabel.text.startswith("Ready") and errors(host) == []


def test_a_learned_style_goes_with_its_own_method_alone(host, stage, tiny_adaconv):
    install_package(stage, tiny_adaconv)
    stage.parameters.bankStyle = "learned:adaconv-tiny:wild"
    assert "was learned by adaconv-tiny; choose that as method" in stage.ui.statusLabel.text
    stage.logic.chooseMethod(stage.parameters, "nyul")
    rest(host, stage)
    assert stage.parameters.bankStyle.startswith("simulated:") and stage.ui.statusLabel.text.startswith("Ready")


def test_one_contrast_alone_cannot_be_applied_to_all_four(theatre, host):
    choose(theatre, add_image("only flair", np.random.default_rng(1).uniform(1, 9, (5, 40, 40)).astype(np.float32)))
    rest(host, theatre)
    assert theatre.ui.applyButton.enabled and not theatre.ui.applyAllButton.enabled
    assert theatre.ui.applyAllButton.toolTip == "Choose the other contrasts under Four contrasts first."


def test_contrasts_on_different_grids_are_told_and_nothing_starts(host, stage):
    stage.parameters.t1 = add_image("other t1", np.ones((6, 40, 40), np.float32), spacing=(2.0, 2.0, 2.0))
    stage.ui.applyAllButton.click()
    assert "T1" in stage.ui.statusLabel.text and "#d03030" in stage.ui.statusDot.text
    assert not stage.logic.busy and errors(host) == []


def test_slices_thinner_than_the_image_s_are_told(host, stage):
    stage.logic.switchAllOff(stage.parameters)
    stage.parameters.scanSlices, stage.parameters.scanThickness = True, 3.0
    stage.parameters.method = "scanner"
    rest(host, stage)
    assert "Slices of 3.0 mm were asked of an image whose slices are 6 mm apart" in stage.ui.statusLabel.text


def test_a_file_that_is_no_image_enters_no_bank(host, stage, tmp_path):
    from slicerhost.qtlayer import dialogs

    file = tmp_path / "notes.nii.gz"
    file.write_text("nothing")
    dialogs.answer_next(str(file))
    stage.ui.addStyleButton.click()
    assert "#d03030" in stage.ui.statusDot.text and not stage.logic.ownStylesFolder().exists()
    assert errors(host) == []


def test_a_full_disk_is_told_and_leaves_nothing(host, stage, monkeypatch):
    from SSAStyleTransferLib import background

    def no_room(**_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(background.tempfile, "mkdtemp", no_room)
    stage.ui.applyButton.click()
    assert "No space left on device" in stage.ui.statusLabel.text and not stage.logic.busy


def test_color_diffusion_and_4d_images_are_no_content(host, theatre):
    import vtk

    for kind, found in (
        ("vtkMRMLVectorVolumeNode", "color image"),
        ("vtkMRMLDiffusionTensorVolumeNode", "diffusion image"),
    ):
        theatre.parameters.content = slicer.mrmlScene.AddNewNodeByClass(kind, "strange")
        assert found in theatre.ui.statusLabel.text and not theatre.ui.applyButton.enabled
    image = vtk.vtkImageData()
    image.SetDimensions(20, 20, 5)
    image.AllocateScalars(vtk.VTK_FLOAT, 6)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "six frames")
    node.SetAndObserveImageData(image)
    text = choose(theatre, node)
    assert "'six frames' is an image with 6 values in each voxel" in text and "Sequences module" in text
    assert errors(host) == []


def test_without_labels_regions_lesions_and_scores_are_left_out(host, stage):
    stage.ui.labelsSelector.setCurrentNode(None)
    rest(host, stage)
    assert stage.ui.regionSelector.count == 1 and stage.ui.regionSelector.currentText == "Whole image"
    assert stage.logic.verdict(stage.parameters).measures.contrast_kept == {}
    assert "contrast" not in stage.ui.guardLabel.text and stage.ui.statusLabel.text.startswith("Ready")
    stage.ui.histogramButton.click()
    assert stage.parameters.histogramTable.GetNumberOfRows() == 64 and errors(host) == []


def test_without_the_sample_cases_the_bank_says_so_and_a_loaded_style_still_works(host, stage, monkeypatch):
    from SSAStyleTransferLib import bank

    from ssaglioma.errors import DatasetError

    def gone(_value):
        raise DatasetError("'SampleCases/ICBM152-grown-001' is not installed", remedy="Install the extension again")

    monkeypatch.setattr(bank, "sampleVolume", gone)
    bank._simulated.cache_clear()
    stage.parameters.bankStyle = "simulated:64mT:2"
    rest(host, stage)
    assert "is not installed" in stage.ui.statusLabel.text and "#d03030" in stage.ui.statusDot.text
    stage.ui.styleSelector.setCurrentNode(stage.parameters.t2)
    rest(host, stage)
    assert stage.logic.shownPicture is not None and stage.ui.statusLabel.text.startswith("Ready")
    assert errors(host) == []
