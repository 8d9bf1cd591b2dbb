"""Pictures a second of SSAStyleTransfer's live preview on one 240 x 240 slice, as a user drags a control.

Usage: bench_preview.py [SECONDS]. On the stand-in host (extra 'host'); goal: 10 a second on 2 cores.

For each quick method a control is moved again and again: the strength (the picture at full strength is kept and mixed
anew), the slice, and for the scanner knobs of three stages: k-space, coil, slices. A move counts when its picture is in
the node that the views show; the drawing of the views is not counted, since the host draws only when asked to. The
processor's time for each picture is told beside it: on a busy machine it is the better measure. The guard's and the
charts' work waits until the control rests and is measured apart.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rate(move: Callable[[int], None], seconds: float) -> tuple[float, float, float]:
    """Return moves a second, the slowest move in milliseconds, and the processor's milliseconds for each."""
    move(0)
    times = []
    worked, began = time.process_time(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        move(len(times) + 1)
        times.append(time.perf_counter() - start)
    return len(times) / sum(times), 1000 * max(times), 1000 * (time.process_time() - worked) / len(times)


def moves(panel, method: str) -> dict[str, Callable[[int], None]]:
    """Return what is dragged for a method: each call moves it and brings the picture up to date."""
    parameters, logic = panel.parameters, panel.logic
    middle = logic.tumorSliceOf(parameters)

    def strength(number: int) -> None:
        parameters.strength = 0.2 + 0.6 * (number % 60) / 60
        logic.updatePicture(parameters)

    def follow(number: int) -> None:
        logic.goToSlice(parameters, middle - 20 + number % 40)
        logic.updatePicture(parameters)
        logic._full.clear()  # every slice is a new one

    def knob(field: str, low: float, step: float) -> Callable[[int], None]:
        def turn(number: int) -> None:
            setattr(parameters, field, low + step * (number % 40))
            logic.updatePicture(parameters)
            logic._full.clear()

        return turn

    dragged = {"strength": strength, "slice": follow}
    if method == "scanner":
        dragged["knob: SNR"] = knob("scanSnr", 10.0, 2.0)
        dragged["knob: coil"] = knob("scanBiasPercent", 10.0, 1.0)
        dragged["knob: thickness"] = knob("scanThickness", 4.0, 0.1)
    return dragged


def main() -> int:
    """Run the benchmark."""
    if importlib.util.find_spec("slicer") is None or importlib.util.find_spec("PySide6") is None:
        print("The extra 'host' is not installed: nothing was measured.")
        return 0
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path[:0] = [str(ROOT / "Testing" / "host"), str(ROOT / "SSACore")]
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    from slicerhost import boot

    host = boot()
    panel = host.load_module(ROOT / "SSAStyleTransfer" / "SSAStyleTransfer.py", enter=True)
    from SSAStyleTransferLib.sample import loadSampleCase

    loadSampleCase(panel.logic, panel.parameters)
    panel.logic.showViews(panel.parameters)
    panel.parameters.live = False  # the benchmark asks for each picture itself
    shape = panel.logic.contentSlice(panel.parameters).array.shape
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"slice {shape[0]} x {shape[1]}, {os.cpu_count()} cores, load {load:.1f} before the start")
    for method in ("histogram", "nyul", "fourier", "scanner"):
        panel.logic.chooseMethod(panel.parameters, method)
        for name, move in moves(panel, method).items():
            panel.logic.goToSlice(panel.parameters, panel.logic.tumorSliceOf(panel.parameters))
            per_second, slowest, processor = rate(move, seconds)
            print(
                f"{method:10} {name:16} {per_second:6.1f} pictures/s, slowest {slowest:4.0f} ms, "
                f"processor {processor:5.1f} ms a picture",
                flush=True,
            )
    times = []
    for number in range(5):
        panel.parameters.strength = 0.5 + 0.05 * number
        panel.logic.updatePicture(panel.parameters)
        start = time.perf_counter()
        panel.logic.examinePicture(panel.parameters)
        times.append(time.perf_counter() - start)
    print(f"guard      at rest          {1000 * statistics.median(times):6.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
