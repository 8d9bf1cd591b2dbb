"""One case as network input: channels stacked, cropped to the brain, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.intensity import bounding_box, brain_mask, zscore_in_mask


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """Network input and the way back to the uncropped grid.

    Attributes
    ----------
    image : ndarray of float32, shape (C, Z, Y, X)
        z-scored channels inside the brain's box; 0 outside the brain and in missing channels.
    mask : ndarray of bool, shape (Z, Y, X)
        The brain inside the box.
    box : tuple of 3 slices
        Where the box lies in the full grid.
    full_shape : tuple of 3 ints
        (Z, Y, X) of the full grid.
    """

    image: np.ndarray
    mask: np.ndarray
    box: tuple[slice, ...]
    full_shape: tuple[int, ...]

    def uncrop(self, array: np.ndarray, fill: float = 0) -> np.ndarray:
        """Paste a boxed array (..., Z, Y, X) into the full grid, `fill` elsewhere."""
        full = np.full((*array.shape[:-3], *self.full_shape), fill, dtype=array.dtype)
        z, y, x = self.box
        full[..., z, y, x] = array
        return full


def prepare_case(
    images: Mapping[Sequence, np.ndarray], channels: Seq[Sequence], *, whole_box: Seq[int] = ()
) -> PreparedCase:
    """Crop to the brain and z-score each channel; a missing channel becomes zeros.

    Parameters
    ----------
    images : mapping of Sequence to ndarray, shape (Z, Y, X)
        On one grid, canonical orientation, background exactly 0.
    channels : sequence of Sequence
        Channel order that the network expects.
    whole_box : sequence of int
        Channels whose mean and SD are taken over the whole box, outside the brain too, as some networks of
        nnU-Net were trained.

    Raises
    ------
    DatasetError
        If all images are empty.
    """
    present = [np.asarray(images[name]) for name in channels if name in images]
    mask = brain_mask(present)
    box = bounding_box(mask)
    boxed_mask = mask[box]
    result = np.zeros((len(channels), *boxed_mask.shape), np.float32)
    for index, name in enumerate(channels):
        if name in images:
            inside = np.ones_like(boxed_mask) if index in whole_box else boxed_mask
            result[index] = zscore_in_mask(np.asarray(images[name])[box], inside)
    return PreparedCase(result, boxed_mask, box, mask.shape)
