#!/bin/sh
# Install PyTorch for the interpreter PYTHON. Usage: install_torch.sh PYTHON
#
# On Linux the CPU build is preferred, as the default one brings gigabytes of CUDA libraries:
#   1. a wheel at hand (PIP_FIND_LINKS, or find-links in pip's configuration), no network;
#   2. the CPU index TORCH_INDEX, with a short time limit (an empty TORCH_INDEX skips this step);
#   3. the package index that pip is set up for.
set -eu
python=$1
. "$(dirname "$0")/../addresses.env"

pip_install() {
    "$python" -m pip --disable-pip-version-check install --quiet "$@"
}

if "$python" -c 'import torch' 2>/dev/null; then
    exit 0
fi
system=$(uname -s)-$(uname -m)
if [ "$system" = Darwin-x86_64 ]; then
    # shellcheck disable=SC2086  # two requirements
    pip_install $TORCH_INTEL_MAC
    exit 0
fi
if [ "${system%%-*}" = Linux ]; then
    echo "Installing PyTorch $TORCH_VERSION (CPU build where there is one)"
    pip_install --no-index --no-deps --only-binary :all: "torch==$TORCH_VERSION" 2>/dev/null ||
        { [ -n "$TORCH_INDEX" ] &&
            pip_install --no-deps --only-binary :all: --timeout 15 --retries 1 \
                --index-url "$TORCH_INDEX" "torch==$TORCH_VERSION" 2>/dev/null; } ||
        echo "No CPU build was found at hand or at '$TORCH_INDEX': taking the package index's build."
fi
pip_install "torch==$TORCH_VERSION" # the rest, or only its dependencies when a step above succeeded
