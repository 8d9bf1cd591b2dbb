"""How much memory this computer can still give to this process; nothing but the standard library."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

_GIB = 1 << 30
_NO_LIMIT = 1 << 60
_CGROUPS = Path("/sys/fs/cgroup")


def available_gib() -> float | None:
    """Return the memory that this process can still get, limits of its own and of its container among them.

    None where the system does not tell.
    """
    if sys.platform == "win32":
        return _windows("available")
    if sys.platform == "darwin":
        return _macos()
    try:
        found = _meminfo(Path("/proc/meminfo").read_text(encoding="ascii"))
    except (OSError, ValueError, KeyError):
        return None
    return min(found, _left_in_cgroup(), _left_below_rlimits()) / _GIB


def resident_gib() -> float | None:
    """Return the memory that this process holds now; None where the system does not tell."""
    if sys.platform == "win32":
        return _windows("resident")
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIB  # the peak so far: macOS tells no less
    try:
        return _status("VmRSS") / _GIB
    except (OSError, ValueError, KeyError):
        return None


def _meminfo(text: str) -> int:
    """Bytes that can be given without swapping."""
    values = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
    return int(values["MemAvailable"]) * 1024


def _status(key: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))[key]) * 1024


def _left_in_cgroup(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """What the control groups of this process leave, version 2 (from the process's own group upwards) or 1."""
    try:
        lines = own.read_text(encoding="ascii").splitlines()
    except OSError:
        return _NO_LIMIT
    left = _NO_LIMIT
    for line in lines:
        _, kind, path = [*line.split(":", 2), "", ""][:3]
        if kind == "":
            folder, names = root, ("memory.max", "memory.current")
        elif "memory" in kind.split(","):
            folder, names = root / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        group = folder / path.strip("/")
        for place in (group, *group.parents):
            if not place.is_relative_to(folder):
                break
            left = min(left, _left_in_group(place, names))
    return left


def _left_in_group(folder: Path, names: tuple[str, str]) -> int:
    try:
        most, used = (int((folder / name).read_text(encoding="ascii")) for name in names)
    except (OSError, ValueError):  # not there, or "max"
        return _NO_LIMIT
    return max(most - used, 0)


def _left_below_rlimits() -> int:
    """What `ulimit -v` and `ulimit -d` leave."""
    import resource

    left = _NO_LIMIT
    for limit, key in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY:
            left = min(left, max(most - _status(key), 0))
    return left


def _macos() -> float | None:
    try:
        text = subprocess.run(["/usr/bin/vm_stat"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    size = re.search(r"page size of (\d+) bytes", text)
    pages = re.findall(r"^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)", text, re.MULTILINE)
    return sum(map(int, pages)) * int(size[1]) / _GIB if size else None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in ("total", "available", "page_total", "page_left")),
        *((name, ctypes.c_ulonglong) for name in ("virtual_total", "virtual_left", "extended")),
    )


class _ProcessMemory(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("faults", ctypes.c_ulong),
        ("peak_resident", ctypes.c_size_t),
        ("resident", ctypes.c_size_t),
        *((f"other{index}", ctypes.c_size_t) for index in range(6)),
    )


def _windows(what: str) -> float | None:
    library = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    if what == "available":
        status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
        return status.available / _GIB if library.GlobalMemoryStatusEx(ctypes.byref(status)) else None
    counters = _ProcessMemory(length=ctypes.sizeof(_ProcessMemory))
    library.GetCurrentProcess.restype = ctypes.c_void_p
    library.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
    told = library.K32GetProcessMemoryInfo(library.GetCurrentProcess(), ctypes.byref(counters), counters.length)
    return counters.resident / _GIB if told else None
