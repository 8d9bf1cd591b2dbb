"""A layout description of vtkMRMLLayoutNode as a tree of items, and the rectangles that its views get in a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

BOXES = ("horizontal", "vertical", "grid", "tab")
_CELL_DEFAULTS = (("row", 0), ("column", 0), ("rowspan", 1), ("colspan", 1))


class Rect(NamedTuple):
    """A rectangle in pixels; the origin is the window's top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass
class ViewItem:
    """One view of a layout: its MRML node."""

    node: Any


@dataclass
class BoxItem:
    """A box of items; ``cells`` holds (row, column, row span, column span) of each child of a grid."""

    kind: str
    children: list[ViewItem | BoxItem] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    cells: list[tuple[int, int, int, int]] = field(default_factory=list)


ViewsOfElement = Callable[[Any], list[Any]]


def parse_layout(root: Any, views_of_element: ViewsOfElement) -> BoxItem:
    """The tree below a vtkXMLDataElement ``layout`` or ``viewports``.

    ``views_of_element`` gives the view nodes of a ``view`` element: several where its item says ``multiple``.
    Only the first viewport of a description with several is kept: the others are windows of their own.
    Raises ValueError for an element that no layout may hold.
    """
    if root.GetName() == "viewports":
        layouts = [child for child in _children(root) if child.GetName() == "layout"]
        if not layouts:
            raise ValueError("The layout description has a <viewports> element without a <layout>: add one.")
        root = layouts[0]
    if root.GetName() != "layout":
        raise ValueError(f"The layout description starts with <{root.GetName()}>: expected <layout> or <viewports>.")
    return _parse_box(root, views_of_element)


def _children(element: Any) -> list[Any]:
    return [element.GetNestedElement(index) for index in range(element.GetNumberOfNestedElements())]


def _number(element: Any, name: str, default: float) -> float:
    text = element.GetAttribute(name)
    return float(text) if text else default


def shown_layout(logic: Any, shown: list[Any]) -> ViewItem | BoxItem | None:
    """Return what a vtkMRMLLayoutLogic shows of some view nodes; one that is maximized alone."""
    node = logic.GetLayoutNode()
    if node.GetNumberOfMaximizedViewNodes():
        return ViewItem(node.GetMaximizedViewNode(0))

    def views_of_element(element: Any) -> list[Any]:
        view = logic.GetViewFromElement(element)
        own = [view] if view in shown else []
        if element.GetAttribute("singletontag"):
            return own
        return own + [one for one in shown if one.IsA(element.GetAttribute("class")) and one is not view]

    root = node.GetLayoutRootElement()
    return parse_layout(root, views_of_element) if root is not None else None


def _parse_box(element: Any, views_of_element: ViewsOfElement) -> BoxItem:
    kind = element.GetAttribute("type") or "vertical"
    if kind not in BOXES:
        raise ValueError(f"A layout of type {kind!r} cannot be drawn: expected one of {', '.join(BOXES)}.")
    box = BoxItem(kind)
    sizes: list[float] = []
    for item in _children(element):
        if item.GetName() != "item":
            raise ValueError(f"A <layout> holds <{item.GetName()}>: expected <item>.")
        place = tuple(int(_number(item, name, default)) for name, default in _CELL_DEFAULTS)
        for child in _parse_item(item, views_of_element):
            box.children.append(child)
            sizes.append(_number(item, "splitSize", 0.0))
            box.cells.append(place)  # type: ignore[arg-type]
    given = [size for size in sizes if size > 0]
    usual = sum(given) / len(given) if given else 1.0
    box.weights = [size if size > 0 else usual for size in sizes]
    return box


def _parse_item(item: Any, views_of_element: ViewsOfElement) -> list[ViewItem | BoxItem]:
    found: list[ViewItem | BoxItem] = []
    for element in _children(item):
        if element.GetName() == "layout":
            found.append(_parse_box(element, views_of_element))
        elif element.GetName() == "view":
            nodes = views_of_element(element)
            found.extend(ViewItem(node) for node in (nodes if item.GetAttribute("multiple") == "true" else nodes[:1]))
        else:
            raise ValueError(f"An <item> holds <{element.GetName()}>: expected <view> or <layout>.")
    return found


def view_nodes(item: ViewItem | BoxItem) -> list[Any]:
    """The view nodes of a tree, in the order of the description."""
    if isinstance(item, ViewItem):
        return [item.node]
    return [node for child in item.children for node in view_nodes(child)]


def place(item: ViewItem | BoxItem, rect: Rect, gap: int = 3) -> list[tuple[Any, Rect]]:
    """(view node, rectangle in pixels) of each visible view; of tabs only the first is visible."""
    if isinstance(item, ViewItem):
        return [(item.node, rect)]
    if not item.children:
        return []
    if item.kind == "tab":
        return place(item.children[0], rect, gap)
    if item.kind == "grid":
        return _place_grid(item, rect, gap)
    along_x = item.kind == "horizontal"
    edges = _edges(rect.width if along_x else rect.height, item.weights, gap)
    placed = []
    for child, (start, length) in zip(item.children, edges):
        if along_x:
            part = Rect(rect.x + start, rect.y, length, rect.height)
        else:
            part = Rect(rect.x, rect.y + start, rect.width, length)
        placed.extend(place(child, part, gap))
    return placed


def _place_grid(item: BoxItem, rect: Rect, gap: int) -> list[tuple[Any, Rect]]:
    rows = max(row + span for row, _, span, _ in item.cells)
    columns = max(column + span for _, column, _, span in item.cells)
    row_edges = _edges(rect.height, [1.0] * rows, gap)
    column_edges = _edges(rect.width, [1.0] * columns, gap)
    placed = []
    for child, (row, column, row_span, column_span) in zip(item.children, item.cells):
        top, left = row_edges[row][0], column_edges[column][0]
        bottom = sum(row_edges[row + row_span - 1])
        right = sum(column_edges[column + column_span - 1])
        placed.extend(place(child, Rect(rect.x + left, rect.y + top, right - left, bottom - top), gap))
    return placed


def _edges(length: int, weights: list[float], gap: int) -> list[tuple[int, int]]:
    """(start, length) in pixels of each part; the parts and the gaps between them fill the length exactly."""
    free = length - gap * (len(weights) - 1)
    total = sum(weights)
    edges = []
    covered = 0.0
    for index, weight in enumerate(weights):
        start, end = round(covered / total * free), round((covered + weight) / total * free)
        edges.append((start + index * gap, max(end - start, 1)))
        covered += weight
    return edges
