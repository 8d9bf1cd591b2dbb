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

_NEEDED = ("numpy", "scipy", "SimpleITK", "pydicom", "safetensors", "pillow")
_PACKAGES = (*_NEEDED, "onnxruntime", "openvino", "torch", "monai")
_CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd")
_GIB = 1 << 30


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser("doctor", parents=parents, help="check this machine and installation")
    parser.add_argument("--kit", type=Path, metavar="DIR", help="check an offline kit instead: every file's digest")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command; exit code 3 if segmentation cannot work here, or the kit is not whole."""
    if args.kit is not None:
        return _check_kit(args.kit, console)
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
            problems.append(f"{name} is not installed: pip install ssaglioma")
    facts["Engines"] = _engines(problems)
    facts["GPU"] = _gpu()
    facts["Models"] = _models(problems)
    for name, value in facts.items():
        console.print(f"{name:12} {value}")
    for problem in problems:
        console.warn(problem)
    console.print("Ready." if not problems else f"{len(problems)} problem(s) found.")
    console.result({"facts": facts, "problems": problems})
    return 3 if problems else 0


def _check_kit(folder: Path, console: Console) -> int:
    from dataclasses import asdict

    from ssaglioma.packages.kit import check_kit

    found = check_kit(folder, console.progress)
    console.progress(1.0, "Done")
    facts = found.facts
    console.print(f"Kit of ssaglioma {facts.ssaglioma} for {facts.platform}, Python {facts.python}")
    console.print(f"{found.files} files as they should be, {found.megabytes:.0f} MB")
    for problem in found.problems:
        console.warn(problem)
    console.print("Ready." if not found.problems else "Do not install from it: copy or make the kit again.")
    console.result({"kit": asdict(found), "problems": found.problems})
    return 3 if found.problems else 0


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
    from ssaglioma.inference.available_memory import available_gib

    left = available_gib()
    return f"{total / _GIB:.1f} GiB" + ("" if left is None else f", {left:.1f} GiB of it can be used now")


def _engines(problems: list[str]) -> str:
    """Which engines compute rightly here, each by its self-test; one is enough."""
    from ssaglioma.inference.engine_choice import ENGINES, TORCH, engine_trouble, is_installed

    told = {}
    for name in ENGINES:
        trouble = engine_trouble(name) if name != TORCH else None if is_installed(TORCH) else "it is not installed"
        told[name] = "works" if trouble is None else trouble
    if "works" not in told.values():
        problems.append("No engine works, so nothing can be segmented: pip install onnxruntime")
    return ", ".join(f"{name}: {state}" for name, state in told.items())


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
