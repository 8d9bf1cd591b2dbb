"""Tumours: grown, pushed, painted, and taken from a library."""

from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA_POST
from ssaglioma.synthesis.anatomy import Head, HeadParameters, box_places
from ssaglioma.synthesis.fields import jacobian_determinant, refined, sample
from ssaglioma.synthesis.tumours import (
    STEP,
    VARIANTS,
    LibraryTumour,
    draw_grown_tumour,
    draw_library_tumour,
    grow_tumour,
    mass_effect,
    paint_labels,
    place_mask,
    read_mask,
)
from ssaglioma.volume import Volume, write_volume

NCR, ED, ET, RC = (GLIOMA_POST.values[name] for name in ("NCR", "ED", "ET", "RC"))


class Brain:
    """A small head, straight on the grid, sampled coarsely and finely."""

    def __init__(self, source):
        head = Head(source, HeadParameters(warp_amplitude_mm=0.0, size_mm=(70.0, 86.0, 70.0)))
        self.origin = tuple(part.start for part in head.box)
        coarse, self.places = box_places(head.box, STEP), box_places(head.box)
        self.coarse, self.coarse_brain = head.fractions(coarse), head.brain(coarse)
        self.head, self.shape = head, self.places.shape[1:]

    def painted(self, tumour):
        grown = grow_tumour(tumour, self.coarse, self.coarse_brain, self.origin)
        shift = refined(grown.displacement_mm, STEP, self.shape)
        corner = np.array(self.origin, np.float32).reshape(3, 1, 1, 1)
        score = sample(grown.score_mm, (self.places + shift - corner) / STEP)
        fractions, brain = self.head.fractions(self.places + shift), self.head.brain(self.places + shift)
        self.score = score
        return paint_labels(tumour, score, fractions, brain), fractions, grown


@pytest.fixture(scope="module")
def brain(small_head):
    return Brain(small_head)


def tumour_of(brain, variant="classic", seed=0, **changes):
    drawn = draw_grown_tumour(np.random.default_rng(seed), brain.coarse, brain.origin, variant=variant)
    return replace(drawn, **{"volume_ml": 25.0, "core_share": 0.4, "necrosis_share": 0.4, **changes})


def test_volume_and_shares_are_those_asked_for(brain):
    labels, _, _ = brain.painted(tumour_of(brain))
    count = np.bincount(labels.ravel(), minlength=5)
    whole = count[1:].sum()
    assert whole / 1000 == pytest.approx(25, rel=0.1)
    assert (count[NCR] + count[ET]) / whole == pytest.approx(0.4, abs=0.06)
    assert count[NCR] / (count[NCR] + count[ET]) == pytest.approx(0.4, abs=0.06)


def test_edema_follows_white_matter_and_stays_out_of_csf(brain):
    labels, fractions, _ = brain.painted(tumour_of(brain, white_matter_pull_mm=15.0))
    edema = labels == ED
    assert fractions["csf"][edema].mean() < 0.05
    assert fractions["white"][edema].mean() > 1.3 * fractions["white"][sum(fractions.values()) > 0.5].mean()


def test_necrosis_lies_deeper_than_the_enhancing_ring(brain):
    labels, _, _ = brain.painted(tumour_of(brain, necrosis_share=0.5, roughness_mm=0.0, white_matter_pull_mm=0.0))
    score = brain.score
    assert score[labels == NCR].mean() > score[labels == ET].mean() > score[labels == ED].mean()


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_holds_the_labels_it_should(brain, variant):
    drawn = draw_grown_tumour(np.random.default_rng(4), brain.coarse, brain.origin, variant=variant)
    labels, _, _ = brain.painted(replace(drawn, volume_ml=30.0))
    count = np.bincount(labels.ravel(), minlength=5)
    assert count[ED] > 300
    if variant == "low_grade":
        assert count[ET] == 0 and count[NCR] > 2000
    elif variant == "non_enhancing":
        assert count[ET] < 0.07 * count[NCR]
    elif variant == "post_operative":
        assert count[RC] > 1000
    elif variant == "cystic":
        assert count[NCR] > count[ET] > 0
    else:
        assert count[ET] > 300
    assert (count[RC] > 0) == (variant == "post_operative")


def test_a_multifocal_tumour_grows_from_several_seeds(brain):
    drawn = draw_grown_tumour(np.random.default_rng(2), brain.coarse, brain.origin, variant="multifocal")
    assert len(drawn.seeds) > 1
    spread = np.linalg.norm(np.array(drawn.seeds[0]) - np.array(drawn.seeds[1]))
    assert 25 < spread < 70


def test_the_same_parameters_give_the_same_labels(brain):
    first, second = (brain.painted(tumour_of(brain))[0] for _ in range(2))
    other = brain.painted(tumour_of(brain, noise_seed=99))[0]
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("push", [3.0, 8.0, 15.0])
def test_mass_effect_pushes_outwards_without_folds_and_not_the_skull(push):
    z, y, x = np.meshgrid(*(np.arange(50.0),) * 3, indexing="ij")
    core = ((z - 25) ** 2 + (y - 25) ** 2 + (x - 18) ** 2 < 36).astype(np.float32)
    brain = (z - 25) ** 2 + (y - 25) ** 2 + (x - 25) ** 2 < 23**2
    shift = mass_effect(core, brain, push, spacing_mm=2.0)
    assert jacobian_determinant(shift, (2.0, 2.0, 2.0)).min() > 0
    assert 0.4 * push < np.sqrt((shift**2).sum(0)).max() <= push * 1.05
    assert shift[2][25, 25, 28] < -0.2 * push, "what lies right of the core came from further left"
    assert np.abs(shift[:, ~brain]).max() < 0.25 * push
    assert np.all(mass_effect(core, brain, 0.0, spacing_mm=2.0) == 0)


def test_a_negative_push_is_refused():
    with pytest.raises(DatasetError, match=r"-1\.0 mm"):
        mass_effect(np.ones((4, 4, 4)), np.ones((4, 4, 4), bool), -1.0, spacing_mm=2.0)


def test_a_tumour_larger_than_the_brain_is_refused(brain):
    with pytest.raises(DatasetError, match=r"The tumour has 5000 ml, the brain \d+ ml"):
        brain.painted(tumour_of(brain, volume_ml=5000.0))


def test_a_seed_outside_the_brain_is_refused(brain):
    with pytest.raises(DatasetError, match="lies in brain tissue"):
        brain.painted(tumour_of(brain, seeds=((2.0, 2.0, 2.0),)))


def test_impossible_tumours_are_refused(brain):
    with pytest.raises(DatasetError, match="'round'"):
        tumour_of(brain, variant="classic").__class__(**{**vars(tumour_of(brain)), "variant": "round"})
    with pytest.raises(DatasetError, match="shares between 0 and 1"):
        tumour_of(brain, core_share=1.4)


def ball(radius, inner, shape=(40, 44, 42)):
    z, y, x = np.meshgrid(*(np.arange(size) - size / 2 for size in shape), indexing="ij")
    distance = np.sqrt(z**2 + (y / 1.2) ** 2 + x**2)
    labels = np.zeros(shape, np.uint8)
    labels[distance < radius] = 2
    labels[distance < inner] = 4
    return labels


@pytest.fixture
def library(tmp_path):
    write_volume(Volume(ball(12, 6)), tmp_path / "one.nii.gz")
    return tmp_path


def straight(**changes):
    values = {
        "mask": "one.nii.gz",
        "centre": (50.0, 50.0, 50.0),
        "mirrored": False,
        "rotation_degrees": 0.0,
        "scale": 1.0,
        "warp_sigma_mm": 10.0,
        "warp_amplitude_mm": 0.0,
        "warp_seed": 0,
        "push_mm": 0.0,
    }
    return LibraryTumour(**{**values, **changes})


def test_a_placed_mask_keeps_volume_and_centre_and_old_labels_are_read(library):
    labels = read_mask(library, "one.nii.gz")
    assert set(np.unique(labels)) == {0, 2, 3}
    placed = place_mask(labels, straight(), np.ones((100, 100, 100), bool))
    assert (placed > 0).sum() == pytest.approx((labels > 0).sum(), rel=0.01)
    assert np.argwhere(placed > 0).mean(0) == pytest.approx([50, 50, 50], abs=0.6)


def test_a_mask_is_scaled_turned_and_bent(library):
    labels, tissue = read_mask(library, "one.nii.gz"), np.ones((100, 100, 100), bool)
    double = place_mask(labels, straight(scale=1.5), tissue)
    assert (double > 0).sum() == pytest.approx(1.5**3 * (labels > 0).sum(), rel=0.03)
    turned = np.argwhere(place_mask(labels, straight(rotation_degrees=90.0), tissue) > 0)
    plain = np.argwhere(place_mask(labels, straight(), tissue) > 0)
    assert turned.std(0)[[1, 2]] == pytest.approx(plain.std(0)[[2, 1]], rel=0.02)
    bent = place_mask(labels, straight(warp_amplitude_mm=2.5), tissue)
    assert (bent > 0).sum() == pytest.approx((labels > 0).sum(), rel=0.35)
    assert ((bent > 0) != (place_mask(labels, straight(), tissue) > 0)).mean() > 1e-4


def test_a_drawn_place_holds_the_tumour(library):
    tissue = np.zeros((100, 100, 100), bool)
    tissue[20:80, 20:80, 20:80] = True
    for seed in range(5):
        drawn = draw_library_tumour(np.random.default_rng(seed), library, ["one.nii.gz"], tissue)
        placed = place_mask(read_mask(library, "one.nii.gz"), drawn, tissue)
        free = place_mask(read_mask(library, "one.nii.gz"), drawn, np.ones_like(tissue))
        assert (placed > 0).sum() > 0.65 * (free > 0).sum()


def test_a_mask_larger_than_the_brain_is_refused(library):
    tissue = np.zeros((100, 100, 100), bool)
    tissue[45:55, 45:55, 45:55] = True
    labels = read_mask(library, "one.nii.gz")
    with pytest.raises(DatasetError, match="smaller than the brain"):
        place_mask(labels, straight(), tissue)
    with pytest.raises(DatasetError, match="smaller than the brain"):
        draw_library_tumour(np.random.default_rng(0), library, ["one.nii.gz"], tissue)


def test_an_empty_mask_is_refused(tmp_path):
    write_volume(Volume(np.zeros((5, 5, 5), np.uint8)), tmp_path / "empty.nii.gz")
    with pytest.raises(DatasetError, match="'empty.nii.gz' is empty"):
        read_mask(tmp_path, "empty.nii.gz")
