"""The module `ctk`: the CTK widgets that scripted modules use, as drawable PySide6 widgets."""

from __future__ import annotations

from types import ModuleType

from . import ctk_buttons, ctk_inputs


def make_ctk() -> ModuleType:
    """Return the module."""
    module = ModuleType("ctk")
    for source in (ctk_buttons, ctk_inputs):
        for name, value in vars(source).items():
            if name.startswith("ctk"):
                setattr(module, name, value)
    return module
