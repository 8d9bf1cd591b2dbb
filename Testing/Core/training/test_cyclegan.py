"""The small CycleGAN: what its step trains, that it learns two looks, and its stylizer."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.style.cyclegan import CycleGan, CycleGanStylizer, CycleGenerator
from ssaglioma.training.cyclegan_loop import CycleGanConfig, CycleGanTrainer
from ssaglioma.volume import Volume

SHORT = CycleGanConfig(epochs=2, steps_per_epoch=1, batch_size=1, crop=32)


@pytest.fixture(scope="module")
def looks():
    """Bright and dark pictures with a square, in one group."""
    generator = np.random.default_rng(0)
    bright = [0.7 + 0.1 * generator.random((40, 36), dtype=np.float32) for _ in range(3)]
    return {"t1c": bright}, {"t1c": [picture**3 + 0.01 for picture in bright]}


def test_pictures_keep_their_size_and_range():
    picture = torch.rand(2, 1, 40, 36)
    made = CycleGenerator(4, 1)(picture).detach()
    assert made.shape == picture.shape and float(made.min()) >= 0 and float(made.max()) <= 1
    assert CycleGan(4, 1).style_judge(picture).shape == (2, 1, 4, 3)


def test_a_step_trains_all_four_networks(looks, tmp_path):
    torch.manual_seed(SHORT.seed)
    before = {name: value.clone() for name, value in CycleGan().state_dict().items()}
    trainer = CycleGanTrainer(SHORT, *looks, tmp_path)
    after = trainer.run().state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"to_style", "to_content", "style_judge", "content_judge"}
    assert [row["learning_rate"] for row in trainer.history] == [2e-4, 2e-4], "falls over the second half alone"


def test_a_run_is_resumed_to_the_same_weights_and_not_under_another_configuration(looks, tmp_path):
    whole = CycleGanTrainer(SHORT, *looks, tmp_path / "whole").run().state_dict()
    again = CycleGanTrainer(SHORT, *looks, tmp_path / "whole")
    assert all(torch.equal(whole[name], value) for name, value in again.run().state_dict().items())
    assert len(again.history) == 2
    with pytest.raises(ModelPackageError, match="another configuration"):
        CycleGanTrainer(CycleGanConfig(epochs=3, crop=32), *looks, tmp_path / "whole").run()


def test_cuts_have_to_suit_the_judges():
    with pytest.raises(DatasetError, match="crop=30"):
        CycleGanConfig(crop=30)


def test_the_stylizer_keeps_size_background_and_range():
    array = np.zeros((3, 21, 18), np.float32)
    array[:, 4:17, 4:15] = np.random.default_rng(1).uniform(100, 900, (3, 13, 11))
    volume = Volume(array, (3.0, 1.0, 1.0))
    torch.manual_seed(0)
    made = CycleGanStylizer(generator=CycleGenerator(4, 1)).stylize(volume, volume)
    assert made.same_grid(volume) and not made.array[array == 0].any()
    assert float(made.array.max()) < 1.2 * array.max() and not np.allclose(made.array, array)
