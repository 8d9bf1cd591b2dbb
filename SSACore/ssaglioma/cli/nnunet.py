"""`ssaglioma nnunet`: models and cases to and from nnU-Net v2."""

from __future__ import annotations

import argparse
from pathlib import Path

from ssaglioma.cli.console import Console
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, label_scheme

_DATASET = "Dataset501_Glioma"


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "nnunet",
        help="models and cases to and from nnU-Net v2",
        description="Take over models that nnU-Net v2 trained, give ours to nnU-Net, and write cases for it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_import(actions, parents)
    _add_export(actions, parents)
    _add_dataset(actions, parents)
    _add_plan(actions, parents)
    return parser


def _add_import(actions: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]) -> None:
    add = (
        parser := actions.add_parser("import", parents=parents, help="a trained nnU-Net as model package")
    ).add_argument
    add("folder", type=Path, metavar="DIR", help="results folder, such as nnUNetTrainer__nnUNetPlans__3d_fullres")
    add("--output", type=Path, required=True, metavar="DIR", help="folder of the model package; must be new")
    add("--name", help="name of the model (default: that of the output folder)")
    add("--fold", help="fold to take, a number or 'all' (default: the only one)")
    add("--checkpoint", metavar="FILE", help="default: checkpoint_final.pth, else _best, else _latest")
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="label scheme (%(default)s)")
    add("--channels", metavar="NAMES", help="sequence of each channel, if their names are not known: t1n,t1c,t2w,t2f")
    add("--outputs", metavar="NAMES", help="region or label of each output, if their names are not known: WT,TC,ET")
    add("--licence", default="", help="of the weights (default: what dataset.json says)")
    add(
        "--trust-pickle",
        action="store_true",
        help="read a checkpoint that holds more than numbers and texts; it can run a program that is hidden in it",
    )
    parser.set_defaults(run_action=_import)


def _add_export(actions: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]) -> None:
    add = (
        parser := actions.add_parser("export", parents=parents, help="a model package as trained nnU-Net")
    ).add_argument
    add("model", metavar="NAME|PATH", help="a model; see 'ssaglioma models list'")
    add("--output", type=Path, required=True, metavar="DIR", help="nnU-Net's results folder")
    add("--dataset", default=_DATASET, metavar="NAME", help="data set that it is filed under (%(default)s)")
    parser.set_defaults(run_action=_export)


def _add_dataset(actions: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]) -> None:
    add = (parser := actions.add_parser("dataset", parents=parents, help="labelled cases as raw data set")).add_argument
    add("data", type=Path, metavar="DIR", help="folder with one folder for each labelled case")
    add("--output", type=Path, required=True, metavar="DIR", help="nnU-Net's folder of raw data")
    add("--dataset", default=_DATASET, metavar="NAME", help="name of the data set (%(default)s)")
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="label scheme (%(default)s)")
    parser.set_defaults(run_action=_dataset)


def _add_plan(actions: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("plan", parents=parents, help="what nnU-Net would train on these cases")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with one folder for each case")
    parser.set_defaults(run_action=_plan)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    return int(args.run_action(args, console))


def _import(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.nnunet_files import read_trained_nnunet
    from ssaglioma.training.nnunet_import import ImportOptions, import_nnunet

    console.progress(0.0, "Reading")
    trained = read_trained_nnunet(
        args.folder, fold=args.fold, checkpoint=args.checkpoint, trust_pickle=args.trust_pickle
    )
    options = ImportOptions(
        name=args.name or args.output.name,
        labels=args.labels,
        channels=_names(args.channels),
        outputs=_names(args.outputs),
        licence=args.licence,
    )
    card = import_nnunet(trained, args.output, options).card
    console.progress(1.0, "Done")
    console.print(
        f"{card.title}: {card.network}, channels {', '.join(card.channels)}, regions {', '.join(card.regions)}"
    )
    console.print(f"Use it with: ssaglioma segment CASE --model {args.output}")
    console.result({"package": str(args.output), "card": card.to_json()})
    return 0


def _export(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.packages import find_package
    from ssaglioma.training.nnunet_export import export_nnunet

    package = find_package(args.model)
    folder = export_nnunet(package, args.output, args.dataset)
    console.print(f"Written to {folder}. Run it with:")
    console.print(f"nnUNetv2_predict_from_modelfolder -i IMAGES -o OUTPUT -m {folder} -f 0 -device cpu")
    if package.card.smallest_lesion_mm3:
        console.print(f"nnU-Net keeps components below {package.card.smallest_lesion_mm3:g} mm3, which we leave out.")
    console.result({"folder": str(folder)})
    return 0


def _dataset(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.nnunet_raw import export_dataset
    from ssaglioma.volume import find_cases

    cases = find_cases(args.data)
    scheme = label_scheme(args.labels)
    folder = export_dataset(cases, args.output, args.dataset, scheme=scheme, progress=console.progress)
    console.progress(1.0, "Done")
    console.print(f"{len(cases)} cases written to {folder}. Plan and train with nnU-Net:")
    console.print(f"nnUNetv2_plan_and_preprocess -d {int(args.dataset[7:10])} --verify_dataset_integrity")
    console.result({"folder": str(folder), "cases": len(cases)})
    return 0


def _plan(args: argparse.Namespace, console: Console) -> int:
    from ssaglioma.training.plan_cases import plan_cases
    from ssaglioma.volume import find_cases

    plans = plan_cases(find_cases(args.data), console.progress)
    for dims, plan in plans.items():
        network, size = plan.network, " x ".join(f"{edge:g}" for edge in plan.spacing_mm)
        console.print(f"{dims}D: patch {network.patch}, batch {plan.batch_size}, {network.levels} stages, {size} mm")
        console.print(f"    strides {network.strides}, kernels {network.kernels}, features {network.features}")
    console.result(
        {
            f"{dims}d": {"architecture": plan.network.to_json(), "batch_size": plan.batch_size, "values": plan.values}
            for dims, plan in plans.items()
        }
    )
    return 0


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",")) if text else ()
