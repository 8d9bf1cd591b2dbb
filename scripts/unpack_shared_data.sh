#!/bin/sh
# Unpack the shared cases, where a checkout has them beside it, to FOLDER. Usage: unpack_shared_data.sh PYTHON FOLDER
# Without them the tests that need real cases are skipped, and say so.
set -eu
unpack=$(dirname "$0")/../../shared/data/unpack.py
if [ -f "$unpack" ]; then
    "$1" "$unpack" "$2"
else
    echo "No shared data beside this checkout: tests that need real cases are skipped."
fi
