import pytest
import slicer
from lib_scene import a_labelmap, an_image

from SSASlicerLib.segmentations import segmentation_from_labelmap
from SSASlicerLib.subject_hierarchy import (
    patient_name,
    place_beside,
    result_name,
    same_patient,
    study_item,
    unique_name,
)
from SSASlicerLib.volumes import node_from_volume


@pytest.fixture
def hierarchy(bare_scene):
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(bare_scene)


def an_image_in_a_study(hierarchy, patient="Patient A", study="MR 2024-05-01"):
    patient_item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), patient)
    study_of_it = hierarchy.CreateStudyItem(patient_item, study)
    node = node_from_volume(an_image(), "T1Gd")
    hierarchy.CreateItem(study_of_it, node)
    return node, study_of_it


def test_a_result_goes_under_the_study_of_its_image(hierarchy):
    image, study = an_image_in_a_study(hierarchy)
    result = segmentation_from_labelmap(a_labelmap(), "Result")
    item = place_beside(result, image)
    assert hierarchy.GetItemParent(item) == study == study_item(image)
    assert hierarchy.GetItemByDataNode(result) == item


def test_an_item_that_the_application_made_is_moved_not_doubled(hierarchy):
    image, study = an_image_in_a_study(hierarchy)
    result = segmentation_from_labelmap(a_labelmap(), "Result")
    made = hierarchy.CreateItem(hierarchy.GetSceneItemID(), result)
    assert place_beside(result, image) == made
    assert hierarchy.GetItemParent(made) == study


def test_an_image_in_a_folder_keeps_its_result_in_the_folder(hierarchy):
    folder = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Case 7")
    image = node_from_volume(an_image(), "T1Gd")
    hierarchy.CreateItem(folder, image)
    assert hierarchy.GetItemParent(place_beside(segmentation_from_labelmap(a_labelmap(), "Result"), image)) == folder


def test_an_image_in_no_folder_leaves_the_result_at_the_top(hierarchy):
    image = node_from_volume(an_image(), "T1Gd")
    item = place_beside(segmentation_from_labelmap(a_labelmap(), "Result"), image)
    assert hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID()


def test_earlier_results_keep_their_place_and_name(hierarchy):
    image, study = an_image_in_a_study(hierarchy)
    names = []
    for _ in range(3):
        node = segmentation_from_labelmap(a_labelmap(), result_name(image, "segmentation"))
        place_beside(node, image)
        names.append(node.GetName())
    assert names == [
        "MR 2024-05-01 segmentation",
        "MR 2024-05-01 segmentation (2)",
        "MR 2024-05-01 segmentation (3)",
    ]
    assert hierarchy.GetNumberOfItemChildren(study) == 4


def test_an_image_at_the_top_gives_the_result_its_own_name(hierarchy):
    assert result_name(node_from_volume(an_image(), "brain"), "segmentation") == "brain segmentation"


def test_a_numbered_name_counts_on(bare_scene):
    node_from_volume(an_image(), "Result")
    node_from_volume(an_image(), "Result (2)")
    assert unique_name("Result (2)") == unique_name("Result") == "Result (3)"
    assert unique_name("Other (2)") == "Other"


def test_images_of_two_patients_are_told_apart(hierarchy):
    first, study = an_image_in_a_study(hierarchy)
    second, _ = an_image_in_a_study(hierarchy, "Patient B")
    third = node_from_volume(an_image(), "T2")
    hierarchy.CreateItem(hierarchy.CreateStudyItem(hierarchy.GetItemParent(study), "MR 2025-01-02"), third)
    assert same_patient(first, second) is False
    assert same_patient(first, third) is True
    assert same_patient(first, node_from_volume(an_image(), "loose")) is None


def test_the_patients_name_is_found_above_the_study_and_is_empty_without_one(hierarchy):
    image, study = an_image_in_a_study(hierarchy)
    attribute = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMPatientNameAttributeName()
    assert patient_name(image) == ""
    hierarchy.SetItemAttribute(hierarchy.GetItemParent(study), attribute, "Doe^Jane")
    assert patient_name(image) == "Doe^Jane"
    assert patient_name(node_from_volume(an_image(), "loose")) == ""
