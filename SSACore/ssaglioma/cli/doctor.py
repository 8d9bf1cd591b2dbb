"""`ssaglioma doctor`: what this machine has, what works, and what to do about the rest."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from importlib import metadata, util
from pathlib import Path

from ssaglioma import __version__
from ssaglioma.cli.console import Console
from ssaglioma.errors import SSAGliomaError

_PACKAGES = ("numpy", "scipy", "SimpleITK", "pydicom", "safetensors", "pillow", "torch", "monai")
_NEEDED = ("numpy", "scipy", "SimpleITK", "pydicom", "safetensors", "pillow", "torch")
_CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd")
_GIB = 1 << 30


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    return subparsers.add_parser("doctor", parents=parents, help="check this machine and installation")


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command; exit code 3 if segmentation cannot work here."""
    facts: dict[str, str] = {
        "ssaglioma": f"{__version__} at {Path(__file__).parents[1]}",
        "Python": f"{platform.python_version()} at {sys.executable}",
        "System": platform.platform(),
        "CPU": f"{os.cpu_count()} cores, {_cpu_features()}",
        "Memory": _memory(),
        "Disk": f"{shutil.disk_usage(Path.cwd()).free / _GIB:.1f} GiB free in {Path.cwd()}",
    }
    problems: list[str] = []
    for name in _PACKAGES:
        facts[name] = _version(name)
        if name in _NEEDED and facts[name] == "not installed":
            problems.append(f"{name} is not installed: pip install 'ssaglioma[torch]'")
    facts["GPU"] = _gpu()
    facts["Models"] = _models(problems)
    for name, value in facts.items():
        console.print(f"{name:12} {value}")
    for problem in problems:
        console.warn(problem)
    console.print("Ready." if not problems else f"{len(problems)} problem(s) found.")
    console.result({"facts": facts, "problems": problems})
    return 3 if problems else 0


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu_features() -> str:
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return platform.processor() or "features unknown"
    found = [flag for flag in _CPU_FLAGS if flag in flags]
    return ", ".join(found) or "no vector extensions known to us"


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{total / _GIB:.1f} GiB"


def _gpu() -> str:
    if util.find_spec("torch") is None:
        return "not tested (torch is not installed)"
    import torch

    from ssaglioma.inference.device import gpu_problem

    if not torch.cuda.is_available():
        return "none; segmentation runs on the CPU"
    name = torch.cuda.get_device_name(0)
    problem = gpu_problem("cuda:0")
    return f"{name}: {'self-test passed' if problem is None else problem}"


def _models(problems: list[str]) -> str:
    from ssaglioma.packages import list_all_packages

    names = []
    try:
        for package in list_all_packages():
            package.verify()
            names.append(f"{package.card.name} {package.card.version} (verified)")
    except SSAGliomaError as error:
        problems.append(str(error))
    if not names and not problems:
        problems.append("No model package was found")
    return ", ".join(names) or "none"
