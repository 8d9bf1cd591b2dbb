"""What the panel does with inputs that it cannot take, for the tests of SSAGliomaSeg."""

from __future__ import annotations

import re

import pytest
from seg_scene import (
    choose,
    level,
    live_children,
    scene_state,
    status,
)

BLOCKED = "error"


@pytest.fixture
def refused(host, widget):
    """Checks that the panel refuses to run for a reason that holds some words, and that nothing else happened."""

    def check(*words: str) -> str:
        before = scene_state()
        widget.ui.applyButton.click()  # a disabled button ignores it
        host.process_events()
        text = status(widget)
        assert [word for word in words if not re.search(word, text)] == [], text
        assert level(widget) == BLOCKED and not widget.logic.running and live_children() == []
        assert scene_state() == before and host.messages.all == []
        return text

    return check


@pytest.fixture
def mended(widget):
    """Checks that Apply can be pressed and the status line shows no error, after new images were chosen."""

    def check(nodes=None) -> None:
        if nodes is not None:
            choose(widget, nodes)
        assert widget.ui.applyButton.enabled and level(widget) in ("ready", "warning"), status(widget)

    return check
