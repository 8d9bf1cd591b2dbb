"""The anatomy guard passes what keeps the anatomy and refuses, in words, what does not."""

import json

import numpy as np
import pytest
from guarded_heads import SHAPE, SPACING, distance, head
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA
from ssaglioma.style import create_stylizer
from ssaglioma.style.guard import GuardConfig, check_or_refuse, examine, hatched


@pytest.fixture
def content():
    return head()[0]


@pytest.fixture
def labels():
    return head()[1]


@pytest.fixture
def report_of(content, labels):
    def make(stylised, **options):
        return examine(content, stylised, **{"spacing_yx_mm": SPACING, "labels": labels, **options})

    return make


def brain(picture):
    return ndimage.binary_fill_holes(picture != 0)


def text(report):
    return " | ".join(report.reasons)


def test_the_same_image_passes_with_nothing_moved(content, report_of):
    report = report_of(content.copy())
    measures = report.measures
    assert report.passed and report.verdict == "passed" and report.name == "slice"
    assert measures.edges.count >= 200 and measures.lesion_edges.count >= 40
    assert measures.edges.p95_mm < 0.02 and measures.edges.lost_share == 0
    assert measures.gradient_similarity == pytest.approx(1) and measures.lesion_gradients == pytest.approx(1)
    assert measures.contrast_kept == pytest.approx({"NCR": 1, "ED": 1, "ET": 1})
    assert measures.brain_overlap == 1 and measures.outside_share == 0 and measures.new_edges_share == 0


@pytest.mark.parametrize("method", ["histogram", "nyul", "fourier"])
def test_stylisations_without_a_network_pass(method, content, report_of):
    style = ndimage.gaussian_filter(head(seed=4)[0][::-1] ** 0.8, 1.0)
    report = report_of(create_stylizer(method).stylize(content, np.where(style > 20, style, 0)))
    assert report.passed, report.reasons
    assert report.measures.edges.p95_mm < 0.5


def test_an_inverted_contrast_passes(content, report_of):
    report = report_of(np.where(brain(content), 900 - content, 0))
    assert report.passed, report.reasons
    assert report.measures.contrast_after["ED"] < 0 < report.measures.contrast_before["ED"]


@pytest.mark.parametrize("snr", [20, 10])
def test_noise_is_not_read_as_displacement(snr, content, report_of):
    level = np.median(content[content > 0])
    noisy = content + np.random.default_rng(1).normal(0, level / snr, SHAPE)
    report = report_of(np.where(brain(content), noisy, 0))
    assert report.passed, report.reasons
    assert report.measures.edges.p95_mm < 0.4
    assert report.measures.edges.p95_mm < 1.5 * report.measures.edges.noise_mm


def test_a_shift_of_one_pixel_is_refused_with_its_size(content, report_of):
    report = report_of(np.roll(content, 1, axis=0))
    assert report.measures.edges.p95_mm == pytest.approx(1.0, abs=0.1)
    assert "Edges moved by 1.0 mm (95th percentile; limit 0.5 mm)" in report.reasons
    assert "outside the brain" in text(report)


def test_a_warp_inside_an_unmoved_outline_is_refused(content, report_of):
    waves = np.sin(np.indices(SHAPE) / 9.0)
    warped = ndimage.map_coordinates(content, np.indices(SHAPE) + 1.4 * waves, order=3)
    report = report_of(np.where(brain(content), warped, 0))
    assert "Edges moved by" in text(report) and "outside" not in text(report)


def test_a_blurred_image_is_refused_for_its_lost_structure_not_for_displacement(content, report_of):
    report = report_of(np.where(brain(content), ndimage.gaussian_filter(content, 3), 0))
    assert not report.passed
    assert "Fine structure agrees by only" in text(report) or "blurred beyond recognition" in text(report)


def test_an_erased_lesion_is_refused_by_its_contrast_and_by_the_segmenter(labels, report_of):
    report = report_of(head(lesion=False)[0], segmenter=(labels, np.zeros_like(labels)))
    assert "ED keeps" in text(report) and "contrast to the tissue around" in text(report)
    # pi 13^2 mm2 and 1 mm thick: 531 mm3, less the pixels that its border cuts.
    assert "1 WT lesion was lost (0.52 ml)" in report.reasons
    assert report.measures.lesion_edges.lost_share > 0.8


def test_an_added_lesion_is_refused_by_the_segmenter_and_by_its_border(labels):
    plain, _ = head(lesion=False)
    even = np.where(plain > 0, 300 + 0.2 * (plain - 300), 0).astype(np.float32)
    spot = distance((80, 60)) < 8
    report = examine(
        even,
        np.where(spot, 420, even),
        spacing_yx_mm=SPACING,
        segmenter=(np.zeros_like(labels), (2 * spot).astype(np.uint8)),
    )
    assert "1 WT lesion was added (0.20 ml)" in report.reasons
    assert "appeared where the original is even" in text(report)


def test_haze_outside_the_brain_is_refused(content, report_of):
    hazy = content.copy()
    hazy[:4, :5] = 1e-3
    report = report_of(hazy)
    assert report.measures.outside_mm2 == pytest.approx(20 * 1.2)
    assert text(report).startswith("There is something outside the brain (24 mm2 a slice")


def test_a_second_brain_is_refused():
    small = np.zeros((60, 120), np.float32)
    small[10:50, 10:45] = 100
    twice = small + np.roll(small, 60, axis=1)
    report = examine(small, twice, spacing_yx_mm=(1.0, 1.0))
    assert "1 more separate pieces of brain" in text(report)
    assert "covers the original by only 67%" in text(report)


def test_a_model_sees_both_images(labels, report_of, content):
    class Seen:
        """Calls what is bright a lesion."""

        def __init__(self, regions=3):
            self.regions, self.shapes = regions, []

        def predict(self, array, spacing_zyx_mm):
            self.shapes.append((array.shape, array.dtype, spacing_zyx_mm))
            return np.repeat((array[:1] > 450).astype(float), self.regions, axis=0)

    model = Seen()
    report = report_of(head(lesion=False)[0], segmenter=model)
    assert model.shapes == [((1, 1, *SHAPE), np.float32, (1.0, *SPACING))] * 2
    assert report.measures.lesions["ET"].before == 1 and len(report.measures.lesions["ET"].lost_mm3) == 1
    with pytest.raises(DatasetError, match="gives 2 regions"):
        report_of(content, segmenter=Seen(2))


def test_a_report_is_plain_json(report_of, content):
    plain = json.loads(json.dumps(report_of(np.roll(content, 2, axis=1)).to_json()))
    assert plain["verdict"] == "refused" and plain["reasons"] and plain["measures"]["edges"]["p95_mm"] > 1


def test_a_refusal_names_the_reasons_and_the_way_round(report_of, content):
    refused = report_of(np.roll(content, 1, axis=0))
    with pytest.raises(DatasetError, match=r"Edges moved by 1\.0 mm.*Lower the strength"):
        check_or_refuse(refused)
    assert check_or_refuse(refused, force=True) is refused
    passed = report_of(content)
    assert check_or_refuse(passed) is passed


def test_only_refused_slices_are_hatched(report_of, content):
    passed, refused = report_of(content), report_of(np.roll(content, 1, axis=0))
    np.testing.assert_array_equal(hatched(content, passed), content)
    drawn = hatched(content, refused)
    changed = drawn != content
    assert drawn.shape == content.shape and drawn.dtype == content.dtype
    assert drawn[0, 0] == content.max() == drawn[1, 0] and drawn[0, 1] == content.max() and drawn[0, 2] == content.min()
    assert 0.2 < changed.mean() < 0.5 and (drawn[changed] != 0).any()
    with pytest.raises(DatasetError, match="expected|Expected"):
        hatched(content[None], refused)


def test_an_empty_result_is_refused(content, report_of):
    report = report_of(content * 0)
    assert not report.passed and report.measures.edges.lost_share == 1


def test_regions_of_the_scheme_are_all_watched(labels, report_of, content):
    assert list(report_of(content, segmenter=(labels, labels)).measures.lesions) == list(GLIOMA.regions)


def test_a_picture_that_fills_its_frame_has_no_place_to_leave():
    """Hearts are not cut out: dark blood and air are 0 here and there, before and after."""
    generator = np.random.default_rng(0)
    picture = ndimage.gaussian_filter(generator.random((90, 80)), 3) * 4000
    picture[picture < np.percentile(picture, 12)] = 0
    darker = picture.copy()
    darker[:, :20] *= np.indices((90, 20)).sum(0) % 3 > 0  # a third of the pixels at one side turns 0
    report = examine(picture, darker, spacing_yx_mm=(0.75, 0.75))
    assert report.measures.brain_offset_mm is None and report.measures.brain_overlap is None
    framed = np.pad(picture, 9), np.pad(darker, 9)  # a black frame, as scaling leaves it
    heart = examine(*framed, spacing_yx_mm=(0.75, 0.75), config=GuardConfig(cut_out=False))
    assert heart.measures.brain_offset_mm is None
    assert examine(*framed, spacing_yx_mm=(0.75, 0.75)).measures.brain_offset_mm is not None
