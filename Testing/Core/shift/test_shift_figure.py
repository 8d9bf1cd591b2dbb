"""The page: what it shows, that nothing on it is cut off, and that it needs no window."""

import sys

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DeviceError
from ssaglioma.shift import ShiftConfig, compare_measured, measure_case
from ssaglioma.shift.figure import contrast_title, draw_figure, require_matplotlib, typical_slices, write_figure
from ssaglioma.shift.figure_table import cell_text, estimate_text, row_names
from ssaglioma.shift.report import Estimate

QUICK = ShiftConfig(draws=5, splits=3, permutations=9)


def slices(seed, level):
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[-1:1:61j, -1:1:51j]
    image = level * (generator.random() + 1) + 40 * ndimage.gaussian_filter(generator.normal(size=rows.shape), 2)
    return np.where(np.hypot(rows, columns) < 0.9, np.maximum(image, 1), 0)


@pytest.fixture(scope="module")
def sets():
    contrasts = ("t1n", "t1c", "t2w", "t2f")
    return {
        kind: [
            measure_case(f"case-{number}", {key: slices(number + 10 * place, level) for key in contrasts})
            for number in range(3)
        ]
        for place, (kind, level) in enumerate((("source", 100), ("target", 160), ("stylised", 150)))
    }


@pytest.fixture(scope="module")
def report(sets):
    return compare_measured(sets["source"], sets["target"], sets["stylised"], QUICK)


def texts_of(page):
    pytest.importorskip("matplotlib")
    from matplotlib.text import Text

    return [one for one in page.findobj(Text) if one.get_text().strip() and one.get_visible()]


def test_everything_written_on_the_page_lies_inside_it(sets, report):
    page = draw_figure(report, typical_slices(sets, report))
    page.canvas.draw()
    drawn = [one for one in texts_of(page) if one.axes is None or one.axes.axison or one.get_text() in report.titles]
    assert len(drawn) > 40
    for one in drawn:
        box = one.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= page.bbox.x1 and box.y1 <= page.bbox.y1, one.get_text()


def test_no_cell_of_the_table_runs_into_the_next(sets, report):
    page = draw_figure(report)
    page.canvas.draw()
    table = page.axes[-1].tables[0]
    cells = table.get_celld()
    assert max(row for row, _ in cells) == len(row_names(report))
    for cell in cells.values():
        inside, text = cell.get_window_extent(), cell.get_text().get_window_extent()
        assert text.width <= inside.width and text.height <= inside.height, cell.get_text().get_text()


def test_the_page_names_sets_contrasts_and_what_was_left_out(sets, report):
    known = report.described(
        left_out={"t9": ("source",)}, skipped={"target": {"x": "damaged"}}, titles={"source": "s" * 90, "target": "T"}
    )
    words = " ".join(one.get_text() for one in texts_of(draw_figure(known)))
    for expected in ("T1Gd", "FLAIR", "target: T (3 cases)", "t9 (not in source)", "1 case could not be used"):
        assert expected in words
    assert "s" * 60 not in words


def test_a_file_is_written_whole_and_shows_the_slices(sets, report, tmp_path):
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    loaded_before = "matplotlib.pyplot" in sys.modules  # by another test
    path = write_figure(tmp_path / "deep" / "page.png", report, typical_slices(sets, report))
    with image.open(path) as page:
        assert page.format == "PNG" and min(page.size) > 800
    assert [one.name for one in path.parent.iterdir()] == ["page.png"]
    assert loaded_before or "matplotlib.pyplot" not in sys.modules  # pyplot would choose a screen


def test_a_slice_is_that_of_the_middle_case_and_its_stylised_form(sets, report):
    chosen = typical_slices(sets, report)["t2f"]
    points = report.contrasts["t2f"].sets["source"].points
    middle = int(np.argmin(np.sum((points - np.median(points, axis=0)) ** 2, axis=1)))
    assert chosen["source"] is sets["source"][middle].contrasts["t2f"].thumbnail
    assert chosen["stylised"] is sets["stylised"][middle].contrasts["t2f"].thumbnail
    assert chosen["source"].dtype == np.uint8 and chosen["source"].max() > 200


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr("ssaglioma.shift.figure.find_spec", lambda name: None)
    with pytest.raises(DeviceError, match=r"ssaglioma\[figures\]"):
        require_matplotlib()


def test_numbers_are_written_short():
    assert estimate_text(Estimate(0.12345, 0.1, 0.2, 0.0456)) == "0.123 [0.1, 0.2] (0.0456)"
    assert estimate_text(Estimate(1234.5)) == "1234"
    assert estimate_text(Estimate(1e-6, -1e-6, 0.00123)) == "0 [0, 0.0012]"
    assert [contrast_title(one) for one in ("t2f", "image", "lge")] == ["FLAIR", "Image", "lge"]


def test_a_change_is_told_in_percent(report):
    shift = report.contrasts["t1n"]
    text = cell_text(shift, ("all", "energy"))
    percent = shift.changes["all"]["energy"].percent
    assert text.endswith("" if percent is None else f" ({percent:+.0f} %)") and " -> " in text
    assert cell_text(shift, ("ET", "js")) == "-"
