"""The picture of the whole window: bars, panel on the left, layout on the right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6 import QtGui, QtWidgets
from slicerhost.views import window
from slicerhost.views.painting import ensure_application, to_array, to_image
from views_scene import BareScene, near

PINK = (1.0, 0.0, 0.5)
RED_BAR = (0xF3 / 255, 0x4A / 255, 0x33 / 255)


@pytest.fixture(scope="module")
def bare() -> Iterator[BareScene]:
    bare = BareScene()
    yield bare
    bare.close()


@pytest.fixture
def panel() -> Any:
    ensure_application()
    widget = QtWidgets.QWidget()
    widget.setStyleSheet("background: rgb(255, 0, 128)")
    return widget


def test_the_panel_is_left_and_the_layout_right_of_it(bare: BareScene, panel: Any, tmp_path: Path) -> None:
    target = tmp_path / "pictures" / "window.png"
    picture = window.grab(panel, target, title="My module", layout_manager=bare.layout_manager)
    assert picture.shape == (950, 1600, 3)
    pink = near(picture, PINK, 3)
    assert pink[window.TOP :, :420].all() and not pink[:, 420:].any()
    red = near(picture, RED_BAR, 4)
    assert red[window.TOP + 2 : window.TOP + 20, 470:900].all() and not red[:, :424].any()
    assert np.array_equal(to_array(QtGui.QImage(str(target))), picture)


def test_a_panel_higher_than_the_window_is_seen_whole(bare: BareScene, panel: Any, tmp_path: Path) -> None:
    panel.setMinimumHeight(1500)
    picture = window.grab(panel, tmp_path / "high.png", size=(1000, 600), layout_manager=bare.layout_manager)
    assert picture.shape == (1500 + window.TOP, 1000, 3)
    assert near(picture, PINK, 3)[window.TOP :, :420].all()


def test_text_that_wraps_gets_the_height_it_needs(bare: BareScene, tmp_path: Path) -> None:
    ensure_application()
    panel = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(panel)
    for _ in range(30):
        label = QtWidgets.QLabel("four sequences on the same grid, ready to be segmented " * 4)
        label.setWordWrap(True)
        layout.addWidget(label)
    picture = window.grab(panel, tmp_path / "text.png", size=(900, 300), layout_manager=bare.layout_manager)
    assert picture.shape[0] >= window.TOP + layout.totalHeightForWidth(420) > 300


def test_a_panel_that_cannot_be_narrow_is_warned_about(bare: BareScene, panel: Any, tmp_path: Path) -> None:
    panel.setMinimumWidth(600)
    with pytest.warns(UserWarning, match="600 px wide: expected at most 420"):
        picture = window.grab(panel, tmp_path / "wide.png", layout_manager=bare.layout_manager)
    assert near(picture, PINK, 3)[window.TOP :, :600].all()


def test_a_place_that_cannot_be_written_is_an_error(bare: BareScene, panel: Any, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match=r"folder\.png' could not be written"):
        window.grab(panel, tmp_path / "folder.png", layout_manager=bare.layout_manager)


def test_pictures_go_to_qt_and_back_unchanged() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, size=(7, 13, 3), dtype=np.uint8)
    assert np.array_equal(to_array(to_image(rgb)), rgb)
