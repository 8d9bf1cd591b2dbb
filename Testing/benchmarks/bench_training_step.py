"""Processor seconds of one training step, ours beside nnU-Net's own, on the same network, patch, batch and data.

The step is that of nnUNetTrainer.train_step on a CPU: forward with deep supervision, cross-entropy and soft Dice,
backward, gradients clipped to 12, SGD with Nesterov momentum. Steps of both alternate, each as often first, so that
other work on the computer meets both alike. Needs nnunetv2 (see CONTRIBUTING.md); without it nothing is measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ssaglioma.labels import GLIOMA
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.training.losses import deep_supervision_weights, region_targets
from ssaglioma.training.optimization import make_optimizer

_CLIP = 12


def our_step(config: TrainingConfig, image: torch.Tensor, labels: torch.Tensor) -> Callable[[], float]:
    """Return a function that takes one step and returns the loss."""
    case = TrainingCase("none", np.zeros((4, 1, 1, 1), np.float16), np.zeros((1, 1, 1), np.uint8))
    trainer = Trainer(config, [case], Path(tempfile.gettempdir()), torch.device("cpu"), workers=0)
    network = trainer.build()
    network.train()
    optimizer = make_optimizer(config, network)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = trainer.losses(network, (image, labels), 0.0)["loss"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimizer.step()
        return float(loss.detach())

    return step


def their_step(config: TrainingConfig, image: torch.Tensor, labels: torch.Tensor) -> Callable[[], float]:
    """Return the same for nnU-Net's classes."""
    from dynamic_network_architectures.architectures.unet import PlainConvUNet
    from nnunetv2.training.loss.compound_losses import DC_and_BCE_loss
    from nnunetv2.training.loss.deep_supervision import DeepSupervisionWrapper
    from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss

    ours = CONFIGURATIONS[config.network]
    dims, stages = ours.dims, ours.levels
    network = PlainConvUNet(
        input_channels=4,
        n_stages=stages,
        features_per_stage=ours.features,
        conv_op=torch.nn.Conv2d if dims == 2 else torch.nn.Conv3d,
        kernel_sizes=3,
        strides=(1,) + (2,) * (stages - 1),
        n_conv_per_stage=ours.encoder_convs,
        num_classes=3,
        n_conv_per_stage_decoder=ours.decoder_convs,
        conv_bias=True,
        norm_op=torch.nn.InstanceNorm2d if dims == 2 else torch.nn.InstanceNorm3d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=torch.nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
        deep_supervision=True,
    )
    network.apply(network.initialize)
    network.train()
    dice = {"batch_dice": dims == 2, "do_bg": True, "smooth": 1e-5, "ddp": False}
    whole = DC_and_BCE_loss({}, dice, use_ignore_label=False, dice_class=MemoryEfficientSoftDiceLoss)
    loss_of = DeepSupervisionWrapper(whole, deep_supervision_weights(stages - 1))
    optimizer = torch.optim.SGD(
        network.parameters(), config.learning_rate, 0.99, weight_decay=config.weight_decay, nesterov=True
    )
    regions = region_targets(labels, [GLIOMA.region_values(name) for name in GLIOMA.regions]).float()
    sizes = [[edge // 2**scale for edge in ours.patch] for scale in range(stages - 1)]
    targets = [torch.nn.functional.interpolate(regions, size=size, mode="nearest") for size in sizes]

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(network(image), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimizer.step()
        return float(loss.detach())

    return step


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="small_2d", choices=("small_2d", "nnunet_2d", "small_3d", "nnunet_3d"))
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    try:
        import nnunetv2  # noqa: F401
    except ImportError:
        print("Skipped: nnunetv2 is not installed here (make test-nnunet sets up an environment with it).")
        return 0
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = TrainingConfig(
        network=args.network,
        batch_size=args.batch,
        optimizer="sgd",
        learning_rate=0.01,
        weight_decay=3e-5,
        precision="fp32",
    )
    patch = CONFIGURATIONS[args.network].patch
    image = torch.randn(args.batch, 4, *patch)
    labels = torch.randint(0, 4, (args.batch, *patch), dtype=torch.uint8)
    steps = {"ours": our_step(config, image, labels), "nnU-Net": their_step(config, image, labels)}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for round_number in range(args.steps + 1):  # the first warms up
        for name, step in sorted(steps.items(), reverse=bool(round_number % 2)):
            began = time.process_time()
            step()
            if round_number:
                seconds[name].append(time.process_time() - began)
    ours, theirs = (statistics.median(seconds[name]) for name in steps)
    ratio = statistics.median(mine / other for mine, other in zip(*seconds.values()))
    print(
        f"{args.network}, batch {args.batch}: a step takes {ours:.2f} s of processor, nnU-Net's {theirs:.2f} s; "
        f"ours / nnU-Net's = {ratio:.3f} (median of {args.steps} pairs)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
