"""`ssaglioma serve`: stylises one picture after the other for another program, which waits for PyTorch once.

Requests come on standard input, one JSON object a line; the words are those of `ssaglioma stylize`:

    {"request": 1, "words": ["--content", "a.npy", "--method", "rain", "--output", "b.npy"], "examine": false}
    {"cancel": 1}

Answers are the events of `stylize` on standard output, each with the number of its request; 'ready' comes first. Only
the newest request counts: an earlier one is left out, or, once begun, broken off at its next progress ('dropped'). An
error ends its request alone. The process ends when standard input closes, or after some idle minutes.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ssaglioma.cli import stylize
from ssaglioma.cli.console import Console
from ssaglioma.cli.failures import EXIT_DONE, EXPECTED, as_told
from ssaglioma.cli.request_lines import Request, Requests
from ssaglioma.cli.style_images import Subject
from ssaglioma.errors import DatasetError

_KEPT_STYLIZERS = 4
_IDLE_MINUTES = 5.0
_LONGEST_IDLE_MINUTES = 24 * 60.0


class OvertakenError(Exception):
    """A newer request came, or this one was taken back; caught here alone."""


def _nobody() -> bool:
    return False


@dataclass
class RequestConsole(Console):
    """Says everything with the number of its request, and breaks off where a newer one is there.

    Attributes
    ----------
    number : int
    overtaken : callable () -> bool
    """

    number: int = 0
    overtaken: Callable[[], bool] = field(default=_nobody)

    def __post_init__(self) -> None:
        """Say no version: the process did when it began."""

    def progress(self, fraction: float, message: str) -> None:
        """Show progress.

        Raises
        ------
        OvertakenError
            If nobody waits for this request any more.
        """
        if self.overtaken():
            raise OvertakenError
        super().progress(fraction, message)

    def dropped(self) -> None:
        """Tell that the request was not finished."""
        self._event("dropped")

    def _event(self, event: str, **values: Any) -> None:
        super()._event(event, request=self.number, **values)


class KeptStylizers:
    """Stylizers with their weights and styles, the last few of them; for `stylize.run`."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], stylize.Prepared] = OrderedDict()

    def __call__(self, args: argparse.Namespace, content: Subject) -> stylize.Prepared:
        """Return what `stylize.prepared` does, from memory where it was asked before."""
        if args.epsilon_iterations:
            return stylize.prepared(args, content)  # the search leaves its offset in the stylizer
        stamp = None if args.style is None or not args.style.is_file() else args.style.stat().st_mtime_ns
        style = (str(args.style), stamp, args.style_name, args.style_contrast)
        kind = (content.kind, content.contrast, tuple(content.originals))
        key = (args.model, args.method, args.slice_axis, args.force, args.seed is None, style, kind)
        if key not in self._kept:
            self._kept[key] = stylize.prepared(args, content)
            while len(self._kept) > _KEPT_STYLIZERS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        if args.seed is not None:
            self._kept[key].stylizer.reseed(args.seed)
        return self._kept[key]


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "serve",
        parents=parents,
        help="stylise on request of another program",
        description="Answer requests to stylise, JSON lines on standard input, until it closes. For programs.",
    )
    parser.add_argument(
        "--idle-minutes",
        type=float,
        default=_IDLE_MINUTES,
        metavar="M",
        help="end when nothing was asked for so long (default %(default)s)",
    )
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if not 0 < args.idle_minutes <= _LONGEST_IDLE_MINUTES:
        raise DatasetError(
            f"--idle-minutes is {args.idle_minutes!r}", expected=f"more than 0, to {_LONGEST_IDLE_MINUTES:g}"
        )
    teller = console if console.mode == "json" else Console("json")  # nobody but programs listens
    requests, kept = Requests(), KeptStylizers()
    threading.Thread(target=requests.read, args=(sys.stdin.fileno(),), daemon=True).start()
    from ssaglioma.style import packaged  # noqa: F401  loads PyTorch before the first request comes

    teller.ready()
    answered = 0
    while (request := requests.next(60 * args.idle_minutes)) is not None:
        for notice in requests.notices():
            teller.warn(notice)
        answered += _answer(request, requests, kept)
    teller.result({"answered": answered})
    return EXIT_DONE


def _answer(request: Request, requests: Requests, kept: KeptStylizers) -> bool:
    """Work on one request; tell whether it was answered, with a result or an error."""
    console = RequestConsole("json", number=request.number, overtaken=lambda: requests.overtaken(request.number))
    try:
        console.progress(0.0, "Reading")
        stylize.run(_parsed(request), console, kept)
    except OvertakenError:
        console.dropped()
        return False
    except EXPECTED as error:
        told = as_told(error)
        if told is None:
            raise
        console.error(*told)
    return True


def _parsed(request: Request) -> argparse.Namespace:
    from ssaglioma.cli.main import build_parser  # which knows this command, too

    if {"-h", "--help"} & set(request.words):
        raise DatasetError(f"The words {list(request.words)!r} ask for help", expected="options of 'ssaglioma stylize'")
    args = build_parser("stylize").parse_args(["stylize", *request.words])
    args.examine = request.examine
    return args
