"""From a run to a package and back to a stylizer: same pictures, built-in styles, contrasts that are refused."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.packages import read_any_package, write_package
from ssaglioma.style.building import TRAINED_METHODS, build_style_network, network_options
from ssaglioma.style.decoders import MirrorDecoder
from ssaglioma.style.encoders import ENCODERS, build_encoder
from ssaglioma.style.packaged import load_decoder, load_encoder, load_stylizer, style_states
from ssaglioma.style.registry import create_stylizer
from ssaglioma.training.style_config import StyleTrainingConfig
from ssaglioma.training.style_loop import StyleTrainer
from ssaglioma.training.style_package import PackageWords, StyleSource, package_encoder, package_style_run
from ssaglioma.volume import Volume

WORDS = PackageWords(name="tiny", title="t", training_data="noise")


def make_slice(seed, shape=(35, 29)):
    generator = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    return np.where(y**2 + x**2 < 0.8, 300 + 100 * np.sin(seed + 5 * x) + generator.normal(0, 9, shape), 0.0)


@pytest.fixture(scope="module")
def encoder_weights():
    torch.manual_seed(0)
    return build_encoder("mri_small").state_dict()


@pytest.fixture(scope="module")
def run_of(tmp_path_factory, encoder_weights):
    """Trains a method for one step, once."""
    runs = {}

    def make(method):
        if method not in runs:
            sizes = {"epochs": 1, "steps_per_epoch": 2, "batch_size": 1, "content_crop": 32, "style_crop": 32}
            config = StyleTrainingConfig(method=method, learning_rate=1e-4, **sizes)
            folder = tmp_path_factory.mktemp(method)
            slices = [make_slice(1), make_slice(2)]
            network = StyleTrainer(config, slices, slices, encoder_weights, folder).run()
            runs[method] = folder, network
        return runs[method]

    return make


def sources(contrasts=("t2f",), count=10):
    images = {contrast: [make_slice(10 + seed) for seed in range(count)] for contrast in contrasts}
    return {"1.5T_ssa": StyleSource(images, "look", "made up")}


@pytest.fixture
def package_of(run_of, tmp_path):
    def make(method="rain", contrasts=("t2f",), styles=None, **options):
        folder, _ = run_of(method)
        chosen = sources(contrasts) if styles is None else styles
        return package_style_run(folder, tmp_path / "p", words=WORDS, contrasts=contrasts, styles=chosen, **options)

    return make


@pytest.mark.parametrize("method", ["adain", "rain", "adaconv_structure"])
def test_a_packaged_stylizer_does_what_the_trained_one_did(method, package_of, run_of):
    package = package_of(method)
    content = make_slice(5)
    network = copy.deepcopy(run_of(method)[1])
    for parameter in network.parameters():
        parameter.data = parameter.data.half().float()  # as the package stores them
    fresh = create_stylizer(method, network=network).fit([], sources()["1.5T_ssa"].images["t2f"])
    made, wanted = load_stylizer(package).stylize(content), fresh.stylize(content)
    error = np.abs(made - wanted)[content > 0] / content.max()  # of the style's own half precision
    assert error.mean() < 0.002 and error.max() < 0.02
    assert package.card.method == method and package.card.style().cases == {"t2f": 10}


def test_the_card_tells_the_identity_error_and_the_history_first(package_of):
    scores = package_of(scores={"edge_mm": 0.3}).card.scores
    assert next(iter(scores)) == "identity_error" and scores["edge_mm"] == 0.3
    assert scores["history"][-1]["identity_error"] == scores["identity_error"] and len(scores["history"]) == 1


def test_a_style_space_keeps_mean_and_deviation(package_of, run_of):
    package = package_of("rain")
    mean, deviation = style_states(package)["t2f"]
    fresh = create_stylizer("rain", network=run_of("rain")[1]).fit([], sources()["1.5T_ssa"].images["t2f"])
    torch.testing.assert_close(mean, fresh.fitted_styles[None][0], rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(deviation, fresh.fitted_styles[None][1], rtol=2e-3, atol=2e-3)


def test_a_seed_draws_around_the_built_in_style(package_of):
    package, content = package_of("rain"), make_slice(5)
    first, again, other, middle = (load_stylizer(package, seed=seed).stylize(content) for seed in (3, 3, 4, None))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other) and not np.allclose(first, middle)


def test_each_contrast_has_its_own_built_in_style(package_of):
    styles = {"two": StyleSource({"t1n": [make_slice(1)] * 10, "t2f": [make_slice(33)] * 10}, "d", "s")}
    package = package_of("adain", ("t1n", "t2f"), styles)
    stylizer = load_stylizer(package)
    assert stylizer.fitted_sequences == {Sequence.T1N, Sequence.T2F}
    case = {key: Volume(np.stack([make_slice(7)] * 2), (3.0, 1.0, 1.0)) for key in (Sequence.T1N, Sequence.T2F)}
    made = stylizer.stylize(case)
    assert not np.allclose(made[Sequence.T1N].array, made[Sequence.T2F].array)
    single = load_stylizer(package, contrast="FLAIR").stylize(case[Sequence.T2F])
    np.testing.assert_allclose(single.array, made[Sequence.T2F].array, rtol=1e-4, atol=1e-2)
    with pytest.raises(SequenceError, match="nothing for no named contrast; it has FLAIR, T1"):
        stylizer.stylize(make_slice(3))


def test_a_contrast_that_was_not_trained_on_is_refused_unless_forced(package_of):
    stylizer = load_stylizer(package_of("adain"))
    case = {Sequence.T1C: Volume(np.stack([make_slice(7)] * 2), (3.0, 1.0, 1.0))}
    with pytest.raises(SequenceError, match="not trained on T1Gd"):
        stylizer.stylize(case)
    with pytest.raises(SequenceError, match="not trained on T1Gd"):
        stylizer.stylize(case, {Sequence.T1C: make_slice(2)})
    assert stylizer.stylize(case, force=True)[Sequence.T1C].array.any()
    assert "not trained on T1Gd but on FLAIR" in stylizer.warnings[0]
    assert "style of FLAIR was used for T1Gd" in stylizer.warnings[1]


def test_free_names_are_contrasts_too(package_of):
    package = package_of("adain", ("composite",), sources(("composite",)))
    assert load_stylizer(package, contrast="composite").stylize(make_slice(4)).any()
    assert load_stylizer(package).stylize(make_slice(4)).any()
    with pytest.raises(SequenceError, match="not trained on 'lge'"):
        load_stylizer(package, contrast="lge")
    with pytest.raises(SequenceError, match="not trained on FLAIR"):
        load_stylizer(package).stylize({Sequence.T2F: make_slice(4)})
    assert load_stylizer(package, contrast="lge", force=True).stylize(make_slice(4)).any()


def test_a_package_without_styles_takes_a_style_image(package_of):
    stylizer = load_stylizer(package_of("adain", styles={}))
    assert stylizer.stylize(make_slice(4), make_slice(8)).any()
    with pytest.raises(DatasetError, match="has no style"):
        stylizer.stylize(make_slice(4))


def test_a_style_of_few_cases_is_refused(package_of):
    with pytest.raises(DatasetError, match=r"over \{'t2f': 9\} cases.*10 or more"):
        package_of(styles=sources(count=9))


def test_a_style_that_the_package_lacks_is_refused(package_of):
    with pytest.raises(ModelPackageError, match="no built-in style '7T'"):
        load_stylizer(package_of("adain"), style="7T")


def test_a_tensor_that_is_gone_is_named(package_of, tmp_path):
    package = package_of("adain")
    weights = package.weights()
    less = {name: value for name, value in weights.items() if not name.startswith("style.")}
    broken = write_package(tmp_path / "less", package.card, less)
    with pytest.raises(ModelPackageError, match="lacks its style '1.5T_ssa' for 't2f'"):
        load_stylizer(broken)
    other = write_package(tmp_path / "other", replace(package.card, method="adaconv"), weights)
    with pytest.raises(ModelPackageError, match="do not fit the method 'adaconv'"):
        load_stylizer(other)


@pytest.mark.parametrize("method", TRAINED_METHODS)
def test_a_network_is_built_again_from_its_options(method):
    network = build_style_network(method, options={"keep_detail": 1})
    again = build_style_network(method, options=network_options(network))
    assert network_options(again) == network_options(network)
    shapes = [{name: value.shape for name, value in one.state_dict().items()} for one in (network, again)]
    assert shapes[0] == shapes[1]


def test_options_of_another_method_are_refused():
    with pytest.raises(DatasetError, match=r"'adain' cannot be built with the options \{'latent': 3\}"):
        build_style_network("adain", options={"latent": 3})


def test_an_encoder_comes_back_with_its_decoder(tmp_path, encoder_weights):
    torch.manual_seed(1)
    decoder = MirrorDecoder(ENCODERS["mri_small"]).state_dict()
    package_encoder(
        encoder_weights, tmp_path / "e", words=WORDS, encoder="mri_small", contrasts=("t2f",), decoder=decoder
    )
    package = read_any_package(tmp_path / "e")
    assert package.kind == "encoder" and package.card.method is None
    for loaded, wanted in ((load_encoder(package), encoder_weights), (load_decoder(package), decoder)):
        assert set(loaded) == set(wanted)
        for name, value in wanted.items():
            torch.testing.assert_close(loaded[name], value, rtol=1e-3, atol=1e-3)
    with pytest.raises(ModelPackageError, match="is of kind 'encoder'"):
        load_stylizer(package)


def test_an_encoder_may_have_no_decoder(tmp_path, encoder_weights):
    package = package_encoder(encoder_weights, tmp_path / "e", words=WORDS, encoder="mri_small", contrasts=("t2f",))
    assert load_decoder(package) is None
    with pytest.raises(ModelPackageError, match="decoder's weights do not fit"):
        package_encoder(
            encoder_weights,
            tmp_path,
            words=WORDS,
            encoder="mri_small",
            contrasts=("t2f",),
            decoder={"a": torch.ones(1)},
        )
