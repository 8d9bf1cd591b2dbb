"""A case of the scene becomes one of the folder: checked, under a neutral name, on one grid."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import slicer
from seg_scene import add_image
from train_scene import NAMES, scene_case, tiny_images

from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import Sequence
from ssaglioma.volume import Volume, find_cases, read_volume


def test_a_case_of_the_scene_is_written_into_the_folder(desk, own_cases):
    nodes = scene_case("Jane Doe")
    assert desk.ui.trainAddBox.isHidden()
    desk.ui.trainAddToggle.click()
    assert not desk.ui.trainAddBox.isHidden() and not desk.ui.trainAddButton.enabled
    desk.ui.trainGuessButton.click()
    assert [getattr(desk.parameters, field) for field in nodes] == list(nodes.values())
    assert desk.ui.trainAddButton.toolTip == "Choose the folder of the cases first."
    desk.ui.trainSourcePath.currentPath = str(own_cases)
    desk.ui.trainAddButton.click()
    new = next(case for case in find_cases(own_cases) if case.name not in NAMES)
    assert new.name.startswith("case-") and "Doe" not in new.name and len(new.sequences) == 4
    images, labels = tiny_images(5)
    assert np.array_equal(read_volume(new.reference).array, labels)
    assert np.allclose(read_volume(new.sequences[Sequence.T2F]).array, images[3])
    desk.ui.trainAddButton.click()
    assert f"The case {new.name!r} is in" in desk.panel.ui.statusLabel.text and len(find_cases(own_cases)) == 4


class Database:
    """Stand-in for Slicer's DICOM database: the values that tell T1, T1Gd, T2 and FLAIR apart."""

    values: ClassVar = {
        "uid-0": {"0018,0081": "10", "0018,0080": "500"},
        "uid-1": {"0018,0081": "10", "0018,0080": "500", "0018,0010": "Gadovist"},
        "uid-2": {"0018,0081": "100", "0018,0080": "5000"},
        "uid-3": {"0018,0081": "120", "0018,0080": "9000", "0018,0082": "2500"},
    }

    def instanceValue(self, uid: str, tag: str) -> str:
        return self.values[uid].get(tag, "")


def test_images_whose_names_tell_nothing_are_known_by_their_dicom_values(desk, monkeypatch):
    monkeypatch.setattr(slicer, "dicomDatabase", Database(), raising=False)
    nodes = list(scene_case().values())[:4]
    for number, node in enumerate(nodes):
        node.SetName(f"series {number}")
        node.SetAttribute("DICOM.instanceUIDs", f"uid-{number} other")
    desk.logic.guessCase(desk.parameters)
    assert [getattr(desk.parameters, field) for field in ("t1", "t1gd", "t2", "flair")] == nodes
    panel = desk.panel
    panel.logic.fillContrasts(panel.parameters)
    assert [getattr(panel.parameters, field) for field in ("t1", "t1gd", "t2", "flair")] == nodes


def test_images_on_other_grids_are_brought_to_that_of_t1gd(desk, own_cases):
    nodes = scene_case()
    coarse = add_image("coarse FLAIR", tiny_images(5)[0][3][::2], spacing=(6.0, 1.0, 1.0))
    for field, node in {**nodes, "flair": coarse}.items():
        setattr(desk.parameters, field, node)
    desk.parameters.source = str(own_cases)
    folder = desk.logic.addCase(desk.parameters)
    volumes = [read_volume(file) for file in folder.glob("*.nii.gz")]
    assert len(volumes) == 5 and all(volume.same_grid(volumes[0]) for volume in volumes)


def test_a_case_without_labels_or_with_an_empty_segmentation_is_refused(desk, own_cases):
    nodes = scene_case()
    for field, node in nodes.items():
        setattr(desk.parameters, field, node)
    desk.parameters.source, desk.parameters.labels = str(own_cases), None
    assert desk.logic.caseProblem(desk.parameters) == "Choose the segmentation."
    desk.parameters.labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    with pytest.raises(SSAGliomaError):
        desk.logic.addCase(desk.parameters)
    assert len(find_cases(own_cases)) == 3


def chosen_case(desk, cases, **changed):
    """A whole case of the scene, with some nodes changed."""
    for field, node in {**scene_case(), **changed}.items():
        setattr(desk.parameters, field, node)
    desk.parameters.source = str(cases)


def refused(desk, cases) -> str:
    """Why the case cannot be added, as the button says it."""
    desk.tab.refresh()
    desk.ui.trainAddToggle.click()
    assert not desk.ui.trainAddButton.enabled
    with pytest.raises(SSAGliomaError):
        desk.logic.addCase(desk.parameters)
    assert len(find_cases(cases)) == 3
    return desk.ui.trainAddButton.toolTip


def test_a_single_slice_is_refused(desk, own_cases):
    flat = add_image("flat", tiny_images(5)[0][0][:1], spacing=(3.0, 1.0, 1.0))
    chosen_case(desk, own_cases, t2=flat)
    assert refused(desk, own_cases) == "flat is a single slice; expected a volume. Choose another image."


def test_an_image_with_several_values_in_a_voxel_is_refused(desk, own_cases):
    from vtk.util.numpy_support import numpy_to_vtk

    series = add_image("series", tiny_images(5)[0][0], spacing=(3.0, 1.0, 1.0))
    image = series.GetImageData()
    values = numpy_to_vtk(np.zeros((image.GetNumberOfPoints(), 3), np.float32), deep=True)
    image.GetPointData().SetScalars(values)
    chosen_case(desk, own_cases, t2=series)
    assert "'series'" in refused(desk, own_cases) and "3" in desk.ui.trainAddButton.toolTip


def test_an_empty_image_is_refused_and_nothing_is_written(desk, own_cases):
    empty = add_image("empty", np.zeros_like(tiny_images(5)[0][0]), spacing=(3.0, 1.0, 1.0))
    chosen_case(desk, own_cases, t2=empty)
    desk.tab.refresh()
    desk.ui.trainAddToggle.click()
    desk.ui.trainAddButton.click()
    assert "T2 is empty: all voxels are 0" in desk.panel.ui.statusLabel.text
    assert len(find_cases(own_cases)) == 3 and not [path for path in own_cases.iterdir() if path.name.startswith(".")]


def test_what_the_check_only_warns_of_is_told(desk, own_cases):
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    labels = tiny_images(5)[1]
    grid = Volume(np.where(labels == 3, 2, labels).astype(np.uint8), (3.0, 1.0, 1.0), (-30.0, 12.0, 7.0))
    chosen_case(desk, own_cases, labels=segmentation_from_labelmap(grid, "no ET"))
    desk.tab.refresh()
    desk.ui.trainAddToggle.click()
    desk.ui.trainAddButton.click()
    assert desk.panel.ui.statusLabel.text.endswith("No ET in the labels") and len(find_cases(own_cases)) == 4
