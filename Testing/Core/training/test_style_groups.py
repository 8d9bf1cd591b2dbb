"""Slices in groups: pairs never mix contrasts, and draws stay those of their seed and step."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.style.encoders import build_encoder
from ssaglioma.training.style_config import StyleTrainingConfig
from ssaglioma.training.style_loop import StyleTrainer
from ssaglioma.training.style_slices import SliceSet, paired_cuts, paired_sets


def make_slice(peak, shape=(21, 17)):
    """A slope from half of the peak to the peak: all of it is foreground."""
    return np.linspace(peak / 2, peak, shape[0] * shape[1]).reshape(shape)


def make_groups(**counts):
    return {group: [make_slice(10.0 + index) for index in range(count)] for group, count in counts.items()}


@pytest.fixture
def sets():
    return paired_sets(make_groups(t1n=2, t2f=9), make_groups(t2f=1, t1n=4))


def test_a_style_cut_is_of_the_content_cuts_group(sets):
    content, style = paired_cuts(sets, np.random.default_rng(3), 200, (16, 8))
    assert sets[0].groups_of(content) == sets[1].groups_of(style)
    assert {cut.picture for cut, group in zip(style, sets[1].groups_of(style)) if group == "t2f"} == {0}
    assert {cut.picture for cut, group in zip(style, sets[1].groups_of(style)) if group == "t1n"} == {1, 2, 3, 4}


def test_groups_are_drawn_with_equal_chance_whatever_their_size(sets):
    content, _ = paired_cuts(sets, np.random.default_rng(5), 1000, (16, 16))
    assert sets[0].groups_of(content).count("t1n") == pytest.approx(500, abs=60)


def test_draws_are_repeated_from_seed_and_step(sets):
    first, again, other = (paired_cuts(sets, np.random.default_rng([1, step]), 6, (16, 8)) for step in (4, 4, 5))
    assert first == again and first != other


def test_one_group_draws_what_an_ungrouped_set_draws():
    slices = make_groups(t2f=5)
    plain, grouped = SliceSet(slices["t2f"], "content"), SliceSet(slices, "content")
    assert plain.draw(np.random.default_rng(2), 8, 16) == grouped.draw(np.random.default_rng(2), 8, 16)


def test_whole_slices_come_from_every_group():
    dark, bright = np.ones((16, 16)), np.eye(16) + 1
    made = SliceSet({"a": [dark] * 3, "b": [bright] * 3}, "held-out").whole(2, 16)
    assert float(made[0].std()) == 0 and float(made[1].std()) > 0


def test_groups_of_one_set_alone_are_refused():
    with pytest.raises(DatasetError, match=r"content set has \['t1c'\], the style set only \['t2f'\]"):
        paired_sets(make_groups(t1c=1, t2f=1), make_groups(t2f=1))
    with pytest.raises(DatasetError, match=r"style set has \['t1c'\]"):
        paired_sets(make_groups(t2f=1), make_groups(t1c=1, t2f=1))


def test_an_empty_group_is_named():
    with pytest.raises(DatasetError, match=r"style \(t1n\) set is empty"):
        SliceSet({"t2f": [make_slice(1.0)], "t1n": []}, "style")
    with pytest.raises(DatasetError, match=r"content \(t2f\) slice 2 is empty"):
        SliceSet({"t2f": [make_slice(1.0), np.zeros((9, 9))]}, "content")
    with pytest.raises(DatasetError, match="content set is empty"):
        SliceSet({}, "content")


def test_an_interrupted_run_with_groups_ends_in_the_same_weights(tmp_path):
    torch.manual_seed(0)
    weights = build_encoder("mri_small").state_dict()
    sizes = {"epochs": 2, "steps_per_epoch": 2, "batch_size": 2, "content_crop": 16, "style_crop": 16}
    config = StyleTrainingConfig(method="rain", **sizes)
    content, style = make_groups(t1n=2, t2f=3), make_groups(t1n=1, t2f=2)

    def trainer(folder, stop=False):
        return StyleTrainer(config, content, style, weights, tmp_path / folder, content, should_stop=lambda: stop)

    whole = trainer("whole").run()
    trainer("parts", stop=True).run()
    for one, other in zip(trainer("parts").run().parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
