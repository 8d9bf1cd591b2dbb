"""Fixtures of the synthesis tests: one small head and one case made of it."""

import numpy as np
import pytest
from small_heads import head_volume

from ssaglioma.synthesis.anatomy import anatomy_from_labels
from ssaglioma.synthesis.case import draw_case, make_case


@pytest.fixture(scope="session")
def small_head():
    return anatomy_from_labels(head_volume(), "small head")


@pytest.fixture(scope="session")
def case_of_seed_3(small_head):
    parameters = draw_case(np.random.default_rng(3), small_head)
    return parameters, make_case(small_head, parameters)
