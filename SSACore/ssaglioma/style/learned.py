"""Whole cases through a network of slices: shared by AdaIN, RAIN, AdaConv and their relatives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import nn

from ssaglioma.errors import ModelPackageError
from ssaglioma.preprocessing import bounding_box
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.shading import without_shading
from ssaglioma.style.style_network import StyleNetwork
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.types import ProgressCallback

MARGIN = 8
SMALLEST_EDGE = 16
_BRIGHTEST = 2.0
_BATCH = 4

N = TypeVar("N", bound=nn.Module)


class LearnedStylizer(Stylizer, Generic[N]):
    """Runs a trained network on all slices of an image, by one rule for a case.

    Statistics of the content come from its reference slice (the one with the largest foreground), since style
    images are middle slices too; every slice is then treated alike. The papers treat each picture on its own:
    a single slice here is its own reference, so nothing differs there. Pictures are cut to the foreground with
    8 pixels around it.

    Parameters
    ----------
    network : Module
        Trained; it runs where its weights are.
    """

    def __init__(self, *, network: N, slice_axis: str = "axial") -> None:
        super().__init__(slice_axis=slice_axis)
        # Channels last is about twice as fast on a processor; the numbers are the same.
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._last = LastSlice()

    @property
    def device(self) -> torch.device:
        """Where the network's weights are."""
        return next(self.network.parameters()).device


class CodeStylizer(LearnedStylizer[StyleNetwork]):
    """A network that takes its style as one code (AdaIN, AdaConv)."""

    @torch.no_grad()
    def _summarise(self, styles: list[Pictures]) -> torch.Tensor:
        """Return the mean code of the reference slices, (1, code_size)."""
        codes = [self.network.encode_style(picture_tensor(one, [one.reference], self.device)) for one in styles]
        return torch.cat(codes).mean(0, keepdim=True)

    @torch.no_grad()
    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        code, own_code = self._code(style, drawn), self.network.encode_style
        if len(content.original) == 1:
            return self._last.stylised(self.network, content, code, own_code)
        return stylised_slices(self.network, content, code, progress, own_code=own_code)

    def _code(self, style: Any, drawn: Any) -> torch.Tensor:
        return style


class LastSlice:
    """What does not depend on the style, kept for the slice that was stylised last.

    While a user drags a slider or leafs through styles, the content stays: its features, and its picture in its own
    style, are then not computed again.
    """

    def __init__(self) -> None:
        self._key: bytes = b""
        self._features: torch.Tensor
        self._own: torch.Tensor | None

    def stylised(
        self,
        network: StyleNetwork,
        content: Pictures,
        code: torch.Tensor,
        own_code: Callable[[torch.Tensor], torch.Tensor],
    ) -> np.ndarray:
        """Return the one slice (1, Y, X) in the style of a code (1, code_size), on the unit scale; see below."""
        box = picture_box(content.foreground, network.encoder.divisor)
        picture = picture_tensor(content, [0], code.device, box)
        key = hashlib.blake2b(picture.cpu().numpy().tobytes(), digest_size=16).digest()
        if key != self._key:
            self._features = network.encoder(picture)
            self._own = network.exchanged(self._features, own_code(picture)) if network.keep_detail else None
            self._key = key
        made = network.exchanged(self._features, code)
        if self._own is not None:
            made = picture + made - self._own
        result = np.zeros(content.original.shape, np.float32)
        paste(result, [0], box, made.clamp(0, _BRIGHTEST)[:, 0].float().cpu().numpy())
        return _finished(network, content, result)


def stylised_slices(
    network: StyleNetwork,
    content: Pictures,
    code: torch.Tensor,
    progress: ProgressCallback,
    *,
    own_code: Callable[[torch.Tensor], torch.Tensor],
) -> np.ndarray:
    """Return all slices (N, Y, X) of a volume in the style of one code (1, code_size), on the unit scale.

    Slices without foreground stay 0. The reference slice's statistics serve for all.
    `own_code` gives the code of the content's own style, which networks that keep detail ask for.

    Raises
    ------
    ModelPackageError
        If what comes out is not finite, or 0 everywhere.
    """
    result = np.zeros(content.original.shape, np.float32)
    filled = [int(index) for index in np.flatnonzero(content.foreground.any(axis=(1, 2)))]
    box, device = picture_box(content.foreground, network.encoder.divisor), code.device
    reference = picture_tensor(content, [content.reference], device, box)
    anchor = network.anchor(reference, code)
    own = own_code(reference) if network.keep_detail else None
    own_anchor = None if own is None else network.anchor(reference, own)
    for start in range(0, len(filled), _BATCH):
        chosen = filled[start : start + _BATCH]
        made = network(picture_tensor(content, chosen, device, box), code, anchor, own, own_anchor)
        paste(result, chosen, box, made.clamp(0, _BRIGHTEST)[:, 0].float().cpu().numpy())
        progress(min(1.0, (start + len(chosen)) / len(filled)), f"Slice {chosen[-1] + 1}")
    return _finished(network, content, result)


def picture_tensor(
    pictures: Pictures, chosen: list[int], device: torch.device, box: tuple[slice, slice] | None = None
) -> torch.Tensor:
    """Return slices as (B, 1, Y, X) on the unit scale, cut to a box (which may reach beyond the picture: 0 there)."""
    if box is None:
        box = picture_box(pictures.foreground, 8)
    unit = (pictures.original[chosen] - np.float32(pictures.low)) / np.float32(pictures.high - pictures.low)
    unit[~pictures.foreground[chosen]] = 0.0
    result = np.zeros((len(chosen), *(part.stop - part.start for part in box)), np.float32)
    inner, outer = _overlap(box, unit.shape[1:])
    result[(slice(None), *outer)] = unit[(slice(None), *inner)]
    return torch.from_numpy(result.clip(0, _BRIGHTEST))[:, None].to(device)


def paste(result: np.ndarray, chosen: list[int], box: tuple[slice, slice], made: np.ndarray) -> None:
    """Put slices (B, Y, X) of a box back into the whole, in place."""
    inner, outer = _overlap(box, result.shape[1:])
    for index, picture in zip(chosen, made, strict=True):
        result[index][inner] = picture[outer]


def picture_box(foreground: np.ndarray, divisor: int) -> tuple[slice, slice]:
    """Return the in-plane box of the foreground (N, Y, X) with a margin; edges are multiples of the divisor.

    It may start below 0 or end beyond the picture, at least 16 pixels long.
    """
    plane = np.asarray(foreground.any(axis=0))
    inner = bounding_box(plane) if plane.any() else tuple(slice(0, size) for size in plane.shape)
    box = []
    for part, size in zip(inner, plane.shape):
        start, stop = max(part.start - MARGIN, 0), min(part.stop + MARGIN, size)
        length = max(SMALLEST_EDGE, divisor * -(-(stop - start) // divisor))
        start -= (length - (stop - start)) // 2
        box.append(slice(start, start + length))
    return box[0], box[1]


def _finished(network: StyleNetwork, content: Pictures, result: np.ndarray) -> np.ndarray:
    """Return slices (N, Y, X) that were checked, without shading where the content's detail is kept."""
    if not np.isfinite(result).all() or not result.any():
        raise ModelPackageError(
            "The stylizer's network gives a picture that is 0 everywhere or not finite",
            expected="weights of a finished training",
            remedy="Choose another model package, or train it longer",
        )
    return without_shading(content.unit, result, content.foreground) if network.keep_detail else result


def _overlap(box: tuple[slice, slice], shape: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return where a box and a picture overlap, in the picture's and in the box's own indices."""
    inner = tuple(slice(max(part.start, 0), min(part.stop, size)) for part, size in zip(box, shape))
    outer = tuple(slice(one.start - part.start, one.stop - part.start) for one, part in zip(inner, box))
    return inner, outer
