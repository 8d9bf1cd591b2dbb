"""Processor time of augmenting one patch, and of one training step beside it.

python Testing/benchmarks/bench_augmentation.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from ssaglioma.training.augmentation import Augmentation
from ssaglioma.training.quick_augmentation import QuickAugmentation

_PATCHES = (((192, 160), 1, 60), ((192, 160), 5, 30), ((80, 96, 80), 1, 10))
_CONTRASTS = 4


def milliseconds(augment: Callable[..., object], image: np.ndarray, labels: np.ndarray, repeats: int) -> float:
    """Return processor milliseconds of one patch, the mean over seeds."""
    augment(image.copy(), labels, 0)
    began = time.process_time()
    for seed in range(repeats):
        augment(image.copy(), labels, seed)
    return (time.process_time() - began) / repeats * 1000


def main() -> None:
    """Print a Markdown table."""
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    print("| patch | slices | MONAI, ms | quick, ms | strong, ms |\n|---|---|---|---|---|")
    for shape, slices, repeats in _PATCHES:
        image = generator.standard_normal((_CONTRASTS * slices, *shape), dtype=np.float32)
        labels = generator.integers(0, 4, shape).astype(np.uint8)
        changes = [
            Augmentation(shape, 0.1, (1, 3)),
            *(QuickAugmentation(shape, _CONTRASTS, name, 0.1, (1, 3)) for name in ("quick", "strong")),
        ]
        times = [milliseconds(one, image, labels, repeats) for one in changes]
        print(f"| {'x'.join(map(str, shape))} | {slices} | {' | '.join(f'{value:.1f}' for value in times)} |")


if __name__ == "__main__":
    main()
