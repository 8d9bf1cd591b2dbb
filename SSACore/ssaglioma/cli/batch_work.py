"""One case of a batch: found finished, or looked at, prepared if it is raw, segmented, measured and written."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.batch_cases import Study
from ssaglioma.cli.batch_state import (
    CaseFiles,
    CaseState,
    check_replaceable,
    finished,
    model_identity,
    planned_state,
    write_case,
)
from ssaglioma.cli.console import Console
from ssaglioma.cli.intake import ALWAYS, AUTOMATIC, NEVER, Raw, look_at
from ssaglioma.cli.outputs import write_run_report
from ssaglioma.cli.running import Run, load_engine, segment_with, segment_with_images
from ssaglioma.cli.segment_raw import own_case, record_of, segment_raw
from ssaglioma.errors import ModelPackageError
from ssaglioma.evaluation.case import default_regions
from ssaglioma.evaluation.measurements import Measurements, measure
from ssaglioma.labels import LabelScheme, label_scheme
from ssaglioma.types import ProgressCallback
from ssaglioma.volume.atomic import write_json_atomic

if TYPE_CHECKING:
    from ssaglioma.inference.engine import PackageEngine
    from ssaglioma.packages import ModelPackage
    from ssaglioma.preprocessing.study import SortedStudy

DONE, KEPT, FAILED = "done", "kept", "failed"
_FIND_SHARE = 0.25


@dataclass
class BatchWork:
    """Does one case after the other; the model is loaded once, at the first case that needs it.

    Attributes
    ----------
    args : Namespace
        Of `ssaglioma batch`.
    console : Console
    package : ModelPackage
    """

    args: argparse.Namespace
    console: Console
    package: ModelPackage

    @property
    def scheme(self) -> LabelScheme:
        """The label scheme of the model."""
        return label_scheme(self.package.card.labels)

    @property
    def takes_as_prepared(self) -> bool:
        """Whether no image is prepared, whatever it looks like."""
        return self.args.prepare == NEVER or self.args.resample

    @cached_property
    def engine(self) -> PackageEngine:
        """The model, loaded."""
        return load_engine(self.package, self.args)

    @cached_property
    def intake_settings(self) -> dict[str, Any]:
        """What the preparation of raw images depends on; empty where there is none.

        Raises
        ------
        ModelPackageError
            If the brain-mask model that was asked for is not here.
        """
        from ssaglioma.packages import find_package_of

        if self.takes_as_prepared:
            return {}
        try:
            mask = model_identity(find_package_of("brain_mask", self.args.mask_model))
        except ModelPackageError:
            if self.args.mask_model is not None:
                raise
            mask = {}
        return {"bias": not self.args.no_bias, "keep_prepared": self.args.keep_prepared, "mask_model": mask}

    def row(self, study: Study, progress: ProgressCallback) -> dict[str, Any]:
        """Do one case and return its row of the table.

        Raises
        ------
        SSAGliomaError
            Whatever is wrong with it.
        """
        files = CaseFiles(self.args.output, study.name)
        planned = self._planned(study)
        if not self.args.again:
            known = finished(files, planned)
            if known is not None:
                return {**known.row, "status": KEPT, "output": str(files.labelmap)}
            check_replaceable(files)
        began = time.monotonic()
        if self.takes_as_prepared:
            assert study.case is not None  # such studies are found by names alone
            return self._write(files, planned, segment_with(self.engine, study.case, self.args, progress), began)
        always = self.args.prepare == ALWAYS
        found = look_at(study.given, lambda share, text: progress(_FIND_SHARE * share, text), always=always)

        def rest(share: float, text: str) -> None:
            progress(_FIND_SHARE + (1 - _FIND_SHARE) * share, text)

        if isinstance(found, Raw):
            return self._raw(files, planned, replace(found, name=study.name), began, rest)
        case = replace(found.case, name=study.name)
        run = segment_with_images(self.engine, case, found.images, self.args, found.seconds, rest)
        return self._write(files, replace(planned, intake={}), run, began, unused_text(found.study))

    def _planned(self, study: Study) -> CaseState:
        settings = {"grid": self.args.grid, "resample": self.args.resample, "mirror": self.args.mirror}
        if self.args.thorough:
            settings["thorough"] = True
        if self.args.prepare != AUTOMATIC:
            settings["prepare"] = self.args.prepare
        if self.args.adapt:
            settings["adapt"] = True
        return planned_state(study.name, study.inputs(), self.package, settings, self.intake_settings)

    def _write(self, files: CaseFiles, planned: CaseState, run: Run, began: float, unused: str = "") -> dict[str, Any]:
        """Measure and write the result of images that were prepared before."""
        found = self._measured(run)
        row = row_of(run, found, files.labelmap, time.monotonic() - began)
        row["message"] = " ".join(text for text in (row["message"], unused) if text)
        write_case(files, run.result.labelmap, _with_result(planned, row, found))
        return row

    def _raw(
        self, files: CaseFiles, planned: CaseState, raw: Raw, began: float, progress: ProgressCallback
    ) -> dict[str, Any]:
        """Prepare and segment raw images; write the result with its record and its report."""
        if not self.args.again:
            check_replaceable(files, (files.record, files.report))
        done = segment_raw(raw, own_case(raw), self.args, self.console, progress, self.engine)
        found = self._measured(done.run)
        if self.args.keep_prepared:
            from ssaglioma.inference.intake_files import write_prepared

            write_prepared(done.intake, files.prepared, files.case, overwrite=True)
        row = row_of(done.run, found, files.labelmap, time.monotonic() - began)
        beside = {
            files.record: lambda path: write_json_atomic(record_of(done), path, allow_nan=False),
            files.report: lambda path: write_run_report(path, done.run, found),
        }
        write_case(files, done.run.result.labelmap, _with_result(planned, row, found), beside)
        return row

    def _measured(self, run: Run) -> Measurements:
        return measure(run.result.labelmap, self.scheme, run.result.probabilities, run.card.to_json())


def unused_text(study: SortedStudy | None) -> str:
    """Return which images of a study that was looked at are not used, and why; empty where none is left out."""
    left_out = () if study is None else study.ignored
    return " ".join(f"{one.name!r} is not used: {one.reason}." for one in left_out)


def _with_result(planned: CaseState, row: dict[str, Any], found: Measurements) -> CaseState:
    return replace(planned, row=row, measurements=found.to_json())


def row_of(done: Run, found: Measurements, labelmap: Path, seconds: float) -> dict[str, Any]:
    """Return the row of the table of a case that was segmented."""
    quality = done.quality
    row: dict[str, Any] = {
        "case": done.case.name,
        "status": DONE,
        "message": " ".join(done.result.warnings),
        "light": "" if quality is None else quality.light,
        "reasons": "" if quality is None else " ".join(_sentence(finding.text()) for finding in quality.reasons),
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


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def csv_columns(scheme: LabelScheme) -> list[str]:
    """Return the columns of the table."""
    kinds = ("ml", "lesions", "large_lesions", "diameter_mm", "confidence")
    measured = [f"{name}_{kind}" for kind in kinds for name in default_regions(scheme)]
    rano = ["rano_diameter_mm", "rano_perpendicular_mm", "rano_sum_mm2"]
    return ["case", "status", "message", "light", "reasons", *measured, *rano, "seconds", "model", "output"]
