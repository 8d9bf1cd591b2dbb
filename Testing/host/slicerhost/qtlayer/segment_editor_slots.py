"""The Segment Editor's many setters, and what it does to views: made from lists."""

from __future__ import annotations

from typing import Any


def _setter(name: str) -> Any:
    def set_value(self: Any, value: Any) -> None:
        setattr(self, name, value)

    return set_value


def _attribute(selector: str, change: str) -> Any:
    def call(self: Any, *arguments: Any) -> None:
        getattr(getattr(self, selector), change)(*arguments)

    return call


def _without_effect(self: Any, *_arguments: Any) -> None:
    """Views, keys and masks of effects: no effect draws here."""


def add_slots(editor_class: type) -> None:
    """Give the editor's class its setters and the slots that do nothing here."""
    for name in (
        *("segmentationNodeSelectorVisible", "sourceVolumeNodeSelectorVisible", "maskingSectionVisible", "readOnly"),
        *("specifyGeometryButtonVisible", "show3DButtonVisible", "addRemoveSegmentButtonsVisible", "undoEnabled"),
        *("switchToSegmentationsButtonVisible", "autoShowSourceVolumeNode", "maximumNumberOfUndoStates"),
        *("effectButtonStyle", "effectColumnCount", "jumpToSelectedSegmentEnabled"),
    ):
        setattr(editor_class, f"set{name[0].upper()}{name[1:]}", _setter(name))
    for name in (
        *("setupViewObservations", "removeViewObservations", "installKeyboardShortcuts", "uninstallKeyboardShortcuts"),
        *("updateEffectList", "updateVolume", "hideLabelLayer", "turnOffLightboxes", "rotateSliceViewsToSegmentation"),
        *("setEffectCursor", "showSourceVolumeInSliceViewers", "jumpSlices", "setInteractionNode"),
    ):
        setattr(editor_class, name, _without_effect)
    for part, selector in (("segmentation", "_segmentations"), ("sourceVolume", "_sources")):
        for change in ("addAttribute", "removeAttribute"):
            name = f"{part}NodeSelector{change[0].upper()}{change[1:]}"
            setattr(editor_class, name, _attribute(selector, change))
