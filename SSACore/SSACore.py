"""SSACore: a hidden module whose folder puts the package ``ssaglioma`` on Slicer's path.

It has no screen. Slicer adds the folder of each scripted module that it loads to
``sys.path``; the other modules of this extension depend on this one and can then
``import ssaglioma`` in every layout. It loads the extension's translations, before
any panel is made.
"""

from __future__ import annotations

from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class SSACore(ScriptedLoadableModule):
    """Registers the shared core with Slicer; it is never shown in the module list."""

    def __init__(self, parent):
        super().__init__(parent)
        from SSASlicerLib.translations import load_translations

        load_translations()
        parent.title = _("SSAGlioma Core")
        parent.categories = ["Segmentation"]
        parent.dependencies = []
        parent.contributors = ["The SSAGlioma developers"]
        parent.hidden = True
        parent.helpText = _("The library that the SSAGlioma modules share. It has no panel of its own.")
        parent.acknowledgementText = _("Written by the SSAGlioma developers. License: Apache-2.0.")
