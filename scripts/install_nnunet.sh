#!/bin/sh
# Make the virtual environment FOLDER with the real nnU-Net, the judge of Testing/Core/training/test_nnunet_parity.py.
# Usage: install_nnunet.sh FOLDER. About 2 GB; an environment of its own, because nnU-Net brings a torchvision that
# need not fit the torch that is there. Nothing here uses torchvision, so it is removed again.
set -eu
folder=$1
here=$(cd "$(dirname "$0")/.." && pwd)
"$here/scripts/make_venv.sh" "$folder"
python=$folder/bin/python
"$here/scripts/install_torch.sh" "$python"
"$python" -c 'import torch; print("torch==" + torch.__version__)' > "$folder/constraints.txt"
echo "Installing nnU-Net and what it needs"
"$python" -m pip --disable-pip-version-check install --quiet --constraint "$folder/constraints.txt" "nnunetv2==2.8.1"
"$python" -m pip --disable-pip-version-check uninstall --quiet --yes torchvision
"$python" -m pip --disable-pip-version-check install --quiet --constraint "$folder/constraints.txt" \
    --editable "$here[train]" pytest
