"""Why a background run ended without a result, and what to do about it, in words."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from SSASlicerLib.child_events import Failure

_MEMORY_REMEDY = "Close other programs, choose a smaller (2D) model, or use a computer with more memory"
_SETUP_REMEDY = "Install the packages that segmentation needs again, then restart Slicer"
_REPORT_REMEDY = "Look at the log; if it tells nothing, report the fault with the log"
_WINDOWS_CRASHES = {
    0xC0000005: ("reached for memory that is not its own", _SETUP_REMEDY),
    0xC0000017: ("ran out of memory", _MEMORY_REMEDY),
    0xC000001D: ("used an instruction that this processor does not have", _SETUP_REMEDY),
    0xC0000135: ("misses a library (DLL)", "Install the Microsoft Visual C++ Redistributable, then " + _SETUP_REMEDY),
    0xC00000FD: ("ran out of stack", _REPORT_REMEDY),
    0xC0000409: ("was stopped by Windows after a fault", _SETUP_REMEDY),
}
_SIGNALS = {
    "SIGKILL": ("was killed by the system, probably because the memory ran out", _MEMORY_REMEDY),
    "SIGXCPU": ("was stopped by the system because it took too much time", "Ask for a longer time limit"),
    "SIGTERM": ("was ended by the system or another program", "Start it again"),
    "SIGHUP": ("was ended by the system or another program", "Start it again"),
    "SIGINT": ("was ended by the system or another program", "Start it again"),
    "SIGILL": ("used an instruction that this processor does not have", _SETUP_REMEDY),
    "SIGSEGV": ("crashed (it reached for memory that is not its own)", _SETUP_REMEDY),
    "SIGBUS": ("crashed (a file it read shrank, or the disk is full)", "Free some disk space and start it again"),
    "SIGABRT": ("stopped itself after a fault", _REPORT_REMEDY),
    "SIGFPE": ("crashed in a computation", _REPORT_REMEDY),
}
_LAST_WORDS = (
    (r"No module named '?ssaglioma", "The core of the extension was not found", "Install the extension again"),
    (r"No module named '?([\w.]+)", r"The package \1 is missing", _SETUP_REMEDY),
    (r"(out of memory|MemoryError|bad_alloc|Cannot allocate memory)", "The memory ran out", _MEMORY_REMEDY),
    (r"No space left on device|disk (is )?full", "The disk is full", "Free some disk space and start it again"),
    (r"DLL load failed|cannot open shared object|Library not loaded", "A library cannot be loaded", _SETUP_REMEDY),
    (r"exit abnormally", "The program crashed or was killed, often because the memory ran out", _MEMORY_REMEDY),
)
_BY_CODE = {2: "Correct the input and start again", 3: _SETUP_REMEDY}
_ERROR_LINE = re.compile(r"^Error: (.+)$")
_TRACEBACK_END = re.compile(r"^[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b.*")


def from_error_event(values: Mapping[str, Any]) -> Failure:
    """Return the failure that the child itself told; a missing remedy is filled in by its code."""
    code = values["code"] if isinstance(values.get("code"), int) else 1
    remedy = str(values.get("remedy", "")) or _BY_CODE.get(code, _REPORT_REMEDY)
    problem = _sentence(str(values.get("message", "")) or "The run failed")
    return Failure(code, problem, "" if _sentence(remedy) in problem else _sentence(remedy))


def from_exit(code: int, lines: Sequence[str]) -> Failure:
    """Return why a child ended that told no error, from its exit code and the last lines of its log.

    Parameters
    ----------
    code : int
        As `subprocess` gives it: negative for a signal on POSIX, an NTSTATUS on Windows.
    """
    ended = _by_signal(code) or _WINDOWS_CRASHES.get(code & 0xFFFFFFFF)
    if ended:
        return Failure(code, f"The background program {ended[0]}.", _sentence(ended[1]))
    for line in reversed(lines[-60:]):
        for pattern, message, remedy in _LAST_WORDS:
            match = re.search(pattern, line, re.IGNORECASE)
            if match:
                return Failure(code, _sentence(match.expand(message)), _sentence(remedy))
    if code == 0:
        return Failure(
            code, "The program ended without a result, or its answer cannot be read.", _sentence(_REPORT_REMEDY)
        )
    said = next((match[1] for line in reversed(lines) if (match := _ERROR_LINE.match(line.strip()))), None)
    if said:
        return Failure(code, _sentence(said), _sentence(_BY_CODE.get(code, _REPORT_REMEDY)))
    last = next((line.strip() for line in reversed(lines) if _TRACEBACK_END.match(line.strip())), "")
    told = f": {last}" if last else ""
    why = {2: " (wrong input)", 3: " (this computer or its set-up)"}.get(code, "")
    remedy = _BY_CODE.get(code, _REPORT_REMEDY)
    return Failure(code, _sentence(f"The program ended with code {code}{why}{told}"), _sentence(remedy))


def from_version(found: object, expected: str) -> Failure:
    """Return the failure for a child that is not the extension's own core."""
    what = "says no version" if found is None else f"is version {str(found)!r}"
    return Failure(
        3,
        f"The core that answered {what}; expected {expected!r}, the one of this extension.",
        "Remove the other copy with slicer.util.pip_uninstall('ssaglioma'), then restart Slicer.",
    )


def _by_signal(code: int) -> tuple[str, str] | None:
    number = -code if code < 0 else code - 128 if 128 < code < 128 + 65 else 0
    try:
        name = signal.Signals(number).name if number else ""
    except ValueError:
        return None
    if code > 0 and name == "SIGINT":  # 130: the command line says it when it was interrupted
        return _SIGNALS["SIGINT"]
    return _SIGNALS.get(name, (f"was ended by the signal {name}", _REPORT_REMEDY) if name else None)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."
