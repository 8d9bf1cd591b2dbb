"""Train the brain mask on synthetic heads and write its package.

Usage: python scripts/train_brain_mask.py DATA --output RUN [--package FOLDER] [--from PACKAGE]

DATA holds anatomy/, label maps of whole heads. The last four are held out. Run it again to resume. `--from` goes on
from a trained model with another seed, and so with other scans, and with what the mask meets in use: fewer contrasts
that follow no physics, no stripped scans (they need no model), heads near the middle.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ssaglioma.packages import find_package_of
from ssaglioma.synthesis.anatomy import find_anatomies
from ssaglioma.synthesis.heads import Ranges, read_head_maps
from ssaglioma.training.mask_config import MaskTrainingConfig
from ssaglioma.training.mask_loop import MaskTrainer
from ssaglioma.training.mask_package import package_mask

HELD_OUT = 4
IN_USE = Ranges(random_share=0.15, stripped_share=0.0, most_degrees=15.0, most_shift_mm=6.0)


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=MaskTrainingConfig.epochs)
    parser.add_argument("--steps", type=int, default=MaskTrainingConfig.steps_per_epoch, help="of an epoch")
    parser.add_argument("--learning-rate", type=float, default=MaskTrainingConfig.learning_rate)
    parser.add_argument("--tumour-weight", type=float, default=MaskTrainingConfig.tumour_weight)
    parser.add_argument("--seed", type=int, default=MaskTrainingConfig.seed)
    parser.add_argument("--from", dest="start", metavar="PACKAGE", help="go on from this brain-mask model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that make scans")
    parser.add_argument("--package", type=Path, help="write the package here once the training is done")
    return parser.parse_args()


def main() -> int:
    """Run the script."""
    args = parsed()
    torch.set_num_threads(args.threads)
    paths = find_anatomies(args.data / "anatomy")
    heads = read_head_maps(paths, args.output / "maps")
    start = None if args.start is None else find_package_of("brain_mask", args.start)
    config = MaskTrainingConfig(
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        learning_rate=args.learning_rate,
        tumour_weight=args.tumour_weight,
        seed=args.seed,
        ranges=Ranges() if start is None else IN_USE,
    )
    trainer = MaskTrainer(
        config,
        heads[:-HELD_OUT],
        args.output,
        heads[-HELD_OUT:],
        initial_weights=None if start is None else start.weights(),
        workers=args.workers,
    )
    trainer.run(lambda fraction, message: print(f"{fraction:6.1%} {message}", flush=True))
    print(trainer.history[-1])
    if args.package is not None:
        scores = {
            "made_by": "scripts/train_brain_mask.py; scans of people whose label maps were not trained on",
            "held_out_heads": [head.name for head in heads[-HELD_OUT:]],
            "held_out": trainer.history[-1],
            "begun_from": None if start is None else {"training_data": start.card.training_data, **start.card.scores},
        }
        package_mask(args.output, args.package, heads=[head.name for head in heads[:-HELD_OUT]], scores=scores)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
