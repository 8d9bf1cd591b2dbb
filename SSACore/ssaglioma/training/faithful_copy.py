"""Style transfer as arXiv:2501.04734 and its repository did it: one slice of one channel, kept as three slices.

For comparison only; `style_copies` makes what a network should be trained on. Departures, here as there where known:
the paper's pictures went through JPEG and PNG files, of which the 8-bit steps are kept and the losses are not; its
files had an identity geometry, these keep that of the content, since labels would no longer fit; labels are not told
of in the paper, each of the three slices gets the middle slice's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from ssaglioma.errors import DatasetError, GeometryError, ModelPackageError
from ssaglioma.style.encoders import VggEncoder
from ssaglioma.style.gatys import GatysConfig, GatysStylizer, paper_settings
from ssaglioma.training.style_provenance import Provenance, patient_of
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume

_LEVELS = 255
_PLANES = 3


@dataclass(frozen=True, eq=False)
class FaithfulCopy:
    """A stylised slice as a volume.

    Attributes
    ----------
    image : Volume
        Of channel 0 (T1), (Z, Y, X), uint8: the planes red, green and blue of the stylised middle slice as three
        neighbouring slices (76, 77 and 78 of 155), 0 elsewhere. The background is not 0 in these three, as there.
    labels : Volume
        The middle slice's labels in the same three slices, 0 elsewhere.
    provenance : Provenance
    """

    image: Volume
    labels: Volume
    provenance: Provenance


def faithful_copy(
    content: tuple[str, Volume, Volume],
    style: tuple[str, Volume],
    encoder: VggEncoder | None,
    *,
    config: GatysConfig | None = None,
    progress: ProgressCallback = no_progress,
) -> FaithfulCopy:
    """Return the middle axial slice of a case in the style of another case's, as the paper made it.

    Parameters
    ----------
    content : (name, Volume, Volume)
        Case name, channel 0 (T1) and labels on one grid, (Z, Y, X), canonical orientation. There: a case from
        Sub-Saharan Africa.
    style : (name, Volume)
        Case name and channel 0. There: a random adult case.
    encoder : VggEncoder or None
        'vgg19_conv5' with ImageNet's weights.
    config : GatysConfig, optional
        The default is `paper_settings`: 1000 steps on 512 pixels, some 20 minutes on a processor core.

    Raises
    ------
    ModelPackageError
        If there is no encoder, or it lacks the paper's layers.
    GeometryError
        If content and labels lie on different grids, or have less than three slices.
    DatasetError
        If content and style are of one patient, or a middle slice is empty.
    """
    (name, image, labels), (style_name, style_image) = content, style
    if encoder is None:
        raise _no_encoder()
    _check(content, style)
    stylizer = GatysStylizer(network=encoder, config=config or paper_settings())
    target = stylizer.style_of(_picture(style_image, style_name).to(stylizer.device))
    picture = stylizer.optimised_colors(_picture(image, name).to(stylizer.device), target, progress)
    planes = _planes(picture[0].cpu().numpy(), image.shape[1:])
    provenance = Provenance(name, patient_of(name), (style_name,), (patient_of(style_name),), "gatys", 1.0)
    repeated = np.repeat(labels.array[image.shape[0] // 2][None], _PLANES, axis=0)
    return FaithfulCopy(
        image.with_array(_in_middle(planes, image)), labels.with_array(_in_middle(repeated, labels)), provenance
    )


def middle_picture(volume: Volume, name: str) -> np.ndarray:
    """Return the middle axial slice as the repository exported it: (X, Y) uint8, smallest value 0, largest 255.

    Raises
    ------
    DatasetError
        If the slice is empty.
    """
    middle = np.asarray(volume.array[volume.shape[0] // 2], np.float64).T
    low, high = float(middle.min()), float(middle.max())
    if not high > low:
        raise DatasetError(
            f"The middle slice of {name!r} is empty",
            expected="a slice with something in it",
            remedy="Take another case",
        )
    return ((middle - low) / (high - low) * _LEVELS).astype(np.uint8)


def _check(content: tuple[str, Volume, Volume], style: tuple[str, Volume]) -> None:
    name, image, labels = content
    if patient_of(name) == patient_of(style[0]):
        raise DatasetError(f"Content and style are both of {patient_of(name)!r}", expected="two patients")
    if not image.same_grid(labels) or image.shape[0] < _PLANES:
        raise GeometryError(
            f"The content is {image.geometry_text()}, its labels are {labels.geometry_text()}",
            expected="one grid with three slices or more",
        )


def _no_encoder() -> ModelPackageError:
    return ModelPackageError(
        "Style transfer as in arXiv:2501.04734 needs the VGG-19 weights of ImageNet, and none are given",
        expected="the encoder 'vgg19_conv5' with its weights",
        remedy="Run scripts/fetch_vgg19.py once (575 MB) and give the file that it writes",
    )


def _picture(volume: Volume, name: str) -> torch.Tensor:
    """Return the middle slice as (1, 1, X, Y), values 0..1."""
    return torch.from_numpy(middle_picture(volume, name).astype(np.float32) / _LEVELS)[None, None]


def _planes(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the planes of a picture (C, X', Y'), values 0..1, as uint8 (3, Y, X): 8 bits first, then Lanczos."""
    rows, columns = shape[1], shape[0]  # the picture's rows run along x
    bits = np.rint(picture.clip(0, 1) * _LEVELS).astype(np.uint8)
    bits = np.broadcast_to(bits, (_PLANES, *bits.shape[1:]))
    sized = [Image.fromarray(plane).resize((columns, rows), Image.Resampling.LANCZOS) for plane in bits]
    return np.stack([np.asarray(plane).T for plane in sized])


def _in_middle(slices: np.ndarray, volume: Volume) -> np.ndarray:
    result = np.zeros(volume.shape, slices.dtype)
    first = volume.shape[0] // 2 - 1
    result[first : first + _PLANES] = slices
    return result
