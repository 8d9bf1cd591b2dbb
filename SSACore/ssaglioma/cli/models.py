"""`ssaglioma models`: list, describe, verify and export model packages; take one into use at a site, and back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.packages import ModelPackage, find_package_of, list_all_packages
from ssaglioma.packages.package import BRAIN_MASK, SEGMENTER


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser("models", parents=parents, help="list, describe, verify, export or install models")
    parser.add_argument("action", choices=("list", "info", "show", "verify", "export", "install", "roll-back"))
    parser.add_argument(
        "model",
        nargs="?",
        metavar="NAME|PATH",
        help="a model (verify without one checks all); of install: folder of a finished training",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE.onnx", help="of export: the network and its weights as ONNX"
    )
    parser.add_argument(
        "--site", type=Path, metavar="DIR", help="of install and roll-back: folder of this hospital's models"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if args.action == "list":
        packages = list_all_packages()
        for package in packages:
            console.print(f"{package.card.name:20} {package.kind:9} {package.card.version:8} {package.card.title}")
        names = [package.card.name for package in packages]
        console.result({"models": names, "kinds": {package.card.name: package.kind for package in packages}})
    elif args.action in ("info", "show"):
        card = find_package_of(None, args.model).card.to_json()
        console.print(json.dumps(card, indent=1))
        console.result({"card": card})
    elif args.action in ("install", "roll-back"):
        package = _change_site(args)
        console.print(f"{package.card.name} {package.card.version} is in use at {args.site} ({package.folder})")
        console.result({"model": package.card.name, "version": package.card.version, "folder": str(package.folder)})
    elif args.action == "export":
        console.result({"onnx": str(_export(args, console))})
    else:
        packages = [find_package_of(None, args.model)] if args.model else list_all_packages()
        for package in packages:
            files = package.verify()
            console.print(f"{package.card.name}: {', '.join(files)} verified (SHA-256)")
        console.result({"verified": [package.card.name for package in packages]})
    return 0


def _change_site(args: argparse.Namespace) -> ModelPackage:
    """Take a trained model into use at a site, or go back to the version before."""
    from ssaglioma.packages.site_models import roll_back_model

    if args.model is None or args.site is None:
        raise DatasetError(
            "The model or the site is not given",
            expected="ssaglioma models install RUN --site DIR, or ssaglioma models roll-back NAME --site DIR",
        )
    if args.action == "roll-back":
        return roll_back_model(args.site, args.model)
    from ssaglioma.cli.train_recipe import known_recipes
    from ssaglioma.training.run_install import install_run

    known_recipes()
    return install_run(args.model, args.site)


def _export(args: argparse.Namespace, console: Console) -> Path:
    """Write a segmenter or brain mask as ONNX."""
    from ssaglioma.packages.onnx_export import onnx_model
    from ssaglioma.volume.atomic import atomic_path

    if args.output is None:
        raise DatasetError(
            "The file to export to is not given", expected="ssaglioma models export NAME --output FILE.onnx"
        )
    if args.output.exists() and not args.overwrite:
        raise DatasetError(f"The file {str(args.output)!r} exists", remedy="Choose another name, or add --overwrite")
    package = find_package_of(None, args.model)
    if package.kind not in (SEGMENTER, BRAIN_MASK):
        raise ModelPackageError(
            f"The package {package.card.name!r} is of the kind {package.kind!r}", expected="a segmenter or a brain mask"
        )
    model = onnx_model(package)
    with atomic_path(args.output) as temporary:
        Path(temporary).write_bytes(model)
    console.print(
        f"Written to {args.output} ({len(model) / 1e6:.1f} MB): image (batch, C, ...) to logits (batch, R, ...)"
    )
    return Path(args.output)
