"""The search over a case sees what a run of the segmenter on the stylised case sees, and moves its loss uphill."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.sliding_window import predict_slices
from ssaglioma.inference.style_search import CaseSearch, search_case_style
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.packages import read_package
from ssaglioma.preprocessing import prepare_case
from ssaglioma.style.building import build_style_network
from ssaglioma.style.epsilon_search import SearchConfig
from ssaglioma.style.registry import create_stylizer
from ssaglioma.volume import Volume


@pytest.fixture
def engine(package_folder):
    return TorchEngine(read_package(package_folder), device="cpu")


@pytest.fixture
def stylizer():
    torch.manual_seed(5)
    network = build_style_network("rain", options={"keep_detail": 1})
    latent = network.vae.latent
    with torch.no_grad():
        for one in list(network.base.decoder.parameters())[-2:]:
            one.mul_(0.05)
    made = create_stylizer("rain", network=network, seed=2)
    return made.take_styles({key: (torch.randn(1, latent), torch.ones(1, latent)) for key in SEQUENCE_ORDER})


@pytest.fixture
def labels(images_of):
    """Labels in every slice that holds brain, so that the search and a run take the same statistics."""
    images, found = images_of()
    return np.where(found > 0, found, (images[0] > 0) * 2)


def test_the_loss_at_the_start_is_that_of_a_run_of_the_segmenter(stylizer, engine, case_volumes, labels):
    stylizer.network.base.keep_detail = False  # else shading is taken away after the search has looked
    search = CaseSearch(SearchConfig(iterations=0))
    found = search_case_style(stylizer, case_volumes, engine, labels, search)
    stylizer.reseed(2)
    stylised = stylizer.stylize(case_volumes)
    prepared = prepare_case({key: volume.array for key, volume in stylised.items()}, SEQUENCE_ORDER)

    @torch.no_grad()
    def forward(tiles):
        return engine.network(torch.from_numpy(tiles)).numpy()

    logits = torch.from_numpy(predict_slices(prepared.image, engine.package.card.patch, forward))
    wanted = np.stack([GLIOMA.mask(labels, region) for region in GLIOMA.regions])[(slice(None), *prepared.box)]
    loss = functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(wanted.astype(np.float32)))
    assert found.losses[0] == pytest.approx(float(loss), rel=1e-4)


@pytest.mark.parametrize("slices", ["tumour", "reference"])
def test_each_iteration_raises_the_loss_and_the_stylizer_keeps_the_offset(
    stylizer, engine, case_volumes, labels, slices
):
    told = []
    search = CaseSearch(SearchConfig(iterations=2), slices)
    found = search_case_style(
        stylizer, case_volumes, engine, labels, search, lambda fraction, text: told.append((fraction, text))
    )
    assert len(found.losses) == 3 and list(found.losses) == sorted(set(found.losses))
    assert stylizer.offset is found.epsilon and not found.epsilons[0].any()
    assert told[0][0] > 0 and f"{found.losses[0]:.4f}" in told[0][1]


def test_the_offset_is_one_step_for_all_contrasts(stylizer, case_volumes):
    """An offset of xi moves every contrast as noise of one deviation would."""
    latent = stylizer.network.vae.latent
    one = {key: Volume(volume.array, volume.spacing_zyx_mm) for key, volume in list(case_volumes.items())[:2]}
    noisy = create_stylizer("rain", network=stylizer.network)
    moved = {key: (mean + 1, deviation) for key, (mean, deviation) in stylizer.fitted_styles.items()}
    plain = create_stylizer("rain", network=stylizer.network).take_styles(stylizer.fitted_styles)
    plain.offset = torch.ones(1, latent)
    for key, volume in noisy.take_styles(moved).stylize(one).items():
        np.testing.assert_allclose(plain.stylize(one)[key].array, volume.array, rtol=1e-4, atol=1e-2)


def test_a_case_without_labels_is_searched_on_its_largest_slice(stylizer, engine, case_volumes, labels):
    search = CaseSearch(SearchConfig(iterations=1))
    assert len(search_case_style(stylizer, case_volumes, engine, 0 * labels, search).losses) == 2


def test_what_does_not_fit_is_refused(stylizer, engine, case_volumes, labels):
    search = CaseSearch(SearchConfig(iterations=1))
    with pytest.raises(DatasetError, match=r"labels have shape \(2, 40, 36\)"):
        search_case_style(stylizer, case_volumes, engine, labels[:2], search)
    less = {key: value for key, value in stylizer.fitted_styles.items() if key.value != "t1c"}
    partial = create_stylizer("rain", network=stylizer.network).take_styles(less)
    with pytest.raises(SequenceError, match="style has nothing for T1Gd"):
        search_case_style(partial, case_volumes, engine, labels, search)
    with pytest.raises(DatasetError, match="slices of the search are 'all'"):
        CaseSearch(SearchConfig(), "all")
    sideways = create_stylizer("rain", network=stylizer.network, slice_axis="through_plane")
    turned = {key: Volume(volume.array, (1.0, 1.0, 3.0)) for key, volume in case_volumes.items()}
    with pytest.raises(ModelPackageError, match="cannot guide the search"):
        search_case_style(sideways.take_styles(stylizer.fitted_styles), turned, engine, labels, search)
