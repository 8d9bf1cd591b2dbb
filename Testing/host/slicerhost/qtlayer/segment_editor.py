"""qMRMLSegmentEditorWidget: bound to the segment editor node, with undo by the real segment editor logic."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from .declare import kept, own, stand_in
from .mrml_base import Observations
from .segment_editor_effects import EFFECTS, Effect
from .segment_editor_panel import EditorPanel
from .segment_editor_slots import add_slots


def _shown(part: str) -> Any:
    return own(
        bool, lambda self: not getattr(self, part).isHidden(), lambda self, shown: getattr(self, part).setVisible(shown)
    )


@stand_in
class qMRMLSegmentEditorWidget(EditorPanel):
    """The Segment Editor's panel. Effects can be chosen and parametrised but do not edit: the wheel has none."""

    segmentationNodeChanged, sourceVolumeNodeChanged = Signal(object), Signal(object)
    masterVolumeNodeChanged, currentSegmentIDChanged = Signal(object), Signal(str)
    autoShowSourceVolumeNode, undoEnabled = (kept(bool, True), kept(bool, True, "_refresh"))
    readOnly, jumpToSelectedSegmentEnabled = (kept(bool, False, "_refresh"), kept(bool, False))
    effectColumnCount, effectButtonStyle = kept(int, 2, "_place_effects"), kept(int, 2)
    unorderedEffectsVisible = kept(bool, True, "_place_effects")
    defaultTerminologyEntry, defaultTerminologyEntrySettingsKey = (kept(str, ""), kept(str, ""))
    segmentationNodeSelectorVisible = _shown("_segmentations")
    sourceVolumeNodeSelectorVisible = _shown("_sources")
    show3DButtonVisible, addRemoveSegmentButtonsVisible = (_shown("_show3d"), _shown("_add_remove"))
    maskingSectionVisible, specifyGeometryButtonVisible = (_shown("_masking"), _shown("_geometry"))
    switchToSegmentationsButtonVisible = _shown("_switch")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._observed, self._order, self._updating = Observations(), (), False
        self._observed_logic = Observations()
        self._observed_logic.add(self._logic, self._logic.SegmentationHistoryChangedEvent, self._changed)
        self._effects = {name: Effect(name, self) for name in EFFECTS}
        self._seen: tuple[Any, Any, str] = (None, None, "")
        self._build()
        self._place_effects()
        self._refresh()

    # nodes

    def mrmlSegmentEditorNode(self) -> Any:
        return self._node

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._observed.clear()
        self._node = node
        self._logic.SetSegmentEditorNode(node)
        if node is not None:
            self._observed.add(node, vtk.vtkCommand.ModifiedEvent, self._changed)
        self._refresh()

    def _scene_set(self) -> None:
        self._logic.SetMRMLScene(self._scene)
        for selector in (self._segmentations, self._sources):
            selector.setMRMLScene(self._scene)
        self._table.setMRMLScene(self._scene)

    def segmentationNode(self) -> Any:
        return self._node.GetSegmentationNode() if self._node is not None else None

    def segmentationNodeID(self) -> str:
        node = self.segmentationNode()
        return node.GetID() if node is not None else ""

    def setSegmentationNode(self, node: Any) -> None:
        """Edit a segmentation; its first segment is selected.

        Raises:
            RuntimeError: no segment editor node was set, in which the choice is kept.
        """
        if self._node is None:
            raise RuntimeError("Set the segment editor node first: the widget keeps its choices there.")
        if node is not self.segmentationNode():
            self._node.SetAndObserveSegmentationNode(node)
            ids = node.GetSegmentation().GetSegmentIDs() if node is not None else ()
            self._node.SetSelectedSegmentID(ids[0] if ids else None)
        self._refresh()

    def setSegmentationNodeID(self, node_id: str) -> None:
        self.setSegmentationNode(self._scene.GetNodeByID(node_id))

    def sourceVolumeNode(self) -> Any:
        return self._node.GetSourceVolumeNode() if self._node is not None else None

    def sourceVolumeNodeID(self) -> str:
        node = self.sourceVolumeNode()
        return node.GetID() if node is not None else ""

    def setSourceVolumeNode(self, node: Any) -> None:
        """Take intensities from a volume; a segmentation without a geometry takes its geometry.

        Raises:
            RuntimeError: no segment editor node was set, in which the choice is kept.
        """
        if self._node is None:
            raise RuntimeError("Set the segment editor node first: the widget keeps its choices there.")
        self._node.SetAndObserveSourceVolumeNode(node)
        segmentation = self.segmentationNode()
        if node is not None and segmentation is not None and not _has_geometry(segmentation):
            segmentation.SetReferenceImageGeometryParameterFromVolumeNode(node)
        self._refresh()

    def setSourceVolumeNodeID(self, node_id: str) -> None:
        self.setSourceVolumeNode(self._scene.GetNodeByID(node_id))

    def currentSegmentID(self) -> str:
        return (self._node.GetSelectedSegmentID() or "") if self._node is not None else ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        if self._node is not None:
            self._node.SetSelectedSegmentID(segment_id or None)

    def selectNextSegment(self) -> None:
        self.selectSegmentAtOffset(1)

    def selectPreviousSegment(self) -> None:
        self.selectSegmentAtOffset(-1)

    def selectSegmentAtOffset(self, offset: int) -> None:
        ids = list(self.segmentationNode().GetSegmentation().GetSegmentIDs())
        place = ids.index(self.currentSegmentID()) + offset
        if 0 <= place < len(ids):
            self.setCurrentSegmentID(ids[place])

    # effects

    def activeEffect(self) -> Effect | None:
        return self.effectByName(self._node.GetActiveEffectName() or "") if self._node is not None else None

    def setActiveEffect(self, effect: Effect | None) -> None:
        if self._node is not None:
            self._node.SetActiveEffectName(effect.name if effect is not None else "")

    def setActiveEffectByName(self, name: str) -> None:
        self.setActiveEffect(self.effectByName(name))
        self._refresh()

    def effectByName(self, name: str) -> Effect | None:
        return self._effects.get(name)

    def availableEffectNames(self) -> tuple[str, ...]:
        ordered = [name for name in self._order if name in self._effects]
        others = [name for name in EFFECTS if name not in ordered] if self.unorderedEffectsVisible else []
        return (*ordered, *others)

    def effectCount(self) -> int:
        return len(self.availableEffectNames())

    def effectByIndex(self, index: int) -> Effect | None:
        names = self.availableEffectNames()
        return self._effects[names[index]] if 0 <= index < len(names) else None

    def effectNameOrder(self) -> tuple[str, ...]:
        return tuple(self._order)

    def setEffectNameOrder(self, names: Any) -> None:
        self._order = tuple(names)
        self._place_effects()

    def _place_effects(self) -> None:
        grid = self._effects_box.layout()
        while grid.count():
            grid.takeAt(0).widget().deleteLater()
        self._buttons: dict[str, QPushButton] = {}
        for place, name in enumerate(["None", *self.availableEffectNames()]):
            button = QPushButton(name)
            button.setCheckable(True)
            button.clicked.connect(lambda _on=False, effect=name: self.setActiveEffectByName(effect))
            self._buttons[name] = button
            grid.addWidget(button, place // self.effectColumnCount, place % self.effectColumnCount)
        self._refresh()

    # undo

    def saveStateForUndo(self) -> None:
        if self.undoEnabled:
            self._logic.SaveStateForUndo()
        self._refresh()

    def undo(self) -> None:
        self._logic.Undo()
        self._refresh()

    def redo(self) -> None:
        self._logic.Redo()
        self._refresh()

    maximumNumberOfUndoStates = own(
        int,
        lambda self: self._logic.GetMaximumNumberOfUndoStates(),
        lambda self, count: self._logic.SetMaximumNumberOfUndoStates(count),
    )

    # following the nodes

    def updateWidgetFromMRML(self) -> None:
        self._refresh()

    def _changed(self, _caller: Any, _data: Any) -> None:
        self._refresh()

    def _segmentation_chosen(self, node: Any) -> None:
        if not self._updating and self._node is not None:
            self.setSegmentationNode(node)

    def _source_chosen(self, node: Any) -> None:
        if not self._updating and self._node is not None:
            self.setSourceVolumeNode(node)

    def _row_selected(self, *_selections: Any) -> None:
        chosen = self._table.selectedSegmentIDs()
        if not self._updating and chosen:
            self.setCurrentSegmentID(chosen[0])

    def _remove_segment(self) -> None:
        self._logic.RemoveSelectedSegment()
        self._refresh()

    def _refresh(self) -> None:
        if self._updating:
            return
        self._updating = True
        try:
            self._show_nodes()
        finally:
            self._updating = False
        self._tell_changes()

    def _show_nodes(self) -> None:
        segmentation, source = self.segmentationNode(), self.sourceVolumeNode()
        self._segmentations.setCurrentNode(segmentation)
        self._sources.setCurrentNode(source)
        if self._table.segmentationNode() is not segmentation:
            self._table.setSegmentationNode(segmentation)
        self._table.readOnly = self.readOnly
        self._show3d.setSegmentationNode(segmentation)
        self._table.setSelectedSegmentIDs([self.currentSegmentID()])
        ready = segmentation is not None and source is not None and not self.readOnly
        active = self._node.GetActiveEffectName() if self._node is not None else ""
        for name, button in self._buttons.items():
            button.setEnabled(ready)
            button.setChecked(name == (active or "None"))
        for button in (self._add, self._remove):
            button.setEnabled(segmentation is not None and not self.readOnly)
        self._undo.setEnabled(self.undoEnabled and self._logic.CanUndo())
        self._redo.setEnabled(self.undoEnabled and self._logic.CanRedo())
        for selector in (self._segmentations, self._sources, self._overwrite, self._intensity):
            selector.setEnabled(self._node is not None)
        if self._node is not None:
            self._overwrite.setCurrentIndex(self._node.GetOverwriteMode())
            self._intensity.setChecked(self._node.GetSourceVolumeIntensityMask())

    def _tell_changes(self) -> None:
        before, now = (self._seen, (self.segmentationNode(), self.sourceVolumeNode(), self.currentSegmentID()))
        self._seen = now
        if now[0] is not before[0]:
            self.segmentationNodeChanged.emit(now[0])
        if now[1] is not before[1]:
            self.sourceVolumeNodeChanged.emit(now[1])
            self.masterVolumeNodeChanged.emit(now[1])
        if now[2] != before[2]:
            self.currentSegmentIDChanged.emit(now[2])


def _has_geometry(segmentation: Any) -> bool:
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    return bool(segmentation.GetSegmentation().GetConversionParameter(name))


add_slots(qMRMLSegmentEditorWidget)
