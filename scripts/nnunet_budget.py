"""Train nnU-Net v2 by its own trainer for a fixed processor time, with the Python of an environment that has nnunetv2.

    nnUNet_raw=... nnUNet_preprocessed=... nnUNet_results=... \\
        python scripts/nnunet_budget.py Dataset501_Glioma 2d 0 --minutes 60

Loader, augmentation, loss, optimizer and network are nnU-Net's. Only the end differs: the learning rate falls with the
time that is used, (1 - used / budget) ** 0.9, so that a run of minutes gets a whole schedule, as one of 1000 epochs
does. No validation is run on the way, which saves time for steps. After a stop the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from nnunetv2.paths import nnUNet_preprocessed, nnUNet_results
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

_SAVE_EVERY_SECONDS = 300.0
_FIRST_RATE, _POWER = 1e-2, 0.9


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("configuration", help="2d or 3d_fullres")
    parser.add_argument("fold", type=int)
    parser.add_argument("--minutes", type=float, required=True, help="of processor time")
    parser.add_argument("--batch-size", type=int, help="default: what nnU-Net planned")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.fold)
    folder = Path(str(nnUNet_preprocessed)) / args.dataset
    plans = json.loads((folder / "nnUNetPlans.json").read_text(encoding="utf-8"))
    if args.batch_size is not None:
        plans["configurations"][args.configuration]["batch_size"] = args.batch_size
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    trainer = nnUNetTrainer(
        {**plans, "continue_training": False}, args.configuration, args.fold, dataset, torch.device(args.device)
    )
    train_for(trainer, 60 * args.minutes)
    print(f"results in {Path(str(nnUNet_results)) / args.dataset}")


def train_for(trainer: nnUNetTrainer, budget_seconds: float) -> None:
    """Train until the processor time is used, and write nnU-Net's final checkpoint."""
    trainer.on_train_start()
    folder = Path(trainer.output_folder)
    latest, state_file = folder / "checkpoint_latest.pth", folder / "budget.json"
    used, steps = 0.0, 0
    if latest.is_file() and state_file.is_file():
        trainer.load_checkpoint(str(latest))
        state = json.loads(state_file.read_text(encoding="utf-8"))
        used, steps = float(state["processor_seconds"]), int(state["steps"])
    trainer.network.train()
    began, saved = time.process_time() - used, used
    loss = float("nan")
    while used < budget_seconds:
        for group in trainer.optimizer.param_groups:
            group["lr"] = _FIRST_RATE * (1 - used / budget_seconds) ** _POWER
        loss = float(trainer.train_step(next(trainer.dataloader_train))["loss"])
        steps, used = steps + 1, time.process_time() - began
        if used - saved > _SAVE_EVERY_SECONDS or used >= budget_seconds:
            saved = used
            trainer.save_checkpoint(str(latest))
            state_file.write_text(json.dumps({"processor_seconds": used, "steps": steps, "loss": loss}))
            print(f"{steps} steps, {used / 60:.1f} of {budget_seconds / 60:.1f} minutes, loss {loss:.3f}", flush=True)
    trainer.save_checkpoint(str(folder / "checkpoint_final.pth"))


if __name__ == "__main__":
    main()
