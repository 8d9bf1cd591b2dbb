"""Alignment on the shipped synthetic case, halved in resolution, with displacements that are known."""

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from ssaglioma.errors import GeometryError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.packages.resources import locate
from ssaglioma.preprocessing.alignment import (
    AlignmentError,
    AlignmentSettings,
    align,
    align_all,
    choose_reference,
    distance_mm,
    resampled,
)
from ssaglioma.preprocessing.rigid import Level
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.volume import Volume
from ssaglioma.volume.sitk import from_sitk

QUICK = AlignmentSettings(levels=(Level(8.0, 15000, 4.0, 0.1, 60), Level(4.0, 20000, 1.5, 0.01, 80)))
CASE = "ICBM152-grown-001"


@pytest.fixture(scope="module")
def brain():
    """T1Gd, T2 and FLAIR of the sample case with voxels of 2 mm."""
    folder = locate("SampleCases") / CASE
    images = {}
    for sequence in (Sequence.T1C, Sequence.T2W, Sequence.T2F):
        image = SimpleITK.ReadImage(str(folder / f"{CASE}-{sequence.value}.nii.gz"), SimpleITK.sitkFloat32)
        images[sequence] = from_sitk(SimpleITK.BinShrink(image, [2, 2, 2]))
    return images


@pytest.fixture(scope="module")
def head_points(brain):
    volume = brain[Sequence.T1C]
    index = np.argwhere(volume.array > 0)[::50, ::-1]
    return index @ volume.affine_lps[:3, :3].T + volume.affine_lps[:3, 3]


def turned(degrees, axis, shift_mm, centre):
    """The transform that turns about a centre and then shifts, by Rodrigues' formula."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    matrix[:3, 3] = centre + np.asarray(shift_mm) - matrix[:3, :3] @ centre
    return RigidTransform(matrix)


def displaced(volume, truth, slice_mm):
    """The image as a scanner with thick slices sees it after the head moved: head points p lie at truth(p)."""
    moved = resampled(volume, volume, truth.inverse())
    factor = round(slice_mm / volume.spacing_zyx_mm[0])
    count = volume.shape[0] // factor
    thick = moved.array[: count * factor].reshape(count, factor, *volume.shape[1:]).mean(axis=1)
    first = (moved.affine_lps @ [0, 0, (factor - 1) / 2, 1])[:3]
    spacing = (slice_mm, *volume.spacing_zyx_mm[1:])
    return Volume(thick, spacing, tuple(first), moved.direction_lps)


@pytest.mark.parametrize(
    ("sequence", "degrees", "axis", "shift_mm", "slice_mm"),
    [
        (Sequence.T2W, 20.0, (1, 2, -1), (12.0, -12.0, 10.0), 6),
        (Sequence.T2F, -20.0, (0, 1, 3), (-20.0, 0.0, 0.0), 2),
    ],
)
def test_a_known_displacement_across_contrasts_is_recovered(
    brain, head_points, sequence, degrees, axis, shift_mm, slice_mm
):
    truth = turned(degrees, axis, shift_mm, head_points.mean(axis=0))
    found = align(displaced(brain[sequence], truth, slice_mm), brain[Sequence.T1C], QUICK)
    assert distance_mm(found.transform, truth, head_points) < 1.0
    rest = RigidTransform(found.transform.matrix_lps @ truth.inverse().matrix_lps)
    assert rest.degrees < 1.0
    assert found.quality.gain > 4 * QUICK.least_gain
    assert found.quality.disagreement_mm < 2.0
    assert found.volume.same_grid(brain[Sequence.T1C])


def test_the_same_images_give_the_same_bits(brain):
    first, second = (align(brain[Sequence.T2W], brain[Sequence.T1C], QUICK) for _ in range(2))
    assert np.array_equal(first.transform.matrix_lps, second.transform.matrix_lps)
    assert first.quality == second.quality


def test_noise_in_the_outline_of_the_brain_is_refused(brain):
    """The outlines match perfectly: only what lies inside tells that this is no brain."""
    shape = brain[Sequence.T1C].shape
    noise = 300 + 600 * ndimage.gaussian_filter(np.random.default_rng(0).normal(size=shape), 2)
    picture = brain[Sequence.T1C].with_array(((brain[Sequence.T1C].array > 0) * noise).astype(np.float32))
    with pytest.raises(AlignmentError, match="nothing in common.*same patient's brain") as caught:
        align(picture, brain[Sequence.T1C], QUICK, name="The T2 image")
    assert caught.value.problem.startswith("The T2 image could not be aligned")
    assert caught.value.quality.gain < 0.02


def test_another_organ_is_refused(brain):
    """Two bright tubes in a grey trunk, as in a picture of the chest."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in (21, 60, 70)), indexing="ij")
    trunk = 100.0 * ((x / 0.9) ** 2 + (y / 0.7) ** 2 < 1)
    trunk[(x - 0.3) ** 2 + (y + 0.2) ** 2 + 0 * z < 0.03] = 400.0
    trunk[(x + 0.2 + 0.1 * z) ** 2 + (y - 0.1) ** 2 < 0.05] = 250.0
    chest = Volume(trunk.astype(np.float32), (8.0, 4.0, 4.0), (-140.0, -120.0, -80.0))
    with pytest.raises(AlignmentError, match="could not be aligned"):
        align(chest, brain[Sequence.T1C], QUICK)


def test_an_empty_image_is_refused(brain):
    empty = brain[Sequence.T1C].with_array(np.zeros(brain[Sequence.T1C].shape, np.float32))
    with pytest.raises(AlignmentError, match=r"empty.*Check the file"):
        align(empty, brain[Sequence.T1C], QUICK)


def test_a_sliver_of_a_head_is_refused_with_its_thickness(brain):
    whole = brain[Sequence.T1C]
    sliver = Volume(whole.array[40:46], whole.spacing_zyx_mm)
    with pytest.raises(AlignmentError, match=r"T2 could not be aligned: one of the two images is only 12 mm long"):
        align(sliver, whole, QUICK, name="T2")


def test_the_reference_stays_as_it_is_and_all_come_onto_its_grid(brain):
    two = {Sequence.T2F: brain[Sequence.T2F], Sequence.T1C: brain[Sequence.T1C]}
    messages = []
    found = align_all(two, QUICK, progress=lambda fraction, text: messages.append(text))
    assert list(found) == [Sequence.T1C, Sequence.T2F]
    assert found[Sequence.T1C].volume is brain[Sequence.T1C] and found[Sequence.T1C].quality is None
    assert found[Sequence.T2F].volume.same_grid(brain[Sequence.T1C])
    assert found[Sequence.T2F].transform.degrees < 0.5
    assert messages[-1] == "Aligning FLAIR to T1Gd"


def test_without_t1gd_the_thinnest_slices_lead():
    grey = np.ones((3, 4, 5), np.float32)
    volumes = {
        Sequence.T1N: Volume(grey, (6.0, 0.5, 0.5)),
        Sequence.T2W: Volume(grey, (3.0, 0.7, 0.7)),
        Sequence.T2F: Volume(grey, (3.0, 0.9, 0.9)),
    }
    assert choose_reference(volumes) is Sequence.T2W
    assert choose_reference({**volumes, Sequence.T1C: Volume(grey, (7.0, 1.0, 1.0))}) is Sequence.T1C
    with pytest.raises(SequenceError, match="no image to align"):
        choose_reference({})
    with pytest.raises(SequenceError, match="There is no T1Gd image"):
        align_all(volumes, reference=Sequence.T1C)


def test_a_transform_and_its_inverse_undo_each_other():
    points = np.random.default_rng(1).normal(0, 50, (7, 3))
    transform = turned(33.0, (3, -1, 2), (4, 5, 6), np.array([10.0, -20.0, 30.0]))
    assert np.allclose(transform.inverse().apply(transform.apply(points)), points)
    assert transform.degrees == pytest.approx(33.0)
    by_itk = [transform.to_sitk().TransformPoint(point.tolist()) for point in points]
    assert np.allclose(by_itk, transform.apply(points))


def test_labels_keep_their_type_and_values_when_they_are_resampled():
    labels = Volume(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), (2.0, 1.0, 1.0))
    step = RigidTransform(np.array([[1, 0, 0, 1.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    moved = resampled(labels, labels, step, order=0)
    assert moved.array.dtype == np.uint8
    assert np.array_equal(moved.array[:, :, :-1], labels.array[:, :, 1:])
    assert not moved.array[:, :, -1].any()


def test_a_matrix_that_stretches_is_no_rigid_transform():
    with pytest.raises(GeometryError, match="a turn and a shift"):
        RigidTransform(np.diag([1.0, 1.0, 2.0, 1.0]))
