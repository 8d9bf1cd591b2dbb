"""Stylizers and encoders from model packages: the network built, its weights in, a built-in style set."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.packages import StyleCard, StylePackage
from ssaglioma.packages.style_card import (
    DECODER_PREFIX,
    ENCODER,
    NETWORK_PREFIX,
    STYLE_PREFIX,
    STYLIZER,
    contrast_name,
    contrast_sequence,
)
from ssaglioma.style.building import build_style_network
from ssaglioma.style.registry import create_stylizer
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.style.variational import VariationalNetwork, VariationalStylizer

_SPACE_PARTS, _CODE_PARTS = ("mean", "deviation"), ("code",)


def load_stylizer(
    package: StylePackage,
    *,
    style: str | None = None,
    contrast: str | None = None,
    seed: int | None = None,
    slice_axis: str | None = None,
    force: bool = False,
) -> Stylizer:
    """Return the stylizer of a package, ready to `stylize` in one of its built-in styles.

    Parameters
    ----------
    style : str, optional
        Name of a built-in style; None takes the first one. A package without any needs a style image with each call.
    contrast : str, optional
        Contrast of images that do not tell it themselves (a single slice or volume), by any alias or free name. A
        style of one contrast alone serves them anyway.
    seed : int, optional
        Of the draws of a method with a style space; None takes the middle of the style.
    slice_axis : str, optional
        'axial' or 'through_plane'; None takes the package's.
    force : bool
        Take images of a contrast that the package was not trained on.

    Raises
    ------
    ModelPackageError
        If the package is no stylizer, is damaged, or has no such style.
    SequenceError
        If the package was not trained on the contrast, and it is not forced.
    """
    card = _card(package, STYLIZER)
    tensors = _tensors(package)
    try:
        network = build_style_network(str(card.method), card.encoder, options=card.options)
        network.load_state_dict(_below(tensors, NETWORK_PREFIX))
    except (RuntimeError, DatasetError) as error:
        raise ModelPackageError(
            f"The weights of {card.name!r} do not fit the method {card.method!r} ({error})",
            remedy="Copy or download the model package again",
        ) from error
    options: dict[str, Any] = {"network": network, "slice_axis": slice_axis or card.slice_axis}
    if seed is not None and isinstance(network, VariationalNetwork):
        options["seed"] = seed
    stylizer = create_stylizer(str(card.method), **options)
    stylizer.trained_on = frozenset(key for key in map(contrast_sequence, card.contrasts) if key is not None)
    _check_named(card, contrast, force)
    if card.styles or style is not None:
        stylizer.take_styles(_keyed(style_states(package, style, tensors), card, contrast, force))
    return stylizer


def load_encoder(package: StylePackage) -> dict[str, torch.Tensor]:
    """Return the float32 weights of an encoder's package, as `build_encoder` and `StyleTrainer` take them.

    Raises
    ------
    ModelPackageError
        If the package is no encoder, or is damaged.
    """
    _card(package, ENCODER)
    return _below(_tensors(package), NETWORK_PREFIX)


def load_decoder(package: StylePackage) -> dict[str, torch.Tensor] | None:
    """Return the float32 weights of the mirror decoder that was trained with an encoder, or None without one.

    Raises
    ------
    ModelPackageError
        If the package is no encoder, or is damaged.
    """
    _card(package, ENCODER)
    return _below(_tensors(package), DECODER_PREFIX) or None


def style_states(
    package: StylePackage, style: str | None = None, tensors: dict[str, torch.Tensor] | None = None
) -> dict[str, Any]:
    """Return a built-in style by the name of its contrasts, in the form of `Stylizer.fitted_styles`.

    Raises
    ------
    ModelPackageError
        If there is no such style, or a tensor of it is missing.
    """
    card = _card(package, STYLIZER)
    chosen = card.style(style)
    found = _below(_tensors(package) if tensors is None else tensors, f"{STYLE_PREFIX}{chosen.name}.")
    states: dict[str, Any] = {}
    for contrast in chosen.contrasts:
        parts = _below(found, f"{contrast}.")
        for names in (_SPACE_PARTS, _CODE_PARTS):
            if all(name in parts for name in names):
                states[contrast] = tuple(parts[name] for name in names) if len(names) > 1 else parts[names[0]]
        if contrast not in states:
            raise ModelPackageError(
                f"The stylizer {card.name!r} lacks its style {chosen.name!r} for {contrast!r}",
                remedy="Copy or download the model package again",
            )
    return states


def style_tensors(stylizer: Stylizer, state: Any) -> dict[str, np.ndarray]:
    """Return a fitted style as named tensors: 'mean' and 'deviation' of a style space, or 'code'."""
    names = _SPACE_PARTS if isinstance(stylizer, VariationalStylizer) else _CODE_PARTS
    parts = state if isinstance(state, tuple) else (state,)
    return {name: part.detach().cpu().numpy() for name, part in zip(names, parts, strict=True)}


def _card(package: StylePackage, kind: str) -> StyleCard:
    if package.kind != kind:
        raise ModelPackageError(
            f"The package {package.card.name!r} is of kind {package.kind!r}", expected=f"the kind {kind!r}"
        )
    return package.card


def _tensors(package: StylePackage) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in package.weights().items()}


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def _check_named(card: StyleCard, contrast: str | None, force: bool) -> None:
    if contrast is not None and contrast_name(contrast) not in card.contrasts and not force:
        raise SequenceError(
            f"The stylizer {card.name!r} was not trained on {contrast!r}",
            expected=f"one of {list(card.contrasts)}",
            remedy="Choose a model package for this contrast, or force it",
        )


def _keyed(states: dict[str, Any], card: StyleCard, contrast: str | None, force: bool) -> dict[Sequence | None, Any]:
    """Return states by sequence; images of no named contrast get that of `contrast`, or the only one."""
    keyed: dict[Sequence | None, Any] = {
        key: state for name, state in states.items() if (key := contrast_sequence(name)) is not None
    }
    named = None if contrast is None else contrast_name(contrast)
    if named in states:
        keyed[None] = states[str(named)]
    elif (len(states) == 1 and named is None) or (force and not keyed):
        keyed[None] = next(iter(states.values()))
    return keyed
