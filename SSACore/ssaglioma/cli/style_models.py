"""From the options of `ssaglioma stylize` to a stylizer: by method, or by model package."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.style_images import Subject
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.packages import StylePackage, find_package_of, list_all_packages
from ssaglioma.packages.style_card import ENCODER, STYLIZER
from ssaglioma.style import create_stylizer, find_method

if TYPE_CHECKING:
    from ssaglioma.style import Stylizer

_ENCODER_METHOD = "gatys"


def ready_stylizer(
    args: argparse.Namespace, content: Subject
) -> tuple[Stylizer, dict[str, Any] | None, tuple[str, ...]]:
    """Return the stylizer, the facts of its package (None without one), and what the user should know.

    Raises
    ------
    DatasetError
        If method and package do not fit together, or neither a style image nor a built-in style is there.
    ModelPackageError
        If there is no package for the method, or it is of another kind.
    SequenceError
        If the package was not trained on the content's contrast, and it is not forced.
    """
    package = _package(args, content)
    if package is None or package.kind == ENCODER:
        if args.style_name is not None or args.style is None:
            raise DatasetError(
                f"The method {_method(args, package)!r} has no built-in style",
                expected="a style image by --style",
            )
        return _untrained(args, package), None if package is None else _facts(package, None), ()
    from ssaglioma.style.packaged import load_stylizer

    stylizer = load_stylizer(
        package,
        style=args.style_name,
        contrast=None if isinstance(content.images, Mapping) else content.contrast,
        seed=args.seed,
        slice_axis=args.slice_axis,
        force=args.force,
    )
    built_in = package.card.style(args.style_name).name if args.style is None else None
    strange = content.contrast is not None and content.contrast not in package.card.contrasts
    named = isinstance(content.images, Mapping)
    notes = (f"The stylizer was not trained on {content.contrast!r}; it was forced.",) if strange and not named else ()
    return stylizer, _facts(package, built_in), notes


def find_stylizer(method: str, contrasts: frozenset[str]) -> StylePackage:
    """Return the first shipped stylizer of a method, one for these contrasts before others.

    Raises
    ------
    ModelPackageError
        If none ships.
    """
    known = [one for one in list_all_packages() if one.kind == STYLIZER and one.card.method == method]
    if not known:
        raise ModelPackageError(
            f"No stylizer of the method {method!r} ships with this installation",
            expected="a model package by --model",
            remedy="Train one by 'ssaglioma style-train', or choose another method",
        )
    fitting = [one for one in known if contrasts <= set(one.card.contrasts)]
    chosen = (fitting or known)[0]
    chosen.verify()
    return chosen


def _package(args: argparse.Namespace, content: Subject) -> StylePackage | None:
    """Return the package that the options ask for; quick methods need none."""
    if args.model is None:
        method = find_method(args.method)
        if args.method == _ENCODER_METHOD:
            return find_package_of(ENCODER)
        return find_stylizer(args.method, _contrasts(content)) if method.needs_weights else None
    package = find_package_of(None, args.model)
    if package.kind not in (STYLIZER, ENCODER):
        return find_package_of(STYLIZER, args.model)  # raises: it says what kind it is
    wanted = _ENCODER_METHOD if package.kind == ENCODER else package.card.method
    if args.method not in (None, wanted):
        raise DatasetError(
            f"The package {package.card.name!r} is for the method {wanted!r}, --method is {args.method!r}",
            expected="the same method in both",
            remedy="Leave --method away, or choose another --model",
        )
    return package


def _untrained(args: argparse.Namespace, package: StylePackage | None) -> Stylizer:
    """Return a stylizer of a method that needs no training of its own."""
    axis = args.slice_axis or "axial"
    if package is None:
        return create_stylizer(args.method, slice_axis=axis)
    from ssaglioma.style.encoders import build_encoder
    from ssaglioma.style.gatys import settings_for
    from ssaglioma.style.packaged import load_encoder

    encoder = build_encoder(package.card.encoder, load_encoder(package))
    return create_stylizer(_ENCODER_METHOD, network=encoder, config=settings_for(encoder), slice_axis=axis)


def _contrasts(content: Subject) -> frozenset[str]:
    if isinstance(content.images, Mapping):
        return frozenset(key.value for key in content.images)
    return frozenset() if content.contrast is None else frozenset({content.contrast})


def _method(args: argparse.Namespace, package: StylePackage | None) -> str:
    return args.method or (_ENCODER_METHOD if package is not None else "")


def _facts(package: StylePackage, style: str | None) -> dict[str, Any]:
    return {
        "name": package.card.name,
        "version": package.card.version,
        "kind": package.kind,
        "style": style,
        "trained_cases": list(package.card.trained_cases),
    }
