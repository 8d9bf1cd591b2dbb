"""Time and memory of a whole intake, and what N4 leaves of a coil's field, where the truth is known.

Usage: python Testing/benchmarks/bench_intake.py [--parts time,bias,gate] [--mask-model PATH] [--threads 2]

time: four images of a head (256 x 256 x 25 to 160 voxels, T1Gd thin, the others 5 mm) are written as files and go
through sorting, alignment, brain mask, bias correction, resampling and the quality gate. Goals: 40 s, 3 GiB on two idle
cores. Processor seconds stand beside the clock's, for a machine that is not idle.
gate: noise and ghosts that synthesis.scanner puts into a head, against what the quality gate measures and says.
bias: fields of synthesis.scanner on the sample case, with its tumor; what is left, as the standard deviation of logs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Core"))
from raw_heads import brain_of, head_grid, scan, turned

from ssaglioma.inference.intake import Intake, take_in
from ssaglioma.inference.segment import peak_memory_gib
from ssaglioma.labels import Sequence
from ssaglioma.packages import find_package_of
from ssaglioma.packages.resources import locate
from ssaglioma.preprocessing.bias import BiasSettings, estimate_bias
from ssaglioma.preprocessing.image_measures import measure_image
from ssaglioma.preprocessing.quality_gate import image_findings
from ssaglioma.preprocessing.study import sort_study
from ssaglioma.synthesis.scanner import BiasField as Coil
from ssaglioma.synthesis.scanner import Ghosting, Noise, ScanParameters, apply_scan
from ssaglioma.synthesis.scanner.fields import biased
from ssaglioma.types import Predictor
from ssaglioma.volume import find_case, read_volume, write_volume

GOAL_SECONDS, GOAL_GIB = 40.0, 3.0
SPACINGS = {
    Sequence.T1N: (5.5, 0.8, 0.8),
    Sequence.T1C: (1.15, 0.8, 0.8),
    Sequence.T2W: (5.0, 0.8, 0.8),
    Sequence.T2F: (7.0, 0.8, 0.8),
}
POSES = {
    Sequence.T1N: turned((0, 3, 0), (2, 0, 0)),
    Sequence.T1C: None,
    Sequence.T2W: turned((-6, 0, 3), (4, 7, -5)),
    Sequence.T2F: turned((5, 4, -3), (-6, 3, 8)),
}
SETTINGS = {
    "one level, 6 mm (default)": BiasSettings(),
    "two levels, 6 mm": BiasSettings(iterations=(50, 30)),
    "three levels, 6 mm": BiasSettings(iterations=(50, 30, 20)),
    "one level, 4 mm": BiasSettings(voxel_mm=4.0),
}


def write_heads(folder: Path) -> None:
    """Write the four images as files named by their sequence."""
    for sequence, spacing in SPACINGS.items():
        image = scan(sequence, head_grid(spacing), POSES[sequence])
        name = f"head_{sequence.value}.nii.gz"
        write_volume(image.with_array(np.round(image.array).astype(np.int16)), folder / name)
        print(f"{sequence.display_name}: {image.geometry_text()}")


def mask_model(path: str | None) -> Predictor | None:
    """The brain-mask model, or None (the truth is used then, and the mask costs nothing)."""
    from ssaglioma.inference.engine_torch import TorchEngine

    return None if path is None else TorchEngine(find_package_of("brain_mask", path), device="cpu")


def time_of_intake(path: str | None) -> None:
    """Print seconds of each step, and the peak of memory."""
    with tempfile.TemporaryDirectory() as place:
        write_heads(Path(place))
        predictor = mask_model(path)
        truth = None if predictor is not None else brain_of(head_grid(SPACINGS[Sequence.T1C]))
        began, used = time.perf_counter(), time.process_time()
        study = sort_study(place)
        sorted_at = time.perf_counter() - began
        done: Intake = take_in(study, predictor=predictor, mask=truth)
        wall, cpu = time.perf_counter() - began, time.process_time() - used
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in done.seconds.items())
    print(f"find {sorted_at:.1f}, {steps} s (mask: {done.brain.method})")
    peak = peak_memory_gib()
    memory = "unknown" if peak is None else f"{peak:.2f} GiB (goal {GOAL_GIB:g})"
    print(f"whole intake {wall:.1f} s, of the processor {cpu:.1f} s (goal {GOAL_SECONDS:g} s); peak {memory}")


def bias_left() -> None:
    """Print what is left of known fields."""
    case = find_case(locate("SampleCases/ICBM152-grown-001"))
    print("settings; image; field's SD; left after correction; wrongly found in an even image; processor seconds")
    for sequence in (Sequence.T1C, Sequence.T2F):
        volume = read_volume(case.sequences[sequence])
        mask = volume.array > 0
        clean = volume.with_array(volume.array.astype(np.float32))
        shaded = clean.with_array(biased(clean.array, mask, Coil(40, 3), clean.spacing_zyx_mm))
        truth = np.log(shaded.array[mask] / clean.array[mask])
        for name, settings in SETTINGS.items():
            began = time.process_time()
            found = np.log(estimate_bias(shaded, mask, settings).values()[mask])
            seconds = time.process_time() - began
            even = np.log(estimate_bias(clean, mask, settings).values()[mask])
            figures = f"{truth.std():.3f}; {(found - truth).std():.3f}; {even.std():.3f}; {seconds:.1f}"
            print(f"{name}; {sequence.display_name}; {figures}", flush=True)


def gate_measures() -> None:
    """Print what the quality gate says of noise and ghosts that are known."""
    grid = head_grid((5.0, 1.5, 1.5))
    heads = {name: scan(name, grid, noise=1.0) for name in (Sequence.T1C, Sequence.T2F)}
    brain = brain_of(grid).array > 0
    print("put in; image; measured signal to noise; measured ghosts in percent; lights")
    scans = {f"SNR {snr:g}": ScanParameters(noise=Noise(snr, 1)) for snr in (4.0, 8.0, 15.0, 30.0, 60.0)}
    for percent in (2.0, 5.0, 10.0, 20.0):
        scans[f"ghosts {percent:g} %"] = ScanParameters(noise=Noise(60.0, 1), ghosting=Ghosting(2, percent))
    for name, parameters in scans.items():
        for sequence, volume in apply_scan(heads, parameters).items():
            found = measure_image(volume, brain)
            lights = {one.key: one.light for one in image_findings(sequence, found)}
            ghosts = "-" if found.ghost_percent is None else f"{found.ghost_percent:.1f}"
            said = f"{lights['noise']}, {lights.get('ghosts', '-')}"
            print(f"{name}; {sequence.display_name}; {found.snr:.1f}; {ghosts}; {said}", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="time,bias,gate")
    parser.add_argument("--mask-model", metavar="PATH", help="brain-mask package; without it the true mask is given")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(args.threads)
    if "time" in args.parts:
        time_of_intake(args.mask_model)
    if "bias" in args.parts:
        bias_left()
    if "gate" in args.parts:
        gate_measures()


if __name__ == "__main__":
    main()
