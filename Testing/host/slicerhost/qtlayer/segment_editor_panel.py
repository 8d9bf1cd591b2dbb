"""The parts of the Segment Editor's panel and where they are."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .mrml_base import qMRMLWidget
from .mrml_values import qMRMLSegmentationShow3DButton
from .node_combo_box import qMRMLNodeComboBox
from .segments_table import qMRMLSegmentsTableView


class EditorPanel(qMRMLWidget):
    """The widgets of the Segment Editor; what they do is in its subclass."""

    _node: Any = None

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._selectors())
        column.addLayout(self._tools())
        self._table = qMRMLSegmentsTableView()
        self._table.setMinimumHeight(96)
        self._table.setSelectionMode(1)
        self._table.opacityColumnVisible = False
        self._table.selectionChanged.connect(self._row_selected)
        column.addWidget(self._table)
        self._effects_box = QGroupBox("Effects")
        grid = QGridLayout(self._effects_box)
        grid.setContentsMargins(2, 2, 2, 2)
        grid.setSpacing(2)
        column.addWidget(self._effects_box)
        column.addLayout(self._undo_row())
        column.addWidget(self._masking_box())

    def _selectors(self) -> QFormLayout:
        form = QFormLayout()
        self._segmentations, self._sources = qMRMLNodeComboBox(), qMRMLNodeComboBox()
        self._segmentations.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._sources.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        self._sources.hideChildNodeTypes = ["vtkMRMLLabelMapVolumeNode"]
        for selector in (self._segmentations, self._sources):
            selector.noneEnabled, selector.addEnabled, selector.removeEnabled = (True, False, False)
        form.addRow("Segmentation:", self._segmentations)
        form.addRow("Source volume:", self._sources)
        self._segmentations.currentNodeChanged.connect(self._segmentation_chosen)
        self._sources.currentNodeChanged.connect(self._source_chosen)
        return form

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._add_remove = QWidget()
        inner = QHBoxLayout(self._add_remove)
        inner.setContentsMargins(0, 0, 0, 0)
        self._add, self._remove = QPushButton("Add"), QPushButton("Remove")
        inner.addWidget(self._add)
        inner.addWidget(self._remove)
        self._show3d, self._geometry, self._switch = (qMRMLSegmentationShow3DButton(), QToolButton(), QToolButton())
        self._geometry.setText("Geometry")
        self._switch.setText("→")
        for button in (self._add, self._remove, self._show3d):
            button.setMinimumWidth(48)
        for part in (self._add_remove, self._show3d, self._geometry, self._switch):
            row.addWidget(part)
        self._add.clicked.connect(lambda: self._logic.AddEmptySegment("", 0))
        self._remove.clicked.connect(self._remove_segment)
        return row

    def _undo_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._undo, self._redo = QPushButton("Undo"), QPushButton("Redo")
        self._undo.clicked.connect(self.undo)
        self._redo.clicked.connect(self.redo)
        row.addStretch()
        row.addWidget(self._undo)
        row.addWidget(self._redo)
        return row

    def _masking_box(self) -> QGroupBox:
        self._masking = QGroupBox("Masking")
        form = QFormLayout(self._masking)
        self._overwrite, self._intensity = (QComboBox(), QCheckBox("Editable intensity range"))
        self._overwrite.addItems(["All segments", "Visible segments", "Allow overlap"])
        self._overwrite.activated.connect(lambda index: self._node and self._node.SetOverwriteMode(index))
        self._intensity.clicked.connect(lambda on: self._node and self._node.SetSourceVolumeIntensityMask(on))
        form.addRow("Modify other segments:", self._overwrite)
        form.addRow(self._intensity)
        return self._masking
