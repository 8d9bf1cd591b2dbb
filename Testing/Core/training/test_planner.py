"""nnU-Net's planner: published plans for BraTS, and the real planner's topology by hand."""

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.nnunet_export import as_planned
from ssaglioma.training.planner import plan_network, target_spacing

MM = (1.0, 1.0, 1.0)


def same_numbers(network, name):
    return {**network.to_json(), "citation": ""} == {**as_planned(CONFIGURATIONS[name]).to_json(), "citation": ""}


def test_the_3d_plan_for_brats_is_the_published_one():
    plan = plan_network(MM, (140, 171, 137), 1251)
    assert (plan.network.patch, plan.batch_size, plan.values) == ((128, 128, 128), 2, 454_893_568)
    assert same_numbers(plan.network, "nnunet_3d")


def test_the_2d_plan_for_brats_is_the_published_one():
    plan = plan_network(MM, (140, 171, 137), 1251, dims=2)
    assert (plan.network.patch, plan.batch_size, plan.values) == ((192, 160), 105, 9_676_800)
    assert same_numbers(plan.network, "nnunet_2d")


def test_a_median_larger_by_one_voxel_flips_the_plan():
    plan = plan_network(MM, (140, 172, 136), 1251)
    assert (plan.network.patch, plan.network.strides[-1], plan.batch_size) == ((128, 160, 112), (2, 2, 1), 2)


def test_thick_slices_are_halved_later_and_convolved_later():
    """5 mm against 1 mm: z joins when the others have reached 4 mm (5 / 4 < 2); its kernel is 3 from there on."""
    network = plan_network((5.0, 1.0, 1.0), (30, 180, 150), 100).network
    assert network.strides[1:4] == ((1, 2, 2), (1, 2, 2), (2, 2, 2))
    assert network.kernels[:3] == ((1, 3, 3), (1, 3, 3), (3, 3, 3))


def test_the_batch_covers_five_per_cent_of_a_small_data_set():
    """10 cases of 140 x 171 x 137 voxels: 5 % are 1.64 M, that is 53 slices of 192 x 160."""
    assert plan_network(MM, (140, 171, 137), 10, dims=2).batch_size == 53


def test_the_target_is_the_median_voxel_size():
    spacings, shapes = [(1, 1, 1), (3, 0.9, 0.9), (2, 1.1, 1.1)], [(100, 200, 200)] * 3
    assert target_spacing(spacings, shapes) == pytest.approx((2, 1, 1))


def test_a_thick_and_short_axis_takes_its_fine_end():
    spacings = [(size, 0.5, 0.5) for size in (2.0, 5.0, 5.0, 6.0, 6.5)]
    assert target_spacing(spacings, [(20, 400, 400)] * 5) == pytest.approx((3.2, 0.5, 0.5))


def test_sizes_that_make_no_sense_are_refused():
    with pytest.raises(DatasetError, match="A plan for 0 cases"):
        plan_network(MM, (140, 171, 137), 0)
