"""The optimized U-Net from files to labels as its authors ran it (Ren et al. 2024): input, outputs, decision, dust.

Intensities and crop as in `preprocessing.ren_intensity`, in the published order of channels; three disjoint outputs
NCR, ED and ET; the whole crop at once, no tiles; labels and dust as in `inference.ren_decisions`, on the full grid.
A 2D network is shown the crop slice by slice, which is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.errors import GeometryError
from ssaglioma.inference.device import bfloat16_pays
from ssaglioma.inference.engine import sigmoid
from ssaglioma.inference.ren_decisions import disjoint_labels, without_dust
from ssaglioma.labels import GLIOMA, LabelScheme, Sequence
from ssaglioma.networks import CONFIGURATIONS, build_network
from ssaglioma.preprocessing.ren_intensity import CHANNELS, FULL_SHAPE, ren_crop, ren_intensities, ren_uncrop
from ssaglioma.training.cases import Images, Preparation
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, Volume, check_same_grid, from_canonical, read_volume, to_canonical, write_volume

OUTPUTS = ("NCR", "ED", "ET")
DISJOINT = LabelScheme(GLIOMA.name, GLIOMA.values, {name: (name,) for name in OUTPUTS})
"""The glioma scheme with the labels themselves as the regions that a network gives."""
TRAINED_WITH: dict[str, Any] = {"channels": tuple(name.value for name in CHANNELS), "channel_dropout": 0.0}
"""Of a `TrainingConfig`: the published order of channels, of which none is ever left out."""
_SLICES_AT_ONCE = 8
Forward = Callable[[np.ndarray], np.ndarray]
"""Logits (3, 128, 192, 128) of an input (4, 128, 192, 128), both float32."""


def ren_input(images: Images, channels: Seq[Sequence] = CHANNELS) -> np.ndarray:
    """Return the network's input (C, 128, 192, 128), float32 in 0..1, of canonical images (155, 240, 240).

    A sequence that is not there becomes zeros; the work has all four.

    Raises
    ------
    GeometryError
        If an image is not on the grid of BraTS.
    DatasetError
        If an image holds no contrast.
    """
    for name, array in images.items():
        if array.shape != FULL_SHAPE:
            raise GeometryError(
                f"{name.display_name} has the size {array.shape!r}",
                expected=f"{FULL_SHAPE!r}, the grid of BraTS, which the published crop is for",
                remedy="Bring the cases to that grid (ssaglioma prepare), or add --set preparation=own",
            )
    blank = np.zeros(ren_crop(np.empty(FULL_SHAPE, bool)).shape, np.float32)
    return np.stack([ren_crop(ren_intensities(images[name])) if name in images else blank for name in channels])


def _training_input(images: Images, labels: np.ndarray, channels: Seq[Sequence]) -> tuple[np.ndarray, np.ndarray]:
    return ren_input(images, channels), ren_crop(labels)


PREPARATION = Preparation("ren", _training_input)


def segment_as_published(volumes: Mapping[Sequence, Volume], forward: Forward) -> Volume:
    """Return the labelmap of a case on its own grid.

    Raises
    ------
    GeometryError, DatasetError
        As `ren_input`, or if the images lie on different grids.
    """
    check_same_grid({name.display_name: volume for name, volume in volumes.items()})
    native = next(iter(volumes.values()))
    canonical = {name: to_canonical(volume) for name, volume in volumes.items()}
    probabilities = sigmoid(forward(ren_input({name: volume.array for name, volume in canonical.items()})))
    found = disjoint_labels(dict(zip(OUTPUTS, probabilities)))
    home = canonical[next(iter(volumes))]
    return from_canonical(without_dust(ren_uncrop(found)), home, native)


def predict_as_published(
    run: Path, cases: Seq[Case], folder: Path, device: torch.device, progress: ProgressCallback = no_progress
) -> dict[str, Path]:
    """Segment cases by a run's last checkpoint and return the written labelmaps by case.

    Raises
    ------
    ModelPackageError
        If the run has no whole checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forward, written = load_forward(run, device), {}
    for index, case in enumerate(cases):
        progress(index / len(cases), f"Segmenting {case.name}")
        labelmap = segment_as_published({name: read_volume(path) for name, path in case.sequences.items()}, forward)
        written[case.name] = folder / f"{case.name}-seg.nii.gz"
        write_volume(labelmap, written[case.name])
    return written


def load_forward(run: Path, device: torch.device) -> Forward:
    """Return the network of a run's last checkpoint as a function."""
    facts, tensors = read_checkpoint(run / CHECKPOINT)
    config = TrainingConfig.from_json(facts["config"])
    network = build_network(config.network, in_channels=config.inputs, out_channels=len(OUTPUTS))
    network.load_state_dict(segmentation_weights(tensors))
    network.eval().to(device)
    half = torch.bfloat16 if bfloat16_pays(device) else None

    def logits(tiles: np.ndarray) -> np.ndarray:
        image = torch.from_numpy(np.ascontiguousarray(tiles)).to(device)
        with torch.inference_mode(), torch.autocast(device.type, dtype=half, enabled=half is not None):
            return network(image).float().cpu().numpy()

    def flat(image: np.ndarray) -> np.ndarray:
        slices = image.swapaxes(0, 1)
        tiles = range(0, len(slices), _SLICES_AT_ONCE)
        return np.concatenate([logits(slices[first : first + _SLICES_AT_ONCE]) for first in tiles]).swapaxes(0, 1)

    return flat if CONFIGURATIONS[config.network].dims == 2 else lambda image: logits(image[None])[0]
