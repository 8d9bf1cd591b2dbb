"""Stylised copies of training cases: made once for each content, style and setting, or taken from ready-made ones.

Labels are never copied: a copy shares the array of its content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.preprocessing import PreparedCase, prepare_case, zscore_in_mask
from ssaglioma.style import Stylizer, create_stylizer, find_method
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.style_augmentation import CopyRecipe, StylisedCopy
from ssaglioma.training.style_cache import cached_image
from ssaglioma.training.style_fingerprint import case_facts, stylizer_digest
from ssaglioma.training.style_provenance import Provenance, read_provenance
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, Volume, check_same_grid, find_cases, read_labelmap, read_volume, to_canonical

Images = dict[Sequence, Volume]


def stylizers_for(methods: Seq[str], given: Mapping[str, Stylizer] | None = None) -> dict[str, Stylizer]:
    """Return a stylizer for each method: the given one, or a fresh one of a method that needs no weights.

    Raises
    ------
    DatasetError
        If a method needs weights and none is given.
    """
    found = {}
    for name in methods:
        if given is not None and name in given:
            found[name] = given[name]
        elif find_method(name).needs_weights:
            raise DatasetError(
                f"The style method {name!r} needs a trained network",
                expected="a stylizer package for it",
                remedy="Give one, or take a method without weights, such as 'histogram' or 'fourier'",
            )
        else:
            found[name] = create_stylizer(name)
    return found


def make_copies(
    recipes: Seq[CopyRecipe],
    training: Seq[TrainingCase],
    stylizers: Mapping[str, Stylizer],
    cache: PathLike,
    channels: Seq[Sequence],
    progress: ProgressCallback = no_progress,
) -> list[StylisedCopy]:
    """Return the copies that the recipes ask for; those not yet in the cache, or damaged there, are made first.

    One style case lends its look to all slices and channels of a copy; channels that a stylizer was not trained on
    stay as they are. Content and style are read from their files
    in the canonical orientation; the copy is normalised inside the content's brain and 0 outside.

    Parameters
    ----------
    training : sequence of TrainingCase
        Holds the content of every recipe, by name, normalised from the same files and for the same channels.
    cache : path
        The copies lie in its folder `stylised`.

    Raises
    ------
    DatasetError
        If a content is not among the training cases or was made from other files, or a copy cannot be made.
    SSAGliomaError
        If the disk is full.
    """
    by_name = {case.name: case for case in training}
    digests = {name: stylizer_digest(stylizer) for name, stylizer in stylizers.items()}
    made = []
    for index, recipe in enumerate(recipes):
        progress(index / len(recipes), f"Stylising {recipe.content.name} ({recipe.method})")
        content = _content(by_name, recipe.content.name, recipe.name)
        key = [
            case_facts(recipe.content, channels),
            case_facts(recipe.style, channels),
            [recipe.method, recipe.strength, recipe.seed, digests[recipe.method]],
        ]

        def images(recipe: CopyRecipe = recipe) -> tuple[PreparedCase, Images]:
            return _stylised(recipe, stylizers[recipe.method], channels)

        made.append(_cached(recipe.name, recipe.provenance, content, key, cache, channels, images))
    progress(1.0, f"{len(made)} stylised copies at hand")
    return made


def ready_copies(
    folder: PathLike,
    contents: Seq[Case],
    training: Seq[TrainingCase],
    cache: PathLike,
    channels: Seq[Sequence],
    scheme: LabelScheme,
) -> tuple[list[StylisedCopy], list[str]]:
    """Return ready-made copies of training cases, and the names of those whose content is not trained on.

    Each case of the folder lies in a folder of its own, as `ssaglioma stylize` writes it, with the `stylised.json`
    that names content and style. Sequences that a copy lacks are those of its content.

    Parameters
    ----------
    contents : sequence of Case
        Files of the training cases.
    training : sequence of TrainingCase
        The same ones, normalised.

    Raises
    ------
    DatasetError
        If a copy has no provenance, lies on another grid, has a sequence or labels that its content has not, or
        something in the background.
    """
    by_name = {case.name: case for case in training}
    files = {case.name: case for case in contents}
    found, left = [], []
    for case in find_cases(folder):
        provenance = read_provenance(next(iter(case.sequences.values())).parent)
        if provenance.content_case not in by_name or provenance.content_case not in files:
            left.append(case.name)
            continue
        content, file = by_name[provenance.content_case], files[provenance.content_case]

        def images(case: Case = case, file: Case = file) -> tuple[PreparedCase, Images]:
            return _checked(case, file, channels, scheme)

        key = [case_facts(case, channels), case_facts(file, channels), provenance.to_json()]
        found.append(_cached(case.name, provenance, content, key, cache, channels, images))
    return found, left


def _stylised(recipe: CopyRecipe, stylizer: Stylizer, channels: Seq[Sequence]) -> tuple[PreparedCase, Images]:
    """Return the content's own preparation and its images, those that the stylizer was trained for in another look."""
    content, style = _read(recipe.content, channels), _read(recipe.style, channels)
    prepared = prepare_case({name: volume.array for name, volume in content.items()}, channels)
    known = [name for name in content if stylizer.trained_on is None or name in stylizer.trained_on]
    if not known:
        raise DatasetError(
            f"The stylizer for {recipe.method!r} was not trained on {[name.display_name for name in content]}",
            expected="a stylizer for at least one of them",
        )
    stylizer.reseed(recipe.seed)
    changed = stylizer.stylize(
        {name: content[name] for name in known}, {name: style[name] for name in known}, recipe.strength
    )
    return prepared, {**content, **changed}


def _checked(case: Case, content: Case, channels: Seq[Sequence], scheme: LabelScheme) -> tuple[PreparedCase, Images]:
    """Read a ready-made copy and hold it against its content."""
    originals, images = _read(content, channels), _read(case, channels)
    strange = sorted(one.value for one in set(images) - set(originals))
    if strange or not images:
        raise DatasetError(
            f"It has {strange or 'no image'}, its content has not",
            expected=f"some of {sorted(one.value for one in originals)}",
        )
    if case.reference is None or content.reference is None:
        raise DatasetError("It or its content has no labelmap", expected="the content's labels beside the copy")
    labels = [to_canonical(read_labelmap(Path(str(one.reference)), scheme)) for one in (case, content)]
    check_same_grid({"copy": next(iter(images.values())), "its labels": labels[0], "content": labels[1]})
    if not np.array_equal(labels[0].array, labels[1].array):
        raise DatasetError(
            f"Its labels differ from those of {content.name!r}",
            expected="the labels of the content, untouched",
            remedy="Check that its provenance names the right content",
        )
    prepared = prepare_case({name: volume.array for name, volume in originals.items()}, channels)
    brain = prepared.uncrop(prepared.mask)
    spilled = sum(int(np.count_nonzero(volume.array[~brain])) for volume in images.values())
    if spilled:
        raise DatasetError(f"It has {spilled} voxels that are not 0 in the background", expected="exactly 0 there")
    return prepared, {**originals, **images}


def _read(case: Case, channels: Seq[Sequence]) -> Images:
    try:
        volumes = {name: read_volume(case.sequences[name]) for name in channels if name in case.sequences}
        check_same_grid({key.display_name: value for key, value in volumes.items()})
    except SSAGliomaError as error:
        raise DatasetError(f"Case {case.name!r}: {error}") from error
    return {name: to_canonical(volume) for name, volume in volumes.items()}


def _content(training: Mapping[str, TrainingCase], name: str, copy: str) -> TrainingCase:
    if name not in training:
        raise DatasetError(
            f"The stylised copy {copy!r} shows {name!r}, which is not trained on",
            expected="copies of training cases",
        )
    return training[name]


def _cached(
    name: str,
    provenance: Provenance,
    content: TrainingCase,
    key: list[Any],
    cache: PathLike,
    channels: Seq[Sequence],
    images: Callable[[], tuple[PreparedCase, Images]],
) -> StylisedCopy:
    def make() -> np.ndarray:
        try:
            prepared, made = images()
            return _normalised(prepared, made, content, channels)
        except SSAGliomaError as error:
            raise DatasetError(f"Stylised copy {name!r}: {error}") from error

    facts = [[channel.value for channel in channels], *key]
    folder = Path(cache) / "stylised"
    image = cached_image(folder, name, facts, content.image.shape, make, provenance.to_json())
    return StylisedCopy(TrainingCase(name, image, content.labels), provenance)


def _normalised(prepared: PreparedCase, images: Images, content: TrainingCase, channels: Seq[Sequence]) -> np.ndarray:
    """Return the copy as (C, Z, Y, X), z-scored inside the content's own brain: there alone its labels hold."""
    outside, mask = content.labels == OUTSIDE, prepared.mask
    same_grid = prepared.image.shape == content.image.shape
    if not same_grid or (outside & mask).any() or ((content.labels == 0) & ~mask).any():
        raise DatasetError(
            f"The content {content.name!r} has shape {prepared.image.shape!r} in its files",
            expected=f"{content.image.shape!r} and the brain of the training case",
            remedy="Normalise the training case anew from the same files",
        )
    result = np.zeros(content.image.shape, np.float32)
    for index, channel in enumerate(channels):
        if channel in images:
            result[index] = zscore_in_mask(images[channel].array[prepared.box], mask)
    if not np.isfinite(result).all():
        raise DatasetError("It holds values that are not finite numbers", remedy="Take another style or method")
    limits = np.finfo(np.float16)
    return result.clip(limits.min, limits.max).astype(np.float16)
