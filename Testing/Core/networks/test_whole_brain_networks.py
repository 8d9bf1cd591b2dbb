"""The networks that see a whole brain at 2 mm."""

import pytest

from ssaglioma.networks import CONFIGURATIONS, build_network

LARGEST_BRAIN_MM = (155, 190, 155)
"""Of the 24 development cases: 146 x 181 x 146 mm, and a little more."""


@pytest.mark.parametrize(("name", "parameters"), [("preview_3d", 1_410_748), ("whole_3d", 4_127_020)])
def test_they_have_their_size_fit_a_package_and_can_be_exported(name, parameters):
    network = build_network(name, in_channels=4, out_channels=3)
    assert sum(tensor.numel() for tensor in network.parameters()) == parameters
    assert 2 * parameters < 16 * 2**20  # float16
    assert CONFIGURATIONS[name].graph(in_channels=4, out_channels=3) is not None


@pytest.mark.parametrize("name", ["preview_3d", "whole_3d"])
def test_one_tile_at_2_mm_holds_a_large_brain(name):
    assert all(2 * edge >= size for edge, size in zip(CONFIGURATIONS[name].patch, LARGEST_BRAIN_MM))
