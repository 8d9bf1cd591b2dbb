#!/bin/sh
# Make the virtual environment FOLDER with the first Python >= 3.10 found. Usage: make_venv.sh FOLDER
set -eu
folder=$1
if [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
new_enough='import sys; raise SystemExit(sys.version_info < (3, 10))'
python=
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$new_enough" 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "No Python >= 3.10 was found. Install one (Debian: apt-get install python3; macOS: brew install python)," >&2
    echo "or name it: make PYTHON=/path/to/python3 ..." >&2
    exit 3
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python ($version) cannot make virtual environments: its modules venv and ensurepip are missing." >&2
    echo "On Debian and Ubuntu they are in the package python3-venv (or python$version-venv). Install it with" >&2
    echo "    sudo apt-get install python3-venv        (or: make system-deps)" >&2
    exit 3
fi
echo "Making the virtual environment $folder with $("$python" --version)"
"$python" -m venv "$folder"
