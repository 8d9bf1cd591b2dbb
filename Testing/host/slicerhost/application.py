"""`slicer.app`: what a scripted module asks of the running application."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import i18n
from .io_manager import IOManager
from .modules import ModuleManager
from .process import StartupEnvironment
from .signals import StringSignals


class ExtensionsManager:
    """`extensionsManagerModel()`: no extension is installed, requests are recorded."""

    def __init__(self) -> None:
        self.installedExtensions: list[str] = []
        self.requested: list[str] = []
        self.interactive = True

    def isExtensionInstalled(self, name: str) -> bool:
        return name in self.installedExtensions

    def installExtensionFromServer(self, name: str, *_options: Any) -> bool:
        self.requested.append(name)
        return False


class Application(StringSignals):
    """Stand-in for qSlicerApplication; Qt's own application functions are passed to `qt.QApplication`."""

    SIGNALS = (
        "startupCompleted()",
        "aboutToQuit()",
        "lastWindowClosed()",
        "mrmlSceneChanged(vtkMRMLScene*)",
        "mrmlApplicationLogicRequest(vtkObject*,void*,ulong)",
    )
    QT_FUNCTIONS = (
        "topLevelWidgets",
        "setOverrideCursor",
        "restoreOverrideCursor",
        "overrideCursor",
        "keyboardModifiers",
        "clipboard",
        "focusWidget",
        "activeWindow",
        "palette",
        "font",
        "style",
        "setStyleSheet",
    )
    applicationName = "Slicer"
    mainApplicationName = "Slicer"
    documentationBaseUrl = "https://slicer.readthedocs.io/en/latest/"
    revision = "stand-in"
    repositoryRevision = "stand-in"

    def __init__(self, scene: Any, application_logic: Any, folder: Path, modules: ModuleManager) -> None:
        super().__init__()
        self._scene, self._application_logic, self._modules = scene, application_logic, modules
        self._io = IOManager()
        self._layout_manager: Any = None
        self._extensions = ExtensionsManager()
        self._logics: dict[str, Any] = {}
        self._command_options = SimpleNamespace(runPythonAndExit=False, testingEnabled=False, noMainWindow=False)
        self._startup_environment = dict(os.environ)
        self.renders_paused = 0
        self.exit_code: int | None = None
        self.restarts = 0
        self.slicerHome = str(folder / "home")
        self.temporaryPath = str(folder / "temp")
        self.cachePath = str(folder / "cache")
        self.extensionsInstallPath = str(folder / "extensions")
        self.defaultScenePath = str(folder / "scenes")
        self.slicerUserSettingsFilePath = str(folder / "Slicer.ini")
        self.errorLogFilePath = str(folder / "slicer.log")
        for path in (self.temporaryPath, self.cachePath, self.slicerHome):
            Path(path).mkdir(parents=True, exist_ok=True)
        self.applicationVersion = importlib.metadata.version("slicer-core")
        parts = [int(part) for part in self.applicationVersion.split(".")[:3]]
        self.majorVersion, self.minorVersion, self.patchVersion = parts
        self.platform = f"{platform.system().lower()}-{platform.machine()}"
        self.os, self.arch = platform.system().lower(), platform.machine()

    def __getattr__(self, name: str) -> Any:
        if name in type(self).QT_FUNCTIONS:
            import qt

            return getattr(qt.QApplication, name)
        raise AttributeError(f"slicer.app has no attribute {name!r} here; add it to the host if Slicer has it.")

    # state

    def mrmlScene(self) -> Any:
        return self._scene

    def applicationLogic(self) -> Any:
        return self._application_logic

    def moduleManager(self) -> ModuleManager:
        return self._modules

    def module_logic(self, name: str) -> Any:
        """Return the logic of a module that the wheel brings (not in Slicer: for the host's own use)."""
        return self._modules.modules[name].logic()

    def moduleLogic(self, name: str) -> Any:
        return self.module_logic(name)

    def coreIOManager(self) -> IOManager:
        return self._io

    def ioManager(self) -> IOManager:
        return self._io

    def extensionsManagerModel(self) -> ExtensionsManager:
        return self._extensions

    def commandOptions(self) -> SimpleNamespace:
        return self._command_options

    def testingEnabled(self) -> bool:
        return bool(self._command_options.testingEnabled)

    def layoutManager(self) -> Any:
        """The layout manager, made at the first call: it sets up the views of the scene."""
        if self._layout_manager is None:
            from .views import LayoutManager

            self._layout_manager = LayoutManager(self._scene, self._application_logic)
        return self._layout_manager

    def startupEnvironment(self) -> StartupEnvironment:
        return StartupEnvironment(self._startup_environment)

    def settings(self) -> Any:
        import qt

        return qt.QSettings()

    def userSettings(self) -> Any:
        return self.settings()

    def revisionUserSettings(self) -> Any:
        return self.settings()

    # actions

    def processEvents(self, *_flags: Any) -> None:
        import qt

        qt.QApplication.processEvents()

    def pauseRender(self) -> int:
        self.renders_paused += 1
        return self.renders_paused

    def resumeRender(self) -> int:
        self.renders_paused = max(0, self.renders_paused - 1)
        return self.renders_paused

    def setRenderPaused(self, pause: bool) -> None:
        (self.pauseRender if pause else self.resumeRender)()

    def exit(self, status: int = 0) -> None:
        """Record an exit; the process lives on."""
        self.exit_code = status

    def quit(self) -> None:
        self.exit(0)

    def restart(self) -> None:
        """Record a restart; the process lives on."""
        self.restarts += 1

    def translate(self, context: str, text: str) -> str:
        return i18n.translate(context, text)

    def loadTranslations(self, folder: str) -> None:
        """Install the .qm files of a folder for the language in the settings."""
        i18n.load(folder, str(self.userSettings().value("language") or ""))

    def moduleDocumentationUrl(self, moduleName: str) -> str:
        return f"{self.documentationBaseUrl}user_guide/modules/{moduleName.lower()}.html"

    def runStartupCompleted(self) -> None:
        """Call what modules connected to `startupCompleted()` since the last time, once (not in Slicer)."""
        for slot in self.take_slots("startupCompleted()"):
            _run_slot(slot)


def _run_slot(slot: Callable[[], Any]) -> None:
    """Run a slot as Qt does: an exception is logged and does not reach the caller; `slot_errors` keeps it."""
    try:
        slot()
    except Exception as error:
        slot_errors.append(error)
        logging.exception("Exception in a slot of startupCompleted()")


slot_errors: list[Exception] = []
