"""The effects of the Segment Editor by name: their parameters are kept as in Slicer, but none of them edits."""

from __future__ import annotations

from typing import Any

EFFECTS = (
    *("Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Fill between slices", "Margin"),
    *("Hollow", "Smoothing", "Scissors", "Islands", "Logical operators", "Mask volume"),
)


class Effect:
    """Stands for qSlicerSegmentEditorAbstractEffect; parameters are attributes of the segment editor node."""

    stands_for = "qSlicerSegmentEditorAbstractEffect"
    perSegment = True
    requireSegments = True

    def __init__(self, name: str, widget: Any) -> None:
        self.name = self.title = name
        self._widget = widget

    def _node(self) -> Any:
        node = self._widget.mrmlSegmentEditorNode()
        if node is None:
            raise RuntimeError("The segment editor widget has no segment editor node; set one first.")
        return node

    def parameterSetNode(self) -> Any:
        return self._widget.mrmlSegmentEditorNode()

    def parameter(self, name: str) -> str:
        return self._node().GetAttribute(f"{self.name}.{name}") or ""

    def integerParameter(self, name: str) -> int:
        return int(self.parameter(name) or 0)

    def doubleParameter(self, name: str) -> float:
        return float(self.parameter(name) or 0.0)

    def parameterDefined(self, name: str) -> bool:
        return self._node().GetAttribute(f"{self.name}.{name}") is not None

    def setParameter(self, name: str, value: Any) -> None:
        self._node().SetAttribute(f"{self.name}.{name}", str(value))

    def setParameterDefault(self, name: str, value: Any) -> None:
        if not self.parameterDefined(name):
            self.setParameter(name, value)

    def setCommonParameter(self, name: str, value: Any) -> None:
        self._node().SetAttribute(name, str(value))

    def active(self) -> bool:
        return self._widget.activeEffect() is self

    def saveStateForUndo(self) -> None:
        self._widget.saveStateForUndo()

    def self(self) -> Any:
        """The Python half of an effect is not in the wheel.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"The effect {self.name!r} cannot be applied: the wheel has no segment editor effects."
        )
