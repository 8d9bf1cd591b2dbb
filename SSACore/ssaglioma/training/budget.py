"""How long a run will take on this machine: a few real steps are timed, nothing is assumed.

The patches are cut from a made-up case, as large as a usual one, and augmented as in the run itself.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import PatchBatches, Trainer
from ssaglioma.types import ProgressCallback, no_progress

STEPS, WARM_UP = 3, 1
_CASE_SHAPE_2D, _MARGIN_3D = (8, 180, 150), 16


@dataclass(frozen=True)
class Budget:
    """Predicted cost of a run on one device.

    Attributes
    ----------
    device : str
        'cpu' or 'cuda'.
    device_name : str
        Of the processor or GPU, for people.
    step_seconds : float
        One training step.
    prepare_seconds : float
        Cutting and augmenting one batch in one process.
    steps : int
        Of the whole run.
    seconds : float
        Of the whole run, without reading the cases and the scoring at its end.
    memory_gib : float or None
        Largest memory on the GPU; None on the CPU.
    """

    device: str
    device_name: str
    step_seconds: float
    prepare_seconds: float
    steps: int
    seconds: float
    memory_gib: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def measure_budget(
    config: TrainingConfig,
    device: torch.device,
    *,
    regions: int = 3,
    workers: int = 1,
    progress: ProgressCallback = no_progress,
) -> Budget:
    """Time a few steps of a run and predict the whole.

    Parameters
    ----------
    config : TrainingConfig
    device : torch.device
    regions : int
        Regions that the network gives.
    workers : int
        Processes that prepare batches beside the training; 0 prepares them in turn with it.
    """
    case = _made_up_case(config, np.random.default_rng(0))
    batches = PatchBatches([case], config, 0, STEPS)
    began = time.perf_counter()
    for index in range(STEPS):
        batches[index]
    prepare_seconds = (time.perf_counter() - began) / STEPS
    both_seconds = float(np.median(_intervals(config, case, device, regions, progress)))
    step_seconds = max(both_seconds - prepare_seconds, 0.0)
    each = both_seconds if workers == 0 else max(step_seconds, prepare_seconds / workers)
    steps = config.epochs * config.steps_per_epoch
    gpu = device.type == "cuda"
    return Budget(
        device=device.type,
        device_name=torch.cuda.get_device_name(device) if gpu else f"{torch.get_num_threads()} threads",
        step_seconds=step_seconds,
        prepare_seconds=prepare_seconds,
        steps=steps,
        seconds=each * steps,
        memory_gib=torch.cuda.max_memory_allocated(device) / 2**30 if gpu else None,
    )


def _intervals(
    config: TrainingConfig, case: TrainingCase, device: torch.device, regions: int, progress: ProgressCallback
) -> list[float]:
    """Return the seconds of the timed steps of a real trainer, whose run is thrown away."""
    names = list(GLIOMA.regions)[:regions]
    scheme = LabelScheme(GLIOMA.name, GLIOMA.values, {name: GLIOMA.regions[name] for name in names})
    moments: list[float] = []

    def note(fraction: float, _message: str) -> None:
        moments.append(time.perf_counter())
        progress(fraction, f"Timing step {len(moments)} of {WARM_UP + STEPS} on {device}")

    short = replace(config, epochs=1, steps_per_epoch=WARM_UP + STEPS)
    with tempfile.TemporaryDirectory(prefix="ssaglioma-budget-") as folder:
        Trainer(short, [case], Path(folder), device, scheme, workers=0).run(note)
    return [float(seconds) for seconds in np.diff(moments)][WARM_UP - 1 :]


def _made_up_case(config: TrainingConfig, generator: np.random.Generator) -> TrainingCase:
    patch = CONFIGURATIONS[config.network].patch
    shape = _CASE_SHAPE_2D if len(patch) == 2 else tuple(size + _MARGIN_3D for size in patch)
    image = generator.standard_normal((len(config.channels), *shape), dtype=np.float32).astype(np.float16)
    labels = np.zeros(shape, np.uint8)
    centre = tuple(slice(size // 3, 2 * size // 3) for size in shape)
    labels[centre] = generator.integers(1, 4, labels[centre].shape)
    return TrainingCase("made-up", image, labels)
