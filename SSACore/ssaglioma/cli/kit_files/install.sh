#!/bin/sh
# Install SSAGlioma from this folder: no network, no administrator. Usage: sh install.sh [--folder DIR]
# Another Python: PYTHON=/path/to/python sh install.sh
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:+"$PYTHON"} python@PYTHON@ python3 python; do
    if command -v "$python" >/dev/null 2>&1 &&
        "$python" -c 'import sys; raise SystemExit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' 2>/dev/null; then
        exec "$python" "$here/install.py" "$@"
    fi
done
echo "Error: Python @PYTHON@ was not found. Install it, or name it: PYTHON=/path/to/python sh install.sh" >&2
echo "For 3D Slicer: /path/to/Slicer/bin/PythonSlicer install.py --slicer /path/to/Slicer/bin/PythonSlicer" >&2
exit 3
