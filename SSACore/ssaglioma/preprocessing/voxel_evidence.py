"""What the voxels of a study's candidates say, laid roughly on each other first.

Only the headers are moved, so nothing is resampled; one coarse search is enough for contrast, which is judged at 3 mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence, contrast_evidence
from ssaglioma.preprocessing.rigid import LEVELS, Head, find_rigid, shrunk
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import from_sitk, to_sitk

_COARSE_MM = 2.5
_WHOLE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class SeenVoxels:
    """What was seen, and what could not be compared.

    Attributes
    ----------
    evidence : ContrastEvidence or None
        None if there is no image of enough brain.
    apart : tuple of str
        Keys of images that could not be laid on the others; no evidence of theirs is used.
    reference : str
        Key of the image that the others were laid on.
    problem : str
        Why there is no evidence; empty if there is.
    """

    evidence: ContrastEvidence | None
    apart: tuple[str, ...] = ()
    reference: str = ""
    problem: str = ""


def see_voxels(volumes: Mapping[str, Volume], progress: ProgressCallback = no_progress) -> SeenVoxels:
    """Judge the images by their voxels; of those that show most of the head, the one with the thinnest slices is the
    reference.
    """
    if not volumes:
        return SeenVoxels(None, problem="there is no image to look at")
    enough = _WHOLE_SHARE * max(map(_covered_ml, volumes.values()))
    whole = [key for key, volume in volumes.items() if _covered_ml(volume) >= enough]
    reference = min(whole, key=lambda key: (max(volumes[key].spacing_zyx_mm), key))
    small = {key: _small(volume) for key, volume in volumes.items()}
    laid, apart = {reference: small[reference]}, []
    for number, (key, volume) in enumerate(small.items()):
        progress(number / len(small), f"Looking at {key}")
        if key == reference or volumes[key].same_grid(volumes[reference]):
            laid[key] = volume
            continue
        try:
            laid[key] = laid_on(volume, small[reference])
        except GeometryError:
            apart.append(key)
    while True:
        try:
            return SeenVoxels(contrast_evidence(laid), tuple(apart), reference)
        except DatasetError as error:
            if len(laid) == 1:
                return SeenVoxels(None, tuple(apart), reference, error.problem)
            least = min(laid, key=lambda key: _covered_ml(laid[key]))
            apart.append(least)
            del laid[least]


def _covered_ml(volume: Volume) -> float:
    return volume.array.size * volume.voxel_volume_ml


def laid_on(moving: Volume, fixed: Volume) -> Volume:
    """Return the image with its header moved so that it lies, roughly, on another of the same head.

    Raises
    ------
    GeometryError
        If they overlap nowhere enough.
    """
    transform = find_rigid(Head(to_sitk(fixed)), Head(to_sitk(moving)), LEVELS[:1])
    return _moved(moving, transform.inverse())


def _moved(volume: Volume, transform: RigidTransform) -> Volume:
    origin = transform.apply(np.array([volume.origin_lps_mm]))[0]
    direction = transform.matrix_lps[:3, :3] @ volume.direction_lps
    return Volume(volume.array, volume.spacing_zyx_mm, tuple(origin.tolist()), direction)


def _small(volume: Volume) -> Volume:
    image = SimpleITK.Cast(to_sitk(to_canonical(volume)), SimpleITK.sitkFloat32)
    return from_sitk(shrunk(image, _COARSE_MM))
