import numpy as np
import pytest

from ssaglioma.training.augmentation import Augmentation
from ssaglioma.training.cases import OUTSIDE


@pytest.fixture(params=[(64, 56), (48, 48, 48)], ids=["2d", "3d"])
def patch(request):
    shape = request.param
    generator = np.random.default_rng(0)
    labels = np.full(shape, OUTSIDE, np.uint8)
    inner = tuple(slice(4, edge - 4) for edge in shape)
    labels[inner] = 0
    labels[tuple(slice(edge // 2 - 8, edge // 2 + 8) for edge in shape)] = 3
    image = generator.normal(size=(4, *shape)).astype(np.float32) * (labels != OUTSIDE)
    return image, labels


def test_the_same_seed_gives_the_same_patch_and_another_seed_another(patch):
    augment = Augmentation(patch[1].shape)
    first, again = augment(*patch, seed=5), augment(*patch, seed=5)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert any(not np.array_equal(first[0], augment(*patch, seed=seed)[0]) for seed in range(10))


def test_background_stays_exactly_zero_and_labels_keep_their_values(patch):
    augment = Augmentation(patch[1].shape)
    for seed in range(40):
        image, labels = augment(*patch, seed=seed)
        assert image.shape == patch[0].shape and image.dtype == np.float32
        assert np.isfinite(image).all()
        assert set(np.unique(labels)) <= {0, 3, OUTSIDE}
        assert (image[:, labels == OUTSIDE] == 0).all()


def test_the_input_is_left_alone(patch):
    before = patch[0].copy()
    for seed in range(10):
        Augmentation(patch[1].shape, channel_dropout=1.0)(*patch, seed=seed)
    assert np.array_equal(patch[0], before)


def test_dropped_channels_are_zero_and_one_anchor_always_stays(patch):
    augment = Augmentation(patch[1].shape, channel_dropout=1.0, anchors=(1, 3))
    dropped = []
    for seed in range(60):
        image, _ = augment(*patch, seed=seed)
        empty = {channel for channel in range(4) if not image[channel].any()}
        dropped.append(len(empty))
        assert not {1, 3} <= empty
    assert set(dropped) == {1, 2, 3}


def test_every_subset_with_an_anchor_is_drawn(patch):
    """Eleven subsets of four channels lack something and hold channel 1 or 3."""
    augment = Augmentation(patch[1].shape, channel_dropout=1.0, anchors=(1, 3))
    kept = set()
    for seed in range(150):
        image = patch[0].copy() + 1
        augment._drop_channels(image, np.random.default_rng(seed))
        kept.add(frozenset(channel for channel in range(4) if image[channel].any()))
    assert len(kept) == 11 and all({1, 3} & channels for channels in kept)
