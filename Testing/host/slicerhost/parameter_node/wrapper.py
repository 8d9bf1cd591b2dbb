"""`parameterNodeWrapper`: typed access to a `vtkMRMLScriptedModuleNode`, and its ties to widgets."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import slicer
import vtk

from .annotations import Default
from .connectors import GuiConnector, createGuiConnector
from .packs import Member, check_name, data_type, members_of, split_name

SlicerParameterNamePropertyName = "SlicerParameterName"
# VTK calls observers of a living node even after Python has collected them together with the node's Python side,
# and crashes; a reference from outside keeps them whole
_kept_observers: list[Callable[..., Any]] = []
RESERVED = ("allParameters", "parameterNode", "default", "dataType", "getValue", "setValue", "connectGui")


def isParameterNodeWrapper(classOrObj: Any) -> bool:
    """Tell whether a class or an object was made with `parameterNodeWrapper`."""
    return bool(getattr(classOrObj, "_is_parameter_node_wrapper", False))


def _parameter_property(member: Member) -> property:
    def read(self: Any) -> Any:
        if not member.codec.present(self.parameterNode, self._key(member.name)):
            self._write_default(member)
        return member.codec.fetch(self.parameterNode, self._key(member.name))

    def write(self: Any, value: Any) -> None:
        with slicer.util.NodeModify(self.parameterNode):
            member.codec.store(self.parameterNode, self._key(member.name), value)

    return property(read, write)


class _Methods:
    """What each wrapped class gets beside its parameters."""

    _is_parameter_node_wrapper = True
    allParameters: dict[str, Member]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._guis: dict[int, tuple[dict[str, GuiConnector], int]] = {}
        self._next_tag = 0
        self._updating_gui = False
        for member in self.allParameters.values():
            if not member.codec.present(parameterNode, self._key(member.name)):
                self._write_default(member)

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _write_default(self, member: Member) -> None:
        with slicer.util.NodeModify(self.parameterNode):
            member.codec.store(self.parameterNode, self._key(member.name), member.default_of())

    def default(self, paramName: str) -> Default:
        check_name(self, paramName)
        return Default(generator=self.allParameters[paramName].default_of)

    def isCached(self, paramName: str) -> bool:
        """Tell whether Slicer would cache a parameter; here each read goes to the node."""
        check_name(self, paramName)
        return self.allParameters[paramName].codec.cached_in_slicer()

    def getValue(self, name: str) -> Any:
        check_name(self, name)
        top, rest = split_name(name)
        value = getattr(self, top)
        return value if rest is None else value.getValue(rest)

    def setValue(self, name: str, value: Any) -> None:
        check_name(self, name)
        top, rest = split_name(name)
        if rest is None:
            setattr(self, top, value)
        else:
            getattr(self, top).setValue(rest, value)

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified: int) -> None:
        self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: Any, callback: Callable[..., None], priority: float = 0.0) -> int:
        _kept_observers.append(callback)
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()

    def connectGui(self, gui: Any) -> int:
        """Tie all widgets that carry the property SlicerParameterName; return a tag for `disconnectGui`."""
        import qt

        if getattr(gui, "isWidgetType", lambda: False)():
            widgets = list(gui.findChildren(qt.QWidget))
        else:
            widgets = list(gui.__dict__.values())
        named = ((widget.property(SlicerParameterNamePropertyName), widget) for widget in widgets)
        return self.connectParametersToGui({name: widget for name, widget in named if name})

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Tie parameters, by (dotted) name, to widgets or connectors; return a tag for `disconnectGui`."""
        for name in mapping:
            check_name(self, name)
        ties = {
            name: item if isinstance(item, GuiConnector) else createGuiConnector(item, data_type(self, name))
            for name, item in mapping.items()
        }
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        for name, connector in ties.items():
            connector.write(self.getValue(name))
            connector.onChanged(self._gui_to_parameter(name, connector))
        self._guis[tag] = (ties, self.AddObserver(vtk.vtkCommand.ModifiedEvent, _gui_updater(weakref.ref(self))))
        return tag

    def disconnectGui(self, guiTag: int | None) -> None:
        """Untie what one `connectGui` tied; an unknown tag does nothing."""
        ties, observer = self._guis.pop(guiTag, ({}, None))  # type: ignore[arg-type]
        for connector in ties.values():
            connector.onChanged(None)
        if observer is not None:
            self.RemoveObserver(observer)

    def _gui_to_parameter(self, name: str, connector: GuiConnector) -> Callable[[], None]:
        def update() -> None:
            if not self._updating_gui:
                with slicer.util.NodeModify(self):
                    self.setValue(name, connector.read())

        return update

    def _update_gui(self) -> None:
        if self._updating_gui:
            return
        self._updating_gui = True
        try:
            for ties, _observer in list(self._guis.values()):
                for name, connector in ties.items():
                    connector.write(self.getValue(name))
        finally:
            self._updating_gui = False


def _gui_updater(wrapper: weakref.ref[Any]) -> Callable[[Any, str], None]:
    """Return an observer that does not keep the wrapper alive."""

    def update(_caller: Any, _event: str) -> None:
        alive = wrapper()
        if alive is not None:
            alive._update_gui()

    return update


def findChildWidgetForParameter(widget: Any, parameter: str) -> Any:
    """Return the child widget that carries a parameter's name, or None."""
    import qt

    children = widget.findChildren(qt.QWidget)
    return next((w for w in children if w.property(SlicerParameterNamePropertyName) == parameter), None)


def _wrap(owner: type) -> type:
    members = members_of(owner)
    taken = [name for name in members if name in RESERVED or name in _Methods.__dict__]
    if taken:
        raise ValueError(f"Found the parameter names {taken}, which a parameter node needs itself; rename them.")
    for name, member in members.items():
        setattr(owner, name, _parameter_property(member))
    for name, value in _Methods.__dict__.items():
        if name not in ("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__"):
            setattr(owner, name, value)
    owner.allParameters = members  # type: ignore[attr-defined]
    owner.dataType = staticmethod(lambda name: data_type(owner, name))  # type: ignore[attr-defined]
    return owner


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Make a class of annotated members into typed access to a parameter node (with or without brackets)."""
    return _wrap if classtype is None else _wrap(classtype)
