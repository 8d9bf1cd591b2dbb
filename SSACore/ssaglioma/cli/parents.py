"""Ends this process with the program that started it."""

from __future__ import annotations

import os
import signal
import sys

from ssaglioma.cli.failures import EXIT_CANCELLED


def exit_when_stdin_closes() -> None:
    """Wait until standard input closes, then end this process; for a thread of its own."""
    descriptor = (
        sys.stdin.fileno()
    )  # not sys.stdin.buffer: its lock, held by this thread, aborts the interpreter's exit
    try:
        while os.read(descriptor, 1):
            pass
    finally:
        end_this_process()


def end_this_process() -> None:
    """Ask this process to end as after a cancel; at once where signals cannot ask (Windows)."""
    os.kill(os.getpid(), signal.SIGTERM) if os.name == "posix" else os._exit(EXIT_CANCELLED)
