"""The quick augmentation: same seed same patch, nothing outside the brain, labels move with the image."""

from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.training.cases import OUTSIDE
from ssaglioma.training.patch_changes import CHANCES, ContrastChanges, PatchChanges, draw_changes
from ssaglioma.training.quick_augmentation import QuickAugmentation, apply_changes

CONTRASTS = 4


def patch_of(shape, slices=1):
    labels = np.full(shape, OUTSIDE, np.uint8)
    labels[tuple(slice(3, edge - 3) for edge in shape)] = 0
    labels[tuple(slice(edge // 2 - 4, edge // 2 + 4) for edge in shape)] = 3
    image = np.random.default_rng(0).normal(size=(slices * CONTRASTS, *shape)).astype(np.float32)
    return image * (labels != OUTSIDE), labels


@pytest.fixture(params=[((32, 28), 1), ((32, 28), 3), ((16, 20, 18), 1)], ids=["2d", "three slices", "3d"])
def patch(request):
    return patch_of(*request.param)


@pytest.fixture
def unchanged():
    return PatchChanges(None, (False, False), None, (ContrastChanges(),) * CONTRASTS, (), seed=0)


@pytest.mark.parametrize("strength", sorted(CHANCES))
def test_background_stays_zero_and_labels_keep_their_values(patch, strength):
    augment = QuickAugmentation(patch[1].shape, CONTRASTS, strength, channel_dropout=0.3)
    for seed in range(25):
        image, labels = augment(*patch, seed=seed)
        assert image.shape == patch[0].shape and image.dtype == np.float32 and np.isfinite(image).all()
        assert set(np.unique(labels)) <= {0, 3, OUTSIDE}
        assert (image[:, labels == OUTSIDE] == 0).all()


def test_the_same_seed_gives_the_same_patch_and_the_input_is_left_alone(patch):
    before = patch[0].copy()
    augment = QuickAugmentation(patch[1].shape, CONTRASTS, "strong")
    images = [augment(*patch, seed=seed)[0] for seed in (3, 3, 4)]
    assert np.array_equal(images[0], images[1]) and not np.array_equal(images[0], images[2])
    assert np.array_equal(patch[0], before)


def test_nothing_drawn_changes_nothing(unchanged):
    image, labels = patch_of((32, 28))
    same, kept = apply_changes(unchanged, image, labels)
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(kept, labels)


def test_mirroring_turns_image_and_labels_alike(unchanged):
    image, labels = patch_of((32, 28), slices=3)
    labels[5, 6] = 2
    turned, moved = apply_changes(replace(unchanged, mirrored=(False, True)), image, labels)
    np.testing.assert_array_equal(turned, image[..., ::-1])
    np.testing.assert_array_equal(moved, labels[:, ::-1])


def test_a_shift_moves_image_and_labels_by_its_voxels(unchanged):
    image, labels = patch_of((32, 28))
    changes = replace(unchanged, matrix=(1.0, 0.0, 2.0, 0.0, 1.0, 3.0))  # x looks 2 to the right, y 3 down
    moved, codes = apply_changes(changes, image, labels)
    np.testing.assert_allclose(moved[:, 4:20, 4:20], image[:, 7:23, 6:22], atol=1e-4)
    np.testing.assert_array_equal(codes[4:20, 4:20], labels[7:23, 6:22])


def test_gray_values_of_a_contrast_change_alike_in_all_its_slices(unchanged):
    image, labels = patch_of((32, 28), slices=3)
    image[CONTRASTS:] = np.tile(image[:CONTRASTS], (2, 1, 1))
    changed = (ContrastChanges(gamma=1.5, bias=0.3, network=True), *(ContrastChanges(),) * 3)
    result, _ = apply_changes(replace(unchanged, contrasts=changed), image, labels)
    stacks = result.reshape(3, CONTRASTS, 32, 28)
    np.testing.assert_array_equal(stacks[:, 1:], image.reshape(stacks.shape)[:, 1:])
    np.testing.assert_allclose(stacks[1:], np.broadcast_to(stacks[:1], stacks[1:].shape), atol=1e-5)
    assert not np.allclose(stacks[0, 0], image[0])


def test_gamma_and_random_networks_keep_mean_and_deviation_of_the_brain(unchanged):
    image, labels = patch_of((32, 28))
    inside = labels != OUTSIDE
    for one in (ContrastChanges(gamma=0.7), ContrastChanges(inverted_gamma=1.4), ContrastChanges(network=True)):
        changes = replace(unchanged, contrasts=(one, *(ContrastChanges(),) * 3), seed=5)
        result, _ = apply_changes(changes, image, labels)
        assert result[0][inside].mean() == pytest.approx(image[0][inside].mean(), abs=1e-4)
        assert result[0][inside].std() == pytest.approx(image[0][inside].std(), rel=1e-3)


def test_dropped_contrasts_are_zero_in_every_slice_and_an_anchor_always_stays():
    generator, seen = np.random.default_rng(0), set()
    for _ in range(200):
        dropped = draw_changes(generator, CHANCES["quick"], 2, CONTRASTS, 1.0, anchors=(1, 3)).dropped
        assert dropped and not {1, 3} <= set(dropped)
        seen.add(dropped)
    assert len(seen) == 11  # the subsets of four that lack something and hold 1 or 3
    image, labels = patch_of((32, 28), slices=3)
    result, _ = QuickAugmentation((32, 28), CONTRASTS, channel_dropout=1.0)(image, labels, seed=1)
    empty = ~result.reshape(3, CONTRASTS, -1).any(axis=2)
    assert empty.any() and (empty == empty[:1]).all()
