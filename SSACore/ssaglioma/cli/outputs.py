"""The files that a segmentation can leave: labelmap, probabilities, measurements, report, DICOM SEG."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.running import Run
from ssaglioma.errors import DatasetError
from ssaglioma.evaluation.report_words import LANGUAGES
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.volume import write_volume
from ssaglioma.volume.atomic import write_json_atomic
from ssaglioma.volume.probability_files import PROBABILITY_TYPES, probability_path, write_probabilities

if TYPE_CHECKING:
    from ssaglioma.evaluation.measurements import Measurements
    from ssaglioma.volume import Case, Volume

_PREFERRED = (Sequence.T1C, Sequence.T2F, Sequence.T1N, Sequence.T2W)


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that ask for more than a labelmap."""
    add = parser.add_argument
    add("--probabilities", action="store_true", help="also write the probability of each region")
    add(
        "--probability-type",
        choices=PROBABILITY_TYPES,
        default=PROBABILITY_TYPES[0],
        help="voxels of the probability images: float32 in 0..1 (default), or uint8 in per cent (small)",
    )
    add("--measurements", type=Path, metavar="FILE.json", help="also write volumes, diameters, lesions, confidences")
    add("--report", type=Path, metavar="FILE.html", help="also write a report with pictures")
    add("--language", choices=sorted(LANGUAGES), default="en", help="language of the report (%(default)s)")
    add("--name", default="", help="name to show in the report (default: none, so that it tells no patient)")
    add("--preview", type=Path, metavar="FILE", help="also write a first, coarser labelmap as soon as it is there")
    add("--dicom-seg", type=Path, metavar="FILE.dcm", help="also write a DICOM SEG; needs DICOM folders as input")


@dataclass(frozen=True)
class Outputs:
    """Where to write what.

    Attributes
    ----------
    labelmap : Path
    probability_type : str or None
        None leaves the probabilities out.
    measurements, report, dicom_seg : Path or None
        None leaves the file out.
    language, name : str
        Of the report.
    log : Path or None
        Record of the preparation of raw images, which somebody else writes.
    brain : Path or None
        Brain mask of raw images, on the grid of the labelmap.
    preview : Path or None
        Labelmap of the first look, for `preview_writer`.
    """

    labelmap: Path
    probability_type: str | None = None
    measurements: Path | None = None
    report: Path | None = None
    dicom_seg: Path | None = None
    language: str = "en"
    name: str = ""
    log: Path | None = None
    brain: Path | None = None
    preview: Path | None = None

    @classmethod
    def from_arguments(cls, args: argparse.Namespace, labelmap: Path) -> Outputs:
        """Return what the options ask for."""
        return cls(
            labelmap=labelmap,
            probability_type=args.probability_type if args.probabilities else None,
            measurements=args.measurements,
            report=args.report,
            dicom_seg=args.dicom_seg,
            language=args.language,
            name=args.name,
            preview=args.preview,
        )

    def check(self, case: Case, overwrite: bool) -> None:
        """Make the folders, before any long work.

        Raises
        ------
        DatasetError
            If a file exists and may not be replaced, is one of the case's own, or stands for two
            outputs; if a DICOM SEG is asked for and no input is a DICOM folder.
        DeviceError
            If a DICOM SEG is asked for and highdicom is missing.
        """
        seen: set[Path] = set()
        for target in self._targets():
            _refuse_overwrite(target, case, overwrite)
            if target.resolve() in seen:
                raise DatasetError(f"The file {str(target)!r} is named for two outputs", expected="one file for each")
            seen.add(target.resolve())
        if self.dicom_seg is not None:
            _check_dicom(case)
        for target in seen:
            make_folder(target.parent)

    def write(self, run: Run) -> dict[str, Any]:
        """Write everything, the labelmap first; return the paths for the result event, with further warnings."""
        write_volume(run.result.labelmap, self.labelmap)
        written: dict[str, Any] = {"output": str(self.labelmap), "labelmap": str(self.labelmap)}
        warnings = list(run.result.warnings)
        if self.probability_type is not None:
            paths = write_probabilities(run.result.probabilities, self.labelmap, self.probability_type)
            written["probabilities"] = {region: str(path) for region, path in paths.items()}
        if self.measurements is not None or self.report is not None:
            from ssaglioma.evaluation.measurements import measure

            scheme = label_scheme(run.card.labels)
            found = measure(run.result.labelmap, scheme, run.result.probabilities, run.card.to_json())
            if self.measurements is not None:
                write_measurements(found, self.measurements, run)
                written["measurements"] = str(self.measurements)
            if self.report is not None:
                write_run_report(self.report, run, found, language=self.language, name=self.name)
                written["report"] = str(self.report)
        if self.brain is not None and run.brain is not None:
            write_volume(run.brain, self.brain)
            written["brain"] = str(self.brain)
        if self.dicom_seg is not None:
            if run.result.labelmap.array.any():
                _write_dicom(run, self.dicom_seg)
                written["dicom_seg"] = str(self.dicom_seg)
            else:
                warnings.append("No DICOM SEG was written, because the segmentation is empty.")
        return {**written, "warnings": warnings}

    def _targets(self) -> list[Path]:
        regions = label_scheme("glioma").regions if self.probability_type else ()
        probabilities = [probability_path(self.labelmap, region) for region in regions]
        asked = (self.measurements, self.report, self.dicom_seg, self.log, self.brain, self.preview)
        return [self.labelmap, *probabilities, *(path for path in asked if path is not None)]

    def preview_writer(self, told: Callable[[str], None]) -> Callable[[Volume], None] | None:
        """Return what writes the first look's labelmap and tells its path; None where nobody asked for it."""
        path = self.preview
        if path is None:
            return None

        def write(labelmap: Volume) -> None:
            write_volume(labelmap, path)
            told(str(path))

        return write


def write_run_report(path: Path, run: Run, found: Measurements, *, language: str = "en", name: str = "") -> None:
    """Write the HTML report of a run."""
    from ssaglioma.evaluation.report import write_report

    write_report(
        path,
        images=run.images,
        labelmap=run.result.labelmap,
        case_name=name,
        measurements=found,
        model_card=run.card.to_json(),
        timings=run.seconds,
        warnings=run.result.warnings,
        quality=run.quality,
        brain=run.brain,
        scheme=label_scheme(run.card.labels),
        language=language,
    )


def write_measurements(found: Measurements, path: Path, run: Run | None = None) -> None:
    """Write measurements as JSON, with the model and the warnings of the run that they come from."""
    document = found.to_json()
    if run is not None:
        document["model"] = {"name": run.card.name, "version": run.card.version}
        document["warnings"] = list(run.result.warnings)
    write_json_atomic(document, path, allow_nan=False)


def make_folder(folder: Path) -> None:
    """Make a folder for results, before any long work.

    Raises
    ------
    DatasetError
        If a file stands in its place, or it may not be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The folder {str(folder)!r} cannot be made ({error.strerror})",
            expected="a folder, or an image path ending in .nii.gz, .nii, .nrrd or .mha",
            remedy="Choose another --output",
        ) from error


def _refuse_overwrite(output: Path, case: Case, overwrite: bool) -> None:
    own = (*case.sequences.values(), *([case.reference] if case.reference else []))
    if output.resolve() in {Path(path).resolve() for path in own}:
        raise DatasetError(
            f"The output {str(output)!r} is one of the case's own files",
            expected="another file",
            remedy="Choose another --output; originals are never replaced",
        )
    if output.exists() and not overwrite:
        raise DatasetError(
            f"The output {str(output)!r} exists already", remedy="Choose another --output, or add --overwrite"
        )


def _check_dicom(case: Case) -> None:
    from ssaglioma.volume.dicom_seg import check_available

    if not any(Path(path).is_dir() for path in case.sequences.values()):
        raise DatasetError(
            "A DICOM SEG was asked for, but no input is a DICOM folder",
            expected="a folder with one DICOM series for the result's grid (--t1c FOLDER)",
            remedy="Leave --dicom-seg away, or give the DICOM folders by --t1n --t1c --t2w --t2f",
        )
    check_available()


def _write_dicom(run: Run, target: Path) -> None:
    from ssaglioma.volume.dicom_seg import SegmentationSource, write_dicom_seg

    sources: list[Path | tuple[Path, ...]] = [*run.dicom.values()] or [
        Path(run.case.sequences[name])
        for name in _PREFERRED
        if name in run.images
        and Path(run.case.sequences[name]).is_dir()
        and run.images[name].same_grid(run.result.labelmap)
    ]
    if not sources:
        raise DatasetError(
            "The result lies on the grid of no DICOM series",
            expected="a DICOM folder as the sequence of --grid",
            remedy="Choose a DICOM sequence by --grid",
        )
    source = SegmentationSource(run.card.name, run.card.version)
    write_dicom_seg(run.result.labelmap, sources[0], target, source, scheme=label_scheme(run.card.labels))
