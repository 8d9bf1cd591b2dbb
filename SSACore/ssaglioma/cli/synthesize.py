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

from ssaglioma.cli.console import Console
from ssaglioma.cli.outputs import make_folder
from ssaglioma.synthesis.anatomy import find_anatomies
from ssaglioma.synthesis.case import DrawOptions
from ssaglioma.synthesis.records import to_plain
from ssaglioma.synthesis.requests import SCANNER_SOURCE_T, CaseRequest, make_requested
from ssaglioma.synthesis.scanner import scanner_preset
from ssaglioma.synthesis.tumours import VARIANTS, find_masks
from ssaglioma.synthesis.writing import case_name, finished, write_case


@dataclass(frozen=True)
class _Job:
    """One case to make and where."""

    request: CaseRequest
    output: Path

    @property
    def folder(self) -> Path:
        return self.output / case_name(self.request.seed, self.request.number)


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
    parser.add_argument(
        "--share-healthy",
        type=float,
        default=DrawOptions.share_healthy,
        metavar="0..1",
        help="share of cases without a tumor (default %(default)s)",
    )
    parser.add_argument("--variant", choices=VARIANTS, help="one kind for all grown tumors")
    parser.add_argument("--keep-skull", action="store_true", help="do not strip the skull")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes (default 1)")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    began = time.monotonic()
    if args.scanner is not None:
        scanner_preset(args.scanner)
    options = DrawOptions(
        masks=None if args.masks is None else str(args.masks),
        share_from_masks=args.share_from_masks,
        share_randomised=args.share_randomised,
        share_healthy=args.share_healthy,
        variant=args.variant,
        stripped=not args.keep_skull,
        field_t=None if args.scanner is None else SCANNER_SOURCE_T,
    )
    if args.masks is not None:
        find_masks(args.masks)
    anatomies = find_anatomies(args.anatomy)
    make_folder(args.output)
    jobs = [
        _Job(CaseRequest(anatomies[k % len(anatomies)], args.seed, k, options, args.scanner), args.output)
        for k in range(args.cases)
    ]
    waiting = [job for job in jobs if not finished(job.folder, job.request.digest)]
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
    request = job.request
    made = make_requested(request)
    record: dict[str, Any] = {"seed": request.seed, "number": request.number, "request": request.digest}
    record["scanner"] = None if made.scan is None else to_plain(made.scan)
    try:
        write_case(job.folder, made.images, made.labels, made.parameters, record)
    except BaseException:
        shutil.rmtree(job.folder.with_name(f".unfinished-{job.folder.name}"), ignore_errors=True)
        raise
    return job.folder.name


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
