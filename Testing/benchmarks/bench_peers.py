"""Ours, MONAI's sliding window and nnU-Net v2 side by side: the same weights, the same case, one process each.

Usage: python Testing/benchmarks/bench_peers.py [CASE_FOLDER] [--model NAME|PATH] [--nnunet-python PYTHON] [--only A,B]

Without a folder the shipped sample case is taken. nnU-Net runs in the interpreter that is named, or in this one; where
it is not installed its rows are left out, with a line that says so. Cold is from the start of the process to the labels
in memory, warm the same case once more. Processor seconds hardly depend on what else runs; wall seconds do. Joules are
the package's (RAPL), other programs' work among them. The last column is what the convolutions reach of what a
large matrix product does on this machine; it is empty where the passes cannot be counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

CONTENDERS = (
    "ours onnxruntime",
    "ours openvino",
    "ours torch",
    "ours onnxruntime thorough",
    "monai",
    "nnunet",
    "nnunet mirrored",
)
RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")
CHANNELS = ("t1n", "t1c", "t2w", "t2f")
_GEMM_EDGE, _GEMM_REPEATS = 1536, 3


def main() -> None:
    """Print one row for each contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", type=Path)
    parser.add_argument("--model", default="glioma-2d-small")
    parser.add_argument("--nnunet-python", default=sys.executable)
    parser.add_argument("--only", default="", help="contenders that begin with one of these words, by commas")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args)
    else:
        parent(args)


def parent(args: argparse.Namespace) -> None:
    """Start the contenders one after the other and compare their labels."""
    from ssaglioma.packages.resources import locate

    case = args.case or next(path for path in sorted(locate("SampleCases").iterdir()) if path.is_dir())
    ceiling = gemm_gflops()
    print(f"{platform.platform()}, {os.cpu_count()} cores, case {case.name}, model {args.model}")
    print(f"Ceiling (matrix product of {_GEMM_EDGE}, float32): {ceiling:.0f} GFLOP/s\n")
    print(
        "| contender | cold s | warm s | processor s, warm | peak GiB | joules, warm | Dice to ours | of the ceiling |"
    )
    print("|---|---|---|---|---|---|---|---|")
    reference = None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(case.resolve(), args.model, folder)
        for name in CONTENDERS:
            if args.only and not name.startswith(tuple(args.only.split(","))):
                continue
            row = run_child(name, args, folder)
            if isinstance(row, str):
                print(f"| {name} | left out: {row} |", flush=True)
                continue
            labels = np.load(folder / "labels.npy")
            reference = labels if reference is None else reference
            print(f"| {name} | {row_text(row, dice(labels, reference), ceiling)} |", flush=True)


def prepare(case: Path, model: str, folder: Path) -> None:
    """Write the case's images, canonical and cropped to the brain, and the model as nnU-Net reads it."""
    from ssaglioma.cli.inputs import read_case
    from ssaglioma.cli.main import main as ssaglioma
    from ssaglioma.labels import Sequence
    from ssaglioma.preprocessing.intensity import bounding_box, brain_mask
    from ssaglioma.volume import find_case, to_canonical

    images = {name: to_canonical(volume) for name, volume in read_case(find_case(case)).items()}
    arrays = [images[Sequence(name)].array.astype(np.float32) for name in CHANNELS]
    box = bounding_box(brain_mask(arrays))
    spacing = images[Sequence.T1C].spacing_zyx_mm
    np.savez(folder / "case.npz", image=np.stack([array[box] for array in arrays]), spacing=np.array(spacing))
    words = ["nnunet", "export", model, "--output", str(folder / "nnunet"), "--progress", "none"]
    if ssaglioma(words):
        print("The model could not be written for nnU-Net; its rows will be left out.\n")


def run_child(name: str, args: argparse.Namespace, folder: Path) -> dict | str:
    """Run one contender; return its figures, or why there are none."""
    python = args.nnunet_python if name.startswith("nnunet") else sys.executable
    command = [python, __file__, "--child", name, "--folder", str(folder), "--model", args.model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it failed without a word"])[-1][:120]
    return json.loads(done.stdout.strip().splitlines()[-1])


def child(args: argparse.Namespace) -> None:
    """Segment twice and print the figures of this process as JSON."""
    import resource

    began = time.time() - _seconds_since_start()
    data = np.load(args.folder / "case.npz")
    image, spacing = data["image"], tuple(float(value) for value in data["spacing"])
    kind, *how = args.child.split()
    segment, flops = {"ours": ours, "monai": monai, "nnunet": nnunet}[kind](args, how)
    labels = segment(image, spacing)
    row = {"cold": time.time() - began, "flops": flops()}
    joules, wall, processor = energy(), time.time(), time.process_time()
    segment(image, spacing)
    row |= {"warm": time.time() - wall, "processor": time.process_time() - processor}
    after = energy()
    row["joules"] = None if joules is None or after is None or after < joules else after - joules
    row["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    np.save(args.folder / "labels.npy", labels.astype(np.uint8))
    print(json.dumps(row))


Segment = Callable[[np.ndarray, tuple[float, ...]], np.ndarray]


def ours(args: argparse.Namespace, how: list[str]) -> tuple[Segment, Callable[[], float | None]]:
    """One of our engines, with two looks or thoroughly."""
    from ssaglioma.inference.engine_choice import load_engine
    from ssaglioma.inference.looks import FULL, Looks
    from ssaglioma.packages import find_package

    looks = FULL if "thorough" in how else Looks()
    engine = load_engine(find_package(args.model), engine=how[0], device="cpu", looks=looks)
    return _ours(engine, engine.predict)


def monai(args: argparse.Namespace, how: list[str]) -> tuple[Segment, Callable[[], float | None]]:
    """MONAI's sliding window around the same torch network, half overlapping, Gaussian weights."""
    import torch
    from monai.inferers import sliding_window_inference

    from ssaglioma.inference.engine_choice import load_engine
    from ssaglioma.packages import find_package

    engine = load_engine(find_package(args.model), engine="torch", device="cpu")
    patch = engine.package.card.patch

    def predict(array: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
        flat = len(patch) == 2
        tensor = torch.from_numpy(np.moveaxis(array, 1, 0).copy() if flat else array[None])
        with torch.inference_mode():
            logits = sliding_window_inference(tensor, patch, 4 if flat else 1, engine.network, 0.5, "gaussian")
        found = torch.sigmoid(logits).numpy()
        return np.moveaxis(found, 0, 1) if flat else found[0]

    return _ours(engine, predict)


def _ours(engine, predict) -> tuple[Segment, Callable[[], float | None]]:  # type: ignore[no-untyped-def]
    from ssaglioma.inference.activations import pass_flops, weight_shapes
    from ssaglioma.inference.regions import regions_to_labels
    from ssaglioma.labels import SEQUENCE_ORDER, label_scheme
    from ssaglioma.networks import configuration_of
    from ssaglioma.preprocessing import prepare_case

    card, tiles = engine.package.card, [0]
    logits = engine.logits

    def counted(block: np.ndarray) -> np.ndarray:
        tiles[0] += len(block)
        return logits(block)

    engine.logits = counted

    def segment(image: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
        prepared = prepare_case(dict(zip(SEQUENCE_ORDER, image)), card.sequences)
        found = predict(prepared.image, spacing) * prepared.mask
        return prepared.uncrop(regions_to_labels(found, card.regions, label_scheme(card.labels)))

    def flops() -> float | None:
        graph = configuration_of(card.network, card.architecture).graph(
            in_channels=card.inputs, out_channels=card.outputs
        )
        if graph is None or not tiles[0]:
            return None
        return tiles[0] * pass_flops(graph, weight_shapes(engine.package), (1, card.inputs, *card.patch))

    return segment, flops


def nnunet(args: argparse.Namespace, how: list[str]) -> tuple[Segment, Callable[[], float | None]]:
    """nnU-Net v2's own predictor as shipped, on the CPU."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        os.environ.setdefault(name, str(args.folder))
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        use_mirroring="mirrored" in how, device=torch.device("cpu"), perform_everything_on_device=False, verbose=False
    )
    trained = next(args.folder.glob("nnunet/**/plans.json")).parent
    folds = sorted(path.name.removeprefix("fold_") for path in trained.glob("fold_*"))
    use = [fold if fold == "all" else int(fold) for fold in folds]
    predictor.initialize_from_trained_model_folder(str(trained), use, checkpoint_name="checkpoint_final.pth")

    def segment(image: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
        return predictor.predict_single_npy_array(image, {"spacing": list(spacing)}, None, None, False)

    return segment, lambda: None


def dice(labels: np.ndarray, reference: np.ndarray) -> str:
    """Dice of WT, TC and ET, as text."""
    regions = ((1, 2, 3), (1, 3), (3,))
    values = []
    for region in regions:
        one, other = np.isin(labels, region), np.isin(reference, region)
        total = one.sum() + other.sum()
        values.append(2 * (one & other).sum() / total if total else 1.0)
    return " ".join(f"{value:.3f}" for value in values)


def row_text(row: dict, likeness: str, ceiling: float) -> str:
    """The cells of one row."""
    share = f"{row['flops'] / 1e9 / row['warm'] / ceiling:.0%}" if row["flops"] else ""
    joules = "not readable" if row["joules"] is None else f"{row['joules']:.0f}"
    seconds = f"{row['cold']:.1f} | {row['warm']:.1f} | {row['processor']:.1f}"
    return f"{seconds} | {row['peak']:.2f} | {joules} | {likeness} | {share}"


def gemm_gflops() -> float:
    """What a large float32 matrix product reaches, the best of a few."""
    one = np.random.default_rng(0).random((_GEMM_EDGE, _GEMM_EDGE), np.float32)
    best = np.inf
    for _ in range(_GEMM_REPEATS):
        began = time.perf_counter()
        one @ one
        best = min(best, time.perf_counter() - began)
    return 2 * _GEMM_EDGE**3 / best / 1e9


def energy() -> float | None:
    """Joules that the processor has taken so far; None where the system does not tell."""
    try:
        return int(RAPL.read_text()) / 1e6
    except (OSError, ValueError):
        return None


def _seconds_since_start() -> float:
    """Seconds since this process was started, importing among them."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.process_time()
    return uptime - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
