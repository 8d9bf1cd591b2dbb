"""Learning from three corrected cases, as a site does it: processor time, and Dice before and after on two others.

The shipped model segments three of the five cases that it never saw; its labels and the experts' take the place of
prediction and correction in a corrections folder as SSAGliomaSeg writes it. `ssaglioma train --recipe corrections`
then lets the model go on, with its own 19 training cases replayed, and checks it on the two cases that are left.
Which three is fixed: the first three of fold 0 in `training/folds.json`. With `--scanner` corrections and check pass
through a scanner preset first, as scans of another hospital, and the two cases as they are join the check, which
shows whether the old look is forgotten. Run it again and it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.packages import find_package
from ssaglioma.training.folds import read_folds
from ssaglioma.training.validation import seen_through
from ssaglioma.volume import Case, Volume, find_cases, write_volume
from ssaglioma.volume.corrections import CorrectionNotes, read_corrections, save_correction
from ssaglioma.volume.local_key import local_key

_CORRECTED = 3
_OTHER_LOOK = "-as-the-other-hospital"


def main() -> int:
    """Make the folders, learn, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of the 24 cases")
    parser.add_argument("output", type=Path)
    parser.add_argument("--scanner", help="preset that corrections and check pass through, such as 1.5T_ssa")
    parser.add_argument("--model", default="glioma-2d-small")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="option of the recipe")
    args = parser.parse_args()
    cases = {case.name: case for case in find_cases(args.data)}
    fold = read_folds().held_out(0)
    corrections = _corrections([cases[name] for name in fold[:_CORRECTED]], args)
    source, checked = _source(cases, fold, args)
    words = [sys.executable, "-m", "ssaglioma", "train", str(source), "--recipe", "corrections"]
    words += ["--corrections", str(corrections), "--from", args.model, "--output", str(args.output / "run")]
    words += [word for name in checked for word in ("--hold-out", name)]
    words += ["--device", "cpu", "--threads", str(args.threads), "--workers", "0"]
    words += [word for value in args.set for word in ("--set", value)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = subprocess.run(words, env={**os.environ, "OMP_NUM_THREADS": str(args.threads)}).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"exit {code}; processor minutes {(used.ru_utime - before.ru_utime) / 60:.1f} user and "
        f"{(used.ru_stime - before.ru_stime) / 60:.1f} system; {(time.monotonic() - began) / 60:.1f} minutes on this "
        f"computer with {args.threads} thread(s); peak {used.ru_maxrss / 2**20:.2f} GiB"
    )
    return code


def _corrections(cases: Seq[Case], args: argparse.Namespace) -> Path:
    """Return the corrections folder, which is made unless it holds all cases."""
    root = args.output / "corrections"
    if root.is_dir() and len(read_corrections(root)) == len(cases):
        return root
    package = find_package(args.model)
    engine = load_engine(package, device="cpu")
    notes = CorrectionNotes(package.card.name, package.card.version, minutes=0.0, editor="expert's reference")
    for case in cases:
        volumes, reference = seen_through(case, args.scanner, GLIOMA)
        prediction = segment_case(volumes, engine).labelmap
        key = local_key(root, case.name)
        save_correction(root, key, volumes, prediction=prediction, corrected=reference, notes=notes)
        print(f"{case.name}: saved as {key}", flush=True)
    return root


def _source(cases: Mapping[str, Case], fold: Seq[str], args: argparse.Namespace) -> tuple[Path, list[str]]:
    """Return a folder of the earlier cases and those of the check, and the names of the latter."""
    root, checked = args.output / "cases", []
    for name, case in cases.items():
        if name in fold[:_CORRECTED]:
            continue
        _link(case, root / name)
        if name in fold:
            checked.append(name)
            if args.scanner:
                checked.append(f"{name}{_OTHER_LOOK}")
                _write(*seen_through(case, args.scanner, GLIOMA), root / checked[-1])
    return root, checked


def _link(case: Case, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in (*case.sequences.values(), Path(str(case.reference))):
        if not (folder / path.name).exists():
            (folder / path.name).symlink_to(path.resolve())


def _write(volumes: Mapping[Sequence, Volume], reference: Volume, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sequence, volume in volumes.items():
        write_volume(volume, folder / f"{folder.name}-{sequence.value}.nii.gz")
    write_volume(reference, folder / f"{folder.name}-seg.nii.gz")


if __name__ == "__main__":
    raise SystemExit(main())
