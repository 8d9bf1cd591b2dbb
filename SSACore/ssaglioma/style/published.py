"""Published weights that a user may fetch: where they are and how they are known. Nothing is fetched here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights on a public server.

    Attributes
    ----------
    file_name : str
    address : str
        Where its publisher has it.
    sha256 : str
        Of the whole file (64 hex digits), or its first digits where no more is known (then never "verified").
    size_bytes : int
    licence, citation : str
    """

    file_name: str
    address: str
    sha256: str
    size_bytes: int
    licence: str
    citation: str


VGG19_IMAGENET = PublishedWeights(
    file_name="vgg19-dcbb9e9d.pth",
    address="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    # The name holds the first eight digits; the others agree in several independent public lists of this file.
    sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    size_bytes=574_673_361,
    licence="BSD-3-Clause (torchvision); trained on ImageNet, whose terms allow research",
    citation="Simonyan and Zisserman 2015, arXiv:1409.1556; torchvision's VGG19_Weights.IMAGENET1K_V1",
)
