"""RAIN's adversarial search for a whole case: one move in the style space that a segmenter finds hardest.

The papers (Luo et al. 2020; the cardiac study after it) search for one picture of one channel. Here the contrasts of a
case keep their own styles, and one offset is added to all of their points: with one contrast that is the published
step. The segmenter is a 2D model package. Departures from a run of the segmenter: its z-scores are taken over the
slices of the search alone, and the search looks at the full strength of the style.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.model_grid import model_shape, slice_axis
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.preprocessing import bounding_box
from ssaglioma.style.contrasts import matched_styles
from ssaglioma.style.epsilon_search import SearchConfig, SearchResult, SegmenterLoss, search_epsilon
from ssaglioma.style.learned import picture_box, picture_tensor
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.style_vae import sample
from ssaglioma.style.stylizer import content_pictures
from ssaglioma.style.variational import VariationalStylizer
from ssaglioma.types import ProgressCallback, Spacing, no_progress
from ssaglioma.volume import Volume

SEARCH_SLICES = ("tumour", "reference")
_CHUNK = 4
_BRIGHTEST = 2.0
_SMALLEST_SD = 1e-8


@dataclass(frozen=True)
class CaseSearch:
    """How to search over a case.

    Attributes
    ----------
    steps : SearchConfig
    slices : str
        'tumour': all slices with a label; 'reference': the one with the most of it. Without any label it is the slice
        with the largest foreground.
    force : bool
        Let contrasts without a style take another's, as in `Stylizer.stylize`.
    """

    steps: SearchConfig
    slices: str = SEARCH_SLICES[0]
    force: bool = False

    def __post_init__(self) -> None:
        if self.slices not in SEARCH_SLICES:
            raise DatasetError(f"The slices of the search are {self.slices!r}", expected=f"one of {SEARCH_SLICES}")


@dataclass(frozen=True, eq=False)
class _Channel:
    """One contrast of the search: its slices (N, 1, Y, X), the reference slice, and its place in the style space."""

    pictures: torch.Tensor
    reference: torch.Tensor
    point: torch.Tensor
    deviation: torch.Tensor


def search_case_style(
    stylizer: VariationalStylizer,
    content: Mapping[Sequence, Volume],
    engine: TorchEngine,
    labels: np.ndarray,
    search: CaseSearch,
    progress: ProgressCallback = no_progress,
) -> SearchResult:
    """Search along the segmenter's gradient and give the stylizer the offset that was found.

    The loss is the binary cross-entropy of the segmenter's regions, averaged over slices and pixels. The noise of the
    style is drawn once; call `reseed` afterwards, so that `stylize` draws the same again. Of networks that keep detail
    it sees the picture before shading is taken away (`style.shading`).

    Parameters
    ----------
    stylizer : VariationalStylizer
        With fitted styles; its `offset` is set.
    content : mapping of Sequence to Volume
        On one grid, canonical axes.
    labels : ndarray of int, shape (Z, Y, X)
        On that grid, in the scheme of the segmenter.

    Returns
    -------
    SearchResult
        Its points are offsets, the first one 0.

    Raises
    ------
    ModelPackageError
        If the segmenter is no 2D network, or takes its slices along another axis.
    SequenceError
        If a contrast is missing that the segmenter needs, or that has no style.
    DatasetError
        If labels and images differ in shape, or the loss cannot be climbed.
    """
    pictures, axis = content_pictures(content, stylizer.axis)
    _check(engine, content, labels, axis)
    marked = np.moveaxis(labels, axis, 0)
    first = next(iter(pictures.values()))
    chosen = _chosen(marked, first, search.slices)
    box = picture_box(first.foreground, stylizer.network.base.encoder.divisor)
    noise = stylizer.noise()
    channels = _channels(stylizer, pictures, chosen, box, noise, search.force)
    spacing = list(next(iter(content.values())).spacing_zyx_mm)
    through = spacing.pop(axis)
    view = _SegmenterView(
        engine,
        list(pictures),
        masks=first.foreground[chosen],
        labels=marked[chosen],
        box=box,
        brain=bounding_box(np.asarray(first.foreground.any(axis=0))),
        spacing=(through, spacing[0], spacing[1]),
    )
    found = search_epsilon(
        lambda offset: _stylised(stylizer, channels, offset),
        _reported(view, search.steps, progress),
        torch.zeros_like(noise),
        torch.cat([one.deviation for one in channels.values()]).abs().mean(0, keepdim=True),
        search.steps,
    )
    stylizer.offset = found.epsilon
    return found


def _channels(
    stylizer: VariationalStylizer,
    pictures: Mapping[Sequence | None, Pictures],
    chosen: list[int],
    box: tuple[slice, slice],
    noise: torch.Tensor,
    force: bool,
) -> dict[Sequence | None, _Channel]:
    states, _ = matched_styles(pictures, stylizer.fitted_styles, force=force)
    return {
        key: _Channel(
            picture_tensor(one, chosen, stylizer.device, box),
            picture_tensor(one, [one.reference], stylizer.device, box),
            sample(states[key][0], states[key][1], noise),
            states[key][1],
        )
        for key, one in pictures.items()
    }


def _stylised(
    stylizer: VariationalStylizer, channels: Mapping[Sequence | None, _Channel], offset: torch.Tensor
) -> torch.Tensor:
    """Return the slices of all contrasts with one offset, (N, C, Y, X); few at a time are kept for the gradient."""
    base = stylizer.network.base
    made = []
    for one in channels.values():
        code = stylizer.network.vae.decode(one.point + offset)
        anchor = base.anchor(one.reference, code)
        own = stylizer.network.own_code(one.reference) if base.keep_detail else None
        parts = [checkpoint(base, part, code, anchor, own, use_reentrant=False) for part in one.pictures.split(_CHUNK)]
        made.append(torch.cat(parts).clamp(0, _BRIGHTEST))
    return torch.cat(made, dim=1)


class _SegmenterView:
    """The segmenter's loss for stylised slices in the picture box."""

    def __init__(
        self,
        engine: TorchEngine,
        channels: Seq[Sequence | None],
        *,
        masks: np.ndarray,
        labels: np.ndarray,
        box: tuple[slice, slice],
        brain: tuple[slice, ...],
        spacing: Spacing,
    ) -> None:
        card = engine.package.card
        scheme = label_scheme(card.labels)
        found = np.stack([scheme.mask(labels, region) for region in card.regions], axis=1).astype(np.float32)
        self.engine, self.channels, self.brain = engine, list(channels), brain
        self.masks = torch.from_numpy(masks[(slice(None), *brain)]).to(engine.device)[:, None].float()
        self.regions = torch.from_numpy(found[(slice(None), slice(None), *brain)]).to(engine.device)
        rows, columns = ((part.start - inner.start, inner.stop - part.stop) for part, inner in zip(box, brain))
        self.cut = (*columns, *rows)
        edges = model_shape(card, (1, *(part.stop - part.start for part in brain)), spacing)
        self.edges = edges[1], edges[2]

    def __call__(self, made: torch.Tensor) -> torch.Tensor:
        """Return the loss of slices (N, C, Y, X) in the picture box."""
        card = self.engine.package.card
        inside = functional.pad(made.to(self.engine.device), self.cut)  # negative padding cuts
        images = _zscored(inside, self.masks)
        blank = torch.zeros_like(images[:, :1])
        places = [self.channels.index(key) if key in self.channels else None for key in card.sequences]
        images = torch.cat([blank if place is None else images[:, place : place + 1] for place in places], dim=1)
        regions = self.regions
        if tuple(images.shape[-2:]) != self.edges:
            images, regions = (functional.interpolate(one, self.edges, mode="bilinear") for one in (images, regions))
        margins = _margins(self.edges, card.patch, CONFIGURATIONS[card.network].divisor)
        network = self.engine.network
        logits = torch.cat(
            [checkpoint(network, functional.pad(part, margins), use_reentrant=False) for part in images.split(_CHUNK)]
        )
        return functional.binary_cross_entropy_with_logits(functional.pad(logits, [-one for one in margins]), regions)


def _zscored(images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Return (image - mean) / SD of each channel inside the masks, over all slices; 0 outside."""
    count = masks.sum()
    mean = (images * masks).sum((0, 2, 3), keepdim=True) / count
    variance = ((images - mean).square() * masks).sum((0, 2, 3), keepdim=True) / count
    return (images - mean) / variance.sqrt().clamp_min(_SMALLEST_SD) * masks


def _margins(edges: tuple[int, int], patch: tuple[int, ...], divisor: int) -> list[int]:
    """Return padding (left, right, top, bottom) up to the patch, or to the next multiple of the divisor."""
    margins = []
    for edge, wanted in zip(reversed(edges), reversed(patch)):
        missing = (wanted if edge <= wanted else -(-edge // divisor) * divisor) - edge
        margins += [missing // 2, missing - missing // 2]
    return margins


def _chosen(marked: np.ndarray, pictures: Pictures, slices: str) -> list[int]:
    area = (marked > 0).sum(axis=(1, 2))
    if not area.any():
        return [pictures.reference]
    return [int(np.argmax(area))] if slices == "reference" else [int(index) for index in np.flatnonzero(area)]


def _check(engine: TorchEngine, content: Mapping[Sequence, Volume], labels: np.ndarray, axis: int) -> None:
    card = engine.package.card
    volume = next(iter(content.values()))
    if CONFIGURATIONS[card.network].dims != 2 or slice_axis(card, volume.spacing_zyx_mm) != axis:
        raise ModelPackageError(
            f"The segmenter {card.name!r} ({card.network}) cannot guide the search",
            expected="a 2D network that takes slices along the stylizer's axis",
            remedy="Choose another --segmenter or --slice-axis",
        )
    if labels.shape != volume.shape:
        raise DatasetError(f"The labels have shape {labels.shape!r}", expected=f"{volume.shape!r}, as the images")
    missing = [key.display_name for key in card.sequences if key not in content]
    if missing and card.missing_channels != "zero":
        raise SequenceError(f"The segmenter needs {', '.join(missing)}", expected="all of its sequences")


def _reported(view: _SegmenterView, config: SearchConfig, progress: ProgressCallback) -> SegmenterLoss:
    """Return the loss, telling of each time that it is looked at."""
    seen = 0

    def loss(made: torch.Tensor) -> torch.Tensor:
        nonlocal seen
        value = view(made)
        seen += 1
        done = seen / (2 * max(config.iterations, 1) + 1)
        progress(min(done, 1.0), f"Search for a hard style: loss {float(value.detach()):.4f}")
        return value

    return loss
