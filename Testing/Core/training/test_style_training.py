"""The training of stylizers: it learns, resumes to the same weights, records, and refuses what cannot work."""

import csv
import json

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.style.building import TRAINED_METHODS
from ssaglioma.style.encoders import build_encoder
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.encoder_config import EncoderTrainingConfig
from ssaglioma.training.style_config import StyleTrainingConfig, default_config, paper_config
from ssaglioma.training.style_loop import StyleTrainer, measured_identity_error
from ssaglioma.training.style_slices import Cut, SliceSet


def make_slice(seed, waves, shape=(40, 35)):
    generator = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    return np.where(y**2 + x**2 < 0.9, 500 + 300 * np.sin(waves * (x + y)) + generator.normal(0, 20, shape), 0.0)


@pytest.fixture(scope="module")
def encoder_weights():
    torch.manual_seed(0)
    return build_encoder("mri_small").state_dict()


@pytest.fixture
def trainer_of(tmp_path, encoder_weights):
    def make(folder="run", should_stop=lambda: False, **changes):
        values = {
            "method": "adain",
            "epochs": 2,
            "steps_per_epoch": 2,
            "batch_size": 2,
            "content_crop": 32,
            "style_crop": 32,
        }
        content, style = ([make_slice(seed, waves) for seed in range(3)] for waves in (4.0, 9.0))
        config = StyleTrainingConfig(**{**values, **changes})
        return StyleTrainer(config, content, style, encoder_weights, tmp_path / folder, should_stop=should_stop)

    return make


@pytest.mark.parametrize("method", TRAINED_METHODS)
def test_every_method_trains_and_leaves_its_encoder_alone(method, trainer_of, encoder_weights):
    network = trainer_of(method=method, epochs=1).run()
    encoder = getattr(network, "base", network).encoder
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, encoder_weights[name], rtol=0, atol=0)
    assert not network.training


def test_the_loss_and_the_identity_error_fall(trainer_of):
    trainer = trainer_of(epochs=2, steps_per_epoch=20, style_weight=0.1, identity_weight=50.0, learning_rate=2e-3)
    trainer.run()
    first, last = trainer.history[0], trainer.history[-1]
    assert last["loss"] < 0.8 * first["loss"]
    assert last["identity_error"] < first["identity_error"]


@pytest.mark.parametrize("method", ["adain", "rain"])
def test_an_interrupted_run_ends_in_the_same_weights(method, trainer_of):
    whole = trainer_of("whole", method=method).run()
    interrupted = trainer_of("parts", should_stop=lambda: True, method=method)
    interrupted.run()
    assert len(interrupted.history) == 1 and not interrupted.finished
    resumed = trainer_of("parts", method=method)
    network = resumed.run()
    assert resumed.finished
    for one, other in zip(network.state_dict().values(), whole.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_history_puts_the_identity_error_first(trainer_of):
    messages = []
    trainer = trainer_of(method="rain")
    trainer.run(lambda fraction, message: messages.append((fraction, message)))
    with open(trainer.folder / "history.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:2] == ["epoch", "identity_error"]
    assert {"content", "style", "latent", "reconstruction", "identity", "boundary", "learning_rate"} <= set(rows[0])
    assert json.loads((trainer.folder / "history.json").read_text(encoding="utf-8")) == trainer.history
    fractions = [fraction for fraction, _ in messages]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert messages[-1][1].startswith("Epoch 2: identity error")


def test_the_learning_rate_falls_as_one_over_steps(trainer_of):
    trainer = trainer_of(learning_rate=1e-3, decay=0.5)
    trainer.run()
    assert [row["learning_rate"] for row in trainer.history] == pytest.approx([1e-3 / 1.5, 1e-3 / 2.5])


def test_the_loss_is_the_weighted_sum(trainer_of):
    trainer = trainer_of(epochs=1, content_weight=2.0, style_weight=3.0, identity_weight=0.5, boundary_weight=0.0)
    trainer.run()
    row = trainer.history[0]
    assert row["loss"] == pytest.approx(2 * row["content"] + 3 * row["style"] + 0.5 * row["identity"], rel=1e-5)


def test_the_losses_of_this_project_are_weighed_too(trainer_of):
    trainer = trainer_of(
        epochs=1, style_weight=0.0, identity_weight=0.0, boundary_weight=2.0, histogram_weight=7.0, content_weight=1.0
    )
    trainer.run()
    row = trainer.history[0]
    assert row["histogram"] > 0
    expected = row["content"] + 2 * row["boundary"] + 7 * row["histogram"]
    assert row["loss"] == pytest.approx(expected, rel=1e-5)


def test_identity_error_is_measured_on_held_out_slices(trainer_of):
    trainer = trainer_of(epochs=1)
    trainer.held_out = [make_slice(77, 20.0)]
    network = trainer.run()
    pictures = SliceSet(trainer.held_out, "held-out").whole(8, 32)
    assert trainer.history[0]["identity_error"] == pytest.approx(measured_identity_error(network, pictures), rel=1e-4)


def test_another_configuration_cannot_resume_a_run(trainer_of):
    trainer_of(epochs=1).run()
    with pytest.raises(ModelPackageError, match="another configuration"):
        trainer_of(epochs=1, style_weight=9.0).run()


def test_a_loss_that_is_no_number_stops_the_run(trainer_of):
    with pytest.raises(DatasetError, match="The loss became"):
        trainer_of(learning_rate=1e30, steps_per_epoch=10, gradient_clip=None).run()


def test_empty_and_damaged_sets_are_refused(trainer_of):
    trainer = trainer_of()
    trainer.style = []
    with pytest.raises(DatasetError, match="style set is empty"):
        trainer.run()
    trainer.style = [np.zeros((9, 9))]
    with pytest.raises(DatasetError, match="style slice 1 is empty"):
        trainer.run()


def test_cuts_are_replayed_from_their_numbers():
    slices = SliceSet([make_slice(1, 3.0), make_slice(2, 3.0, (20, 60))], "content")
    draws = [slices.draw(np.random.default_rng(5), 4, 24) for _ in range(2)]
    assert draws[0] == draws[1]
    torch.testing.assert_close(slices.cut(draws[0], 24), slices.cut(draws[1], 24))
    assert slices.cut(draws[0], 24).shape == (4, 1, 24, 24)


def test_a_cut_by_hand():
    """Rows 1-2 and columns 0-1 of 0 .. 8 (scaled by their 99.9th percentile), flipped along X."""
    array = np.arange(9.0).reshape(3, 3) + 1
    slices = SliceSet([array], "content")
    unit = array / np.percentile(array, 99.9)
    made = slices.cut([Cut(0, 1, 0, False, True)], 2)[0, 0]
    np.testing.assert_allclose(made, unit[1:3, [1, 0]], rtol=1e-6)


def test_small_slices_are_padded_with_background():
    made = SliceSet([np.ones((3, 5))], "content").whole(1, 8)
    assert made.shape == (1, 1, 8, 8) and float(made.sum()) == pytest.approx(15.0)
    assert not made[0, 0, :2].any() and made[0, 0, 2, 1] == 1


def test_published_trainings():
    rain, adaconv = paper_config("rain"), paper_config("adaconv")
    assert rain.epochs * rain.steps_per_epoch == adaconv.epochs * adaconv.steps_per_epoch == 160_000
    assert (rain.content_weight, rain.style_weight, rain.latent_weight, rain.reconstruction_weight) == (1, 1, 1, 5)
    assert (adaconv.style_weight, adaconv.decay, rain.decay) == (10, 2e-4, 5e-5)
    for config in (rain, adaconv):
        assert config.identity_weight == config.boundary_weight == config.histogram_weight == 0
    assert (rain.encoder, adaconv.encoder) == ("vgg19_normalised", "vgg19")


def test_the_structure_variant_alone_is_trained_for_boundaries():
    weights = {method: default_config(method).boundary_weight for method in TRAINED_METHODS}
    assert {method for method, weight in weights.items() if weight} == {"adaconv_structure"}


def test_a_configuration_survives_json():
    config = default_config("adaconv_rain")
    assert StyleTrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ModelPackageError, match=r"unknown keys \['colour'\]"):
        StyleTrainingConfig.from_json({"colour": 1})


@pytest.mark.parametrize(
    "wrong", [{"method": "nyul"}, {"encoder": "x"}, {"epochs": 0}, {"content_crop": 20}, {"style_weight": -1}]
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(DatasetError, match=f"option {next(iter(wrong))} is"):
        StyleTrainingConfig(**wrong)


@pytest.mark.parametrize("kind", [TrainingConfig, StyleTrainingConfig, EncoderTrainingConfig])
def test_each_configuration_comes_back_from_json_and_refuses_what_it_does_not_know(kind):
    config = kind(seed=9)
    assert kind.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ModelPackageError, match=r"training.* holds unknown keys \['wings'\]"):
        kind.from_json({**config.to_json(), "wings": 2})
