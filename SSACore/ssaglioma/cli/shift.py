"""`ssaglioma shift`: how far two sets of images are apart, before and after stylising."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.cli.shift_sets import SetCase, find_set
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import LABEL_SCHEMES, LabelScheme, label_scheme
from ssaglioma.shift.comparison import compare_measured, shared_contrasts
from ssaglioma.shift.features import Featurizer
from ssaglioma.shift.featurizers import PLAIN_NAME, encoder_features, plain_features
from ssaglioma.shift.figure import contrast_title, require_matplotlib, typical_slices, write_figure
from ssaglioma.shift.figure_table import cell_text, row_names
from ssaglioma.shift.measures import CaseMeasures, measure_case
from ssaglioma.shift.report import SOURCE, STYLISED, TARGET, ShiftConfig, ShiftReport
from ssaglioma.shift.sampling import AXES, SliceSampling
from ssaglioma.volume.atomic import atomic_path

_LEAST_CASES = 2
_ENVIRONMENT = 3
_LISTED = 5


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    defaults = SliceSampling()
    parser = subparsers.add_parser(
        "shift",
        parents=parents,
        help="tell how far two sets of images are apart",
        description="Compare two sets of brain-extracted images: histograms, spectra, edges, noise and features, with "
        "intervals over cases; with --stylised also what stylising changed. A folder holds cases, or slices as "
        "PNG or JPEG (each a case, or those of a sub-folder together).",
    )
    add = parser.add_argument
    add("--source", type=Path, required=True, metavar="DIR", help="the one set")
    add("--target", type=Path, required=True, metavar="DIR", help="the other set")
    add("--stylised", type=Path, metavar="DIR", help="the source made to look like the target, same case names")
    add("--labels", choices=sorted(LABEL_SCHEMES), help="compare region by region too, with labels of this scheme")
    add("--slices", type=int, default=defaults.slices, metavar="N", help="slices of a case (%(default)s)")
    add("--axis", choices=AXES, default=defaults.axis, help="along which slices are cut (%(default)s)")
    add("--encoder", metavar="NAME|PATH", help="encoder package for the features (default: hand-made features)")
    add("--seed", type=int, default=0, help="of bootstrap and permutations (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write everything as JSON; it names the cases")
    add("--figure", type=Path, metavar="FILE", help="write a page as PNG; it shows a slice of each set")
    return parser


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command.

    Raises
    ------
    SSAGliomaError
        Before any result if the sets cannot be compared; after the results if some case could not be used.
    """
    config = ShiftConfig(SliceSampling(slices=args.slices, axis=args.axis), seed=args.seed)
    if args.figure is not None:
        require_matplotlib()
    folders = {SOURCE: args.source, TARGET: args.target, STYLISED: args.stylised}
    reading = _Reading(args, console, config)
    for kind, folder in folders.items():
        if folder is not None:
            reading.find(kind, folder)
    measured, left_out = reading.measure()
    console.progress(0.95, "Comparing")
    report = compare_measured(measured[SOURCE], measured[TARGET], measured.get(STYLISED), config).described(
        left_out=left_out,
        skipped={kind: dict(cases) for kind, cases in reading.skipped.items() if cases},
        titles={kind: folder.resolve().name for kind, folder in folders.items() if folder is not None},
        labels=args.labels,
        featurizer=PLAIN_NAME if args.encoder is None else f"encoder {Path(args.encoder).name}",
    )
    if args.json is not None:
        _write_json(args.json, report)
    if args.figure is not None:
        write_figure(args.figure, report, typical_slices(measured, report))
    console.progress(1.0, "Done")
    console.print(report_text(report))
    console.result(_result(report, args))
    _raise_if_skipped(reading.skipped)
    return 0


def report_text(report: ShiftReport) -> str:
    """Return the distances as text: value, [95 % interval over cases], (distance of halves of one set)."""
    lines = ["distance to the target [95 % interval over cases] (distance of halves of one set)"]
    rows = row_names(report)
    width = max(len(title) for title in rows.values())
    for contrast, shift in report.contrasts.items():
        counts = ", ".join(f"{len(view.cases)} {kind}" for kind, view in shift.sets.items())
        lines += ["", f"{contrast_title(contrast)}: {counts} cases"]
        lines += [f"  {title.ljust(width)}  {cell_text(shift, key)}" for key, title in rows.items()]
    return "\n".join(lines)


def load_featurizer(name_or_path: str | None) -> Featurizer:
    """Return the hand-made features, or those of an encoder package.

    Raises
    ------
    ModelPackageError
        If there is no such package, it is damaged, or no encoder.
    """
    if name_or_path is None:
        return plain_features
    from ssaglioma.packages import find_package_of
    from ssaglioma.style.encoders import build_encoder
    from ssaglioma.style.packaged import load_encoder

    package = find_package_of("encoder", name_or_path)
    return encoder_features(build_encoder(package.card.encoder, load_encoder(package)).eval())


@dataclass
class _Reading:
    """The sets of one call: their files, and the cases that could not be used."""

    args: argparse.Namespace
    console: Console
    config: ShiftConfig

    def __post_init__(self) -> None:
        self.cases: dict[str, list[SetCase]] = {}
        self.skipped: dict[str, dict[str, str]] = {}

    def find(self, kind: str, folder: Path) -> None:
        """Find the cases of a set."""
        self.cases[kind], failures = find_set(folder)
        self.skipped[kind] = {}
        for name, message in failures.items():
            self._skip(kind, name, message)
        self._refuse_few(kind, len(self.cases[kind]))

    def measure(self) -> tuple[dict[str, list[CaseMeasures]], dict[str, tuple[str, ...]]]:
        """Measure all cases in the contrasts that the sets share; return them and the contrasts left out."""
        present = {
            kind: list(dict.fromkeys(key for case in cases for key in case.files)) for kind, cases in self.cases.items()
        }
        shared, left_out = shared_contrasts(present)
        for contrast, kinds in left_out.items():
            self.console.warn(f"{contrast_title(contrast)} is left out: not in the set {' and '.join(kinds)}")
        featurizer = load_featurizer(self.args.encoder)
        scheme = None if self.args.labels is None else label_scheme(self.args.labels)
        total, done = sum(len(cases) for cases in self.cases.values()), 0
        measured: dict[str, list[CaseMeasures]] = {}
        for kind, cases in self.cases.items():
            measured[kind] = []
            for case in cases:
                self.console.progress(0.95 * done / total, f"{kind} {case.name} ({done + 1} of {total})")
                found = self._measured(kind, case, tuple(shared), scheme, featurizer)
                measured[kind] += [] if found is None else [found]
                done += 1
            self._refuse_few(kind, len(measured[kind]))
        return measured, left_out

    def _measured(
        self, kind: str, case: SetCase, contrasts: tuple[str, ...], scheme: LabelScheme | None, featurizer: Featurizer
    ) -> CaseMeasures | None:
        if not set(case.files) & set(contrasts):
            return None
        try:
            return measure_case(
                case.name,
                case.read(contrasts),
                sampling=self.config.sampling,
                labels=case.labels(scheme),
                scheme=scheme,
                featurizer=featurizer,
            )
        except SSAGliomaError as error:
            if error.exit_code == _ENVIRONMENT:
                raise
            self._skip(kind, case.name, str(error))
        except (OSError, SyntaxError, ValueError) as error:  # Pillow tells of broken PNG chunks by SyntaxError
            self._skip(kind, case.name, f"A file cannot be read: {error}")
        return None

    def _skip(self, kind: str, name: str, message: str) -> None:
        self.skipped[kind][name] = " ".join(message.split())
        self.console.warn(f"{kind} case {name} is left out: {self.skipped[kind][name]}")

    def _refuse_few(self, kind: str, count: int) -> None:
        if count >= _LEAST_CASES:
            return
        reasons = "; ".join(f"{name}: {why}" for name, why in list(self.skipped[kind].items())[:_LISTED])
        raise DatasetError(
            f"The {kind} set {str(getattr(self.args, kind))!r} holds {count} usable case{'' if count == 1 else 's'}"
            + (f" ({reasons})" if reasons else ""),
            expected=f"{_LEAST_CASES} or more, so that a difference can be told from chance",
            remedy="Give a folder with more cases",
        )


def _write_json(path: Path, report: ShiftReport) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        text = json.dumps(report.to_json(), indent=1, allow_nan=False, ensure_ascii=False)
        Path(temporary).write_text(text + "\n", encoding="utf-8")


def _result(report: ShiftReport, args: argparse.Namespace) -> dict:
    """The report without its curves, points and maps: these are in the file."""
    document = report.to_json()
    kept = ("distances", "energy_p", "changes")
    document["contrasts"] = {name: {key: values[key] for key in kept} for name, values in document["contrasts"].items()}
    files = {"json": args.json, "figure": args.figure}
    return {**document, **{name: str(path) for name, path in files.items() if path is not None}}


def _raise_if_skipped(skipped: Mapping[str, Mapping[str, str]]) -> None:
    listed = [f"{kind} {name}: {why}" for kind, cases in skipped.items() for name, why in cases.items()]
    if listed:
        shown = "; ".join(listed[:_LISTED])
        more = f"; and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
        raise DatasetError(
            f"{len(listed)} case{'s' if len(listed) > 1 else ''} could not be used ({shown}{more})",
            remedy="The results above are those of the other cases; mend or remove these",
        )
