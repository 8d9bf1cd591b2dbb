"""Which nodes of a scene a selector offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class NodeFilter:
    """The rules of qMRMLNodeComboBox.

    types: class names; none of them, no node. with_children: derived classes too, but for those in `without`.
    hidden: also nodes that are hidden from editors. attributes: (class, attribute, value); value None fits any.
    """

    types: tuple[str, ...] = ()
    with_children: bool = True
    without: tuple[str, ...] = ()
    hidden: bool = False
    attributes: list[tuple[str, str, str | None]] = field(default_factory=list)

    def accepts(self, node: Any) -> bool:
        """Tell whether a node is offered."""
        if node.GetHideFromEditors() and not self.hidden:
            return False
        if any(node.GetClassName() == kind for kind in self.types):
            return self._has_attributes(node)
        if not self.with_children or any(node.IsA(kind) for kind in self.without):
            return False
        return any(node.IsA(kind) for kind in self.types) and self._has_attributes(node)

    def _has_attributes(self, node: Any) -> bool:
        for kind, name, wanted in self.attributes:
            found = node.GetAttribute(name)
            if node.IsA(kind) and (found is None or wanted not in (None, found)):
                return False
        return True

    def nodes(self, scene: Any) -> list[Any]:
        """Return the offered nodes in the scene's order."""
        if scene is None or not self.types:
            return []
        if len(self.types) == 1:  # the scene looks them up much faster than a loop over all of its nodes here
            kind = self.types[0]
            every = (scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind)))
        else:
            every = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
        return [node for node in every if self.accepts(node)]
