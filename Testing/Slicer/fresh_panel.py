"""A panel built in a process of its own, as when Slicer opens it for the first time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from seg_scene import ROOT

FRESH = """
import json, sys, time
import slicerhost
host = slicerhost.boot()
before = set(sys.modules)
began = time.perf_counter()
widget = host.load_module(sys.argv[1], enter=True)
seconds = time.perf_counter() - began
new = sorted({name.split(".")[0] for name in set(sys.modules) - before})
print(json.dumps({"new": new, "seconds": seconds, "status": widget.ui.statusLabel.text}))
"""


def built(module: Path) -> dict:
    """Return the packages that building the panel imported, its seconds, and its status line."""
    folders = [str(ROOT / "SSACore"), str(ROOT / "Testing" / "host")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(module)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
