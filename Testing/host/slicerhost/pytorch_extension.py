"""Stand-in for `PyTorchUtils` of the PyTorch extension: an extension, so it is there only where a test asks for it."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

requests: list[dict[str, Any]] = []


class PyTorchUtilsLogic:
    """Tells about torch and records what it is asked to install."""

    def torchInstalled(self) -> bool:
        return importlib.util.find_spec("torch") is not None

    @property
    def torch(self) -> Any:
        return importlib.import_module("torch") if self.torchInstalled() else None

    def installTorch(self, askConfirmation: bool = False, **options: Any) -> Any:
        """Record the request and return torch where it can be imported, else None."""
        requests.append({"askConfirmation": askConfirmation, **options})
        return self.torch

    def uninstallTorch(self, *_options: Any) -> None:
        requests.append({"uninstall": True})


def install() -> ModuleType:
    """Make `import PyTorchUtils` work."""
    module = ModuleType("PyTorchUtils")
    module.PyTorchUtilsLogic = PyTorchUtilsLogic  # type: ignore[attr-defined]
    sys.modules["PyTorchUtils"] = module
    return module


def uninstall() -> None:
    """Make `import PyTorchUtils` fail again."""
    sys.modules.pop("PyTorchUtils", None)
    requests.clear()
