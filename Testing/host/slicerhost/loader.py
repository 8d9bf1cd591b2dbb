"""Loading a scripted module from its file, as the application does when it starts and when a module is opened."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import slicer

from .modules import CoreModule


class ScriptedModule(CoreModule):
    """A module whose class is written in Python; stands for qSlicerScriptedLoadableModule."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self.__dict__.update(path=str(path), instance=None)

    def widgetRepresentation(self) -> Any:
        """Return the panel's container, made and set up at the first call."""
        if self._widget is None:
            self.__dict__["_widget"] = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self) -> Any:
        container = slicer.qSlicerScriptedLoadableModuleWidget()
        container.set_up(self)
        return container


def make_container_class() -> type:
    """Return the stand-in for qSlicerScriptedLoadableModuleWidget, a qMRMLWidget with a vertical layout."""
    import qt

    class qSlicerScriptedLoadableModuleWidget(slicer.qMRMLWidget):
        def set_up(self, module: ScriptedModule) -> None:
            self._module, self._python, self._entered = module, None, False
            self.setObjectName(f"{module.name}ModuleWidget")
            self.setLayout(qt.QVBoxLayout())
            self.setMRMLScene(slicer.mrmlScene)
            self.reload()

        def reload(self) -> None:
            name = self._module.name
            if name not in sys.modules:
                raise RuntimeError(f"The module {name} is not loaded.")
            widget_class = getattr(sys.modules[name], f"{name}Widget")
            self._python = widget_class(self)
            setattr(slicer.modules, f"{name}Widget", self._python)
            self._python.setup()

        def self(self) -> Any:
            return self._python

        @property
        def isEntered(self) -> bool:
            return self._entered

        def enter(self) -> None:
            self._entered = True
            if hasattr(self._python, "enter"):
                self._python.enter()

        def exit(self) -> None:
            self._entered = False
            if hasattr(self._python, "exit"):
                self._python.exit()

    return qSlicerScriptedLoadableModuleWidget


def load_source(path: Path) -> Any:
    """Import a module's file under its own name, its folder on sys.path as in Slicer."""
    if not path.is_file():
        raise FileNotFoundError(f"Found no file {path}, expected the .py file of a scripted module.")
    folder, name = str(path.parent), path.stem
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported.")
    source = importlib.util.module_from_spec(spec)
    sys.modules[name] = source
    try:
        spec.loader.exec_module(source)
    except BaseException:
        del sys.modules[name]
        raise
    return source


def load_scripted_module(path: str | os.PathLike[str]) -> ScriptedModule:
    """Load a scripted module: import, make the module class, register it, then what it asked for at start-up.

    Raises:
        FileNotFoundError: there is no such file.
        AttributeError: the file has no class of the module's name.
    """
    file = Path(path).resolve()
    manager = slicer.app.moduleManager()
    if manager.module(file.stem) is not None:
        manager.remove(file.stem)
    source = load_source(file)
    module = ScriptedModule(file.stem, file)
    instance = getattr(source, file.stem)(module)
    module.__dict__["instance"] = instance
    if hasattr(instance, "setup"):
        instance.setup()
    manager.add(module)
    setattr(slicer.modules, f"{file.stem}Instance", instance)
    slicer.app.runStartupCompleted()
    return module
