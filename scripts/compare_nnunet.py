"""nnU-Net v2's own training on our folds, for the same processor time, scored as our models are.

    python scripts/compare_nnunet.py prepare DATA WORK --python VENV/bin/python
    python scripts/compare_nnunet.py train WORK --python VENV/bin/python --fold 0 --minutes 46 \\
        [--configuration 2d] [--batch-size 8]
    python scripts/compare_nnunet.py score DATA WORK OUT --fold 0 [--configuration 2d] [--scanner 1.5T_ssa]
    python scripts/cross_validate.py compare nnunet=OUT ours=... [--condition 1.5T_ssa]

VENV is an environment of its own with nnunetv2 (pip install nnunetv2; nothing else here needs it). `score` imports the
trained network as a model package, which gives nnU-Net's own probabilities, and scores it on the same images.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from ssaglioma.errors import SSAGliomaError
from ssaglioma.packages import read_package
from ssaglioma.packages.package import WEIGHTS_FILE
from ssaglioma.training.conditions import CLEAN, Condition
from ssaglioma.training.folds import read_folds
from ssaglioma.training.nnunet_files import read_trained_nnunet
from ssaglioma.training.nnunet_import import ImportOptions, import_nnunet
from ssaglioma.training.nnunet_raw import export_dataset
from ssaglioma.training.validation import validate_package
from ssaglioma.volume import find_cases
from ssaglioma.volume.atomic import write_json_atomic

DATASET = "Dataset501_Glioma"


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    prepare = commands.add_parser("prepare", help="export the cases and our folds; nnU-Net plans and preprocesses")
    prepare.add_argument("data", type=Path)
    prepare.set_defaults(run=_prepare)
    train = commands.add_parser("train", help="train one fold for so many minutes of processor time")
    train.add_argument("--minutes", type=float, required=True)
    train.add_argument("--batch-size", type=int, help="default: what nnU-Net planned")
    train.add_argument("--device", default="cpu")
    train.set_defaults(run=_train)
    score = commands.add_parser("score", help="score a trained fold on its held-out cases")
    score.add_argument("data", type=Path)
    score.add_argument("--scanner", action="append", default=[], metavar="PRESET", help="default: 1.5T_ssa")
    score.set_defaults(run=_score)
    for command in (prepare, train, score):
        command.add_argument("work", type=Path, help="folder of nnU-Net's raw data, plans and results")
    for command in (prepare, train):
        command.add_argument("--python", required=True, metavar="FILE", help="Python that has nnunetv2")
    for command in (train, score):
        command.add_argument("--fold", type=int, required=True)
        command.add_argument("--configuration", choices=("2d", "3d_fullres"), default="2d")
    score.add_argument("output", type=Path)
    args = parser.parse_args()
    try:
        return int(args.run(args))
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return 2


def _prepare(args: argparse.Namespace) -> int:
    if not (args.work / "raw" / DATASET).is_dir():
        export_dataset(find_cases(args.data), args.work / "raw", DATASET)
    command = (
        "from nnunetv2.experiment_planning.plan_and_preprocess_entrypoints import plan_and_preprocess_entry as e; e()"
    )
    words = ["-d", DATASET[7:10], "-c", "2d", "3d_fullres", "-np", "1", "1", "-npfp", "1"]
    subprocess.run([args.python, "-c", command, *words], env=_environment(args.work, 1), check=True)
    folds = read_folds()
    splits = [
        {"train": list(folds.training(fold)), "val": list(folds.held_out(fold))} for fold in range(len(folds.groups))
    ]
    write_json_atomic(splits, args.work / "preprocessed" / DATASET / "splits_final.json")  # type: ignore[arg-type]
    return 0


def _train(args: argparse.Namespace) -> int:
    driver = Path(__file__).with_name("nnunet_budget.py")
    words = [DATASET, args.configuration, str(args.fold), "--minutes", str(args.minutes), "--device", args.device]
    words += [] if args.batch_size is None else ["--batch-size", str(args.batch_size)]
    return subprocess.run([args.python, str(driver), *words], env=_environment(args.work, 0), check=False).returncode


def _score(args: argparse.Namespace) -> int:
    results = args.work / "results" / DATASET / f"nnUNetTrainer__nnUNetPlans__{args.configuration}"
    run = args.output / f"fold{args.fold}"
    if not (run / "package").is_dir():
        trained = read_trained_nnunet(results, fold=str(args.fold), checkpoint=None, trust_pickle=True)
        import_nnunet(trained, run / "package", ImportOptions(name=f"nnunet-{args.configuration}".replace("_", "-")))
    package = read_package(run / "package")
    by_name = {case.name: case for case in find_cases(args.data)}
    held_out = [by_name[name] for name in read_folds().held_out(args.fold)]
    for condition in (Condition(), *map(Condition, args.scanner or ["1.5T_ssa"])):
        scanner = None if condition.scanner == CLEAN else condition.scanner
        scores = validate_package(package, held_out, scanner=scanner)
        facts = {"fold": args.fold, "condition": condition.name, "weights_sha256": package.card.sha256[WEIGHTS_FILE]}
        write_json_atomic({**scores, **facts}, run / f"scores-{condition.name}.json", allow_nan=False)
        print(f"fold {args.fold}: scored, {condition.name}", flush=True)
    return 0


def _environment(work: Path, loaders: int) -> dict[str, str]:
    """Return variables for nnU-Net; 0 loaders prepare batches in the process itself, whose time is counted."""
    folders = {f"nnUNet_{name}": str((work / name).resolve()) for name in ("raw", "preprocessed", "results")}
    return {**os.environ, **folders, "nnUNet_n_proc_DA": str(loaders), "nnUNet_compile": "f", "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    sys.exit(main())
