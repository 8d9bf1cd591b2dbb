"""Errors that a command may end with, as one line for people and an exit code for programs."""

from __future__ import annotations

from ssaglioma.errors import SSAGliomaError

EXIT_DONE, EXIT_BAD_INPUT, EXIT_ENVIRONMENT, EXIT_CANCELLED = 0, 2, 3, 130
EXPECTED = (SSAGliomaError, ImportError, MemoryError, OSError, RuntimeError)
"""What `as_told` looks at; everything else is a fault of the program."""


def as_told(error: BaseException) -> tuple[BaseException, int] | None:
    """Return what to tell of an error and its exit code; None for a fault of the program, which needs its traceback."""
    if isinstance(error, SSAGliomaError):
        return error, error.exit_code
    if isinstance(error, MemoryError):
        told = SSAGliomaError("The memory of this machine ran out", remedy="Close other programs and try again")
        return told, EXIT_ENVIRONMENT
    if isinstance(error, ImportError):
        told = SSAGliomaError(
            f"A package is missing: {error}",
            remedy="Install it with: pip install 'ssaglioma[train]' (training), 'ssaglioma[torch]' (learned styles, "
            "NVIDIA GPUs), or 'ssaglioma doctor' for what else is missing",
        )
        return told, EXIT_ENVIRONMENT
    if isinstance(error, OSError):
        return error, EXIT_ENVIRONMENT
    if type(error).__name__ == "OutOfMemoryError":  # torch's; the command line does not import torch
        told = SSAGliomaError("The memory of the GPU ran out", remedy="Use --device cpu, or close other programs")
        return told, EXIT_ENVIRONMENT
    return None
