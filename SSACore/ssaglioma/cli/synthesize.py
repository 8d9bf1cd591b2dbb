"""`ssaglioma synthesize`: labelled synthetic cases from an anatomy."""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.cli.console import Console
from ssaglioma.cli.outputs import make_folder
from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.anatomy import find_anatomies, read_anatomy
from ssaglioma.synthesis.case import DrawOptions, SyntheticCase, draw_case, make_case
from ssaglioma.synthesis.records import digest, to_plain
from ssaglioma.synthesis.tumours import VARIANTS, find_masks
from ssaglioma.synthesis.writing import case_name, finished, on_brats_grid, write_case
from ssaglioma.volume import Volume

SCANNER_SOURCE_T = 3.0
"""Field of the images that a scanner preset expects; it changes their contrast to its own field."""


@dataclass(frozen=True)
class _Job:
    """One case to make; equal jobs give equal files."""

    anatomy: Path
    output: Path
    seed: int
    number: int
    options: DrawOptions
    scanner: str | None

    @property
    def folder(self) -> Path:
        return self.output / case_name(self.seed, self.number)

    @property
    def request(self) -> str:
        """Digest of all that decides the case; folders do not, file names do."""
        options = {**to_plain(self.options), "masks": self.options.masks is not None}
        return digest(
            {
                "anatomy": self.anatomy.name,
                "seed": self.seed,
                "number": self.number,
                "options": options,
                "scanner": self.scanner,
            }
        )


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "synthesize",
        parents=parents,
        help="make labelled synthetic cases",
        description="Make four-contrast cases with tumor labels from label maps of heads or from tissue maps. "
        "Run it again after an interruption: finished cases are kept.",
    )
    parser.add_argument(
        "--anatomy",
        type=Path,
        required=True,
        metavar="FILE|DIR",
        help="FreeSurfer-style label map(s), or tissue maps *_gm_*, *_wm_*, *_t1_*",
    )
    parser.add_argument("--cases", type=_count, required=True, metavar="N", help="number of cases")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="same seed, same cases (default 0)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the cases")
    parser.add_argument("--scanner", metavar="PRESET", help="pass the images through a scanner, e.g. 1.5T_ssa")
    parser.add_argument("--masks", type=Path, metavar="DIR", help="tumor labelmaps to take shapes from")
    parser.add_argument(
        "--share-from-masks",
        type=float,
        default=DrawOptions.share_from_masks,
        metavar="0..1",
        help="share of cases with such shapes (default %(default)s)",
    )
    parser.add_argument(
        "--share-randomised",
        type=float,
        default=DrawOptions.share_randomised,
        metavar="0..1",
        help="share of cases with random gray values instead of MR physics (default %(default)s)",
    )
    parser.add_argument("--variant", choices=VARIANTS, help="one kind for all grown tumors")
    parser.add_argument("--keep-skull", action="store_true", help="do not strip the skull")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes (default 1)")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    if args.scanner is not None:
        _scanner().scanner_preset(args.scanner)
    options = DrawOptions(
        masks=None if args.masks is None else str(args.masks),
        share_from_masks=args.share_from_masks,
        share_randomised=args.share_randomised,
        variant=args.variant,
        stripped=not args.keep_skull,
        field_t=None if args.scanner is None else SCANNER_SOURCE_T,
    )
    if args.masks is not None:
        find_masks(args.masks)
    anatomies = find_anatomies(args.anatomy)
    make_folder(args.output)
    jobs = [
        _Job(anatomies[k % len(anatomies)], args.output, args.seed, k, options, args.scanner) for k in range(args.cases)
    ]
    waiting = [job for job in jobs if not finished(job.folder, job.request)]
    kept = len(jobs) - len(waiting)
    console.progress(kept / len(jobs), f"{kept} of {len(jobs)} cases were there")
    for done, name in enumerate(_made(waiting, args.jobs), start=kept + 1):
        console.progress(done / len(jobs), f"{name} ({done} of {len(jobs)})")
    seconds = time.monotonic() - began
    console.print(f"{len(waiting)} cases made, {kept} kept, in {args.output} ({seconds:.0f} s). Synthetic: no patient.")
    console.result({"made": len(waiting), "kept": kept, "output": str(args.output), "seconds": round(seconds, 1)})
    return 0


def _made(jobs: list[_Job], processes: int) -> Iterator[str]:
    """Names of the cases as they get done."""
    if processes == 1 or len(jobs) < 2:
        for job in jobs:
            yield _make(job)
        return
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=multiprocessing.get_context("spawn"))
    try:
        running: set[Future[str]] = {pool.submit(_make, job) for job in jobs}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _make(job: _Job) -> str:
    source = read_anatomy(job.anatomy)
    parameters = draw_case(np.random.default_rng([job.seed, job.number]), source, job.options)
    case = make_case(source, parameters, job.options.masks)
    images = {name: on_brats_grid(array) for name, array in case.images.items()}
    record: dict[str, Any] = {"seed": job.seed, "number": job.number, "request": job.request, "scanner": None}
    try:
        if job.scanner is not None:
            images, record["scanner"] = _scanned(case, job)
        write_case(job.folder, images, on_brats_grid(case.labels), parameters, record)
    except BaseException:
        shutil.rmtree(job.folder.with_name(f".unfinished-{job.folder.name}"), ignore_errors=True)
        raise
    return job.folder.name


def _scanned(case: SyntheticCase, job: _Job) -> tuple[dict[Sequence, Volume], dict[str, Any]]:
    """The images as the scanner gives them, on the grid of the labels, and the scan's parameters."""
    scanner = _scanner()
    generator = np.random.default_rng([job.seed, job.number, 1])
    drawn = scanner.draw_scan(job.scanner, generator)
    volumes = {name: on_brats_grid(case.images[name].astype(np.float32)) for name in SEQUENCE_ORDER}
    scanned = scanner.apply_scan(volumes, drawn, grid="original", threads=1)
    whole = {name: v.with_array(np.clip(np.rint(v.array), 0, 65535).astype(np.uint16)) for name, v in scanned.items()}
    return whole, to_plain(drawn)


def _scanner() -> Any:
    try:
        from ssaglioma.synthesis import scanner
    except ImportError as error:
        raise SSAGliomaError(
            f"The scanner simulator cannot be loaded ({error})", remedy="Leave --scanner out, or reinstall ssaglioma"
        ) from error
    return scanner


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 1")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is negative")
    return value
