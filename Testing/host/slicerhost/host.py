"""The host: one stand-in application in a process, and what tests do with it."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from .messages import MessageRecorder

_host: Host | None = None


class Host:
    """The running stand-in.

    scene, app, layoutManager: as `slicer.mrmlScene`, `slicer.app`, `slicer.app.layoutManager()`.
    messages: the recorded pop-ups.
    folder: where settings, temporary files and caches of this process are; removed at its end.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.messages = MessageRecorder()
        self.scene: Any = None
        self.app: Any = None
        self.main_window: Any = None
        self.logics: dict[str, Any] = {}
        self.subject_hierarchy: Any = None
        self._current: Any = None

    @property
    def layoutManager(self) -> Any:
        return self.app.layoutManager()

    def load_module(self, path: str | os.PathLike[str], enter: bool = False) -> Any:
        """Load a scripted module and return its Python widget, set up; `enter` also opens it."""
        from .loader import load_scripted_module

        module = load_scripted_module(path)
        widget = module.widgetRepresentation().self()
        if enter:
            self.enter_module(module.name)
        return widget

    def enter_module(self, name: str) -> None:
        """Open a module: the one that was open is left first."""
        module = self.app.moduleManager().module(name)
        if module is None:
            raise RuntimeError(f"Found no module {name!r}; load it first.")
        self.leave_module()
        self._current = module.widgetRepresentation()
        if hasattr(self._current, "enter"):
            self._current.enter()

    def leave_module(self) -> None:
        """Leave the open module, if there is one."""
        current, self._current = self._current, None
        if hasattr(current, "exit"):
            current.exit()

    def unload_module(self, name: str) -> None:
        """Unload a module: `cleanup()` runs, its panel goes; one that is not loaded is left alone."""
        module = self.app.moduleManager().module(name)
        if module is None:
            return
        panel = module.__dict__["_widget"]
        if panel is not None and panel is self._current:
            self.leave_module()
        self.app.moduleManager().remove(name)
        if panel is not None:
            panel.deleteLater()
        self.process_events()

    def process_events(self, seconds: float = 0.0) -> None:
        """Let Qt work: once, or for some seconds."""
        end = time.monotonic() + seconds
        self.app.processEvents()
        while time.monotonic() < end:
            time.sleep(0.005)
            self.app.processEvents()

    def wait_until(self, condition: Any, seconds: float = 30.0) -> bool:
        """Let Qt work until a condition holds; tell whether it did in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.process_events(0.02)
        return True

    def reset(self) -> None:
        """Close the scene, forget messages, requests and settings; loaded modules stay."""
        import qt

        from . import packaging, qtlayer, sample_data

        self.scene.Clear(0)
        self.messages.clear()
        packaging.requests.clear()
        packaging.failing_return_code = 0
        sample_data.local_copies.clear()
        self.app.commandOptions().testingEnabled = False
        qt.QSettings().clear()
        qtlayer.dialogs.clear()
        self.process_events()

    shutdown = reset


def boot() -> Host:
    """Start the stand-in application, once in a process, and return it."""
    global _host
    if _host is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        folder = Path(tempfile.mkdtemp(prefix="slicerhost-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _host = _start(Host(folder))
    return _host


def _start(host: Host) -> Host:
    from . import qtlayer

    qtlayer.install()
    _use_own_settings(host.folder)
    import slicer

    for name, widget_class in qtlayer.slicer_classes().items():
        setattr(slicer, name, widget_class)
    _make_scene(host, slicer)
    _add_modules(host, slicer)
    _add_packages(slicer)
    _complete_util(host, slicer, qtlayer)
    return host


def _use_own_settings(folder: Path) -> None:
    from PySide6.QtCore import QCoreApplication, QSettings

    QCoreApplication.setOrganizationName("SlicerHost")
    QCoreApplication.setApplicationName("SlicerHost")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(folder / "settings"))


def _make_scene(host: Host, slicer: Any) -> None:
    from .application import Application
    from .logics import make_application_logic, make_module_logics
    from .modules import ModuleManager, ModuleRegistry
    from .subject_hierarchy import SubjectHierarchyKeeper

    scene = slicer.vtkMRMLScene()
    slicer.mrmlScene = host.scene = scene
    slicer.modules = ModuleRegistry()
    slicer.selfTests = {}
    logic = make_application_logic(scene, host.folder / "home", str(host.folder / "temp"))
    slicer.app = host.app = Application(scene, logic, host.folder, ModuleManager(slicer.modules))
    host.logics = make_module_logics(scene, logic)
    host.subject_hierarchy = SubjectHierarchyKeeper(scene)


def _add_modules(host: Host, slicer: Any) -> None:
    from . import cli, loader
    from .logics import MODULE_LOGICS
    from .modules import CoreModule

    manager = host.app.moduleManager()
    for name, (title, _class_name) in MODULE_LOGICS.items():
        manager.add(CoreModule(name, host.logics[name], title))
    manager.add(cli.CommandLineModule("ThresholdScalarVolume", cli.threshold_scalar_volume))
    slicer.qSlicerScriptedLoadableModule = loader.ScriptedModule
    slicer.qSlicerScriptedLoadableModuleWidget = loader.make_container_class()


def _add_packages(slicer: Any) -> None:
    from . import cli, i18n, packaging, parameter_node, sample_data, scripted

    parts = {"cli": cli, "i18n": i18n, "packaging": packaging, "parameterNodeWrapper": parameter_node}
    for name, part in {**parts, "ScriptedLoadableModule": scripted}.items():
        sys.modules[f"slicer.{name}"] = part
        setattr(slicer, name, part)
    sys.modules["SampleData"] = sample_data
    sys.modules.setdefault("vtkAddon", ModuleType("vtkAddon"))


def _complete_util(host: Host, slicer: Any, qtlayer: Any) -> None:
    from .main_window import make_main_window
    from .process import make_python_slicer

    host.messages.install(slicer.util)
    slicer.util.loadUI = qtlayer.load_ui
    make_python_slicer(Path(host.app.slicerHome))
    host.main_window = make_main_window(host.enter_module)
