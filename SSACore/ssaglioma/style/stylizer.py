"""The one interface of all stylisations: slices and whole cases in, the same out in another style."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.intensity import brain_mask
from ssaglioma.style.contrasts import check_trained, matched_styles
from ssaglioma.style.pictures import Pictures, check_finite, pictures_of, slice_pictures, volume_pictures
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume, check_same_grid

Image = np.ndarray | Volume
"""A slice (Y, X), or a volume."""
Case = Mapping[Sequence, Volume] | Mapping[Sequence, np.ndarray]
StyleCase = Mapping[Sequence, Image]
Styles = np.ndarray | Volume | StyleCase
SLICE_AXES = ("axial", "through_plane")

S = TypeVar("S", bound="Stylizer")


class Stylizer(ABC):
    """A method that lends images the look of others.

    A style is learned once (`fit`), or given with each call. A case gets one style: whatever a method draws or
    estimates is shared by its slices, and what it draws also by its channels. Geometry does not change, so
    labels stay valid and are never touched. The background (outside the union of all channels) stays exactly 0.

    Parameters
    ----------
    slice_axis : str
        'axial' cuts a volume along its first axis, 'through_plane' along the one with the largest spacing.

    Attributes
    ----------
    trained_on : frozenset of Sequence or None
        Contrasts that its network was trained on; None if none was, or nobody knows.
    warnings : tuple of str
        What the user should know about the last result.
    """

    method: ClassVar[str]

    def __init__(self, *, slice_axis: str = "axial") -> None:
        if slice_axis not in SLICE_AXES:
            raise DatasetError(f"The slice axis is {slice_axis!r}", expected=f"one of {SLICE_AXES}")
        self.slice_axis = slice_axis
        self.trained_on: frozenset[Sequence] | None = None
        self.warnings: tuple[str, ...] = ()
        self._fitted: dict[Sequence | None, Any] = {}

    def fit(self: S, content_set: Iterable[Styles], style_set: Iterable[Styles]) -> S:
        """Learn the style that `stylize` takes where it is given none, and return self.

        The style set is summed up for each contrast on its own: pooled quantiles, mean landmarks, spectra, Gram
        matrices or style codes, as the method says. Weights of networks are not trained here but in
        `ssaglioma.training.style_loop`.

        Parameters
        ----------
        content_set : iterable of slices, volumes or cases
            May be empty. Only checked: no method here needs to know where it starts from.
        style_set : iterable of slices, volumes or cases
            At least one with something in it.

        Raises
        ------
        DatasetError
            If the style set is empty, or an image is empty or not finite.
        GeometryError
            If an array is not 2D.
        """
        for item in content_set:
            _style_pictures(item, self.axis, "content")
        found: dict[Sequence | None, list[Pictures]] = {}
        for item in style_set:
            for key, pictures in _style_pictures(item, self.axis, "style").items():
                found.setdefault(key, []).append(pictures)
        if not found:
            raise DatasetError(
                "The style set is empty",
                expected="at least one image in the style that is wanted",
                remedy="Check the folder of style images",
            )
        self._fitted = {key: self._summarise(pictures) for key, pictures in found.items()}
        return self

    def reseed(self, seed: int) -> None:
        """Begin anew what is drawn at random; methods that draw nothing stay as they are."""
        return

    @property
    def fitted_styles(self) -> Mapping[Sequence | None, Any]:
        """What `fit` learned, by contrast, in the method's own form; `take_styles` takes it back."""
        return MappingProxyType(self._fitted)

    def take_styles(self: S, styles: Mapping[Sequence | None, Any]) -> S:
        """Take styles that another stylizer of this method and network learned, and return self."""
        self._fitted = dict(styles)
        return self

    @property
    def fitted_sequences(self) -> frozenset[Sequence | None]:
        """The contrasts whose style was learned; None stands for slices of no named contrast."""
        return frozenset(self._fitted)

    def stylize(
        self,
        content: np.ndarray | Volume | Case,
        style: Styles | None = None,
        strength: float = 1.0,
        progress: ProgressCallback = no_progress,
        *,
        force: bool = False,
    ) -> Any:
        """Return the content in the given (or learned) style; same kind, shape and geometry, float32.

        Parameters
        ----------
        content : ndarray (Y, X), Volume, or mapping of Sequence to Volume (or of Sequence to ndarray)
            Any linear intensity scale; exactly 0 is background.
        style : the same kinds, optional
            Needs no common grid with the content. A case needs a mapping with its contrasts (volumes or slices).
        strength : float
            0 (the content, unchanged) to 1. Images are mixed, not features: that is exact at 0 for every method,
            costs no second pass, and departs from AdaIN, which mixes features.
        force : bool
            Use the style of one contrast for another where its own is missing, and a network for contrasts that it was
            not trained on; `warnings` then says so.

        Raises
        ------
        GeometryError
            If an array is not 2D, or the images of a case lie on different grids.
        SequenceError
            If the style lacks a contrast of the content, or the network was not trained on it, and it is not forced.
        DatasetError
            If there is no style, a value is not finite, an image is empty, or the strength is not in 0..1.
        """
        _check_strength(strength)
        pictures, axis = content_pictures(content, self.axis)
        states = self._states(style, list(pictures), force)
        drawn = self._draw()
        results = {}
        for number, (key, one) in enumerate(pictures.items()):

            def channel_progress(fraction: float, message: str, number: int = number) -> None:
                progress((number + fraction) / len(pictures), message)

            nothing = strength == 0 or not one.original.any()
            stylised = one.unit if nothing else self._transform(one, states[key], drawn, channel_progress)
            results[key] = one.restored(stylised, 0.0 if nothing else float(strength))
            channel_progress(1.0, f"{key.display_name if key else 'Image'} stylised")
        if isinstance(content, (np.ndarray, Volume)):
            return _like(content, results[None], axis)
        return {key: _like(image, results[key], axis) for key, image in content.items()}

    @abstractmethod
    def _summarise(self, styles: list[Pictures]) -> Any:
        """Sum up style images of one contrast."""

    @abstractmethod
    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        """Return stylised slices (N, Y, X) on the unit scale, by one rule for all of them."""

    def _draw(self) -> Any:
        """Draw what is random, once for a slice or a whole case."""
        return None

    def _states(self, style: Styles | None, keys: list[Sequence | None], force: bool) -> dict[Sequence | None, Any]:
        """Return the style of each contrast, and keep what the user should know in `warnings`."""
        if style is None and not self._fitted:
            raise DatasetError(
                f"The method {self.method!r} has no style", remedy="Give a style image, or call fit first"
            )
        strange = check_trained(keys, self.trained_on, force=force)
        found = self._fitted if style is None else _style_pictures(style, self.axis, "style")
        chosen, forced = matched_styles(keys, found, force=force)
        self.warnings = strange + forced
        return chosen if style is None else {key: self._summarise([pictures]) for key, pictures in chosen.items()}

    def axis(self, volume: Volume) -> int:
        """Return the axis along which a volume is cut into slices."""
        return int(np.argmax(volume.spacing_zyx_mm)) if self.slice_axis == "through_plane" else 0


def content_pictures(content: Any, axis_of: Any) -> tuple[dict[Sequence | None, Pictures], int]:
    """Return the pictures of each contrast (None: unnamed), and the axis that the slices were cut along.

    `axis_of` tells the axis of a volume (`Stylizer.axis`).
    """
    if isinstance(content, np.ndarray):
        return {None: slice_pictures(content, "content")}, 0
    if isinstance(content, Volume):
        axis = axis_of(content)
        return {None: volume_pictures(np.moveaxis(content.array, axis, 0), "content")}, axis
    images = list(content.values()) if isinstance(content, Mapping) else []
    if images and all(isinstance(image, np.ndarray) for image in images):
        return _slices_of_contrasts(content), 0
    if not images or not all(isinstance(image, Volume) for image in images):
        raise DatasetError(
            f"The content is {type(content).__name__} and cannot be stylised",
            expected="a slice (Y, X), a Volume, or a mapping of sequences to volumes on one grid",
        )
    check_same_grid({key.display_name: volume for key, volume in content.items()})
    for key, volume in content.items():
        check_finite(volume.array, f"content ({key.display_name})")
    axis = axis_of(images[0])
    arrays = {key: np.moveaxis(volume.array, axis, 0) for key, volume in content.items()}
    mask = brain_mask(np.stack(list(arrays.values())))
    return {key: pictures_of(array, mask, f"content ({key.display_name})") for key, array in arrays.items()}, axis


def _slices_of_contrasts(content: Mapping[Sequence, np.ndarray]) -> dict[Sequence | None, Pictures]:
    """Return the pictures of slices of one place; their foreground is that of all of them."""
    alone = {key: slice_pictures(array, f"content ({key.display_name})") for key, array in content.items()}
    shapes = {key.display_name: one.original.shape[1:] for key, one in alone.items()}
    if len(set(shapes.values())) > 1:
        raise GeometryError(f"The slices of the content have different shapes, {shapes!r}", expected="one shape")
    mask = np.any([one.foreground for one in alone.values()], axis=0)
    return {key: pictures_of(array[None], mask, f"content ({key.display_name})") for key, array in content.items()}


def _style_pictures(item: Any, axis_of: Any, name: str) -> dict[Sequence | None, Pictures]:
    """Return the pictures of each contrast of one style image; each contrast has its own foreground."""
    if isinstance(item, Mapping):
        return {
            key: _style_pictures(image, axis_of, f"{name} ({key.display_name})")[None] for key, image in item.items()
        }
    if isinstance(item, Volume):
        return {None: volume_pictures(np.moveaxis(item.array, axis_of(item), 0), name)}
    pictures = slice_pictures(item, name)
    if not pictures.foreground.any():
        raise DatasetError(
            f"The {name} image is empty (every pixel is 0)",
            expected="an image with something in it",
            remedy="Leave this image out",
        )
    return {None: pictures}


def _check_strength(strength: float) -> None:
    if not 0 <= strength <= 1:
        raise DatasetError(f"The strength is {strength!r}", expected="a number from 0 (content) to 1 (full style)")


def _axis_back(array: np.ndarray, axis: int) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(array, 0, axis))


def _like(image: Image, array: np.ndarray, axis: int) -> Image:
    """Return stylised slices (N, Y, X) as what the content was."""
    return image.with_array(_axis_back(array, axis)) if isinstance(image, Volume) else array[0]
