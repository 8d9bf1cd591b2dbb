"""`python -m ssaglioma` and the command `ssaglioma`."""

import os
import sys

from ssaglioma.cli.failures import EXIT_CANCELLED
from ssaglioma.cli.main import main


def run() -> None:
    """Run the command line and end the process with its exit code.

    A cancelled run ends at once: where the interruption met a library in `exec` of a text (scipy does so while it is
    imported), CPython would replace the exit code by that of an interruption that nobody handled.
    """
    code = main()
    if code == EXIT_CANCELLED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":
    run()
