import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference

from ssaglioma.inference.sliding_window import gaussian_weights, predict_slices, predict_volume, tile_starts


def first_channel_doubled(tiles):
    return np.repeat(tiles[:, :1] * 2, 3, axis=1)


def test_tiles_start_where_nnunet_puts_them():
    assert tile_starts(110, 64) == [0, 23, 46]
    assert tile_starts(64, 64) == [0]
    assert tile_starts(40, 64) == [0]


@pytest.mark.parametrize(("size", "edge"), [(65, 64), (200, 96), (155, 32)])
def test_tiles_cover_the_axis_and_overlap_by_half(size, edge):
    starts = tile_starts(size, edge)
    assert starts[0] == 0 and starts[-1] + edge == size
    assert max(np.diff(starts)) <= edge / 2 + 1


def test_weights_peak_in_the_centre_and_are_never_zero():
    weights = gaussian_weights((64, 48))
    assert weights.max() == 10 and weights[32, 24] == 10
    assert weights.min() > 0


@pytest.mark.parametrize("shape", [(2, 3, 40, 37), (2, 5, 90, 70), (2, 1, 33, 64)])
def test_a_voxelwise_network_gives_back_the_image_slice_by_slice(shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    logits = predict_slices(image, (48, 32), first_channel_doubled, batch_size=2)
    assert logits.shape == (3, *shape[1:])
    assert np.allclose(logits, image[:1] * 2, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 20, 17, 33), (2, 7, 9, 5)])
def test_a_voxelwise_network_gives_back_the_image_as_a_volume(shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    logits = predict_volume(image, (16, 16, 16), first_channel_doubled)
    assert np.allclose(logits, image[:1] * 2, atol=1e-5)


def test_blended_tiles_agree_with_monai_on_average():
    torch.manual_seed(0)
    convolution = torch.nn.Conv3d(1, 1, 3, padding=1).eval()
    image = np.random.default_rng(1).normal(size=(1, 32, 32, 32)).astype(np.float32)

    def forward(tiles):
        with torch.inference_mode():
            return convolution(torch.from_numpy(tiles)).numpy()

    ours = predict_volume(image, (16, 16, 16), forward)
    with torch.inference_mode():
        judge = sliding_window_inference(
            torch.from_numpy(image)[None],
            (16, 16, 16),
            4,
            convolution,
            overlap=0.5,
            mode="gaussian",
            sigma_scale=0.125,
        )[0].numpy()
        whole = convolution(torch.from_numpy(image)[None])[0].numpy()
    assert np.abs(ours - whole).mean() <= np.abs(judge - whole).mean() * 1.5
    assert np.abs(ours - judge).mean() < 0.02


def test_progress_rises_to_one():
    seen = []
    predict_slices(
        np.zeros((1, 5, 8, 8), np.float32),
        (8, 8),
        first_channel_doubled,
        batch_size=2,
        progress=lambda f, _: seen.append(f),
    )
    assert seen == sorted(seen) and seen[-1] == 1
