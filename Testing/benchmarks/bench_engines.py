"""Engines and shortcuts: seconds of processor, memory, and what leaving work out costs in Dice.

Usage: python Testing/benchmarks/bench_engines.py tiles [--threads N]
       python Testing/benchmarks/bench_engines.py cases DATA [--engine NAME] [--threads N]

`tiles` runs one tile of each network on each installed engine, each in a process of its own (random weights where no
model is shipped). `cases` segments the cases of fold 0, which glioma-2d-small has not seen, with the full sliding
window, with two looks, and with the first look alone, and scores them. Processor seconds hardly depend on what else
runs; wall seconds do.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

NETWORKS = {"small_2d": (1, 192, 160), "nnunet_2d": (1, 192, 160), "small_3d": (1, 96, 96, 96)}
ENGINES = ("torch", "onnxruntime", "openvino")
REPEATS = 4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("tiles", "tile", "cases"))
    parser.add_argument("words", nargs="*")
    parser.add_argument("--engine", default="onnxruntime")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.part == "tiles":
        tiles(args.threads)
    elif args.part == "tile":
        print(json.dumps(tile(args.words[0], args.words[1], args.threads)))
    else:
        cases(Path(args.words[0]), args.engine, args.threads)


def tiles(threads: int) -> None:
    """Print one row for each network and engine."""
    print("| network | engine | load s | processor s a tile | wall s | peak GiB |\n|---|---|---|---|---|---|")
    for network in NETWORKS:
        for engine in ENGINES:
            command = [sys.executable, __file__, "tile", network, engine, "--threads", str(threads)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"| {network} | {engine} | {done.stderr.splitlines()[-1][:80]} | | | |", flush=True)
                continue
            row = json.loads(done.stdout.splitlines()[-1])
            figures = " | ".join(f"{row[key]:.3f}" for key in ("load", "processor", "wall"))
            print(f"| {network} | {engine} | {figures} | {row['peak']:.2f} |", flush=True)


def tile(network: str, engine: str, threads: int) -> dict[str, float]:
    """Return the figures of one engine on one tile of a network with random weights."""
    import tempfile

    from ssaglioma.inference import load_engine
    from ssaglioma.packages import ModelCard, write_package

    weights = random_weights(network)
    card = ModelCard(
        name="bench",
        version="0",
        title="random weights",
        network=network,
        channels=("t1n", "t1c", "t2w", "t2f"),
        labels="glioma",
        regions=("WT", "TC", "ET"),
        spacing_zyx_mm=(None, 1.0, 1.0),
        slice_axis="axial",
        patch=NETWORKS[network][1:],
        missing_channels="zero",
        training_data="none",
        licence="none",
        intended_use="benchmarks",
    )
    with tempfile.TemporaryDirectory() as folder:
        package = write_package(folder, card, weights)
        began = time.monotonic()
        loaded = load_engine(package, engine=engine, device="cpu", threads=threads)
        load = time.monotonic() - began
    image = np.random.default_rng(0).normal(size=(1, 4, *card.patch)).astype(np.float32)
    loaded.logits(image)
    timed = []
    for _ in range(REPEATS):
        wall, processor = time.monotonic(), time.process_time()
        loaded.logits(image)
        timed.append((time.process_time() - processor, time.monotonic() - wall))
    best = np.min(timed, axis=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    return {"load": load, "processor": float(best[0]), "wall": float(best[1]), "peak": peak}


def random_weights(network: str) -> dict[str, np.ndarray]:
    """Return weights of a named network by He's rule, drawn without torch."""
    from ssaglioma.networks import CONFIGURATIONS

    plan = CONFIGURATIONS[network]
    generator = np.random.default_rng(1)
    edges, channels = (3,) * plan.dims, 4
    weights: dict[str, np.ndarray] = {}

    def convolution(name: str, out: int, into: int, kernel: tuple[int, ...]) -> None:
        scale = np.sqrt(2 / (into * np.prod(kernel)))
        weights[f"{name}.weight"] = generator.normal(0, scale, (out, into, *kernel)).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(out, np.float32)

    def unit(name: str, out: int, into: int) -> None:
        convolution(f"{name}.conv", out, into, edges)
        weights[f"{name}.norm.weight"], weights[f"{name}.norm.bias"] = (
            np.ones(out, np.float32),
            np.zeros(out, np.float32),
        )

    for level, (width, count) in enumerate(zip(plan.features, plan.encoder_convs)):
        for index in range(count):
            unit(f"encoder.stages.{level}.0.convs.{index}", width, channels)
            channels = width
    for index, count in enumerate(plan.decoder_convs):
        width = plan.features[len(plan.features) - 2 - index]
        up = generator.normal(0, np.sqrt(1 / channels), (channels, width, *(2,) * plan.dims))
        weights[f"decoder.transpconvs.{index}.weight"] = up.astype(np.float32)
        weights[f"decoder.transpconvs.{index}.bias"] = np.zeros(width, np.float32)
        for number in range(count):
            unit(f"decoder.stages.{index}.convs.{number}", width, 2 * width if number == 0 else width)
        convolution(f"decoder.seg_layers.{index}", 3, width, (1,) * plan.dims)
        channels = width
    return weights


def cases(data: Path, engine: str, threads: int) -> None:
    """Print Dice and processor seconds of each way, and the difference to the full sliding window."""
    from ssaglioma.inference import load_engine, segment_case
    from ssaglioma.inference.looks import FULL, Looks
    from ssaglioma.labels import GLIOMA
    from ssaglioma.packages import find_package
    from ssaglioma.training.folds import read_folds
    from ssaglioma.volume import find_case, read_labelmap, read_volume

    package = find_package("glioma-2d-small")
    rows: dict[str, list[list[float]]] = {}
    print("| case | way | WT | TC | ET | processor s | slices |\n|---|---|---|---|---|---|---|")
    for name in read_folds().held_out(0):
        case = find_case(data / name)
        images = {sequence: read_volume(path) for sequence, path in case.sequences.items()}
        reference = read_labelmap(Path(str(case.reference)), GLIOMA)
        for way, looks in (("full sliding window", FULL), ("two looks", Looks())):
            loaded = load_engine(package, engine=engine, device="cpu", threads=threads, looks=looks)
            first: list[tuple[np.ndarray, float]] = []
            last = [""]
            began = time.process_time()

            def keep(labels, kept=first, began=began) -> None:  # type: ignore[no-untyped-def]
                kept.append((labels.array, time.process_time() - began))

            def note(share: float, text: str, last=last) -> None:  # type: ignore[no-untyped-def]
                last[0] = text if text.startswith("Slice") else last[0]

            result = segment_case(images, loaded, preview=keep, progress=note)
            found = [(way, result.labelmap.array, time.process_time() - began, last[0])]
            found += [("first look (preview)", labels, seconds, "") for labels, seconds in first]
            for label, array, seconds, slices in found:
                scores = [dice(GLIOMA.mask(reference.array, r), GLIOMA.mask(array, r)) for r in ("WT", "TC", "ET")]
                rows.setdefault(label, []).append([*scores, seconds])
                figures = " | ".join(f"{score:.4f}" for score in scores)
                print(f"| {name} | {label} | {figures} | {seconds:.1f} | {slices} |", flush=True)
    full = np.array(rows["full sliding window"])
    print("\n| way | mean WT | TC | ET | change WT | TC | ET | worst change | processor s |")
    print("|---" * 9 + "|")
    for way, values in rows.items():
        table = np.array(values)
        change = (table - full)[:, :3]
        means = " | ".join(f"{value:.4f}" for value in table[:, :3].mean(0))
        changes = " | ".join(f"{value:+.4f}" for value in change.mean(0))
        print(f"| {way} | {means} | {changes} | {change.min():+.4f} | {table[:, 3].mean():.1f} |")


def dice(reference: np.ndarray, found: np.ndarray) -> float:
    """Return Dice; 1 where both are empty."""
    both = int(reference.sum()) + int(found.sum())
    return 1.0 if both == 0 else 2 * float((reference & found).sum()) / both


if __name__ == "__main__":
    main()
