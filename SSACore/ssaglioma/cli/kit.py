"""`ssaglioma kit`: a folder for a USB stick, from which SSAGlioma installs without network or administrator."""

from __future__ import annotations

import argparse
import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ssaglioma
from ssaglioma.cli.console import Console
from ssaglioma.cli.kit_target import CURRENT, PLATFORMS, KitTarget
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.types import ProgressCallback

_DEFAULT_PYTHON = "3.12"
_TEXTS = Path(__file__).parent / "kit_files"
_UNFINISHED = ".unfinished"
_CALLED_UP = ("install.sh",)
_EXECUTABLE = 0o755


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "kit",
        parents=parents,
        help="write a folder for installing without network",
        description="Write wheels, models, a sample case, digests and an installer into a folder, for a USB stick. "
        "An interrupted run goes on where it stopped. 'ssaglioma doctor --kit DIR' checks a kit.",
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder of the kit; it must not exist yet")
    add("--platform", choices=PLATFORMS, default=CURRENT, help="computer that it is for (default: one like this)")
    add(
        "--python",
        metavar="X.Y",
        help=f"Python there (default: {_DEFAULT_PYTHON}, Slicer's; for --platform current this one's)",
    )
    add("--with-training", action="store_true", help="also PyTorch and what else training needs (large)")
    add("--model", action="append", default=[], metavar="NAME|PATH", help="a model of yours, besides those shipped")
    add("--find-links", action="append", default=[], metavar="DIR", help="folder or address with wheels, as for pip")
    add("--index", metavar="URL", help="package index (default: pip's own)")
    add("--no-index", action="store_true", help="take wheels from --find-links alone")
    return parser


@dataclass(frozen=True)
class _Order:
    """What goes into a kit, beside the wheels."""

    target: KitTarget
    wanted: tuple[str, ...]
    training: tuple[str, ...]
    models: dict[str, Path]
    sample_case: Path


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command.

    Raises
    ------
    SSAGliomaError
        If the folder exists, the disk is full, or a wheel cannot be had.
    """
    from ssaglioma.packages.kit import check_kit

    output: Path = args.output.absolute()
    if output.exists():
        raise DatasetError(
            f"{str(output)!r} exists already",
            expected="a new folder, as nothing is overwritten",
            remedy="Choose another --output, or check it with 'ssaglioma doctor --kit'",
        )
    order = _order(args)
    _writing(output.parent, lambda: output.parent.mkdir(parents=True, exist_ok=True))
    unfinished = output.with_name(output.name + _UNFINISHED)
    _writing(unfinished, lambda: _fill(unfinished, order, args, console.progress))
    console.progress(0.95, "Checking")
    check = check_kit(unfinished)
    if check.problems:
        raise DatasetError(
            f"What was written to {str(unfinished)!r} is not what was meant: " + "; ".join(check.problems),
            remedy="The disk may be failing: use another one",
        )
    _writing(output, lambda: unfinished.rename(output))
    console.progress(1.0, "Done")
    told = f"{order.target.platform}, Python {order.target.python}"
    console.print(f"Written to {output}: {check.files} files, {check.megabytes:.0f} MB, for {told}.")
    console.result({"output": str(output), "files": check.files, "megabytes": round(check.megabytes, 1)})
    return 0


def _order(args: argparse.Namespace) -> _Order:
    from ssaglioma.cli.kit_own_wheel import TRAINING_FILE, requirements
    from ssaglioma.packages import find_package_of, list_all_packages
    from ssaglioma.packages.resources import SAMPLE_CASES, locate

    python = args.python or (None if args.platform == CURRENT else _DEFAULT_PYTHON)
    target = KitTarget.of(args.platform, python)
    packages = [*list_all_packages(), *(find_package_of(None, name) for name in args.model)]
    models: dict[str, Path] = {}
    for package in packages:
        package.verify()
        if models.setdefault(package.card.name, package.folder).resolve() != package.folder.resolve():
            raise DatasetError(
                f"Two models are called {package.card.name!r}",
                expected="one of each name in a kit",
                remedy="Rename one",
            )
    sample = next(path for path in sorted(locate(SAMPLE_CASES).iterdir()) if path.is_dir())
    training = _training(target, requirements(TRAINING_FILE)) if args.with_training else []
    return _Order(target, (*requirements(), *training), tuple(training), models, sample)


def _training(target: KitTarget, needed: list[str]) -> list[str]:
    """Requirements of training, PyTorch in the version that the set-up takes on this platform."""
    from ssaglioma.packages.addresses import address

    others = [need for need in needed if not need.startswith("torch")]
    if target.platform == "macos-intel":
        return [*address("TORCH_INTEL_MAC").split(), *others]
    return [f"torch=={address('TORCH_VERSION')}", *others]


def _fill(folder: Path, order: _Order, args: argparse.Namespace, progress: ProgressCallback) -> None:
    from ssaglioma.cli.kit_own_wheel import write_own_wheel
    from ssaglioma.cli.kit_wheels import fetch_wheels
    from ssaglioma.packages.kit import KIT_FILE, MODELS, SAMPLE_CASE, WHEELS, KitFacts, write_sums

    facts = KitFacts(
        ssaglioma=ssaglioma.__version__,
        platform=order.target.platform,
        python=order.target.python,
        training=bool(order.training),
        requirements=order.wanted,
        training_requirements=order.training,
        models=tuple(order.models),
        sample_case=order.sample_case.name,
    )
    if (folder / KIT_FILE).is_file() and KitFacts.read(folder) != facts:
        raise DatasetError(
            f"{str(folder)!r} is the beginning of another kit",
            expected="the platform, Python and models of the first try",
            remedy="Run that command again, delete the folder, or choose another --output",
        )
    folder.mkdir(exist_ok=True)
    facts.write(folder)
    _write_texts(folder, facts)
    for name, source in order.models.items():
        _copy_anew(source, folder / MODELS / name)
    _copy_anew(order.sample_case, folder / SAMPLE_CASE / order.sample_case.name)
    sources = _sources(args, order)
    fetch_wheels(
        folder / WHEELS,
        (*order.wanted, "pip"),
        order.target,
        sources,
        lambda share, text: progress(0.05 + 0.75 * share, text),
    )
    progress(0.8, "Packing ssaglioma")
    write_own_wheel(folder / WHEELS)
    shutil.rmtree(folder / "pip", ignore_errors=True)
    progress(0.9, "Digests")
    write_sums(folder)


def _sources(args: argparse.Namespace, order: _Order):  # type: ignore[no-untyped-def]
    from ssaglioma.cli.kit_wheels import WheelSources
    from ssaglioma.packages.addresses import address

    cpu_builds = order.training and order.target.platform.startswith("linux") and not args.index
    extra = address("TORCH_INDEX") if cpu_builds else ""
    return WheelSources(tuple(args.find_links), args.index, extra or None, args.no_index)


def _write_texts(folder: Path, facts) -> None:  # type: ignore[no-untyped-def]
    values = {"@VERSION@": facts.ssaglioma, "@PLATFORM@": facts.platform, "@PYTHON@": facts.python}
    for source in sorted(_TEXTS.iterdir()):
        if not source.is_file() or source.suffix == ".pyc":
            continue
        text = source.read_bytes().decode("utf-8")
        for mark, value in values.items():
            text = text.replace(mark, value)
        if facts.platform == "windows" and source.suffix == ".txt":  # for the old Notepad
            text = "\ufeff" + text.replace("\n", "\r\n")
        (folder / source.name).write_bytes(text.encode("utf-8"))
        if source.name in _CALLED_UP:
            (folder / source.name).chmod(_EXECUTABLE)


def _copy_anew(source: Path, target: Path) -> None:
    """Copy a folder; a half-written copy of an earlier try is replaced."""
    shutil.rmtree(target, ignore_errors=True)
    hidden = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(source, target, ignore=hidden)


def _writing(path: Path, work: Callable[[], object]) -> None:
    """Do work on a disk; tell plainly if it is full or cannot be written."""
    try:
        work()
    except shutil.Error as error:
        raise _disk(path, str(error), "No space left" in str(error)) from error
    except OSError as error:
        raise _disk(path, error.strerror or str(error), error.errno == errno.ENOSPC) from error


def _disk(path: Path, reason: str, full: bool) -> SSAGliomaError:
    remedy = "Free some space" if full else "Choose a folder that can be written"
    problem = SSAGliomaError(
        f"{str(path)!r} cannot be written ({reason})",
        remedy=f"{remedy} and run the same command again: it goes on where it stopped",
    )
    problem.exit_code = 3
    return problem
