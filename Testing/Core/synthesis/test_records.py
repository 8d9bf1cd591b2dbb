"""Parameters to JSON and back."""

import json

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy import HeadParameters
from ssaglioma.synthesis.mr import Mprage, SpinEcho, draw_protocol
from ssaglioma.synthesis.mr.protocol import Protocol
from ssaglioma.synthesis.records import digest, from_plain, to_plain


def test_parameters_survive_the_way_through_json():
    for seed in range(8):
        drawn = draw_protocol(np.random.default_rng(seed))
        back = from_plain(Protocol, json.loads(json.dumps(to_plain(drawn))))
        assert back == drawn
        assert digest(back) == digest(drawn)


def test_each_kind_of_sequence_comes_back_as_itself():
    kinds = {type(draw_protocol(np.random.default_rng(seed)).t1n) for seed in range(20)}
    assert kinds == {Mprage, SpinEcho}


def test_a_change_of_one_parameter_changes_the_digest():
    assert digest(HeadParameters()) != digest(HeadParameters(mirrored=True))


def test_the_digest_is_the_same_on_every_machine():
    assert digest(HeadParameters()) == "352624e3e267e078"


def test_an_unknown_parameter_is_named():
    with pytest.raises(DatasetError, match="no parameter 'size'"):
        from_plain(HeadParameters, {"size": 3})
