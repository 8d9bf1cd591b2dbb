"""Seconds for the surface distances of three regions of one case, beside the reference packages.

Usage: python Testing/benchmarks/bench_hausdorff.py [--repeats 5] [--labels FILE]

Takes the first real case below $SSAGLIOMA_DATA or ~/.cache/ssaglioma-data, else a synthetic
blob of 155 x 240 x 240 voxels. The prediction is the reference, smoothed and moved by two voxels.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "SSACore"))

from ssaglioma.evaluation import CONVENTIONS, evaluate_case, surface_distances
from ssaglioma.labels import GLIOMA, to_scheme
from ssaglioma.volume.volume import Volume

SHAPE = (155, 240, 240)
TARGET_SECONDS = {"surface_area": 0.25, "voxel_directed": 0.15, "voxel_pooled": 0.15}
Masks = list[tuple[np.ndarray, np.ndarray]]
Judge = Callable[[np.ndarray, np.ndarray, tuple[float, float, float]], float]


def synthetic_labelmap() -> np.ndarray:
    """A rugged tumour of three nested parts, about 120 ml of 1 mm voxels."""
    generator = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(generator.normal(size=SHAPE), 4.0)
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    radius = np.sqrt((z - 80) ** 2 + (y - 110) ** 2 + (x - 90) ** 2) + 6.0 * noise / noise.std()
    labels = np.zeros(SHAPE, dtype=np.uint16)
    for name, limit in (("ED", 30), ("ET", 20), ("NCR", 13)):
        labels[radius < limit] = GLIOMA.values[name]
    return labels


def real_labelmap() -> tuple[Path, Volume] | None:
    """The first reference labelmap on this machine, or None."""
    root = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data"))
    for path in sorted(root.glob("glioma/*/*-seg.nii*")):
        return path, read(path)
    return None


def read(path: Path) -> Volume:
    import SimpleITK

    image = SimpleITK.ReadImage(str(path))
    labels = to_scheme(SimpleITK.GetArrayFromImage(image), GLIOMA, source=str(path))
    return Volume(labels, image.GetSpacing()[::-1])


def worse(labels: np.ndarray) -> np.ndarray:
    """A plausible prediction: smoothed by a median and moved by two voxels along Z."""
    return np.roll(ndimage.median_filter(labels, 5), 2, axis=0)


def best_seconds(work: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def reference_packages() -> Iterator[tuple[str, str, Judge]]:
    """Name, convention and function of each reference implementation that can be imported."""
    warnings.simplefilter("ignore")
    try:
        import surface_distance

        def deepmind(reference, prediction, spacing):
            found = surface_distance.compute_surface_distances(reference, prediction, spacing)
            return surface_distance.compute_robust_hausdorff(found, 95)

        yield "surface-distance", "surface_area", deepmind
    except ImportError:
        print("surface-distance is not installed: left out")
    try:
        import torch
        from monai.metrics import compute_hausdorff_distance

        def monai(reference, prediction, spacing):
            tensors = [torch.from_numpy(mask[None, None]) for mask in (prediction, reference)]
            return float(compute_hausdorff_distance(*tensors, include_background=True, percentile=95, spacing=spacing))

        yield "MONAI", "voxel_directed", monai
    except ImportError:
        print("MONAI is not installed: left out")
    try:
        from medpy.metric.binary import hd95

        yield (
            "MedPy",
            "voxel_pooled",
            lambda reference, prediction, spacing: hd95(prediction, reference, spacing),
        )
    except ImportError:
        print("MedPy is not installed: left out")


def main() -> None:
    """Time all conventions and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--labels", type=Path, help="labelmap of a case")
    args = parser.parse_args()
    found = (args.labels, read(args.labels)) if args.labels else real_labelmap()
    name, reference = found if found else ("synthetic", Volume(synthetic_labelmap()))
    prediction = reference.with_array(worse(reference.array))
    spacing = reference.spacing_zyx_mm
    masks = [tuple(GLIOMA.mask(v.array, region) for v in (reference, prediction)) for region in GLIOMA.regions]
    masks = [pair for pair in masks if all(mask.any() for mask in pair)]
    print(f"{Path(name).name}: {reference.geometry_text()}; {len(masks)} regions, HD, HD95 and NSD")
    ours = {}
    for convention in CONVENTIONS:
        all_regions = [surface_distances(*pair, spacing, convention) for pair in masks]
        ours[convention] = [distances.hausdorff_percentile() for distances in all_regions]

        def score_all(convention: str = convention) -> None:
            for pair in masks:
                distances = surface_distances(*pair, spacing, convention)
                distances.hausdorff(), distances.hausdorff_percentile(), distances.surface_dice(1.0)

        seconds = best_seconds(score_all, args.repeats)
        print(f"  ssaglioma         {convention:15s} {seconds:7.3f} s  (target {TARGET_SECONDS[convention]} s)")
    for package, convention, judge in reference_packages():
        start = time.perf_counter()
        values = [judge(*pair, spacing) for pair in masks]
        seconds = time.perf_counter() - start
        gap = max(abs(a - b) for a, b in zip(values, ours[convention], strict=True))
        print(f"  {package:17s} {convention:15s} {seconds:7.3f} s  (HD95 differs by at most {gap:.1e} mm)")
    for rules in ("brats2023", "brats2024_ssa"):
        seconds = best_seconds(lambda r=rules: evaluate_case(reference, prediction, GLIOMA, lesionwise=r), 2)
        print(f"  evaluate_case, all scores, {rules:14s} {seconds:7.3f} s")


if __name__ == "__main__":
    main()
