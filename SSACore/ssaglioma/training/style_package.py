"""From a finished style training to a model package, with built-in styles learned from sets of images."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma import __version__
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.packages import BuiltInStyle, StyleCard, StylePackage, write_package
from ssaglioma.packages.style_card import DECODER_PREFIX, ENCODER, NETWORK_PREFIX, STYLE_PREFIX, STYLIZER, contrast_name
from ssaglioma.style.building import TrainedNetwork, build_style_network, network_options
from ssaglioma.style.decoders import MirrorDecoder
from ssaglioma.style.encoders import ENCODERS, build_encoder
from ssaglioma.style.packaged import style_tensors
from ssaglioma.style.registry import create_stylizer
from ssaglioma.training.checkpoint import CHECKPOINT, read_checkpoint, segmentation_weights
from ssaglioma.training.style_config import StyleTrainingConfig
from ssaglioma.volume import Volume

LEAST_STYLE_CASES = 10
"""A style is the mean over so many cases at least, so that it is nobody's own image and no single scan rules it."""
INTENDED_USE = (
    "Research and teaching only; not a medical device. Changes the look of images, never their labels; look at every "
    "result and measure what it does to boundaries before it is used to train."
)


@dataclass(frozen=True)
class PackageWords:
    """What a card says that no file can tell.

    Attributes
    ----------
    name, title, training_data : str
    trained_cases : tuple of str
        See `StyleCard`.
    content_domain, style_domain : str
        What the stylizer turns into what; an encoder has none.
    version, licence, intended_use : str
    """

    name: str
    title: str
    training_data: str
    trained_cases: tuple[str, ...] = ()
    content_domain: str = ""
    style_domain: str = ""
    version: str = __version__
    licence: str = "Apache-2.0 (weights); the training images keep their owners' terms"
    intended_use: str = INTENDED_USE


@dataclass(frozen=True, eq=False)
class StyleSource:
    """The images that a built-in style is learned from.

    Attributes
    ----------
    images : mapping of contrast to sequence of (ndarray (Y, X) or Volume)
        One image for each case. A contrast is that of the content that the style is for.
    description, sources : str
        What the style is, and whose images these are.
    """

    images: Mapping[str, Seq[np.ndarray | Volume]]
    description: str
    sources: str


def package_style_run(
    run_folder: Path,
    output: Path,
    *,
    words: PackageWords,
    contrasts: Seq[str],
    styles: Mapping[str, StyleSource],
    slice_axis: str = "axial",
    scores: Mapping[str, Any] | None = None,
) -> StylePackage:
    """Write the stylizer of a run's last checkpoint as a model package.

    Parameters
    ----------
    contrasts : sequence of str
        Of the content that it was trained on.
    styles : mapping of name to StyleSource
        Built-in styles; may be empty. The first one is the default.
    scores : mapping, optional
        Further measurements, for example on boundaries; identity error and history are added from the run.

    Raises
    ------
    ModelPackageError
        If the run has no whole checkpoint, or the card makes no sense.
    DatasetError
        If a style has fewer than ten cases of a contrast, or an image is empty or damaged.
    """
    facts, tensors = read_checkpoint(run_folder / CHECKPOINT)
    config = StyleTrainingConfig.from_json(facts["config"])
    network = _network(config, segmentation_weights(tensors), run_folder)
    built_in: list[BuiltInStyle] = []
    learned: dict[str, np.ndarray] = {}
    for name, source in styles.items():
        _check_count(name, source)
        images = {contrast_name(contrast): list(found) for contrast, found in source.images.items()}
        built_in.append(
            BuiltInStyle(name, {key: len(found) for key, found in images.items()}, source.description, source.sources)
        )
        for contrast, found in images.items():
            parts = _learned_style(config.method, network, found, slice_axis)
            learned |= {f"{STYLE_PREFIX}{name}.{contrast}.{part}": value for part, value in parts.items()}
    card = StyleCard(
        kind=STYLIZER,
        method=config.method,
        encoder=config.encoder,
        options=network_options(network),
        contrasts=tuple(contrasts),
        slice_axis=slice_axis,
        styles=tuple(built_in),
        scores={**_history_scores(facts, config), **(scores or {})},
        **vars(words),
    )
    return write_package(output, card, {**_named(network.state_dict()), **learned})


def package_encoder(
    weights: Mapping[str, torch.Tensor],
    output: Path,
    *,
    words: PackageWords,
    encoder: str,
    contrasts: Seq[str],
    decoder: Mapping[str, torch.Tensor] | None = None,
    scores: Mapping[str, Any] | None = None,
) -> StylePackage:
    """Write an encoder's weights (any naming that `build_encoder` takes) as a model package.

    Parameters
    ----------
    decoder : mapping of str to Tensor, optional
        Of the `MirrorDecoder` that was trained with it, for `StyleTrainer.decoder_weights`.

    Raises
    ------
    ModelPackageError
        If the weights do not fit the encoder, or the decoder's do not fit its mirror.
    """
    network = build_encoder(encoder, weights)
    mirror = MirrorDecoder(ENCODERS[encoder])
    if decoder is not None:
        try:
            mirror.load_state_dict(decoder)
        except RuntimeError as error:
            raise ModelPackageError(f"The decoder's weights do not fit the encoder {encoder!r} ({error})") from error
    card = StyleCard(
        kind=ENCODER,
        method=None,
        encoder=encoder,
        contrasts=tuple(contrasts),
        scores=dict(scores or {}),
        **vars(words),
    )
    back = _named(mirror.state_dict(), DECODER_PREFIX) if decoder is not None else {}
    return write_package(output, card, {**_named(network.state_dict()), **back})


def _network(config: StyleTrainingConfig, weights: Mapping[str, torch.Tensor], run: Path) -> TrainedNetwork:
    network = build_style_network(config.method, config.encoder, options=config.network_options)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelPackageError(
            f"The checkpoint in {str(run)!r} does not fit the method {config.method!r}",
            expected="a run of 'ssaglioma style-train'",
        ) from error
    return network.eval()


def _check_count(name: str, source: StyleSource) -> None:
    few = {contrast: len(found) for contrast, found in source.images.items() if len(found) < LEAST_STYLE_CASES}
    if few or not source.images:
        raise DatasetError(
            f"The style {name!r} would be learned over {few or 'no'} cases",
            expected=f"{LEAST_STYLE_CASES} or more of each contrast, so that it is no single patient's image",
            remedy="Give more style images, or leave the built-in style out",
        )


def _learned_style(
    method: str, network: TrainedNetwork, images: list[np.ndarray | Volume], slice_axis: str
) -> dict[str, np.ndarray]:
    stylizer = create_stylizer(method, network=network, slice_axis=slice_axis).fit([], images)
    return style_tensors(stylizer, stylizer.fitted_styles[None])


def _history_scores(facts: Mapping[str, Any], config: StyleTrainingConfig) -> dict[str, Any]:
    history = list(facts["history"])
    return {
        "identity_error": history[-1]["identity_error"],
        "identity_error_is": "mean absolute error over the foreground of slices stylised with themselves, scale 0..1",
        "epochs": len(history),
        "training": config.to_json(),
        "history": history,
    }


def _named(state: Mapping[str, torch.Tensor], prefix: str = NETWORK_PREFIX) -> dict[str, np.ndarray]:
    return {f"{prefix}{name}": tensor.detach().cpu().numpy() for name, tensor in state.items()}
