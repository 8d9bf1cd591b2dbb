import numpy as np
import pytest
import SimpleITK
import slicer
import vtk
from lib_scene import OBLIQUE, a_transform, an_image, axis_codes

from ssaglioma.errors import DatasetError, GeometryError, SequenceError
from SSASlicerLib.volumes import grid_from_node, ijk_to_ras, node_from_volume, update_node, volume_from_node

SCALAR_TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")


def write_with_slicer(bare_scene, node, path):
    """Write a node with the storage node that Slicer's Save dialog uses."""
    storage = bare_scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(path))
    assert storage.WriteData(node) == 1
    return SimpleITK.ReadImage(str(path))


def assert_same_place(volume, other):
    assert volume.spacing_zyx_mm == other.spacing_zyx_mm
    assert volume.origin_lps_mm == other.origin_lps_mm
    np.testing.assert_array_equal(volume.direction_lps, other.direction_lps)
    np.testing.assert_array_equal(volume.array, other.array)


@pytest.mark.parametrize("name", axis_codes())
def test_a_volume_comes_back_from_its_node_bit_by_bit_in_all_48_orientations(bare_scene, name):
    volume = an_image(axis_codes()[name])
    assert_same_place(volume_from_node(node_from_volume(volume, name)), volume)


@pytest.mark.parametrize("dtype", SCALAR_TYPES)
def test_every_voxel_type_of_mrml_comes_back_with_its_type(bare_scene, dtype):
    volume = an_image(OBLIQUE, dtype)
    back = volume_from_node(node_from_volume(volume, dtype))
    assert back.array.dtype == dtype
    assert_same_place(back, volume)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz"])
@pytest.mark.parametrize("name", ["LPS", "RAS", "PIR", "SLA"])
def test_simpleitk_reads_what_slicer_writes_of_the_node_as_the_same_volume(bare_scene, tmp_path, suffix, name):
    volume = an_image(axis_codes()[name])
    image = write_with_slicer(bare_scene, node_from_volume(volume, name), tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), volume.array)
    assert image.GetSpacing() == pytest.approx(volume.spacing_zyx_mm[::-1])
    assert image.GetOrigin() == pytest.approx(volume.origin_lps_mm)
    np.testing.assert_allclose(np.reshape(image.GetDirection(), (3, 3)), volume.direction_lps, atol=1e-7)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz"])
def test_an_oblique_image_that_slicer_reads_from_disk_is_the_volume_simpleitk_reads(bare_scene, tmp_path, suffix):
    image = SimpleITK.GetImageFromArray(np.arange(60, dtype=np.float32).reshape(3, 4, 5))
    image.SetSpacing((0.75, 1.25, 2.5))
    image.SetOrigin((-31.5, 12.25, 7.125))
    image.SetDirection(OBLIQUE.ravel().tolist())
    SimpleITK.WriteImage(image, str(tmp_path / f"image{suffix}"))
    node = slicer.modules.volumes.logic().AddArchetypeVolume(str(tmp_path / f"image{suffix}"), "image")
    volume = volume_from_node(node)
    np.testing.assert_array_equal(volume.array, SimpleITK.GetArrayFromImage(image))
    np.testing.assert_allclose(volume.spacing_zyx_mm, (2.5, 1.25, 0.75), atol=1e-6)
    np.testing.assert_allclose(volume.origin_lps_mm, (-31.5, 12.25, 7.125), atol=1e-5)
    np.testing.assert_allclose(volume.direction_lps, OBLIQUE, atol=1e-6)


def test_the_matrix_of_the_node_is_the_matrix_of_the_volume(bare_scene):
    volume = an_image(OBLIQUE)
    matrix = vtk.vtkMatrix4x4()
    node_from_volume(volume, "image").GetIJKToRASMatrix(matrix)
    found = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
    np.testing.assert_allclose(found, ijk_to_ras(volume), atol=1e-12)


def test_the_first_voxel_lies_right_anterior_where_lps_is_negative(bare_scene):
    node = node_from_volume(an_image(), "image")
    assert node.GetOrigin() == (31.5, -12.25, 7.125)
    assert node.GetSpacing() == (0.75, 1.25, 2.5)


def test_a_rigid_parent_transform_goes_into_the_geometry(bare_scene):
    node = node_from_volume(an_image(axis_codes()["PSR"]), "image")
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = OBLIQUE, (5, -3, 40)
    node.SetAndObserveTransformNodeID(a_transform(bare_scene, turn).GetID())
    volume = volume_from_node(node)
    local = np.array([1, 4, 2, 1.0])
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    world = node.GetParentTransformNode().GetTransformToParent().TransformPoint(matrix.MultiplyPoint(local)[:3])
    np.testing.assert_allclose((volume.affine_lps @ local)[:3] * (-1, -1, 1), world, atol=1e-9)
    np.testing.assert_array_equal(volume.array, an_image().array)


def test_two_nested_transforms_give_what_hardening_them_in_slicer_gives(bare_scene):
    outer = np.eye(4)
    outer[:3, :3], outer[:3, 3] = OBLIQUE.T, (0, 9, -2)
    inner = np.eye(4)
    inner[:3, :3] = OBLIQUE
    first, second = a_transform(bare_scene, outer, "Outer"), a_transform(bare_scene, inner, "Inner")
    second.SetAndObserveTransformNodeID(first.GetID())
    node = node_from_volume(an_image(axis_codes()["SAR"]), "image")
    node.SetAndObserveTransformNodeID(second.GetID())
    before = volume_from_node(node)
    node.HardenTransform()
    after = volume_from_node(node)
    assert before.same_grid(after, 1e-9)
    np.testing.assert_array_equal(before.array, after.array)


def test_a_sheared_transform_is_refused_with_the_names(bare_scene):
    shear = np.eye(4)
    shear[0, 1] = 0.2
    node = node_from_volume(an_image(), "FLAIR 3")
    node.SetAndObserveTransformNodeID(a_transform(bare_scene, shear, "Affine").GetID())
    with pytest.raises(GeometryError, match=r"'FLAIR 3' under the transform 'Affine'.*perpendicular"):
        volume_from_node(node)


def test_a_transform_that_is_not_linear_is_refused_with_a_remedy(bare_scene):
    bend = bare_scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "Warp")
    bend.SetAndObserveTransformToParent(vtk.vtkThinPlateSplineTransform())
    node = node_from_volume(an_image(), "T2")
    node.SetAndObserveTransformNodeID(bend.GetID())
    with pytest.raises(GeometryError, match=r"'T2' lies under the transform 'Warp', which is not linear.*Harden"):
        volume_from_node(node)


def test_no_node_asks_for_a_volume():
    with pytest.raises(SequenceError, match="No volume was chosen"):
        volume_from_node(None)


def test_a_node_without_voxels_is_named(bare_scene):
    node = bare_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty one")
    with pytest.raises(DatasetError, match="'Empty one' holds no voxels"):
        volume_from_node(node)


def test_a_vector_volume_is_refused(bare_scene):
    image = vtk.vtkImageData()
    image.SetDimensions(2, 2, 2)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    node = bare_scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "Colors")
    node.SetAndObserveImageData(image)
    with pytest.raises(DatasetError, match="'Colors' is a vector or color image"):
        volume_from_node(node)


def test_a_scalar_node_with_several_values_in_a_voxel_is_refused(bare_scene):
    image = vtk.vtkImageData()
    image.SetDimensions(2, 2, 2)
    image.AllocateScalars(vtk.VTK_SHORT, 4)
    node = bare_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "DSC")
    node.SetAndObserveImageData(image)
    with pytest.raises(DatasetError, match="'DSC' is an image with 4 values in each voxel"):
        volume_from_node(node)


@pytest.mark.parametrize(
    ("kind", "words"), [("vtkMRMLSequenceNode", "over time"), ("vtkMRMLModelNode", "of the kind 'Model'")]
)
def test_a_node_of_another_kind_is_refused(bare_scene, kind, words):
    with pytest.raises(DatasetError, match=f"'Thing' is .*{words}.*Expected a 3D image"):
        volume_from_node(bare_scene.AddNewNodeByClass(kind, "Thing"))


def test_a_voxel_extent_that_does_not_begin_at_zero_moves_the_origin(bare_scene):
    node = node_from_volume(an_image(), "image")
    whole = volume_from_node(node)
    node.GetImageData().SetExtent(2, 5, 1, 5, 0, 2)
    moved = volume_from_node(node)
    np.testing.assert_allclose(moved.origin_lps_mm, (whole.affine_lps @ [2, 1, 0, 1])[:3], atol=1e-12)


def test_a_copy_does_not_change_with_the_node_and_a_shared_one_does(bare_scene):
    node = node_from_volume(an_image(), "image")
    copy, shared = volume_from_node(node), volume_from_node(node, copy=False)
    slicer.util.arrayFromVolume(node)[0, 0, 0] = 99
    assert (copy.array[0, 0, 0], shared.array[0, 0, 0]) == (0, 99)


def test_the_grid_of_a_node_is_its_geometry_alone(bare_scene):
    node = node_from_volume(an_image(OBLIQUE), "image")
    grid = grid_from_node(node)
    assert grid.same_grid(volume_from_node(node), 0.0)
    assert not grid.array.any() and grid.array.strides == (0, 0, 0)


def test_updating_a_node_takes_off_its_transform_and_keeps_its_identity(bare_scene):
    node = node_from_volume(an_image(), "image")
    identifier = node.GetID()
    node.SetAndObserveTransformNodeID(a_transform(bare_scene, np.diag([-1, -1, 1, 1])).GetID())
    update_node(node, an_image(OBLIQUE, np.float32))
    assert node.GetID() == identifier and node.GetParentTransformNode() is None
    assert_same_place(volume_from_node(node), an_image(OBLIQUE, np.float32))


@pytest.mark.parametrize(
    ("dtype", "shown"), [("bool", "uint8"), ("float16", "float32"), ("int64", "int32"), (">i2", "<i2")]
)
def test_voxel_types_that_slicer_does_not_show_become_near_ones(bare_scene, dtype, shown):
    volume = an_image(dtype=dtype)
    back = volume_from_node(node_from_volume(volume, "image"))
    assert back.array.dtype == shown
    np.testing.assert_array_equal(back.array, volume.array)


def test_whole_numbers_beyond_32_bits_are_refused_and_leave_the_scene_as_it_was(bare_scene):
    volume = an_image(dtype=np.int64)
    before = bare_scene.GetNumberOfNodes()
    with pytest.raises(DatasetError, match="'image' holds whole numbers from 0 to 8589934592"):
        node_from_volume(volume.with_array(volume.array * 0 + np.array([0, 0, 0, 2**33])), "image")
    assert bare_scene.GetNumberOfNodes() == before


def test_a_labelmap_node_can_be_made(bare_scene):
    node = node_from_volume(an_image(dtype=np.uint8), "labels", class_name="vtkMRMLLabelMapVolumeNode")
    assert node.IsA("vtkMRMLLabelMapVolumeNode") and node.GetDisplayNode().IsA("vtkMRMLLabelMapVolumeDisplayNode")
