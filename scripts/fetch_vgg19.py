"""Fetch the VGG-19 weights of ImageNet, check them, and keep the layers that style transfer needs.

Usage: fetch_vgg19.py OUTPUT.safetensors [--address URL] [--sha256 HEX] [--keep]

The published file (575 MB) is fetched to OUTPUT's folder, taken up again if the line broke, and compared with its
SHA-256. Its convolutions to conv5_2 (52 MB) are written to OUTPUT, in safetensors: the project reads no pickles.
Everything works without these weights too, with the MRI encoder that the project ships.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.style.encoders import ENCODERS, torchvision_places
from ssaglioma.style.published import VGG19_IMAGENET
from ssaglioma.volume.atomic import atomic_path
from SSASlicerLib.downloads import download


def keep_convolutions(published: Path, output: Path) -> int:
    """Write the convolutions to conv5_2 of torchvision's file as safetensors and return how many tensors these are.

    Raises
    ------
    ModelPackageError
        If the file is no VGG-19 of torchvision.
    """
    try:
        state = torch.load(published, map_location="cpu", weights_only=True)
        places = torchvision_places(ENCODERS["vgg19_conv5"]).values()
        names = [f"features.{place}.{kind}" for place in places for kind in ("weight", "bias")]
        kept = {name: state[name].contiguous() for name in names}
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelPackageError(
            f"The file {str(published)!r} holds no VGG-19 ({error!r})", expected="torchvision's state dictionary"
        ) from error
    with atomic_path(output) as temporary:
        save_file(kept, str(temporary), metadata={"source": VGG19_IMAGENET.address, "licence": VGG19_IMAGENET.licence})
    return len(kept)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--address", default=os.environ.get("SSAGLIOMA_VGG19_ADDRESS", VGG19_IMAGENET.address))
    parser.add_argument("--sha256", default=VGG19_IMAGENET.sha256)
    parser.add_argument("--keep", action="store_true", help="keep the published file too")
    options = parser.parse_args(arguments)
    published = options.output.with_name(VGG19_IMAGENET.file_name)
    try:
        arrived = download(options.address, published, digest=options.sha256, progress=_show)
        count = keep_convolutions(arrived.path, options.output)
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if not options.keep:
        published.unlink()
    verdict = "verified" if arrived.verified else "UNVERIFIED: only the first digits are known"
    print(f"SHA-256 {arrived.sha256} ({verdict}); {count} tensors in {options.output}")
    return 0


def _show(fraction: float, message: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{fraction:4.0%}  {message}   ", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
