"""The published procedure on one slice: what goes in, where it comes out, and the weights that it asks for."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from ssaglioma.errors import DatasetError, GeometryError, ModelPackageError
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.feature_statistics import gram_matrix
from ssaglioma.style.gatys import GatysConfig, GatysStylizer, paper_settings
from ssaglioma.training.faithful_copy import faithful_copy, middle_picture
from ssaglioma.volume import Volume

SHAPE = (155, 22, 18)
QUICK = replace(
    paper_settings(), content_layer="relu2_2", style_layers=("relu1_1", "relu2_1"), longest_side=32, steps=2
)


@pytest.fixture
def encoder():
    torch.manual_seed(2)
    return build_encoder("vgg19")


@pytest.fixture
def content(images_of):
    images, labels = images_of(SHAPE, 1)
    return (
        "BraTS-SSA-00051-000",
        Volume(images[0], (1.0, 1.2, 1.0), (3.0, -4.0, 5.0)),
        Volume(labels, (1.0, 1.2, 1.0), (3.0, -4.0, 5.0)),
    )


@pytest.fixture
def style(images_of):
    return "BraTS-GLI-00002-000", Volume(images_of((31, 20, 26), 2)[0][0])


def test_the_middle_slice_is_exported_as_there(images_of):
    image = images_of((7, 6, 5), 0)[0][0]
    expected = image[3].T.astype(float)
    expected = (255 * (expected - expected.min()) / (expected.max() - expected.min())).astype(np.uint8)
    picture = middle_picture(Volume(image), "a")
    assert picture.shape == (5, 6) and picture.dtype == np.uint8 and np.array_equal(picture, expected)


def test_three_slices_at_76_to_78_and_nothing_else(content, style, encoder):
    copy = faithful_copy(content, style, encoder, config=QUICK)
    assert copy.image.shape == SHAPE and copy.image.array.dtype == np.uint8
    assert [int(z) for z in np.flatnonzero(copy.image.array.any(axis=(1, 2)))] == [76, 77, 78]
    assert copy.image.same_grid(content[1]) and copy.labels.same_grid(content[2])
    for z in (76, 77, 78):
        assert np.array_equal(copy.labels.array[z], content[2].array[77])
    assert [int(z) for z in np.flatnonzero(copy.labels.array.any(axis=(1, 2)))] == [76, 77, 78]
    assert copy.provenance.content_patient == "BraTS-SSA-00051"
    assert copy.provenance.style_patients == ("BraTS-GLI-00002",)


def test_the_slices_are_the_three_colors_of_the_optimised_picture(content, style, encoder):
    """By hand: the steps of the optimisation, 8 bits, Lanczos back to the size of the slice."""
    stylizer = GatysStylizer(network=encoder, config=QUICK)
    tensors = [
        torch.from_numpy(middle_picture(one[1], "a").astype(np.float32) / 255)[None, None] for one in (content, style)
    ]
    colors = stylizer.optimised_colors(tensors[0], stylizer.style_of(tensors[1]), lambda *_: None)
    assert colors.shape == (1, 3, 26, 32)
    copy = faithful_copy(content, style, encoder, config=QUICK)
    for number, plane in enumerate(colors[0].numpy()):
        image = Image.fromarray(np.rint(255 * plane).astype(np.uint8)).resize((22, 18), Image.Resampling.LANCZOS)
        assert np.array_equal(copy.image.array[76 + number], np.asarray(image).T)


def test_the_style_is_that_of_the_whole_picture(style, encoder):
    stylizer = GatysStylizer(network=encoder, config=GatysConfig("relu2_2", ("relu1_1",), steps=1))
    picture = torch.rand(1, 1, 24, 20)
    torch.testing.assert_close(
        stylizer.style_of(picture).grams[0], gram_matrix(encoder.features(picture, ("relu1_1",))[0])
    )


def test_the_published_settings_are_the_default_and_need_vgg19(content, style, encoder):
    with pytest.raises(ModelPackageError, match="needs the VGG-19 weights.*scripts/fetch_vgg19.py"):
        faithful_copy(content, style, None)
    with pytest.raises(ModelPackageError, match="'vgg19' has no layer"):
        faithful_copy(content, style, encoder)


def test_impossible_pairs_are_refused(content, style, encoder):
    name, image, labels = content
    with pytest.raises(DatasetError, match="both of 'BraTS-SSA-00051'"):
        faithful_copy(content, ("BraTS-SSA-00051-001", style[1]), encoder, config=QUICK)
    with pytest.raises(GeometryError, match="one grid with three slices"):
        faithful_copy((name, image, Volume(labels.array)), style, encoder, config=QUICK)
    empty = image.with_array(np.zeros(SHAPE, np.float32))
    with pytest.raises(DatasetError, match="middle slice of 'BraTS-SSA-00051-000' is empty"):
        faithful_copy((name, empty, labels), style, encoder, config=QUICK)
