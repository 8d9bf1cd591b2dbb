"""Raw images through `segment`: prepared, segmented, brought home, and written with a record and a report."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.intake import Raw, take_in_raw
from ssaglioma.cli.memory import check_raw_memory, within_memory
from ssaglioma.cli.outputs import Outputs
from ssaglioma.cli.running import PreviewCallback, Run, engine_facts, load_engine
from ssaglioma.cli.segment_times import INTAKE_SHARE
from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.types import ProgressCallback
from ssaglioma.volume import Case
from ssaglioma.volume.atomic import write_json_atomic
from ssaglioma.volume.reading import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from ssaglioma.inference.engine import PackageEngine
    from ssaglioma.inference.intake import Intake
    from ssaglioma.inference.intake_segment import HomeResult
    from ssaglioma.preprocessing.study import SortedStudy


@dataclass(frozen=True, eq=False)
class RawRun:
    """A raw case that was segmented.

    Attributes
    ----------
    run : Run
    intake : Intake
    anchor : Sequence
        Whose own grid the result lies on.
    find_seconds : float
    """

    run: Run
    intake: Intake
    anchor: Sequence
    find_seconds: float


def raw_outputs(raw: Raw, args: argparse.Namespace, labelmap: Path) -> tuple[Outputs, Case]:
    """Return where to write what of a raw case, a report always among it, and the case with its own files.

    Raises
    ------
    DatasetError
        If a record or prepared images of that name are there and may not be replaced.
    """
    outputs = Outputs.from_arguments(args, labelmap)
    if outputs.report is None:
        outputs = replace(outputs, report=beside(labelmap, "report.html"))
    outputs = replace(outputs, log=beside(labelmap, "intake.json"), brain=args.brain)
    if args.keep_prepared:
        from ssaglioma.inference.intake_files import check_folder

        check_folder(beside(labelmap, "prepared"), overwrite=args.overwrite)
    return outputs, own_case(raw)


def segment_raw(
    raw: Raw,
    case: Case,
    args: argparse.Namespace,
    console: Console,
    progress: ProgressCallback,
    engine: PackageEngine | None = None,
    preview: PreviewCallback | None = None,
) -> RawRun:
    """Prepare a raw study, load the model (unless one is given), segment, and bring the result home."""
    from ssaglioma.inference.intake_segment import segment_intake
    from ssaglioma.packages import find_package

    grid = Sequence.parse(args.grid) if args.grid else None
    package = engine.package if engine is not None else find_package(args.model)
    predicted_gib = check_raw_memory(raw.study.volumes, package, args, progress, engine)
    intake = take_in_raw(raw, args, console, lambda share, text: progress(INTAKE_SHARE * share, text))
    intake.anchor(grid)
    began = time.monotonic()
    engine = engine or load_engine(package, args)
    load_seconds = time.monotonic() - began
    loaded = engine

    def told(share: float, text: str) -> None:
        progress(INTAKE_SHARE + (1 - INTAKE_SHARE) * share, text)

    def work(_: bool) -> HomeResult:
        return segment_intake(intake, loaded, grid=grid, preview=preview, progress=told)

    home_voxels = intake.natives[intake.anchor(grid)].array.size
    home, _ = within_memory(loaded, intake.images, args, work, told, home_voxels=home_voxels)
    seconds = {"find": raw.seconds, **intake.seconds, "load": load_seconds, **home.result.timings}
    run = Run(
        case,
        intake.on_grid_of(home.anchor),
        home.result,
        package.card,
        seconds,
        quality=home.quality,
        brain=intake.brain_on_grid_of(home.anchor),
        dicom=_slices_on_grid(raw.study, home.anchor),
        engine=engine_facts(engine),
        predicted_memory_gib=predicted_gib,
    )
    return RawRun(run, intake, home.anchor, raw.seconds)


def write_raw(raw: RawRun, outputs: Outputs, args: argparse.Namespace) -> dict[str, Any]:
    """Write all that was asked for, and the record; return the paths for the result event."""
    written = outputs.write(raw.run)
    if args.keep_prepared:
        from ssaglioma.inference.intake_files import write_prepared

        folder = beside(outputs.labelmap, "prepared")
        written["prepared"] = str(write_prepared(raw.intake, folder, raw.run.case.name, overwrite=args.overwrite))
    assert outputs.log is not None  # raw_outputs sets it
    files = {key: value for key, value in written.items() if key != "warnings"}
    write_json_atomic({**record_of(raw), "written": files}, outputs.log, allow_nan=False)
    return {**written, "log": str(outputs.log)}


def record_of(raw: RawRun) -> dict[str, Any]:
    """Return the record of a raw case: what was found and done, with figures and seconds, as plain JSON values."""
    assert raw.run.quality is not None  # segment_raw sets it
    return {
        **raw.intake.to_json(),
        "quality": raw.run.quality.to_json(),
        "grid_of": raw.anchor.value,
        "model": {"name": raw.run.card.name, "version": raw.run.card.version},
        "seconds": {name: round(value, 3) for name, value in raw.run.seconds.items()},
        "warnings": list(raw.run.result.warnings),
    }


def beside(labelmap: Path, ending: str) -> Path:
    """Return a path beside a labelmap: 'a-seg.nii.gz' and 'report.html' make 'a-report.html'."""
    name = labelmap.name
    suffix = next((one for one in IMAGE_SUFFIXES if name.lower().endswith(one)), "")
    stem = name[: len(name) - len(suffix)]
    return labelmap.with_name(f"{stem.removesuffix('-seg')}-{ending}")


def own_case(raw: Raw) -> Case:
    """Return a raw study as a case of files: one of each image, or the folder of its DICOM slices."""
    return Case(raw.name, _own_files(raw.study))


def _own_files(study: SortedStudy) -> Mapping[Sequence, Path]:
    """One file of each image; the folders of DICOM slices."""
    files = {}
    for sequence, slot in study.slots.items():
        if not slot.series.files:
            raise DatasetError(
                f"The image {slot.series.name!r} has no file", expected="images that were read from files"
            )
        files[sequence] = slot.series.files[0].parent if slot.series.is_dicom else slot.series.files[0]
    return files


def _slices_on_grid(study: SortedStudy, anchor: Sequence) -> dict[Sequence, tuple[Path, ...]]:
    """The DICOM slices of the image whose grid the result lies on, if it is DICOM."""
    series = study.slots[anchor].series
    return {anchor: tuple(series.files)} if series.is_dicom else {}
