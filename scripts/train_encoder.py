"""Train the encoder of MR slices and write its package.

Usage: python scripts/train_encoder.py DATA --output RUN [--synthetic DIR] [--package FOLDER]

DATA holds glioma/, slices/ and cardiac/. Held-out patients: fold 0 of the glioma cases, patients 1 to 5 of the hearts,
and a fixed part of the published slices. Run it again to resume.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import style_sets
import torch

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.training.encoder_config import EncoderTrainingConfig
from ssaglioma.training.encoder_loop import EncoderTrainer
from ssaglioma.training.encoder_slices import EncoderSlices, LabelledSlice
from ssaglioma.training.style_package import PackageWords, package_encoder
from ssaglioma.volume import find_cases

SLICES, SCAN_SEED = 6, 7
SYNTHETIC_CASES = 24
TITLE = "Encoder of MR slices: VGG-19's layers to relu4_1, a quarter as wide"
TRAINING_DATA = (
    "19 pre-operative glioma cases (BraTS 2018 and 2021 training cases, fold 0 left out), as they are and through the "
    "simulated 1.5T_ssa scanner; 348 published middle slices of adult and Sub-Saharan cases (arXiv:2501.04734), which "
    "are sums of four contrasts; 30 patients of MS-CMRSeg 2019 (bSSFP and LGE)"
)
WITH_SYNTHETIC = f"; {SYNTHETIC_CASES} synthetic cases of this project"


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, help="synthetic cases, which join the training")
    parser.add_argument("--epochs", type=int, default=EncoderTrainingConfig.epochs)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--package", type=Path, help="write the package here once the training is done")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cache = args.output / "slices"
    train, held_out = encoder_slices(args.data, cache, args.synthetic)
    trainer = EncoderTrainer(EncoderTrainingConfig(epochs=args.epochs), train, args.output, held_out)
    task = trainer.run(lambda fraction, message: print(f"{fraction:6.1%} {message}", flush=True))
    print(trainer.history[-1])
    if args.package is not None:
        package_encoder(
            task.encoder.state_dict(),
            args.package,
            words=PackageWords(
                args.package.name,
                TITLE,
                TRAINING_DATA + (WITH_SYNTHETIC if args.synthetic else ""),
                trained_cases=style_sets.fold_names(0)[0],
            ),
            encoder=trainer.config.encoder,
            contrasts=train.names,
            decoder=task.decoder.state_dict(),
            scores={"held_out": trainer.history[-1], "training": trainer.config.to_json(), "history": trainer.history},
        )
    return 0


def encoder_slices(data: Path, cache: Path, synthetic: Path | None) -> tuple[EncoderSlices, EncoderSlices]:
    """Return training and held-out slices of seven contrasts."""
    parts = [_brains(data / "glioma", names, cache) for names in style_sets.fold_names(0)]
    if synthetic is not None:
        names = [case.name for case in find_cases(synthetic)][:SYNTHETIC_CASES]
        made = style_sets.glioma_tables(synthetic, names, SLICES, cache)
        for one in SEQUENCE_ORDER:
            parts[0][one.value] += made[one].labelled(style_sets.glioma_regions)
    for part, published, hearts in zip(parts, style_sets.split_published(data), style_sets.heart_tables(data)):
        part["composite"] = _unlabelled(published["gli"], published["ssa"])
        part |= {name: _unlabelled(table) for name, table in hearts.items()}
    return EncoderSlices(parts[0]), EncoderSlices(parts[1])


def _brains(data: Path, names: tuple[str, ...], cache: Path) -> dict[str, list[LabelledSlice]]:
    clean = style_sets.glioma_tables(data, names, SLICES, cache)
    scanned = style_sets.glioma_tables(data, names, SLICES, cache, scan_seed=SCAN_SEED)
    return {
        one.value: [
            slice_ for table in (clean[one], scanned[one]) for slice_ in table.labelled(style_sets.glioma_regions)
        ]
        for one in SEQUENCE_ORDER
    }


def _unlabelled(*tables: style_sets.SliceTable) -> list[LabelledSlice]:
    return [LabelledSlice(picture) for table in tables for picture in table.pictures]


if __name__ == "__main__":
    raise SystemExit(main())
