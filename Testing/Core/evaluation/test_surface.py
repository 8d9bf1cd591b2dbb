"""Surface distances against published golden values and three other implementations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation import CONVENTIONS, overlap_counts, surface_distances


def cube(start: int, stop: int, size: int = 48) -> np.ndarray:
    mask = np.zeros((size, size, size), dtype=bool)
    mask[start:stop, start:stop, start:stop] = True
    return mask


def golden_pair(name: str) -> tuple[np.ndarray, np.ndarray]:
    a = cube(10, 22)
    voxel, other = np.zeros_like(a), np.zeros_like(a)
    voxel[20, 20, 20], other[23, 20, 20] = True, True
    return {
        "T1": (a, np.roll(a, 3, axis=0)),
        "T2": (a, cube(12, 20)),
        "T3": (a, a | cube(38, 41)),
        "T4": (a, a | cube(38, 44)),
        "T5": (voxel, other),
    }[name]


def blobs(seed: int, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Two overlapping random blobs that reach the image border."""
    generator = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(generator.normal(size=shape), 2.0)
    noise = ndimage.gaussian_filter(generator.normal(size=shape), 2.0)
    other = field + 0.7 * noise
    return field > np.quantile(field, 0.8), other > np.quantile(other, 0.85)


BLOBS = [
    (0, (21, 24, 19), (1.0, 1.0, 1.0)),
    (1, (9, 33, 27), (5.0, 0.9, 0.9)),
    (2, (17, 16, 23), (0.7, 1.3, 2.1)),
    (3, (30, 11, 13), (1.0, 3.0, 1.0)),
]

GOLDEN = [
    ("T1", (1, 1, 1), 0.750000, 3.0000, 3.0000, 3.0000, 3.0000),
    ("T2", (1, 1, 1), 0.457143, 2.8284, 2.8284, 2.8284, 3.4641),
    ("T2", (1, 1, 3), 0.457143, 6.3246, 6.3246, 6.3246, 6.6332),
    ("T3", (1, 1, 1), 0.992248, 0.0, 0.0, 0.0, 32.9090),
    ("T3", (1, 1, 3), 0.992248, 53.3760, 0.0, 0.0, 63.0159),
    ("T4", (1, 1, 1), 0.941176, 34.7563, 35.2846, 33.6749, 38.1051),
    ("T4", (1, 1, 3), 0.941176, 67.4463, 69.1158, 64.1820, 72.9657),
    ("T5", (1, 1, 1), 0.0, 3.0, 3.0, 3.0, 3.0),
]


@pytest.mark.parametrize(("name", "spacing", "dice", "area", "directed", "pooled", "largest"), GOLDEN)
def test_golden_values_hold_in_all_conventions(name, spacing, dice, area, directed, pooled, largest):
    reference, prediction = golden_pair(name)
    assert overlap_counts(reference, prediction).dice == pytest.approx(dice, abs=1e-6)
    for convention, expected in zip(CONVENTIONS, (area, directed, pooled), strict=True):
        found = surface_distances(reference, prediction, spacing, convention)
        assert found.hausdorff_percentile(95) == pytest.approx(expected, abs=6e-5)
        if convention != "surface_area":
            assert found.hausdorff() == pytest.approx(largest, abs=6e-5)


@pytest.mark.parametrize(("seed", "shape", "spacing"), BLOBS)
def test_surface_area_equals_the_package_of_its_authors(seed, shape, spacing):
    package = pytest.importorskip("surface_distance")
    reference, prediction = blobs(seed, shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        judge = package.compute_surface_distances(reference, prediction, spacing)
    found = surface_distances(reference, prediction, spacing, "surface_area")
    for percent in (50, 90, 95, 99):
        expected = package.compute_robust_hausdorff(judge, percent)
        assert found.hausdorff_percentile(percent) == pytest.approx(expected, abs=1e-9)
    largest = max(judge["distances_gt_to_pred"].max(), judge["distances_pred_to_gt"].max())
    assert found.hausdorff() == pytest.approx(largest, abs=1e-9)
    for tolerance in (0.0, 0.5, 1.0, 2.0):
        expected = package.compute_surface_dice_at_tolerance(judge, tolerance)
        assert found.surface_dice(tolerance) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("seed", "shape", "spacing"), BLOBS)
def test_voxel_directed_equals_monai(seed, shape, spacing):
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    from monai.metrics.utils import get_edge_surface_distance

    reference, prediction = blobs(seed, shape)
    tensors = [torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (prediction, reference)]
    found = surface_distances(reference, prediction, spacing, "voxel_directed")
    (_, _), monai_distances, _ = get_edge_surface_distance(
        tensors[0][0, 0], tensors[1][0, 0], spacing=spacing, symmetric=True
    )
    directed = [np.percentile(distances.numpy().astype(float), 95) for distances in monai_distances]
    assert found.hausdorff_percentile(95) == pytest.approx(max(directed), abs=1e-6)
    # MONAI takes its percentile in float32, good to about 1e-6 of its size.
    for percent, value in ((95, found.hausdorff_percentile(95)), (None, found.hausdorff())):
        judge = metrics.compute_hausdorff_distance(
            *tensors, include_background=True, percentile=percent, spacing=spacing
        )
        assert value == pytest.approx(float(judge), rel=1e-6)
    nsd = metrics.compute_surface_dice(*tensors, [1.01], include_background=True, spacing=spacing)
    assert found.surface_dice(1.01) == pytest.approx(float(nsd), abs=1e-6)


@pytest.mark.parametrize(("seed", "shape", "spacing"), BLOBS)
def test_voxel_pooled_equals_the_formula_of_medpy(seed, shape, spacing):
    reference, prediction = blobs(seed, shape)
    borders = [mask ^ ndimage.binary_erosion(mask) for mask in (reference, prediction)]
    maps = [ndimage.distance_transform_edt(~border, sampling=spacing) for border in borders]
    pooled = np.hstack([maps[1][borders[0]], maps[0][borders[1]]])
    found = surface_distances(reference, prediction, spacing, "voxel_pooled")
    assert found.hausdorff_percentile(95) == pytest.approx(np.percentile(pooled, 95), abs=1e-9)
    assert found.hausdorff() == pytest.approx(pooled.max(), abs=1e-9)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("corner", [(0, 0, 0), (4, 6, 2)])
def test_single_voxels_in_the_corners_of_the_image_are_measured(convention, corner):
    reference, prediction = np.zeros((5, 7, 3), dtype=bool), np.zeros((5, 7, 3), dtype=bool)
    reference[corner], prediction[2, 6, 1] = True, True
    steps = (np.array(corner) - (2, 6, 1)) * (2.0, 1.0, 3.0)
    found = surface_distances(reference, prediction, (2.0, 1.0, 3.0), convention)
    expected = np.linalg.norm(steps)
    if convention == "surface_area":  # the far corners of the two voxels are as far apart
        assert found.hausdorff() == pytest.approx(expected)
    else:
        assert found.hausdorff_percentile(95) == pytest.approx(expected)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_equal_masks_have_distance_zero_and_full_surface_dice(convention):
    found = surface_distances(cube(3, 9, 12), cube(3, 9, 12), (3.0, 1.0, 1.0), convention)
    assert (found.hausdorff(), found.hausdorff_percentile(), found.surface_dice(0.0)) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_distances_do_not_depend_on_which_mask_comes_first(convention):
    reference, prediction = blobs(5, (15, 16, 17))
    one = surface_distances(reference, prediction, (2.0, 1.0, 1.0), convention)
    two = surface_distances(prediction, reference, (2.0, 1.0, 1.0), convention)
    assert one.hausdorff_percentile() == two.hausdorff_percentile()


def test_one_millimetre_lies_within_a_tolerance_of_one_millimetre():
    a = cube(4, 10, 16)
    found = surface_distances(a, np.roll(a, 1, axis=0), (1.0, 1.0, 1.0), "voxel_pooled")
    assert found.surface_dice(1.0) == 1.0


def test_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="both hold voxels"):
        surface_distances(cube(3, 5, 8), np.zeros((8, 8, 8), dtype=bool), (1, 1, 1))


def test_an_unknown_convention_is_named_in_the_error():
    with pytest.raises(DatasetError, match="'medpy' is not known"):
        surface_distances(cube(3, 5, 8), cube(3, 5, 8), (1, 1, 1), "medpy")
