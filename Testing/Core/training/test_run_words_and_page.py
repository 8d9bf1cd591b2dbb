"""The report of a run as a clinician reads it: outcome first, figures worked out by hand, pictures of what changed."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ssaglioma.evaluation.pictures import AGREED, EXTRA, MISSED
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.training.run_page import write_run_page
from ssaglioma.training.run_report import CaseRow, RegionRow, RunReport, read_report, write_report
from ssaglioma.training.run_words import case_table, outcome, region_table, report_text
from ssaglioma.volume import Case, Volume, write_volume

REGIONS = ("WT", "TC", "ET")


@pytest.fixture
def report():
    """Two cases: WT gets better in both, TC worse in one, ET is in neither."""
    return RunReport(
        recipe="corrections",
        model="our-model",
        compared_with="glioma-2d-small 0.2.0",
        held_out=("a", "b"),
        rows=(RegionRow("WT", 0.75, 0.80, 2), RegionRow("TC", 0.60, 0.59, 1), RegionRow("ET", None, None, 0)),
        accepted=True,
        reasons=(),
        minutes=11.6,
        notes=("Left out: c, because it lacks t2f.",),
        cases=(
            CaseRow("a", "WT", 30.0, 25.0, 31.0, 0.70, 0.78),
            CaseRow("b", "WT", 12.0, 11.0, 11.5, 0.80, 0.82),
            CaseRow("a", "TC", 10.0, 8.0, 7.0, 0.60, 0.59),
            CaseRow("b", "TC", 0.0, 0.2, 0.0, None, None),
        ),
        learned_from="3 corrected cases, with 8 earlier cases shown again so that nothing learned before is lost",
    )


def test_a_better_model_is_accepted_in_the_first_line_with_the_way_back(report):
    headline, sentences = outcome(report)
    assert headline == "ACCEPTED: the new model may take the place of glioma-2d-small 0.2.0"
    assert "2 cases that it did not learn from it is not worse than before (mean Dice +0.020)" in sentences[0]
    assert "you can go back" in sentences[1]


def test_a_worse_model_is_refused_in_the_first_line_with_the_reasons(report):
    headline, sentences = outcome(replace(report, accepted=False, reasons=("The mean Dice fell.",)))
    assert headline == "REFUSED: glioma-2d-small 0.2.0 stays in use"
    assert sentences[1] == "The mean Dice fell." and "Nothing has changed" in sentences[2]


def test_a_new_network_is_not_called_better_than_anything(report):
    headline, sentences = outcome(replace(report, compared_with=""))
    assert headline.startswith("NOT COMPARED") and "scored on 2 cases" in sentences[0]


def test_regions_are_named_in_full_with_the_cases_that_changed(report):
    assert region_table(report) == [
        ["Whole tumor (WT)", "0.750", "0.800", "+0.050", "2 / 0 / 0"],
        ["Tumor core (TC)", "0.600", "0.590", "-0.010", "0 / 0 / 1"],
        ["Enhancing tumor (ET)", "-", "-", "-", "not checked: no held-out case holds it"],
    ]


def test_each_case_shows_its_volumes_and_no_dice_where_there_is_nothing_to_overlap(report):
    rows = case_table(report)
    assert rows[0] == ["a", "Whole tumor (WT)", "30.0", "25.0", "31.0", "0.700", "0.780", "better"]
    assert rows[3] == ["b", "Tumor core (TC)", "0.0", "0.2", "0.0", "-", "-", ""]


def test_the_text_says_what_dice_is_that_cases_are_few_and_what_was_left_out(report):
    text = report_text(report)
    assert text.splitlines()[0] == "our-model: before and after"
    for words in ("0 is none, 1 is the same", "few cases", "Left out: c", "3 corrected cases", "took 12 min"):
        assert words in text
    assert text.rstrip().endswith("checked by a radiologist.")


def test_a_report_comes_back_from_disk_and_an_old_one_too(report, tmp_path):
    assert read_report(write_report(tmp_path, report).parent) == report
    old = {key: value for key, value in report.to_json().items() if key not in ("notes", "cases", "learned_from")}
    found = RunReport.from_json(old, "report.json")
    assert found.cases == () and found.rows == report.rows


@pytest.fixture
def checked(tmp_path):
    """A case whose whole tumor lies in slices 3 and 4; before it was missed in 4, after something more is in 3."""
    image = np.full((8, 40, 36), 100, np.float32)
    truth, before, after = (np.zeros(image.shape, np.uint8) for _ in range(3))
    truth[3:5, 10:20, 10:20] = 2
    before[3, 10:20, 10:20] = 2
    after[3:5, 10:20, 10:20] = 2
    after[3, 20:23, 10:20] = 2
    files = {}
    for name in SEQUENCE_ORDER:
        files[name] = tmp_path / f"a-{name.value}.nii.gz"
        write_volume(Volume(image, (3.0, 1.0, 1.0)), files[name])
    for folder, labels in (("", truth), ("check/before", before), ("check/after", after)):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        write_volume(Volume(labels, (3.0, 1.0, 1.0)), tmp_path / folder / "a-seg.nii.gz")
    return Case("a", files, tmp_path / "a-seg.nii.gz")


def pictures(page):
    return [
        np.array(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))
        for text in re.findall(r"base64,([^\"]+)", page)
    ]


def has(picture, color):
    return bool((picture == color).all(axis=-1).any())


def test_the_page_draws_before_and_after_at_the_largest_outline_and_where_they_differ_most(report, checked, tmp_path):
    found = replace(report, held_out=("a",))
    page = write_run_page(tmp_path / "report.html", found, [checked], tmp_path / "check", GLIOMA, REGIONS).read_text()
    assert 'class="light green"' in page and "ACCEPTED" in page and "Whole tumor (WT)" in page
    assert "BEFORE  WT on FLAIR" in page and "AFTER  WT on FLAIR" in page and "BEFORE  ET" not in page
    largest_before, largest_after, before, after = pictures(page)
    assert has(largest_before, AGREED) and not has(largest_before, MISSED) and has(largest_after, EXTRA)
    assert has(before, MISSED) and not has(before, AGREED), "slice 4, where the model before found nothing"
    assert has(after, AGREED) and not has(after, MISSED) and not has(after, EXTRA)


def test_a_case_without_flair_is_drawn_on_what_it_has(report, checked, tmp_path):
    case = replace(checked, sequences={Sequence.T1N: checked.sequences[Sequence.T1N]})
    found = replace(report, accepted=False, reasons=("<worse>",), held_out=("a",))
    page = write_run_page(tmp_path / "report.html", found, [case], tmp_path / "check", GLIOMA, REGIONS).read_text()
    assert "BEFORE  WT on T1 " in page and 'class="light red"' in page and "&lt;worse&gt;" in page
