"""The anatomy guard: is a stylised image still an image of the same patient?

It compares an image before and after stylisation: displacement of edges in mm, similarity of gradients, contrast of
lesions, lesions lost or new in a segmenter's view, tissue outside the brain. A stylisation that fails is refused
(`check_or_refuse`) or hatched (`hatched`). How it measures is told in `guard_edges` and `guard_measures`;
the limits in `GuardConfig`. It needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence
from ssaglioma.style.guard_findings import Findings, Pair, findings_of, pooled
from ssaglioma.style.guard_measures import LesionChanges, lesion_changes, predicted_masks, region_masks
from ssaglioma.style.guard_report import GuardConfig, GuardReport, check_or_refuse, hatched
from ssaglioma.style.guard_verdict import judged, lesion_reasons
from ssaglioma.style.pictures import check_finite
from ssaglioma.types import Predictor, Spacing
from ssaglioma.volume import Volume, check_same_grid

__all__ = ["GuardConfig", "GuardReport", "check_or_refuse", "examine", "hatched"]

Image = np.ndarray | Volume | Mapping[Sequence, Volume]
Segmenter = Predictor | tuple[np.ndarray | Volume, np.ndarray | Volume]
Stacks = dict[Sequence | None, np.ndarray]

_SLICE_MM = 1.0
_MOST_EDGES, _MOST_EDGES_OF_MANY = 300, 100
_DEFAULT = GuardConfig()


def examine(
    content: Image,
    stylised: Image,
    *,
    spacing_yx_mm: tuple[float, float] | None = None,
    labels: np.ndarray | Volume | None = None,
    scheme: LabelScheme = GLIOMA,
    segmenter: Segmenter | None = None,
    config: GuardConfig = _DEFAULT,
) -> GuardReport:
    """Compare an image before and after stylisation and judge it.

    Parameters
    ----------
    content, stylised : ndarray (Y, X), Volume, or mapping of Sequence to Volume
        The same kind and grid. Exactly 0 in the content is background. A volume is measured slice by slice; the
        verdict is on all slices pooled, and on how many fail alone.
    spacing_yx_mm : tuple of 2 floats
        Pixel size of a slice; volumes know theirs.
    labels : ndarray or Volume, optional
        Labelmap of the content, of its shape: for lesion borders and contrast.
    scheme : LabelScheme
        Of the labels and of the segmenter.
    segmenter : Predictor, or two labelmaps, optional
        A model that sees both images, or what it saw before and after (arrays of the content's shape). A slice
        counts as 1 mm thick.

    Raises
    ------
    GeometryError
        If kinds, shapes or grids differ, or the pixel size is missing.
    DatasetError
        If a value is not finite, the content is empty, or the segmenter does not fit the scheme.
    """
    before, after, spacing = _stacks(content, stylised, spacing_yx_mm)
    labelmap = None if labels is None else _labelmap(labels, next(iter(before.values())).shape)
    mask = _foreground(list(before.values()))
    lesions = _lesion_changes(segmenter, before, after, spacing, scheme, config.least_lesion_mm3)
    parts: list[GuardReport] = []
    everything: list[Findings] = []
    for key in before:
        found = _measured(before[key], after[key], mask, labelmap, spacing, scheme, config)
        everything += found.values()
        parts.append(_channel_report(key, found, config))
    if isinstance(content, Mapping):
        reasons = tuple(f"{one.name}: {reason}" for one in parts for reason in one.reasons)
        report = GuardReport("case", pooled(everything, config, lesions), reasons, tuple(parts))
    else:
        report = replace(parts[0], measures=replace(parts[0].measures, lesions=lesions))
    return replace(report, reasons=(*lesion_reasons(lesions), *report.reasons))


def _measured(
    before: np.ndarray,
    after: np.ndarray,
    mask: np.ndarray,
    labels: np.ndarray | None,
    spacing: Spacing,
    scheme: LabelScheme,
    config: GuardConfig,
) -> dict[int, Findings]:
    """Measure each slice that holds something, by its number."""
    axis = int(np.argmax(spacing)) if config.slice_axis == "through_plane" and len(mask) > 1 else 0
    stacks = [np.moveaxis(one, axis, 0) for one in (before, after, mask)]
    labelled = [None] * len(stacks[0]) if labels is None else np.moveaxis(labels, axis, 0)
    in_plane = (spacing[1 if axis == 0 else 0], spacing[1 if axis == 2 else 2])
    most = _MOST_EDGES if len(stacks[0]) == 1 else _MOST_EDGES_OF_MANY
    found = {}
    chosen = _chosen(stacks[1], stacks[2], config.measured_slices)
    for number, (one, other, inside, marked) in enumerate(zip(*stacks, labelled)):
        if number in chosen:
            found[number] = findings_of(Pair(one, other, inside, in_plane, marked), scheme, config, most)
    return found


def _chosen(stylised: np.ndarray, mask: np.ndarray, most: int) -> set[int]:
    """Return the numbers of the slices to measure: some with brain, and all with something outside it."""
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    if most and len(filled) > most:
        filled = filled[np.linspace(0, len(filled) - 1, most).round().astype(int)]
    outside = np.flatnonzero(((stylised != 0) & ~mask).any(axis=(1, 2)))
    return {int(number) for number in (*filled, *outside)}


def _channel_report(key: Sequence | None, found: dict[int, Findings], config: GuardConfig) -> GuardReport:
    """Judge the slices of one contrast together, and each alone."""
    measures = pooled(list(found.values()), config, {})
    reasons = judged(measures, config)
    if len(found) == 1:
        return GuardReport(key.display_name if key else "slice", measures, reasons)
    parts = []
    for number, one in found.items():
        alone = pooled([one], config, {})
        parts.append(GuardReport(f"slice {number}", alone, judged(alone, config)))
    refused = sum(not one.passed for one in parts)
    if refused > config.refused_slices * len(parts):
        reasons += (f"{refused} of {len(parts)} slices are refused on their own (limit {config.refused_slices:.0%})",)
    return GuardReport(key.display_name if key else "volume", measures, reasons, tuple(parts))


def _stacks(
    content: Image, stylised: Image, spacing_yx_mm: tuple[float, float] | None
) -> tuple[Stacks, Stacks, Spacing]:
    """Return stacks (Z, Y, X) by contrast, before and after, and their spacing."""
    before: Stacks
    after: Stacks
    if isinstance(content, np.ndarray) and isinstance(stylised, np.ndarray):
        spacing = _checked_slices(content, stylised, spacing_yx_mm)
        before, after = {None: content[None]}, {None: stylised[None]}
    else:
        volumes, others = _volumes(content), _volumes(stylised)
        if not volumes or list(volumes) != list(others):
            raise GeometryError(
                f"A {type(content).__name__} and a {type(stylised).__name__} cannot be compared",
                expected="two slices, two volumes, or two cases of the same contrasts",
            )
        named = [
            (f"{when} {key.display_name if key else 'image'}", volume)
            for when, images in (("content", volumes), ("stylised", others))
            for key, volume in images.items()
        ]
        check_same_grid(dict(named))
        spacing = named[0][1].spacing_zyx_mm
        before, after = ({key: one.array for key, one in images.items()} for images in (volumes, others))
    for name, arrays in (("content", before), ("stylised image", after)):
        for key, array in arrays.items():
            check_finite(array, name)
            arrays[key] = array.astype(np.float64)
    return before, after, spacing


def _checked_slices(content: np.ndarray, stylised: np.ndarray, spacing_yx_mm: tuple[float, float] | None) -> Spacing:
    if content.ndim != 2 or content.shape != stylised.shape or not content.size:
        raise GeometryError(
            f"The slices have the shapes {content.shape!r} and {stylised.shape!r}",
            expected="two slices (Y, X) of one size",
        )
    if spacing_yx_mm is None or len(spacing_yx_mm) != 2 or not min(spacing_yx_mm) > 0:
        raise GeometryError(
            f"The pixel size is {spacing_yx_mm!r}",
            expected="two positive numbers, mm along Y and X",
            remedy="Give spacing_yx_mm: displacement is measured in mm",
        )
    return _SLICE_MM, float(spacing_yx_mm[0]), float(spacing_yx_mm[1])


def _volumes(image: Image) -> dict[Sequence | None, Volume]:
    if isinstance(image, Mapping):
        return {key: image[key] for key in SEQUENCE_ORDER if key in image}
    return {None: image} if isinstance(image, Volume) else {}


def _labelmap(labels: np.ndarray | Volume, shape: tuple[int, ...]) -> np.ndarray:
    """Return the labels as a stack of this shape (Z, Y, X)."""
    array = labels.array if isinstance(labels, Volume) else np.asarray(labels)
    array = array[None] if array.ndim == 2 else array
    if array.shape != shape:
        raise GeometryError(f"The labels have the shape {array.shape!r}", expected=f"{shape!r}, as the images")
    return array


def _foreground(arrays: list[np.ndarray]) -> np.ndarray:
    """Return the union of all contrasts, holes of each slice filled, (Z, Y, X)."""
    mask = np.any([array != 0 for array in arrays], axis=0)
    if not mask.any():
        raise DatasetError("The content is empty (every pixel is 0)", expected="an image with something in it")
    return np.stack([ndimage.binary_fill_holes(one) for one in mask])


def _lesion_changes(
    segmenter: Segmenter | None,
    before: Stacks,
    after: Stacks,
    spacing: Spacing,
    scheme: LabelScheme,
    least_mm3: float,
) -> dict[str, LesionChanges]:
    """Return the lesions of each region that were lost or are new; nothing without a segmenter."""
    if segmenter is None:
        return {}
    shape = next(iter(before.values())).shape
    if isinstance(segmenter, Predictor):
        images = [np.stack(list(stacks.values())).astype(np.float32) for stacks in (before, after)]
        views = [predicted_masks(segmenter.predict(image, spacing), scheme) for image in images]
    else:
        views = [region_masks(_labelmap(one, shape), scheme) for one in segmenter]
    seen, seen_after = views
    return {region: lesion_changes(seen[region], seen_after[region], spacing, least_mm3) for region in scheme.regions}
