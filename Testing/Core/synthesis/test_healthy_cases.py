"""Synthetic cases without a tumour."""

import json
from pathlib import Path

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.synthesis.case import CaseParameters, DrawOptions, draw_case, make_case
from ssaglioma.synthesis.records import from_plain, to_plain
from ssaglioma.synthesis.requests import CaseRequest


def test_a_healthy_case_has_four_images_and_no_label(small_head):
    parameters = draw_case(np.random.default_rng(3), small_head, DrawOptions(share_healthy=1.0))
    assert parameters.tumour is None
    assert from_plain(CaseParameters, json.loads(json.dumps(to_plain(parameters)))) == parameters
    case = make_case(small_head, parameters)
    assert tuple(case.images) == SEQUENCE_ORDER and not case.labels.any()
    assert all((image > 0).sum() > 1000 for image in case.images.values())


def test_cases_that_were_made_before_keep_their_digest():
    before = DrawOptions(masks="library", share_from_masks=0.6, share_randomised=0.35)
    request = CaseRequest(Path("training_seg_01.nii"), 11, 0, before)
    assert request.digest == "bbb26de5dfb47f81"  # in the synthesis.json of a case made by version 0.1.0
    healthy = CaseRequest(Path("training_seg_01.nii"), 11, 0, DrawOptions(share_healthy=0.1))
    assert healthy.digest != CaseRequest(Path("training_seg_01.nii"), 11, 0).digest


def test_a_share_beyond_one_is_refused():
    with pytest.raises(DatasetError, match="share_healthy is 1.5"):
        DrawOptions(share_healthy=1.5)
