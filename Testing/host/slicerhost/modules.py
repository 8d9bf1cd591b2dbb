"""`slicer.modules` and the module manager behind `slicer.util.getModule`."""

from __future__ import annotations

from typing import Any

from .signals import StringSignals

PROPERTIES = {
    "title": "",
    "name": "",
    "path": "",
    "helpText": "",
    "acknowledgementText": "",
    "contributors": (),
    "categories": (),
    "dependencies": (),
    "associatedNodeTypes": (),
    "hidden": False,
    "index": -1,
    "icon": None,
    "widgetRepresentationCreationEnabled": True,
}


class CoreModule:
    """What Python sees of a loaded module; only a module's documented properties may be set."""

    def __init__(self, name: str, logic: Any = None, title: str = "") -> None:
        for key, value in PROPERTIES.items():
            self.__dict__[key] = list(value) if isinstance(value, tuple) else value
        self.__dict__.update(name=name, title=title or name, _logic=logic, _widget=None)

    def __setattr__(self, key: str, value: Any) -> None:
        if key not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} has no property {key!r}; expected one of {sorted(PROPERTIES)}."
            )
        self.__dict__[key] = value

    def logic(self) -> Any:
        """The module's logic, or None."""
        return self._logic

    def widgetRepresentation(self) -> Any:
        """The module's panel, or None."""
        return self._widget

    def isHidden(self) -> bool:
        return bool(self.hidden)


class ModuleRegistry:
    """`slicer.modules`: modules by lower-case name, and whatever modules put there themselves."""


class _FactoryManager:
    def __init__(self, manager: ModuleManager) -> None:
        self._manager = manager

    def loadedModuleNames(self) -> list[str]:
        return list(self._manager.modules)

    def isLoaded(self, name: str) -> bool:
        return name in self._manager.modules


class ModuleManager(StringSignals):
    """`slicer.app.moduleManager()`."""

    SIGNALS = ("moduleAboutToBeUnloaded(QString)", "moduleLoaded(QString)", "moduleUnloaded(QString)")

    def __init__(self, registry: ModuleRegistry) -> None:
        super().__init__()
        self.registry = registry
        self.modules: dict[str, CoreModule] = {}

    def add(self, module: CoreModule) -> None:
        """Register a module under its name and as `slicer.modules.<name in lower case>`."""
        self.modules[module.name] = module
        setattr(self.registry, module.name.lower(), module)
        self.emit_signal("moduleLoaded(QString)", module.name)

    def remove(self, name: str) -> None:
        """Unload a module; its widget's `cleanup` runs first."""
        self.emit_signal("moduleAboutToBeUnloaded(QString)", name)
        del self.modules[name]
        for attribute in (name.lower(), name + "Instance", name + "Widget"):
            if hasattr(self.registry, attribute):
                delattr(self.registry, attribute)
        self.emit_signal("moduleUnloaded(QString)", name)

    def module(self, name: str) -> CoreModule | None:
        return self.modules.get(name)

    def modulesNames(self) -> list[str]:
        return list(self.modules)

    def factoryManager(self) -> _FactoryManager:
        return _FactoryManager(self)
