"""`ssaglioma batch`: every case of a folder, raw or prepared, segmented, measured, and listed in one CSV."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssaglioma.cli.batch_cases import Study, discover, find_studies
from ssaglioma.cli.batch_state import sweep
from ssaglioma.cli.batch_work import DONE, FAILED, KEPT, BatchWork, csv_columns
from ssaglioma.cli.console import Console
from ssaglioma.cli.intake import add_intake_arguments, add_prepare_choice
from ssaglioma.cli.outputs import make_folder
from ssaglioma.cli.running import add_model_arguments
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import LabelScheme
from ssaglioma.volume.atomic import atomic_path

CSV_FILE = "batch.csv"
_BAD_INPUT, _ENVIRONMENT = 2, 3
_LISTED = 5


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "batch",
        parents=parents,
        help="segment every case of a folder, raw or prepared",
        description="Segment every case of a folder to DIR/<case>-seg.nii.gz and list the measurements in "
        f"DIR/{CSV_FILE}. Cases are known by their names (BraTS, nnU-Net, BIDS); any other sub-folder with DICOM or "
        "image files is one study. Raw ones are sorted, aligned and stripped first, as by `segment`, and get "
        "DIR/<case>-intake.json and DIR/<case>-report.html too. Run it again after an interruption: finished cases "
        "are kept.",
    )
    parser.add_argument("folder", type=Path, help="folder of cases, raw or prepared")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the results")
    add_model_arguments(parser)
    add_intake_arguments(parser, own_mask=False)
    add_prepare_choice(parser)
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

    work = BatchWork(args, console, find_package(args.model))
    work.intake_settings  # noqa: B018  a missing brain-mask model is told before any case
    studies, failures = _studies(args.folder) if work.takes_as_prepared else find_studies(args.folder)
    _check_apart(args.folder, args.output)
    make_folder(args.output)
    sweep(args.output)
    batch = _Batch(work, len(studies) + len(failures))
    for name, error in failures.items():
        batch.fail(name, str(error), _BAD_INPUT)
    for study in studies:
        batch.take(study)
    return batch.finish()


def _studies(folder: Path) -> tuple[list[Study], dict[str, SSAGliomaError]]:
    """The cases that names tell alone."""
    cases, failures = discover(folder)
    return [Study(case.name, case, None) for case in cases], failures


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

    work: BatchWork
    total: int
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    code: int = 0

    @property
    def console(self) -> Console:
        """Where it is told."""
        return self.work.console

    @property
    def table(self) -> Path:
        """The CSV file."""
        return Path(self.work.args.output) / CSV_FILE

    def take(self, study: Study) -> None:
        """Segment one case, or find that it is finished; whatever is wrong with it goes into its row."""
        name = study.name
        self.console.case({"case": name, "status": "running"})
        try:
            self._add(self.work.row(study, self._progress(name)))
        except SSAGliomaError as error:
            self.fail(name, str(error), error.exit_code)
            if error.exit_code == _ENVIRONMENT:
                raise
        except OSError as error:
            self.fail(name, f"A file cannot be read: {error}", _BAD_INPUT)
        except MemoryError:
            self.fail(name, "The memory of this machine ran out. Close other programs and try again.", _ENVIRONMENT)
        except Exception as error:  # noqa: BLE001  the other cases must not suffer from one odd case
            self.fail(name, f"Unexpected fault, {type(error).__name__}: {error}", _ENVIRONMENT)

    def fail(self, name: str, message: str, code: int) -> None:
        """Note a case that could not be segmented."""
        self.code = max(self.code, code)
        self._add({"case": name, "status": FAILED, "message": " ".join(message.split())})

    def finish(self) -> int:
        """Say what came out; raise if anything failed."""
        counts = {status: self._count(status) for status in (DONE, KEPT, FAILED)}
        table = self.table
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

    def _progress(self, name: str) -> Callable[[float, str], None]:
        before = len(self.rows)
        title = f"{name} ({before + 1} of {self.total})"
        return lambda share, text: self.console.progress((before + 0.99 * share) / self.total, f"{title}: {text}")

    def _add(self, row: dict[str, Any]) -> None:
        self.rows[row["case"]] = row
        _write_csv(self.rows.values(), self.table, self.work.scheme)
        self.console.case(row)
        light = f", images {row['light']}" if row.get("light") else ""
        told = f" ({row['message']})" if row.get("message") else ""
        self.console.print(f"{row['case']}: {row['status']}{light}{told}")

    def _count(self, status: str) -> int:
        return sum(row["status"] == status for row in self.rows.values())


def _write_csv(rows: Any, path: Path, scheme: LabelScheme) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, csv_columns(scheme), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic_path(path) as temporary:
        Path(temporary).write_text(stream.getvalue(), encoding="utf-8", newline="")
