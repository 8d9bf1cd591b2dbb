"""The options of `ssaglioma stylize` that search for a hard style, and the segmenter's view of a result."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssaglioma.cli.style_images import Subject
from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.types import ProgressCallback
from ssaglioma.volume import Volume, check_same_grid, read_labelmap, to_canonical

if TYPE_CHECKING:
    from ssaglioma.inference.engine_torch import TorchEngine
    from ssaglioma.style import Stylizer


def run_search(
    args: argparse.Namespace, stylizer: Stylizer, content: Subject, progress: ProgressCallback
) -> dict[str, Any]:
    """Search along the segmenter's gradient, leave the offset in the stylizer, and return what happened as JSON values.

    Raises
    ------
    DatasetError
        If the method has no style space, or the content is no case of named contrasts.
    """
    from ssaglioma.inference.style_search import CaseSearch, search_case_style
    from ssaglioma.style.epsilon_search import SearchConfig
    from ssaglioma.style.variational import VariationalStylizer

    if not isinstance(stylizer, VariationalStylizer):
        raise DatasetError(
            f"The method {stylizer.method!r} has no style space to search in",
            expected="'rain' or 'adaconv_rain'",
            remedy="Leave --epsilon-iterations away, or choose another --method",
        )
    volumes = case_volumes(content)
    engine = _engine(args)
    labels, source = _labels(args, content, engine)
    if args.seed is not None:
        stylizer.reseed(args.seed)
    found = search_case_style(
        stylizer,
        volumes,
        engine,
        labels,
        CaseSearch(SearchConfig(iterations=args.epsilon_iterations), args.search_slices, args.force),
        progress,
    )
    if args.seed is not None:
        stylizer.reseed(args.seed)  # stylize draws the noise that the search began with
    return {
        "asked": args.epsilon_iterations,
        "iterations": len(found.epsilons) - 1,
        "losses": list(found.losses),
        "slices": args.search_slices,
        "segmenter": engine.package.card.name,
        "labels": source,
        "offset_norm": float(found.epsilon.norm()),
    }


def segmented(args: argparse.Namespace, images: Mapping[Sequence, Volume]) -> Volume:
    """Return the labelmap that the segmenter of the options finds, on canonical axes."""
    from ssaglioma.inference import segment_case

    return to_canonical(segment_case(images, _engine(args)).labelmap)


def case_volumes(content: Subject) -> dict[Sequence, Volume]:
    """Return the volumes of named contrasts, canonical axes.

    Raises
    ------
    DatasetError
        If the content is a picture, or its contrast is not known.
    """
    images = content.images
    if not isinstance(images, Mapping) or not all(isinstance(one, Volume) for one in images.values()):
        raise DatasetError(
            f"The content is a {content.kind} of no named contrast", expected="a case for the segmenter to look at"
        )
    return dict(images)


def _engine(args: argparse.Namespace) -> TorchEngine:
    from ssaglioma.inference.engine_torch import TorchEngine
    from ssaglioma.packages import find_package

    return TorchEngine(find_package(args.segmenter), device="cpu")


def _labels(args: argparse.Namespace, content: Subject, engine: TorchEngine) -> tuple[np.ndarray, str]:
    """Return labels on the canonical grid of the content, and where they come from."""
    volumes = case_volumes(content)
    if args.reference is None:
        from ssaglioma.inference import segment_case

        return to_canonical(segment_case(volumes, engine).labelmap).array, "segmenter"
    reference = to_canonical(read_labelmap(args.reference, label_scheme(engine.package.card.labels)))
    check_same_grid({"content": next(iter(volumes.values())), "reference": reference})
    return reference.array, Path(args.reference).name
