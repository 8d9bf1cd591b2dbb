"""Bleedings that are bright on T1: how much of them is taken for fat, at the brain's surface and deeper.

Usage: python Testing/benchmarks/bench_fat.py DATA --cache FOLDER [--trials 6] [--seed 0]

DATA is the unpacked real data. Looked at are its two raw patients and the synthetic heads of `bench_brain_mask.py`,
thin and thick; brain masks and T1 on the model's grid are made once and kept in the cache. Bleedings of 9 to 16 mm
radius, as bright as the fat outside, are painted into the mask.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench_brain_mask import synthetic
from scipy import ndimage

from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.intake_steps import align_images
from ssaglioma.labels import Sequence
from ssaglioma.packages import find_package_of
from ssaglioma.preprocessing.alignment import AlignmentSettings
from ssaglioma.preprocessing.brain_mask import find_brain
from ssaglioma.preprocessing.fat import without_fat
from ssaglioma.preprocessing.grid import sampled, working_grid
from ssaglioma.preprocessing.study import sort_study
from ssaglioma.volume import Volume

RAW = {"tcga": "clinical/TCGA-FG-6692/native", "openms": "clinical/openms-patient01"}
AT_SURFACE, DEEPER = 0.9, 0.5
RADII_MM = (9.0, 16.0)


def subjects(data: Path, cache: Path) -> Iterator[tuple[str, dict[Sequence, Volume]]]:
    """Name and aligned images of each head."""
    for name, folder in RAW.items():
        volumes = sort_study(data / folder).volumes
        yield name, {one: found.volume for one, found in align_images(volumes, AlignmentSettings()).images.items()}
    for thick in (False, True):
        for number, subject in enumerate(synthetic(data, cache, thick=thick)):
            yield f"head{number}{'thick' if thick else 'thin'}", subject.images


def make_cache(data: Path, cache: Path) -> None:
    """Write mask and T1 of each head, before fat is taken out."""
    predictor = load_engine(find_package_of("brain_mask"), device="cpu")
    for name, images in subjects(data, cache):
        mask = find_brain(images, predictor).volume
        target = working_grid(next(iter(images.values())), mask, spacing_mm=1.0, margin_mm=4.0)
        inside = sampled(mask.with_array(mask.array.astype(np.float32)), target).array > 0.5
        t1 = sampled(images[Sequence.T1N], target).array
        np.savez_compressed(cache / f"{name}.npz", mask=inside, t1=t1, spacing=np.array(target.spacing_zyx_mm))


def bled(t1: np.ndarray, mask: np.ndarray, place: np.ndarray, radius_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """T1 (1 mm) with a bleeding as bright as fat, and where it lies."""
    low, middle, high = np.percentile(t1[mask], (25, 50, 75))
    level = max(float(np.percentile(t1[~mask & (t1 > 0)], 97)), middle + 4.5 * (high - low))
    axes = np.ogrid[tuple(slice(0, size) for size in mask.shape)]
    ball = (sum((axis - at) ** 2 for axis, at in zip(axes, place)) < radius_mm**2) & mask
    soft = ndimage.gaussian_filter(ball.astype(np.float32), 1.0)
    soft[~ndimage.binary_dilation(mask)] = 0
    return (t1 * (1 - soft) + level * soft).astype(np.float32), ball


def judge(file: Path, trials: int, generator: np.random.Generator) -> None:
    """Print how much fat is taken, and how much of each bleeding."""
    found = np.load(file)
    mask, t1, spacing = found["mask"], found["t1"], tuple(float(one) for one in found["spacing"])
    kept, taken_ml = without_fat(mask, t1, spacing)
    surface = np.argwhere(kept & ~ndimage.binary_erosion(kept))
    centre = np.argwhere(kept).mean(axis=0)
    lost: dict[float, list[float]] = {AT_SURFACE: [], DEEPER: []}
    for _ in range(trials):
        point, radius_mm = surface[generator.integers(len(surface))], generator.uniform(*RADII_MM)
        for depth, values in lost.items():
            image, ball = bled(t1, kept, centre + (point - centre) * depth, radius_mm)
            left, _ = without_fat(mask, image, spacing)
            values.append(100 * float((ball & ~left).sum()) / max(int(ball.sum()), 1))
    texts = [f"{np.mean(values):.1f} % (worst {max(values):.1f} %)" for values in lost.values()]
    print(f"{file.stem:12} fat taken {taken_ml:5.1f} ml; lost at the surface {texts[0]}, deeper {texts[1]}", flush=True)


def main() -> None:
    """Print one line for each head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    if not list(args.cache.glob("*.npz")):
        make_cache(args.data, args.cache)
    for file in sorted(args.cache.glob("*.npz")):
        judge(file, args.trials, np.random.default_rng(args.seed))


if __name__ == "__main__":
    main()
