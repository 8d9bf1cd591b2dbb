"""Entry point of `ssaglioma`: parses arguments, runs one command, turns errors into exit codes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType
from typing import NoReturn

from ssaglioma import __version__
from ssaglioma.cli import (
    batch,
    degrade,
    demo,
    doctor,
    evaluate,
    measure,
    models,
    segment,
    shift,
    style_train,
    stylize,
    synthesize,
    train,
)
from ssaglioma.cli.console import PROGRESS_MODES, Console
from ssaglioma.errors import SSAGliomaError

COMMANDS: tuple[ModuleType, ...] = (
    segment,
    batch,
    measure,
    evaluate,
    shift,
    train,
    synthesize,
    degrade,
    stylize,
    style_train,
    models,
    doctor,
    demo,
)

EXIT_DONE, EXIT_BAD_INPUT, EXIT_ENVIRONMENT, EXIT_CANCELLED = 0, 2, 3, 130


class _Parser(argparse.ArgumentParser):
    """Raises on wrong usage, so that it ends like every other error: one line, and an event in JSON mode."""

    def error(self, message: str) -> NoReturn:
        raise SSAGliomaError(message[:1].upper() + message[1:], remedy=f"See '{self.prog} --help'")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
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
    for command in COMMANDS:
        added = command.add_parser(subparsers, parents=[common])
        added.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 2 bad input, 3 environment, 130 cancelled."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        args = build_parser().parse_args(words)
    except SSAGliomaError as error:
        Console("json" if _asks_for_json(words) else "none").error(error, EXIT_BAD_INPUT)
        return EXIT_BAD_INPUT
    console = Console(args.progress)
    signal.signal(signal.SIGTERM, _cancel)
    if args.exit_with_parent:
        threading.Thread(target=_exit_when_stdin_closes, daemon=True).start()
    try:
        return int(args.run(args, console))
    except KeyboardInterrupt as error:
        return _fail(args, console, KeyboardInterrupt("Cancelled.") if not str(error) else error, EXIT_CANCELLED)
    except SSAGliomaError as error:
        return _fail(args, console, error, error.exit_code)
    except (ImportError, MemoryError) as error:
        return _fail(args, console, _environment_error(error), EXIT_ENVIRONMENT)
    except OSError as error:
        return _fail(args, console, error, EXIT_ENVIRONMENT)
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError":  # torch's; the command line does not import torch
            raise
        return _fail(args, console, _gpu_memory_error(), EXIT_ENVIRONMENT)


def _fail(args: argparse.Namespace, console: Console, error: BaseException, code: int) -> int:
    if args.debug:
        traceback.print_exc(file=sys.stderr)
    console.error(error, code)
    return code


def _environment_error(error: ImportError | MemoryError) -> SSAGliomaError:
    if isinstance(error, MemoryError):
        return SSAGliomaError("The memory of this machine ran out", remedy="Close other programs and try again")
    return SSAGliomaError(
        f"A package is missing: {error}",
        remedy="Install it with: pip install 'ssaglioma[torch]' (segmentation) or 'ssaglioma[train]' (training)",
    )


def _gpu_memory_error() -> SSAGliomaError:
    return SSAGliomaError("The memory of the GPU ran out", remedy="Use --device cpu, or close other programs")


def _asks_for_json(words: Sequence[str]) -> bool:
    return "--progress=json" in words or ("--progress", "json") in pairwise(words)


def _cancel(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _exit_when_stdin_closes() -> None:
    descriptor = (
        sys.stdin.fileno()
    )  # not sys.stdin.buffer: its lock, held by this thread, aborts the interpreter's exit
    try:
        while os.read(descriptor, 1):
            pass
    finally:
        os.kill(os.getpid(), signal.SIGTERM) if os.name == "posix" else os._exit(EXIT_CANCELLED)
