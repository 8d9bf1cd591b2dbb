"""Training a brain mask on a ball-shaped head: resumable, repeatable, packaged as a kind of its own."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.packages import find_package, find_package_of
from ssaglioma.preprocessing.mask_input import MASK_SPACING_MM
from ssaglioma.synthesis.heads import CLASSES, HeadMap, Ranges
from ssaglioma.training.mask_config import MaskTrainingConfig
from ssaglioma.training.mask_loop import MaskTrainer, mask_batch, tumour_loss
from ssaglioma.training.mask_package import package_mask

TINY = MaskTrainingConfig(epochs=2, steps_per_epoch=1, warmup_steps=1)


@pytest.fixture(scope="module")
def ball():
    axis = (np.arange(40) - 19.5) * 2
    radius = np.sqrt(sum(part**2 for part in np.meshgrid(axis, axis, axis, indexing="ij")))
    shares = np.zeros((len(CLASSES) + 1, 40, 40, 40), np.uint8)
    shares[CLASSES.index("skin")] = np.where((radius >= 34) & (radius < 38), 255, 0)
    shares[[CLASSES.index("white"), -1]] = np.where(radius < 30, 255, 0)
    return HeadMap("ball", shares)


@pytest.fixture(scope="module")
def finished_run(ball, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    network = MaskTrainer(TINY, [ball], folder).run()
    return folder, network


def test_a_run_goes_on_where_it_was_stopped(ball, finished_run, tmp_path):
    folder, whole = finished_run
    first = MaskTrainer(TINY, [ball], tmp_path, should_stop=lambda: True)
    first.run()
    assert len(first.history) == 1
    second = MaskTrainer(TINY, [ball], tmp_path)
    network = second.run()
    assert [row["epoch"] for row in second.history] == [1, 2]
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, whole.state_dict()[name]), name
    with pytest.raises(ModelPackageError, match="another configuration"):
        MaskTrainer(replace(TINY, seed=9), [ball], folder).run()
    with pytest.raises(DatasetError, match="no head to train on"):
        MaskTrainer(TINY, [], tmp_path / "empty").run()


def test_a_run_may_begin_with_the_weights_of_another(ball, finished_run, tmp_path):
    weights = {name: tensor.numpy() for name, tensor in finished_run[1].state_dict().items()}
    still = replace(TINY, epochs=1, learning_rate=1e-12)
    network = MaskTrainer(still, [ball], tmp_path, initial_weights=weights).run()
    for name, tensor in network.state_dict().items():
        assert np.allclose(tensor.numpy(), weights[name], atol=1e-6), name
    with pytest.raises(ModelPackageError, match="not those of 'mask_3d'"):
        MaskTrainer(TINY, [ball], tmp_path / "x", initial_weights={"a": np.zeros(2)}).run()


def test_a_batch_is_scaled_and_the_same_for_the_same_step(ball):
    first, again, other = (mask_batch([ball], Ranges(), (1, step), 1) for step in (3, 3, 4))
    assert torch.equal(first.image, again.image) and not torch.equal(first.image, other.image)
    assert first.image.shape == first.brain.shape == first.tumour.shape == (1, 1, 64, 80, 64)
    assert float(first.image.min()) == 0 and float(first.image.max()) == 1
    assert bool((first.tumour <= first.brain + 1e-6).all())


def test_the_loss_of_the_tumour_is_the_cross_entropy_of_its_voxels():
    logits = torch.tensor([[[[[0.0, 2.0, -1.0]]]]])
    tumour = torch.tensor([[[[[0.0, 1.0, 1.0]]]]])
    expected = (np.log1p(np.exp(-2.0)) + np.log1p(np.exp(1.0))) / 2
    assert float(tumour_loss(logits, tumour)) == pytest.approx(expected, rel=1e-6)
    assert float(tumour_loss(logits, torch.zeros_like(tumour))) == 0


def test_the_package_is_of_its_own_kind_and_runs_in_the_engine(finished_run, tmp_path):
    run, _ = finished_run
    package = package_mask(run, tmp_path / "brain-mask-test", heads=["ball"], scores={"made_by": "a test"})
    assert package.kind == "brain_mask" and package.card.name == "brain-mask-test"
    assert json.loads((tmp_path / "brain-mask-test" / "card.json").read_text())["scores"]["made_by"] == "a test"
    engine = TorchEngine(find_package_of("brain_mask", str(package.folder)), device="cpu")
    image = np.random.default_rng(0).random((1, 20, 24, 22), dtype=np.float32)
    found = engine.predict(image, MASK_SPACING_MM)
    assert found.shape == (1, 20, 24, 22) and 0 <= found.min() <= found.max() <= 1
    with pytest.raises(ModelPackageError, match=r"is a brain mask\. Expected the package of a segmenter"):
        find_package(str(package.folder))


def test_an_unfinished_run_is_not_packaged(ball, tmp_path):
    MaskTrainer(TINY, [ball], tmp_path / "run", should_stop=lambda: True).run()
    with pytest.raises(ModelPackageError, match="after epoch 1.*2 epochs"):
        package_mask(tmp_path / "run", tmp_path / "package", heads=["ball"], scores={})


@pytest.mark.parametrize(("name", "value"), [("network", "small_2d"), ("epochs", 0), ("learning_rate", 0.0)])
def test_options_that_make_no_sense_are_refused(name, value):
    with pytest.raises(DatasetError, match=f"Brain mask training option {name} is"):
        MaskTrainingConfig(**{name: value})


def test_the_configuration_comes_back_from_json():
    config = MaskTrainingConfig(seed=4, ranges=Ranges(slice_mm=(2.0, 6.0)))
    assert MaskTrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
