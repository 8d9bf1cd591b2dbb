"""`ssaglioma train --fold each`: every fold of a cross-validation, one after the other or as jobs of a cluster."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.errors import DatasetError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

CLUSTERS = ("slurm", "local")
_JOBS = "jobs"


def add_fold_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `train`."""
    group = parser.add_argument_group("every fold of a cross-validation (--fold each)")
    group.add_argument("--submit", choices=CLUSTERS, help="hand each fold to SLURM, or to a process of its own here")
    group.add_argument(
        "--submit-set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the job, in submitit's words: timeout_min=600, gpus_per_node=1, slurm_partition=gpu (may be repeated)",
    )


class FoldJob:
    """The training of one fold, as a job that goes on where it stopped when the cluster ends it early.

    Parameters
    ----------
    args : argparse.Namespace
        Of `ssaglioma train`, for one fold.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args

    def __call__(self) -> int:
        """Train or resume the fold and return the exit code."""
        from ssaglioma.cli.train import run

        return run(self.args, Console("none"))

    def checkpoint(self) -> Any:
        """Return the job that takes this one's place: the same, for it resumes at its last epoch."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def run_each_fold(
    args: argparse.Namespace, count: int, console: Console, run: Callable[[argparse.Namespace, Console], int]
) -> int:
    """Train all folds into `OUTPUT/fold-0`, `OUTPUT/fold-1` ... and tell the scores of those that are finished.

    Raises
    ------
    DatasetError
        If a setting of the jobs makes no sense.
    DeviceError
        If submitit or the cluster is not there.
    """
    folds = [_of_fold(args, number) for number in range(count)]
    if args.submit is None:
        codes = [run(each, console) for each in folds]
        console.result({"scores": _tell(args.output, count, console)})
        return max(codes)
    jobs = _submitted(args, folds)
    for number, job in enumerate(jobs):
        console.print(f"Fold {number}: job {job.job_id}, log {job.paths.stdout}")
    if args.submit == "local":
        codes = [int(job.result()) for job in jobs]
        console.result({"scores": _tell(args.output, count, console)})
        return max(codes)
    console.result({"jobs": [str(job.job_id) for job in jobs]})
    return 0


def _of_fold(args: argparse.Namespace, number: int) -> argparse.Namespace:
    cache = args.cache or args.output / "cache"
    values = {
        **vars(args),
        "fold": str(number),
        "output": args.output / f"fold-{number}",
        "cache": cache,
        "submit": None,
    }
    return argparse.Namespace(**values)


def _submitted(args: argparse.Namespace, folds: list[argparse.Namespace]) -> list[Any]:
    settings = _settings(args.submit_set)
    try:
        import submitit
    except ImportError as error:
        raise DeviceError(
            "submitit is not installed",
            remedy="pip install 'ssaglioma[cluster]', or leave --submit out to train the folds one after the other",
        ) from error
    try:
        executor = submitit.AutoExecutor(folder=args.output / _JOBS, cluster=args.submit)
        executor.update_parameters(name="ssaglioma", **settings)
        return [executor.submit(FoldJob(each)) for each in folds]
    except (RuntimeError, TypeError, submitit.core.utils.FailedJobError) as error:
        raise DeviceError(
            f"The folds cannot be handed to {args.submit!r} ({error})",
            expected="a computer of the cluster, and --submit-set in submitit's words",
        ) from error


def _settings(texts: list[str]) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise DatasetError(f"--submit-set is {text!r}", expected="NAME=VALUE")
        found[name] = int(value) if value.isdigit() else value
    return found


def _tell(output: Path, count: int, console: Console) -> dict[str, float]:
    """Print and return the mean Dice of each region over the held-out cases of the finished folds that hold it."""
    dice: dict[str, list[float]] = {}
    for number in range(count):
        path = output / f"fold-{number}" / "scores.json"
        for row in json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []:
            for region, scores in row["regions"].items():
                if scores["empty"] in ("none", "prediction"):
                    dice.setdefault(region, []).append(float(scores["dice"]))
    for region, values in dice.items():
        console.print(f"{region}: mean Dice {sum(values) / len(values):.3f} on {len(values)} held-out cases")
    return {region: sum(values) / len(values) for region, values in dice.items()}
