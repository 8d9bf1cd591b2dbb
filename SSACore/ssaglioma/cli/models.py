"""`ssaglioma models`: list, describe and verify model packages."""

from __future__ import annotations

import argparse
import json

from ssaglioma.cli.console import Console
from ssaglioma.packages import find_package_of, list_all_packages


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser("models", parents=parents, help="list, describe or verify models")
    parser.add_argument("action", choices=("list", "info", "show", "verify"))
    parser.add_argument("model", nargs="?", metavar="NAME|PATH", help="a model; verify without one checks all")
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
    else:
        packages = [find_package_of(None, args.model)] if args.model else list_all_packages()
        for package in packages:
            files = package.verify()
            console.print(f"{package.card.name}: {', '.join(files)} verified (SHA-256)")
        console.result({"verified": [package.card.name for package in packages]})
    return 0
