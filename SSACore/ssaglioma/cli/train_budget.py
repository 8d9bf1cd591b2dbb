"""`ssaglioma train DATA --budget`: how long the training of a fold will take on this machine, measured, not assumed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ssaglioma.cli.console import Console, duration_text

if TYPE_CHECKING:
    from ssaglioma.training.config import TrainingConfig


def tell_budget(args: argparse.Namespace, config: TrainingConfig, cases: int, console: Console) -> int:
    """Time a few real steps and print the time of the whole run.

    Raises
    ------
    DeviceError
        If the device is not there.
    """
    from ssaglioma.inference.device import choose_device
    from ssaglioma.training.budget import measure_budget

    budget = measure_budget(config, choose_device(args.device), workers=args.workers, progress=console.progress)
    console.print(
        f"{cases} cases on this machine ({budget.device}, {budget.device_name}): about {duration_text(budget.seconds)} "
        f"for {budget.steps} steps of {budget.seconds / budget.steps:.2f} s"
    )
    console.result({"cases": cases, "budget": budget.to_json()})
    return 0
