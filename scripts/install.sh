#!/bin/sh
# Make the virtual environment FOLDER and install ssaglioma with EXTRA into it. Usage: install.sh FOLDER EXTRA
# EXTRA "base" is the package alone, which segments without PyTorch; all others bring PyTorch.
# The package is installed in place: a change in SSACore/ needs no new installation.
set -eu
folder=$1
extra=$2
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/addresses.env"
"$here/scripts/make_venv.sh" "$folder"
python=$folder/bin/python
if [ "$extra" = base ]; then
    echo "Installing ssaglioma and what it needs"
    "$python" -m pip --disable-pip-version-check install --quiet --editable "$here"
    exit 0
fi
"$here/scripts/install_torch.sh" "$python"
echo "Installing ssaglioma[$extra] and what it needs"
"$python" -m pip --disable-pip-version-check install --quiet --editable "$here[$extra]"
if [ "$extra" = dev ]; then
    "$python" -m pip --disable-pip-version-check install --quiet --no-deps "$NETWORK_JUDGE" ||
        echo "$NETWORK_JUDGE was not installed: the tests that compare networks with it are skipped."
    "$python" -m pip --disable-pip-version-check install --quiet --editable "$here[host]" ||
        echo "The stand-in for Slicer was not installed (no wheels for this system?): its tests are skipped."
fi
