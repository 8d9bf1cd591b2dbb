"""`ssaglioma style-train`: train a stylizer on two folders of images, resume it, and package it."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.errors import DatasetError
from ssaglioma.style import METHODS, SLICE_AXES

if TYPE_CHECKING:
    from ssaglioma.packages import StylePackage
    from ssaglioma.training.style_config import StyleTrainingConfig
    from ssaglioma.training.style_loop import StyleTrainer
    from ssaglioma.training.style_sources import SliceGroups

_METHODS = tuple(name for name, method in METHODS.items() if method.needs_weights and name != "gatys")
_OPTIONS: dict[str, type] = {
    "epochs": int,
    "steps_per_epoch": int,
    "batch_size": int,
    "content_crop": int,
    "style_crop": int,
    "learning_rate": float,
    "style_weight": float,
    "identity_weight": float,
    "boundary_weight": float,
    "histogram_weight": float,
    "seed": int,
}
"""Options of `StyleTrainingConfig` that the command line offers; defaults live there."""
_SHARE_OF_READING = 0.1


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "style-train",
        parents=parents,
        help="train a stylizer",
        description="Train a stylizer on slices of two folders. Run the same command again to resume after a stop.",
    )
    add = parser.add_argument
    folder = "folder of cases, of images, or of one folder of pictures for each contrast"
    add("--content", type=Path, required=True, metavar="DIR", help=f"what will be stylised: {folder}")
    add("--style", type=Path, required=True, metavar="DIR", help="the look that is wanted: the same kinds of folder")
    add("--method", required=True, choices=_METHODS, metavar="M", help="one of " + ", ".join(_METHODS))
    add("--output", type=Path, required=True, metavar="RUN", help="folder of the run")
    add("--encoder", metavar="PACKAGE", help="encoder package by name or folder (default: the first one shipped)")
    add("--contrasts", metavar="LIST", help="only these, such as t1n,t2f; one name for a folder of unnamed images")
    add("--slices", type=int, default=16, metavar="N", help="slices of each volume (default 16)")
    add("--slice-axis", choices=SLICE_AXES, default=SLICE_AXES[0], help="axis that slices are cut along (%(default)s)")
    add("--fold", type=int, metavar="K", help="hold the patients of this fold out of everything that is learned")
    add("--folds", type=Path, metavar="FILE", help="folds JSON (default: the project's five folds)")
    add("--fresh-decoder", action="store_true", help="do not start from the decoder that came with the encoder")
    add("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    add("--threads", type=int, metavar="N", help="processor threads (default: all)")
    add("--stop-after", type=float, metavar="MINUTES", help="pause after the epoch that passes this time")
    _add_package(parser)
    for name, kind in _OPTIONS.items():
        add(f"--{name.replace('_', '-')}", type=kind, default=None, help=f"see StyleTrainingConfig.{name}")
    return parser


def _add_package(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model package of the finished run")
    add = group.add_argument
    add("--package", type=Path, metavar="OUT", help="folder of the package; without it none is written")
    add("--name", default="my-stylizer", help="name of the package (%(default)s)")
    add(
        "--style-name", default="target", help="name of its built-in style, learned over the style images (%(default)s)"
    )
    add("--content-domain", default="", metavar="TEXT", help="what the content is, in words")
    add("--style-domain", default="", metavar="TEXT", help="what the style is, in words")
    add("--sources", default="", metavar="TEXT", help="whose style images these are")


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    from ssaglioma.inference.device import choose_device, keep_freed_memory

    keep_freed_memory()
    import torch

    from ssaglioma.packages import find_package_of
    from ssaglioma.style.packaged import load_decoder, load_encoder
    from ssaglioma.training.style_loop import StyleTrainer

    if args.threads:
        torch.set_num_threads(args.threads)
    encoder = find_package_of("encoder", args.encoder)
    config = style_config(args, encoder.card.encoder)
    content, style = _sets(args, console)
    if args.package is not None:
        _check_package(args, content)
    deadline = None if args.stop_after is None else time.monotonic() + 60 * args.stop_after
    trainer = StyleTrainer(
        config,
        content.training,
        style.training,
        load_encoder(encoder),
        args.output,
        held_out=content.held_out,
        decoder_weights=None if args.fresh_decoder else load_decoder(encoder),
        device=choose_device(args.device),
        should_stop=lambda: deadline is not None and time.monotonic() > deadline,
    )
    trainer.run(lambda done, text: console.progress(_SHARE_OF_READING + (1 - _SHARE_OF_READING) * done, text))
    return _finish(args, console, trainer, content, style)


def _finish(
    args: argparse.Namespace, console: Console, trainer: StyleTrainer, content: SliceGroups, style: SliceGroups
) -> int:
    error, epochs = trainer.history[-1]["identity_error"], len(trainer.history)
    result: dict[str, Any] = {"finished": trainer.finished, "epochs": epochs, "identity_error": error}
    console.print(f"Identity error {error:.2%} after epoch {epochs} of {trainer.config.epochs}. Run: {args.output}")
    if not trainer.finished:
        console.print("Paused; run the same command to resume.")
    elif args.package is not None:
        package = _package(args, content, style, console)
        console.print(f"Model package written to {package.folder}")
        result["package"] = str(package.folder)
    console.result(result)
    return 0


def style_config(args: argparse.Namespace, encoder: str) -> StyleTrainingConfig:
    """Return the defaults of the method, changed by the options that were given."""
    from ssaglioma.training.style_config import default_config

    given = {name: getattr(args, name) for name in _OPTIONS if getattr(args, name) is not None}
    return replace(default_config(args.method, encoder), **given)


def _sets(args: argparse.Namespace, console: Console) -> tuple[SliceGroups, SliceGroups]:
    """Return content and style slices of the contrasts that both have."""
    from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds
    from ssaglioma.training.style_provenance import held_out_patients
    from ssaglioma.training.style_sources import SliceSource, paired, read_slices

    if args.folds is not None and args.fold is None:
        raise DatasetError("--folds was given without --fold", expected="the fold to hold out")
    folds = None if args.fold is None else read_folds(args.folds or GLIOMA_FOLDS)
    held_out = held_out_patients(folds, args.fold)
    contrasts = tuple(args.contrasts.split(",")) if args.contrasts else ()
    sets = []
    for number, folder in enumerate((args.content, args.style)):
        source = SliceSource(folder, contrasts, args.slices, args.slice_axis, held_out)

        def progress(done: float, text: str, number: int = number) -> None:
            console.progress(_SHARE_OF_READING * (number + done) / 2, text)

        sets.append(read_slices(source, progress))
    content, style, left = paired(*sets)
    if left:
        console.warn(f"Contrasts that only one of the folders has are left out: {', '.join(left)}")
    shown = ", ".join(f"{key} {len(content.training[key])} to {len(style.training[key])}" for key in content.training)
    held = sum(len(slices) for slices in content.held_out.values())
    console.print(f"Slices, content to style: {shown}; {held} content slices held out. Output: {args.output}")
    return content, style


def _check_package(args: argparse.Namespace, content: SliceGroups) -> None:
    """Find out before the training that no package could be written after it."""
    from ssaglioma.training.style_sources import UNNAMED

    if UNNAMED in content.training:
        raise DatasetError(
            "The contrast of the images is not known",
            expected="a name for the package's card",
            remedy="Name it by --contrasts NAME",
        )
    if (args.package / "card.json").exists():
        raise DatasetError(
            f"The folder {str(args.package)!r} holds a model package", remedy="Choose another folder for --package"
        )


def _package(args: argparse.Namespace, content: SliceGroups, style: SliceGroups, console: Console) -> StylePackage:
    from ssaglioma.training.style_package import LEAST_STYLE_CASES, PackageWords, StyleSource, package_style_run

    enough = {key: slices for key, slices in style.largest.items() if len(slices) >= LEAST_STYLE_CASES}
    if len(enough) < len(style.largest):
        console.warn(
            f"The built-in style leaves out {', '.join(sorted(set(style.largest) - set(enough)))}: fewer than "
            f"{LEAST_STYLE_CASES} cases"
        )
    description = args.style_domain or f"the look of {len(style.cases)} cases"
    held = "none" if args.fold is None else f"the patients of fold {args.fold}"
    words = PackageWords(
        name=args.name,
        title=f"{args.method}: {args.content_domain or 'content'} to {args.style_domain or 'style'}",
        trained_cases=tuple(sorted({*content.cases, *style.cases})),
        training_data=f"{len(content.cases)} content cases, {len(style.cases)} style cases; held out: {held}",
        content_domain=args.content_domain,
        style_domain=args.style_domain,
    )
    sources = args.sources or "as the user of style-train gave them"
    return package_style_run(
        args.output,
        args.package,
        words=words,
        contrasts=tuple(content.training),
        styles={args.style_name: StyleSource(enough, description, sources)} if enough else {},
        slice_axis=args.slice_axis,
    )
