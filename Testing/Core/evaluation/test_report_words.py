"""The report in French and English: the same words in both, no English left over, and no name unless given."""

import re

import numpy as np
import pytest

from ssaglioma.errors import SSAGliomaError
from ssaglioma.evaluation.measurements import measure
from ssaglioma.evaluation.pictures import View, brain_box, draw_view
from ssaglioma.evaluation.report import write_report
from ssaglioma.evaluation.report_words import LANGUAGES, Words
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, Sequence
from ssaglioma.packages import read_package
from ssaglioma.volume import Volume


@pytest.fixture
def labelmap():
    labels = np.zeros((16, 60, 56), np.uint8)
    labels[3:12, 15:45, 15:45], labels[5:10, 20:38, 20:36], labels[6:9, 25:30, 25:30] = 2, 3, 1
    return Volume(labels, (2.0, 1.0, 1.0))


@pytest.fixture
def images(labelmap):
    generator = np.random.default_rng(0)
    array = np.zeros(labelmap.shape, np.float32)
    array[1:-1, 5:-5, 5:-5] = generator.uniform(100, 900, (14, 50, 46))
    return {Sequence.T1C: labelmap.with_array(array), Sequence.T2F: labelmap.with_array(array)}


@pytest.fixture
def found(labelmap):
    chances = {name: np.where(GLIOMA.mask(labelmap.array, name), 0.87, 0.02) for name in GLIOMA.regions}
    return measure(labelmap, GLIOMA, {name: labelmap.with_array(array) for name, array in chances.items()})


@pytest.fixture
def page(images, labelmap, found, tmp_path):
    def make(**changes):
        path = write_report(
            tmp_path / "r.html", **{"images": images, "labelmap": labelmap, "measurements": found, **changes}
        )
        return path.read_text(encoding="utf-8")

    return make


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<img[^>]*>|<style>.*?</style>|<[^>]+>", " ", page))


def test_every_language_has_the_same_keys_and_places():
    for name, words in LANGUAGES.items():
        assert words.keys() == LANGUAGES["en"].keys(), name
        for key, text in words.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", LANGUAGES["en"][key])), (name, key)


def test_an_unknown_language_is_refused(page, tmp_path):
    with pytest.raises(SSAGliomaError, match=r"'de' is not known.*\['en', 'fr'\]"):
        page(language="de")
    assert not list(tmp_path.iterdir())


def test_a_french_page_says_everything_in_french(page, found):
    card = {"name": "m", "title": "t", "version": "1", "scores": {"mean_dice": {"WT": {"mean": 0.874, "cases": 10}}}}
    text = text_of(
        page(language="fr", measurements=found, earlier=found, model_card=card, timings={"predict": 1.5}, scores={})
    )
    for part in (
        "Segmentation de gliome",
        "Réservé à la recherche.",
        "Tumeur rehaussée (ET)",
        "Nécrose (NCR)",
        "Œdème (ED)",
        "Plus grand diamètre (mm)",
        "Confiance",
        "0,87",
        "Mesurable",
        "Évolution depuis la segmentation antérieure",
        "Dice moyen sur des cas exclus de l&#x27;entraînement",
        "WT 0,87 (10 cas)",
        "Coupe où le modèle a le plus hésité",
        "prédiction 1,5 s",
    ):
        assert part in text
    for word in ("Volume (ml) Lesions", "Research", "Outlines", "Patient's", "Largest", "Enhancing", "Edema", "Time:"):
        assert word not in text
    assert 'lang="fr"' in page(language="fr") and 'lang="en"' in page()


def test_french_numbers_and_punctuation_follow_the_rules_of_the_language():
    words = Words("fr")
    assert words.number(12.345, 1) == "12,3" and Words().number(12.345, 1) == "12.3"
    assert words.number(None, 1) == words.number("x", 1) == words.number(True, 1) == "-"
    for key in LANGUAGES["fr"]:
        assert not re.search(r"[^\N{NO-BREAK SPACE}]:|[^\N{NO-BREAK SPACE}][;!?]", words[key].replace("https:", "")), (
            key
        )


def test_the_warnings_of_a_segmentation_are_all_translated(case_volumes, package_folder):
    class Nothing:
        package = read_package(package_folder)

        def predict(self, array, spacing_zyx_mm, progress=None):
            return np.zeros((3, *array.shape[1:]), np.float32)

    volumes = {name: volume.with_array(volume.array + 1) for name, volume in case_volumes.items()}
    fewer = {name: volume for name, volume in volumes.items() if name is not Sequence.T2W}
    least = {name: volume for name, volume in fewer.items() if name is not Sequence.T1N}
    warnings = [*segment_case(fewer, Nothing()).warnings, segment_case(least, Nothing()).warnings[0]]
    assert len(warnings) == 4
    french = [Words("fr").warning(text) for text in warnings]
    assert all(new != old for new, old in zip(french, warnings))
    assert any("La séquence T2 est absente" in text and "0,03" in text for text in french)
    assert any("Les séquences T1, T2 sont absentes" in text for text in french)
    assert [Words().warning(text) for text in warnings] == warnings
    assert Words("fr").warning("Something new.") == "Something new."


def test_the_page_names_nobody_unless_a_name_is_given(page):
    assert "<title>Glioma segmentation</title>" in page()
    assert "<h1>Glioma segmentation: Jane &lt;Doe&gt;</h1>" in page(case_name="Jane <Doe>")
    assert "<h1>Segmentation de gliome\N{NO-BREAK SPACE}: Jane</h1>" in page(case_name="Jane", language="fr")


def test_the_page_tells_the_measurements(page, found):
    text = text_of(page())
    lesion = found.rano[0]
    assert f"1 {lesion.diameter_mm:.1f} {lesion.perpendicular_mm:.1f} {lesion.product_mm2:.0f} yes" in text
    assert f"Enhancing tumor (ET) {found.regions['ET'].volume_ml:.1f} 1" in text and "0.87" in text
    assert f"Sum of the products of measurable lesions: {found.rano_sum_mm2:.0f} mm²" in text


def test_the_change_from_an_earlier_segmentation_is_a_table(page, labelmap):
    half = labelmap.array.copy()
    half[:, :, 30:] = 0
    earlier = measure(labelmap.with_array(half))
    assert "Change from the earlier segmentation" in text_of(page(earlier=earlier))
    assert "Change from the earlier segmentation" not in text_of(page())


def test_a_case_without_enhancement_says_so(page, labelmap):
    edema = labelmap.with_array(np.where(labelmap.array > 0, 2, 0).astype(np.uint8))
    assert "No enhancing lesion." in text_of(page(labelmap=edema, measurements=measure(edema)))


def test_french_pictures_are_marked_d_and_g_and_show_the_diameters(images):
    volume = images[Sequence.T1C]
    box, view = brain_box([volume]), View("axial", 8)
    plain = np.asarray(draw_view(volume, view, [], "x", box))
    french = np.asarray(draw_view(volume, view, [], "x", box, renamed_marks=Words("fr").marks))
    changed = np.flatnonzero((plain != french).any(axis=(0, 2)))
    width = plain.shape[1]
    assert changed.size and ((changed < 25) | (changed > width - 25)).all()
    lined = np.asarray(draw_view(volume, view, [], "x", box, lines=[((30.0, 20.0), (30.0, 40.0))]))
    rows, columns = np.nonzero((plain != lined).any(axis=2))
    assert np.ptp(columns) == pytest.approx(20 * 1.6, abs=3) and np.ptp(rows) <= 4


def test_every_region_of_the_glioma_schemes_has_a_name_in_every_language():
    for language in LANGUAGES:
        for scheme in (LABEL_SCHEMES["glioma"], LABEL_SCHEMES["glioma_post"]):
            assert all(Words(language).region(name) != name for name in (*scheme.regions, *scheme.values))
