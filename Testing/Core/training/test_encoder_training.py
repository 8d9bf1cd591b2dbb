import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.training.checkpoint import CHECKPOINT
from ssaglioma.training.encoder_config import EncoderTrainingConfig
from ssaglioma.training.encoder_loop import EncoderTrainer, encoder_losses
from ssaglioma.training.encoder_slices import EncoderSlices, LabelledSlice, cut_of
from ssaglioma.training.style_slices import Cut

QUICK = EncoderTrainingConfig(epochs=2, steps_per_epoch=3, batch_size=4, crop=32, warmup_steps=1, learning_rate=1e-3)


def disc(shape, radius):
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (y - shape[0] / 2) ** 2 + (x - shape[1] / 2) ** 2 <= radius**2


@pytest.fixture
def slices():
    """Two contrasts told apart by their texture; only the first one is labelled, with one region."""
    generator = np.random.default_rng(0)
    brain = disc((50, 45), 20)
    smooth = [brain * (0.5 + 0.1 * generator.random()) for _ in range(3)]
    rough = [brain * generator.random(brain.shape) for _ in range(3)]
    region = disc(brain.shape, 8)[None]
    return EncoderSlices(
        {
            "smooth": [LabelledSlice(one, region) for one in smooth],
            "rough": [LabelledSlice(one) for one in rough],
        }
    )


def test_the_same_step_gives_the_same_batch_and_another_step_another(slices):
    first, again, other = (slices.batch(QUICK, step) for step in (5, 5, 6))
    assert torch.equal(first.picture, again.picture) and torch.equal(first.scanner, again.scanner)
    assert not torch.equal(first.picture, other.picture)


def test_a_batch_tells_contrast_labels_and_how_it_was_scanned(slices):
    batch = slices.batch(EncoderTrainingConfig(batch_size=40, crop=32), 0)
    assert batch.picture.shape == (40, 1, 32, 32) and batch.regions.shape == (40, 1, 8, 8)
    assert set(batch.contrast.tolist()) == {0, 1}
    assert torch.equal(batch.labelled, batch.contrast == 0)
    assert batch.regions[~batch.labelled].abs().sum() == 0
    assert float(batch.scanner.min()) >= 0 and float(batch.scanner.max()) <= 1


def test_noise_and_blur_of_a_batch_are_those_that_it_states():
    flat = EncoderSlices({"flat": [LabelledSlice(np.ones((64, 64)))]})
    config = EncoderTrainingConfig(batch_size=16, crop=64, largest_noise=0.1, seed=3)
    batch = flat.batch(config, 0)
    for picture, (_, noise) in zip(batch.picture, batch.scanner):
        assert float(picture.std()) == pytest.approx(0.1 * float(noise), rel=0.1, abs=1e-4)


def test_a_cut_flips_and_pads_as_the_picture_does():
    picture = np.arange(12.0).reshape(3, 4)
    cut = cut_of(picture, Cut(0, 0, 0, True, False), 5)
    padded = np.zeros((5, 5))
    padded[1:4, 0:4] = picture
    np.testing.assert_array_equal(cut, padded[::-1])


def test_cells_hold_the_share_of_the_region():
    picture = np.ones((8, 8))
    region = np.zeros((1, 8, 8), bool)
    region[0, :4, :2] = True
    config = EncoderTrainingConfig(batch_size=1, crop=16)
    batch = EncoderSlices({"one": [LabelledSlice(picture, region)]}).batch(config, 0)
    assert sorted(batch.regions.flatten().tolist())[-1] == 0.5
    assert float(batch.regions.sum()) == 0.5


def test_training_lowers_the_loss_and_tells_the_contrasts(slices, tmp_path):
    config = EncoderTrainingConfig(
        epochs=3,
        steps_per_epoch=25,
        batch_size=4,
        crop=32,
        warmup_steps=5,
        learning_rate=3e-3,
        contrast_weight=1.0,
        largest_blur_px=0.5,  # more would make the two textures alike
        largest_noise=0.02,
    )
    trainer = EncoderTrainer(config, slices, tmp_path, held_out=slices)
    trainer.run()
    first, *_, last = trainer.history
    assert last["loss"] < 0.7 * first["loss"]
    assert last["held_out_contrast_accuracy"] > 0.9


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(slices, tmp_path):
    whole = EncoderTrainer(QUICK, slices, tmp_path / "whole").run()
    EncoderTrainer(QUICK, slices, tmp_path / "parts", should_stop=lambda: True).run()
    resumed = EncoderTrainer(QUICK, slices, tmp_path / "parts")
    parts = resumed.run()
    assert resumed.finished
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], value, rtol=1e-5, atol=1e-6)


def test_another_configuration_does_not_go_on_with_a_run(slices, tmp_path):
    EncoderTrainer(QUICK, slices, tmp_path, should_stop=lambda: True).run()
    other = EncoderTrainingConfig(**{**QUICK.to_json(), "seed": 2})
    with pytest.raises(ModelPackageError, match="another configuration"):
        EncoderTrainer(other, slices, tmp_path).run()
    assert (tmp_path / CHECKPOINT).exists()


def test_slices_without_labels_give_no_region_loss(tmp_path):
    plain = EncoderSlices({"plain": [LabelledSlice(np.random.default_rng(0).random((40, 40)))]})
    task = EncoderTrainer(QUICK, plain, tmp_path)._build()
    assert float(encoder_losses(task, plain.batch(QUICK, 0))["region"].detach()) == 0


def test_sets_that_cannot_be_learned_from_are_refused():
    one = LabelledSlice(np.ones((8, 8)), np.ones((1, 8, 8), bool))
    two = LabelledSlice(np.ones((8, 8)), np.ones((2, 8, 8), bool))
    with pytest.raises(DatasetError, match=r"\[1, 2\] regions"):
        EncoderSlices({"a": [one], "b": [two]})
    with pytest.raises(DatasetError, match="no contrast"):
        EncoderSlices({})


@pytest.mark.parametrize(
    ("option", "value"), [("encoder", "vgg19_conv5"), ("crop", 20), ("epochs", 0), ("learning_rate", 0.0)]
)
def test_options_that_make_no_sense_are_refused(option, value):
    with pytest.raises(DatasetError, match=option):
        EncoderTrainingConfig(**{option: value})
