import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from ssaglioma.errors import GeometryError, SequenceError
from ssaglioma.evaluation.measurements import measure
from ssaglioma.evaluation.pictures import label_colors
from ssaglioma.evaluation.report import write_report
from ssaglioma.labels import CARDIAC_LGE, GLIOMA, GLIOMA_POST, SEQUENCE_ORDER, Sequence
from ssaglioma.volume import Volume


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    array = np.zeros((12, 30, 26), np.float32)
    array[1:-1, 3:-3, 3:-3] = generator.uniform(100, 900, (10, 24, 20))
    return {name: Volume(array * (1 + index), (4.0, 1.0, 1.0)) for index, name in enumerate(SEQUENCE_ORDER)}


@pytest.fixture
def labelmap(images):
    labels = np.zeros((12, 30, 26), np.uint8)
    labels[4:8, 8:18, 8:18], labels[5:7, 10:15, 10:15], labels[6, 12, 12] = 2, 3, 1
    return images[Sequence.T1C].with_array(labels)


def pictures(page):
    return [Image.open(io.BytesIO(base64.b64decode(code))) for code in re.findall(r"base64,([^\"]+)\"", page)]


def test_the_page_holds_volumes_scores_pictures_and_the_models_limits(images, labelmap, tmp_path):
    scores = {
        "WT": {
            "dice": 0.912,
            "hd95_mm": None,
            "nsd_1mm": 1.0,
            "lesion_dice": 0.9,
            "volume_difference_ml": -0.5,
        }
    }
    card = {"name": "m", "title": "t", "intended_use": "adults <only>"}
    path = write_report(
        tmp_path / "r" / "report.html",
        case_name="a & b",
        images=images,
        labelmap=labelmap,
        reference=labelmap,
        scores=scores,
        volumes_ml={"WT": 12.34},
        model_card=card,
        timings={"predict": 2.0},
        warnings=["T2 is missing"],
    )
    page = path.read_text(encoding="utf-8")
    for text in (
        "a &amp; b",
        "Research use only",
        "T2 is missing",
        "12.3",
        "0.912",
        "adults &lt;only&gt;",
        "2.0 s",
        "missed",
    ):
        assert text in page
    assert "<script" not in page and "http" not in page
    assert all(min(picture.size) > 30 for picture in pictures(page))


def test_a_case_without_tumour_and_with_one_sequence_still_gets_a_page(images, labelmap, tmp_path):
    empty = labelmap.with_array(np.zeros_like(labelmap.array))
    one = {Sequence.T2F: images[Sequence.T2F]}
    path = write_report(tmp_path / "report.html", case_name="x", images=one, labelmap=empty)
    assert len(pictures(path.read_text(encoding="utf-8"))) == 3


def test_images_on_another_grid_are_brought_onto_the_labels_grid(images, labelmap, tmp_path):
    other = Volume(np.ones((24, 60, 52), np.float32), (2.0, 0.5, 0.5))
    path = write_report(
        tmp_path / "report.html", case_name="x", images={**images, Sequence.T1N: other}, labelmap=labelmap
    )
    heights = {picture.height for picture in pictures(path.read_text(encoding="utf-8"))[:4]}
    assert len(heights) == 1


def test_a_reference_on_another_grid_is_refused_and_leaves_no_page(images, labelmap, tmp_path):
    shifted = Volume(labelmap.array, labelmap.spacing_zyx_mm, (9.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match="the reference and the segmentation lie on different grids"):
        write_report(tmp_path / "report.html", case_name="x", images=images, labelmap=labelmap, reference=shifted)
    assert not list(tmp_path.iterdir())


def test_a_page_without_any_image_is_refused(labelmap, tmp_path):
    with pytest.raises(SequenceError, match="no image"):
        write_report(tmp_path / "report.html", case_name="x", images={}, labelmap=labelmap)


@pytest.mark.parametrize(("scheme", "name"), [(GLIOMA_POST, "RC"), (CARDIAC_LGE, "LV")])
def test_labels_of_other_schemes_are_outlined_too(scheme, name, images, labelmap, tmp_path):
    labels = labelmap.with_array(np.where(labelmap.array > 0, scheme.values[name], 0).astype(np.uint16))
    path = write_report(
        tmp_path / "report.html", case_name="x", images=images, labelmap=labels, reference=labels, scheme=scheme
    )
    page = path.read_text(encoding="utf-8")
    color = label_colors(scheme)[name]
    assert f"rgb{color}" in page
    assert (np.asarray(pictures(page)[0]) == color).all(axis=-1).any()


def test_a_region_that_is_absent_gets_no_slice_and_no_comparison(images, labelmap, tmp_path):
    edema = labelmap.with_array(np.where(labelmap.array > 0, 2, 0).astype(np.uint8))
    path = write_report(tmp_path / "report.html", case_name="x", images=images, labelmap=edema, reference=edema)
    assert len(pictures(path.read_text(encoding="utf-8"))) == 4 + 2 + 2 + 1


@pytest.fixture
def doubted(labelmap):
    """Measurements of a result whose model tells what to expect: ET poor, WT good, one lesion that may not be real."""
    soft = {"names": ["soft_dice"], "mean": [0.0], "scale": [1.0], "weights": [1.0], "intercept": 0.0}
    size = {"names": ["log_volume"], "mean": [0.0], "scale": [1.0], "weights": [0.0], "intercept": -1.0}
    card = {
        "expected_dice": {"regions": {name: {"model": soft, "low": -0.1, "high": 0.1} for name in ("WT", "ET")}},
        "lesion_confidence": {"regions": {"ET": size}},
    }
    inside = (labelmap.array > 0).astype(np.float32)
    enhancing = np.where(labelmap.array == 3, 0.55, 0.4 * inside).astype(np.float32)
    return measure(labelmap, GLIOMA, {"WT": labelmap.with_array(inside), "ET": labelmap.with_array(enhancing)}, card)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ("Dice to expect", ">1.00<", "0.90 to 1.00", "probably poor", "Lesions that may not be real", "27 %")),
        ("fr", ("Dice attendu", ">1,00<", "de 0,90 à 1,00", "sans doute mauvais", "Lésions peut-être fausses", "27 %")),
    ],
)
def test_the_page_tells_what_to_expect_and_which_lesions_may_not_be_real(
    images, labelmap, doubted, tmp_path, language, texts
):
    path = write_report(tmp_path / "r.html", images=images, labelmap=labelmap, measurements=doubted, language=language)
    page = path.read_text(encoding="utf-8")
    for text in texts:
        assert text in page, text


def test_without_numbers_on_the_card_nothing_is_told(images, labelmap, tmp_path):
    found = measure(labelmap, GLIOMA, {"WT": labelmap.with_array((labelmap.array > 0).astype(np.float32))})
    assert found.to_json()["expected_dice"] == {} and found.to_json()["lesions"] == []
    page = write_report(tmp_path / "r.html", images=images, labelmap=labelmap, measurements=found).read_text()
    assert "Dice to expect" not in page


def test_expectations_and_lesions_are_in_the_measurements_file(doubted):
    values = doubted.to_json()
    assert values["expected_dice"]["WT"] == {"dice": 1.0, "low": 0.9, "high": 1.0, "doubtful": False}
    assert values["expected_dice"]["ET"]["doubtful"] and len(values["lesions"]) == 1
    assert values["lesions"][0]["confidence"] == pytest.approx(1 / (1 + np.e))
