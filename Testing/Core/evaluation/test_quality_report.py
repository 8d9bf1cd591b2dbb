"""The traffic light, its sentences in two languages, and what speaks against a glioma."""

import json
import string

import numpy as np
import pytest

from ssaglioma.evaluation.quality import LIGHTS, Finding, QualityReport, graded
from ssaglioma.evaluation.quality_words import SENTENCES
from ssaglioma.evaluation.report_tables import quality_section
from ssaglioma.evaluation.report_words import Words
from ssaglioma.evaluation.tumour_scope import cavity_findings, pieces_ml, scope_findings, scope_limits
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.volume import Volume

NOISY = Finding("noise", "red", "T2", {"snr": 3.2, "limit": 12.0})
THICK = Finding("slice_thickness", "amber", "T1", {"mm": 7.0, "limit": 6.6})
FINE = Finding("coverage", "green", "T1", {"percent": 100.0})


def test_the_worst_finding_gives_the_light_and_stands_first():
    report = QualityReport((FINE, THICK, NOISY))
    assert report.light == "red"
    assert [one.key for one in report.findings] == ["noise", "slice_thickness", "coverage"]
    assert report.reasons == (NOISY, THICK)
    assert QualityReport().light == "green" and QualityReport().reasons == ()
    assert QualityReport((FINE,)).also([THICK]).light == "amber"


def test_the_record_is_plain_json_with_sentences():
    values = json.loads(json.dumps(QualityReport((FINE, NOISY)).to_json()))
    assert values["light"] == "red"
    assert values["findings"][0]["text"] == "T2: signal to noise 3 (at least 12 is expected)."
    assert values["findings"][0]["snr"] == 3.2


def test_both_languages_have_the_same_sentences_with_the_same_numbers():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert set(SENTENCES["en"]) == set(SENTENCES["fr"])
    for key, text in SENTENCES["en"].items():
        assert fields(text) == fields(SENTENCES["fr"][key]), key


def test_a_finding_without_its_numbers_or_with_another_light_is_a_fault():
    with pytest.raises(KeyError):
        Finding("noise", "red", "T2", {})
    with pytest.raises(ValueError, match="The light is 'blue'"):
        Finding("missing", "blue", "T2")


@pytest.mark.parametrize(
    ("value", "amber", "red", "light"),
    [(1, 5, 9, 0), (5, 5, 9, 0), (6, 5, 9, 1), (10, 5, 9, 2), (10, 9, 5, 0), (7, 9, 5, 1), (4, 9, 5, 2)],
)
def test_high_or_low_values_are_bad_as_the_limits_say(value, amber, red, light):
    assert graded(value, amber, red) == LIGHTS[light]


def test_the_report_shows_the_light_the_reasons_and_hides_the_rest():
    note = Finding("note", "amber", "", {"text": "'<b>x</b>' is used as T1"})
    page = quality_section(QualityReport((FINE, NOISY, note)), Words("en"))
    assert 'class="light red"' in page and "Images: red." in page
    assert "red: T2: signal to noise 3" in page
    assert "<b>x</b>" not in page and "&lt;b&gt;x" in page
    assert page.index("<details>") < page.index("T1 covers 100 %")
    french = quality_section(QualityReport((NOISY,)), Words("fr"))
    assert "rapport signal sur bruit" in french and "Images\N{NO-BREAK SPACE}: rouge." in french
    thick = THICK.text("fr")
    assert "7,0 mm" in thick and "6,6 mm" in thick
    named = Finding("sequence", "green", "T1", {"confidence": 0.98, "file": "a.5.nii"}).text("fr")
    assert "(a.5.nii)" in named and "0,98" in named


@pytest.fixture
def grid():
    return Volume(np.zeros((20, 40, 40), np.uint8), (4.0, 2.0, 2.0))


def found(grid, labels, probability=0.95, images=None):
    volume = grid.with_array(labels)
    maps = {"WT": grid.with_array(np.where(labels > 0, probability, 0.01).astype(np.float32))}
    given = images or {Sequence.T1C: grid.with_array(np.ones(grid.shape, np.float32))}
    all_found = [*scope_findings(volume, GLIOMA, maps, given), *cavity_findings(volume, GLIOMA, given)]
    return {one.key: one for one in all_found}


def test_nothing_found_is_said_as_such(grid):
    assert set(found(grid, np.zeros(grid.shape, np.uint8))) == {"no_tumour"}


def test_a_large_single_tumour_raises_nothing(grid):
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:12, 10:26, 10:26] = 2
    assert found(grid, labels) == {}
    assert set(found(grid, labels, probability=0.6)) == {"unsure"}


def test_a_small_tumour_may_be_something_else(grid):
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:9, 10:16, 10:16] = 3
    one = found(grid, labels)["small_tumour"]
    assert one.light == "amber" and one.values["ml"] == pytest.approx(4 * 36 * 16 / 1000)
    assert "may not be a pre-operative adult glioma" in one.text()


def test_many_pieces_may_be_something_else(grid):
    labels = np.zeros(grid.shape, np.uint8)
    for z in (2, 9, 16):
        for x in (4, 18, 32):
            labels[z : z + 3, 4:12, x : x + 6] = 2
    one = found(grid, labels)["scattered"]
    assert one.values["lesions"] == 9 and one.values["percent"] == pytest.approx(100 / 9)


def test_fluid_inside_the_tumour_is_a_cavity_or_a_cyst(grid):
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:12, 10:26, 10:26] = 1
    images = {}
    for name, brain, fluid in ((Sequence.T1C, 500, 100), (Sequence.T2W, 300, 900), (Sequence.T2F, 400, 90)):
        array = np.full(grid.shape, brain, np.float32) + np.arange(40, dtype=np.float32)
        array[6:11, 12:24, 12:24] = fluid
        images[name] = grid.with_array(array)
    one = found(grid, labels, images=images)["cavity"]
    assert one.values["ml"] == pytest.approx(5 * 12 * 12 * 16 / 1000)


def test_without_t1gd_enhancement_is_a_guess(grid):
    images = {Sequence.T2F: grid.with_array(np.ones(grid.shape, np.float32))}
    assert set(found(grid, np.zeros(grid.shape, np.uint8), images=images)) == {"no_tumour", "no_core"}


def test_pieces_touch_over_corners_and_specks_do_not_count():
    mask = np.zeros((6, 6, 6), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[4, 4, 4] = mask[0, 5, 5] = True
    assert pieces_ml(mask, (10.0, 5.0, 5.0)) == [0.5, 0.25, 0.25]
    assert pieces_ml(mask, (1.0, 1.0, 1.0)) == []


def test_the_shipped_limits_are_those_of_gliomas():
    limits = scope_limits()
    assert 2 < limits["least_ml"] < 15 and 40 < limits["least_largest_percent"] < 80
