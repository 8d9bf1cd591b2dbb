import numpy as np
import pytest

from ssaglioma.inference.looks import FULL, Looks, covering, fill_between, first_slices, second_slices
from ssaglioma.inference.sliding_window import predict_slices, predict_volume

PATCH = (16, 16)


class Counting:
    """Logits 10 x the first channel, less 5; remembers how many slices or tiles it was given."""

    def __init__(self):
        self.tiles = 0

    def __call__(self, tiles):
        self.tiles += len(tiles)
        return 10 * tiles[:, :1] - 5


@pytest.fixture
def forward():
    return Counting()


def brain_with_lesion(shape, place):
    """Brain of 0.1 everywhere and a lesion of 1."""
    image = np.full((2, *shape), 0.1, np.float32)
    image[(slice(None), *place)] = 1
    return image


def test_the_first_look_takes_every_fourth_slice_and_the_last():
    assert first_slices(10, 4) == [0, 4, 8, 9] and first_slices(9, 4) == [0, 4, 8] and first_slices(1, 4) == [0]


def test_the_second_look_takes_what_lies_beside_a_slice_that_saw_something():
    assert second_slices([0, 4, 8, 9], [False, True, False, False]) == [1, 2, 3, 5, 6, 7]
    assert second_slices([0, 4, 8], [False, False, False]) == []


def test_slices_in_between_are_filled_linearly():
    volume = np.zeros((1, 5, 1, 1), np.float32)
    volume[0, 4] = 8
    fill_between(volume, [0, 4])
    assert volume[0, :, 0, 0].tolist() == [0, 2, 4, 6, 8]


def test_the_fewest_tiles_that_cover_a_row():
    assert covering([0, 48, 96, 144], 96) == [0, 96, 144] and covering([0], 96) == [0]
    assert covering([0, 37, 74], 96) == [0, 74]


@pytest.mark.parametrize(
    "values", [{"every_mm": -1}, {"quiet": 0.0}, {"quiet": 0.9}, {"least_voxels": -1}, {"doubtful_mm2": -1.0}]
)
def test_looks_that_make_no_sense_are_refused(values):
    with pytest.raises(ValueError, match="make no sense"):
        Looks(**values)


def test_a_slice_is_doubtful_by_its_area_between_two_and_eight_tenths():
    shares = np.full((3, 2, 4, 5), 0.05)
    shares[0, 1, 0, :3] = 0.25  # three pixels of one region
    shares[1, 0, 1, :4] = shares[1, 1, 1, 1:5] = 0.75  # five of two regions together
    shares[2, 0] = 0.5  # all, but only three in the brain
    logits, brain = np.log(shares / (1 - shares)), np.ones((3, 4, 5), bool)
    brain[2] = False
    brain[2, 0, :3] = True
    assert Looks(doubtful_mm2=10.0).doubtful(logits, brain, pixel_mm2=2.0).tolist() == [False, True, False]
    assert Looks(doubtful_mm2=6.0).doubtful(logits, brain, pixel_mm2=2.0).all()


def test_thick_slices_are_all_looked_at():
    assert [Looks().every(mm) for mm in (0.5, 1.0, 1.3, 2.0, 5.0)] == [8, 4, 3, 2, 1] and FULL.every(1.0) == 1


def test_quiet_slices_are_left_out_and_the_lesion_is_the_same_as_with_all_slices(forward):
    image = brain_with_lesion((40, 16, 16), (slice(9, 15), slice(4, 9), slice(4, 9)))
    full = predict_slices(image, PATCH, forward)
    assert forward.tiles == 40
    shown = []
    found = predict_slices(image, PATCH, forward, looks=Looks(), preview=lambda logits: shown.append(logits.copy()))
    assert forward.tiles == 40 + 11 + 6, "eleven slices first, then those between 8 and 16 but for 12"
    np.testing.assert_allclose(found, full, atol=1e-5)
    assert shown[0].shape == full.shape and (shown[0] > 0).sum() == 125 < (full > 0).sum()


def test_a_lesion_thinner_than_the_looks_can_be_missed_but_not_one_that_a_look_meets(forward):
    thin = brain_with_lesion((20, 16, 16), (slice(5, 7), slice(4, 9), slice(4, 9)))
    assert not (predict_slices(thin, PATCH, forward, looks=Looks()) > 0).any()
    met = brain_with_lesion((20, 16, 16), (slice(7, 9), slice(4, 9), slice(4, 9)))
    assert (predict_slices(met, PATCH, forward, looks=Looks()) > 0).any(axis=(0, 2, 3)).nonzero()[0].tolist() == [7, 8]


def test_progress_counts_slices_done_and_planned(forward):
    image = brain_with_lesion((40, 16, 16), (slice(9, 15), slice(4, 9), slice(4, 9)))
    told = []
    predict_slices(image, PATCH, forward, looks=Looks(), batch_size=2, progress=lambda *step: told.append(step))
    assert told[0] == (2 / 25, "Slice 2 of 25") and told[-1] == (1.0, "Slice 17 of 17")
    assert (told[-1][1].done, told[-1][1].planned) == (17, 17)
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_in_3d_tiles_without_brain_are_left_out_and_quiet_ones_are_looked_at_once(forward):
    image = np.zeros((1, 16, 16, 64), np.float32)
    image[..., :40] = 0.1
    image[0, 4:12, 4:12, 2:10] = 1
    full = predict_volume(image, (16, 16, 16), forward)
    assert forward.tiles == 7
    forward.tiles, shown = 0, []
    found = predict_volume(
        image, (16, 16, 16), forward, looks=Looks(), preview=lambda logits: shown.append(logits.copy())
    )
    assert forward.tiles == 4, (
        "tiles at 0, 16 and 32 hold brain and cover it; at 8 the lesion is seen again, at 24 nothing"
    )
    brain = image[0] > 0
    np.testing.assert_allclose(found[0][brain], full[0][brain], atol=1e-5)
    assert (found[0, :, :, 48:] < -10).all() and len(shown) == 1


def test_an_image_of_zeros_still_gives_a_result(forward):
    assert predict_volume(np.zeros((1, 16, 16, 40), np.float32), (16, 16, 16), forward, looks=Looks()).shape == (
        1,
        16,
        16,
        40,
    )
    assert predict_slices(np.zeros((1, 9, 16, 16), np.float32), PATCH, forward, looks=Looks()).shape == (1, 9, 16, 16)
