"""Entry point of `ssaglioma`: parses arguments, runs one command, turns errors into exit codes."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from ssaglioma import __version__
from ssaglioma.cli.console import PROGRESS_MODES, Console
from ssaglioma.cli.failures import EXIT_BAD_INPUT, EXIT_CANCELLED, EXPECTED, as_told
from ssaglioma.cli.parents import exit_when_stdin_closes
from ssaglioma.errors import SSAGliomaError

COMMANDS: Mapping[str, str] = {
    name: f"ssaglioma.cli.{module}"
    for name, module in (
        ("segment", "segment"),
        ("prepare", "prepare"),
        ("batch", "batch"),
        ("measure", "measure"),
        ("evaluate", "evaluate"),
        ("shift", "shift"),
        ("train", "train"),
        ("experiment", "experiment"),
        ("synthesize", "synthesize"),
        ("degrade", "degrade"),
        ("stylize", "stylize"),
        ("style-train", "style_train"),
        ("serve", "serve"),
        ("models", "models"),
        ("nnunet", "nnunet"),
        ("kit", "kit"),
        ("doctor", "doctor"),
        ("demo", "demo"),
    )
}
"""Module of each command, in the order of the help; it is imported only where its command is called (cold start)."""
READS_STDIN = ("serve",)
"""Commands that read standard input themselves, and end when it closes."""


class _Parser(argparse.ArgumentParser):
    """Raises on wrong usage, so that it ends like every other error: one line, and an event in JSON mode."""

    def error(self, message: str) -> NoReturn:
        raise SSAGliomaError(message[:1].upper() + message[1:], remedy=f"See '{self.prog} --help'")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser with all commands, or with one of them, which spares importing the others."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--progress",
        choices=PROGRESS_MODES,
        default="bar",
        help="bar for people (default), json for programs (one object a line on stdout), or none",
    )
    common.add_argument("--debug", action="store_true", help="show a traceback with an error")
    common.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="stop when standard input closes, so that no orphan is left",
    )
    parser = _Parser(
        prog="ssaglioma", description="Glioma segmentation on MRI, offline, without a GPU. Research use only."
    )
    parser.add_argument("--version", action="version", version=f"ssaglioma {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS if only is None else (only,):
        command = importlib.import_module(COMMANDS[name])
        added = command.add_parser(subparsers, parents=[common])
        added.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 2 bad input, 3 environment, 130 cancelled."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        args = build_parser(words[0] if words and words[0] in COMMANDS else None).parse_args(words)
    except SSAGliomaError as error:
        Console("json" if _asks_for_json(words) else "none").error(error, EXIT_BAD_INPUT)
        return EXIT_BAD_INPUT
    signal.signal(signal.SIGTERM, _cancel)
    if args.exit_with_parent and args.command not in READS_STDIN:
        threading.Thread(target=exit_when_stdin_closes, daemon=True).start()
    console = None
    try:
        console = Console(args.progress)  # its first line tells a parent that it may cancel from now on
        return int(args.run(args, console))
    except KeyboardInterrupt as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a parent that closes the pipe now, too, changes nothing
        return _fail(args, console, KeyboardInterrupt("Cancelled.") if not str(error) else error, EXIT_CANCELLED)
    except EXPECTED as error:
        told = as_told(error)
        if told is None:
            raise
        return _fail(args, console, *told)


def _fail(args: argparse.Namespace, console: Console | None, error: BaseException, code: int) -> int:
    if args.debug:
        traceback.print_exc(file=sys.stderr)
    (console or Console("none")).error(error, code)
    return code


def _asks_for_json(words: Sequence[str]) -> bool:
    return "--progress=json" in words or ("--progress", "json") in pairwise(words)


def _cancel(signum: int, frame: object) -> None:
    raise KeyboardInterrupt
