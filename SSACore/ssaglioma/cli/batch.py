"""`ssaglioma batch`: every case of a folder segmented, measured, and listed in one CSV."""

from __future__ import annotations

import argparse
import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.batch_state import (
    CaseFiles,
    CaseState,
    check_replaceable,
    finished,
    planned_state,
    sweep,
    write_case,
)
from ssaglioma.cli.console import Console
from ssaglioma.cli.outputs import make_folder
from ssaglioma.cli.running import Run, add_model_arguments, load_engine, segment_with
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.evaluation.case import default_regions
from ssaglioma.evaluation.measurements import Measurements, measure
from ssaglioma.labels import LabelScheme, label_scheme
from ssaglioma.volume import Case, find_cases
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.reading import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from ssaglioma.inference.engine import TorchEngine
    from ssaglioma.packages import ModelPackage

CSV_FILE = "batch.csv"
DONE, KEPT, FAILED = "done", "kept", "failed"
_BAD_INPUT, _ENVIRONMENT = 2, 3
_LISTED = 5
_FAULTS = (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError)
"""What one odd case may throw without being understood; the others must not suffer from it."""


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "batch",
        parents=parents,
        help="segment every case of a folder",
        description="Segment every case of a folder to DIR/<case>-seg.nii.gz and list the measurements in "
        f"DIR/{CSV_FILE}. Run it again after an interruption: finished cases are kept.",
    )
    parser.add_argument("folder", type=Path, help="folder with cases (BraTS, nnU-Net or BIDS names)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the results")
    add_model_arguments(parser)
    parser.add_argument("--again", action="store_true", help="segment finished cases again, replacing their results")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command.

    Raises
    ------
    SSAGliomaError
        After the last case, if any failed: exit code 2 for bad input, 3 for faults of this
        machine. A full disk or a missing device ends the batch at once.
    """
    from ssaglioma.packages import find_package

    cases, failures = discover(args.folder)
    _check_apart(args.folder, args.output)
    package = find_package(args.model)
    make_folder(args.output)
    sweep(args.output)
    batch = _Batch(args, console, package, len(cases) + len(failures))
    for name, error in failures.items():
        batch.fail(name, str(error), _BAD_INPUT)
    for case in cases:
        batch.take(case)
    return batch.finish()


def discover(folder: Path) -> tuple[list[Case], dict[str, SSAGliomaError]]:
    """Return the cases in a folder, and what is wrong with sub-folders that hold images but no clear case.

    Raises
    ------
    DatasetError, SequenceError
        If nothing usable is found at all.
    """
    try:
        return find_cases(folder), {}
    except SSAGliomaError:
        children = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        found: dict[str, Case] = {}
        failures: dict[str, SSAGliomaError] = {}
        for child in children:
            if child.name.startswith(".") or not _holds_images(child):
                continue
            try:
                cases = find_cases(child)
            except SSAGliomaError as error:
                failures[child.name] = error
                continue
            for case in cases:
                if case.name in found:
                    failures[child.name] = DatasetError(
                        f"The folder {str(child)!r} holds a second case {case.name!r}", remedy="Rename one of them"
                    )
                else:
                    found[case.name] = case
        if not found:
            raise
        return sorted(found.values(), key=lambda case: case.name), failures


def _holds_images(folder: Path) -> bool:
    return any(path.name.lower().endswith(IMAGE_SUFFIXES) for path in folder.rglob("*"))


def _check_apart(folder: Path, output: Path) -> None:
    if output.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(
            f"The output {str(output)!r} lies inside the folder of cases {str(folder)!r}",
            expected="another folder, so that results are never taken for inputs",
            remedy="Choose another --output",
        )


@dataclass
class _Batch:
    """The cases of one call: what was done, what failed, and the table of it."""

    args: argparse.Namespace
    console: Console
    package: ModelPackage
    total: int
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    code: int = 0
    _engine: TorchEngine | None = None

    @property
    def scheme(self) -> LabelScheme:
        """The label scheme of the model."""
        return label_scheme(self.package.card.labels)

    def take(self, case: Case) -> None:
        """Segment one case, or find that it is finished; whatever is wrong with it goes into its row."""
        self.console.case({"case": case.name, "status": "running"})
        try:
            self._add(self._work(case))
        except SSAGliomaError as error:
            if error.exit_code == _ENVIRONMENT:
                self.fail(case.name, str(error), _ENVIRONMENT)
                raise
            self.fail(case.name, str(error), _BAD_INPUT)
        except OSError as error:
            self.fail(case.name, f"A file cannot be read: {error}", _BAD_INPUT)
        except MemoryError:
            self.fail(
                case.name, "The memory of this machine ran out. Close other programs and try again.", _ENVIRONMENT
            )
        except _FAULTS as error:
            self.fail(case.name, f"Unexpected fault, {type(error).__name__}: {error}", _ENVIRONMENT)

    def fail(self, name: str, message: str, code: int) -> None:
        """Note a case that could not be segmented."""
        self.code = max(self.code, code)
        self._add({"case": name, "status": FAILED, "message": " ".join(message.split())})

    def finish(self) -> int:
        """Say what came out; raise if anything failed."""
        counts = {status: self._count(status) for status in (DONE, KEPT, FAILED)}
        table = self.args.output / CSV_FILE
        self.console.progress(1.0, "Done")
        self.console.print(f"{counts[DONE]} done, {counts[KEPT]} kept, {counts[FAILED]} failed. Table: {table}")
        self.console.result({"csv": str(table), **counts, "cases": list(self.rows.values())})
        if not self.code:
            return 0
        failed = [row for row in self.rows.values() if row["status"] == FAILED]
        shown = "; ".join(f"{row['case']}: {row['message']}" for row in failed[:_LISTED])
        more = f"; and {len(failed) - _LISTED} more" if len(failed) > _LISTED else ""
        problem = DatasetError(
            f"{len(failed)} of {self.total} cases failed ({shown}{more})",
            remedy=f"See {str(table)!r}; the same command tries only these again",
        )
        problem.exit_code = self.code
        raise problem

    def _work(self, case: Case) -> dict[str, Any]:
        files = CaseFiles(self.args.output, case.name)
        settings = {"grid": self.args.grid, "resample": self.args.resample, "mirror": self.args.mirror}
        planned = planned_state(case, self.package, settings)
        if not self.args.again:
            known = finished(files, planned)
            if known is not None:
                return {**known.row, "status": KEPT, "output": str(files.labelmap)}
            check_replaceable(files)
        if self._engine is None:
            self._engine = load_engine(self.package, self.args)
        began = time.monotonic()
        done = segment_with(self._engine, case, self.args, self._progress(case.name))
        found = measure(done.result.labelmap, self.scheme, done.result.probabilities)
        row = _row(done, found, files.labelmap, time.monotonic() - began)
        write_case(files, done.result.labelmap, _with_result(planned, row, found))
        return row

    def _progress(self, name: str) -> Callable[[float, str], None]:
        before = len(self.rows)
        title = f"{name} ({before + 1} of {self.total})"
        return lambda share, text: self.console.progress((before + 0.99 * share) / self.total, f"{title}: {text}")

    def _add(self, row: dict[str, Any]) -> None:
        self.rows[row["case"]] = row
        _write_csv(self.rows.values(), self.args.output / CSV_FILE, self.scheme)
        self.console.case(row)
        told = f" ({row['message']})" if row.get("message") else ""
        self.console.print(f"{row['case']}: {row['status']}{told}")

    def _count(self, status: str) -> int:
        return sum(row["status"] == status for row in self.rows.values())


def _with_result(planned: CaseState, row: dict[str, Any], found: Measurements) -> CaseState:
    return replace(planned, row=row, measurements=found.to_json())


def _row(done: Run, found: Measurements, labelmap: Path, seconds: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "case": done.case.name,
        "status": DONE,
        "message": " ".join(done.result.warnings),
        "output": str(labelmap),
        "model": f"{done.card.name} {done.card.version}",
        "seconds": round(seconds, 2),
    }
    for name, region in found.regions.items():
        row[f"{name}_ml"] = round(region.volume_ml, 3)
        row[f"{name}_lesions"] = region.lesions
        row[f"{name}_large_lesions"] = region.large_lesions
        row[f"{name}_diameter_mm"] = round(region.largest_diameter_mm, 1)
        row[f"{name}_confidence"] = None if region.confidence is None else round(region.confidence, 3)
    if found.rano:
        row["rano_diameter_mm"] = round(found.rano[0].diameter_mm, 1)
        row["rano_perpendicular_mm"] = round(found.rano[0].perpendicular_mm, 1)
    row["rano_sum_mm2"] = round(found.rano_sum_mm2, 1)
    return row


def csv_columns(scheme: LabelScheme) -> list[str]:
    """Return the columns of the table."""
    kinds = ("ml", "lesions", "large_lesions", "diameter_mm", "confidence")
    measured = [f"{name}_{kind}" for kind in kinds for name in default_regions(scheme)]
    rano = ["rano_diameter_mm", "rano_perpendicular_mm", "rano_sum_mm2"]
    return ["case", "status", "message", *measured, *rano, "seconds", "model", "output"]


def _write_csv(rows: Any, path: Path, scheme: LabelScheme) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, csv_columns(scheme), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic_path(path) as temporary:
        Path(temporary).write_text(stream.getvalue(), encoding="utf-8", newline="")
