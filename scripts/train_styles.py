"""Train a stylizer for brain or heart and write its package.

Usage: python scripts/train_styles.py DATA {brain,heart} METHOD --encoder PACKAGE --output RUN [--package FOLDER]

Brain: each contrast between the cases as they are ('3T') and through the simulated 1.5T_ssa scanner, and 'composite'
between the published adult (GLI) and Sub-Saharan (SSA) slices. Heart: balanced SSFP and late enhancement. Both ways,
so that one network serves both directions. Held-out patients as in `train_encoder.py`. Run it again to resume.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import style_sets
import torch
from style_sets import SliceTable

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.package import find_package_of
from ssaglioma.style.building import TRAINED_METHODS
from ssaglioma.style.packaged import load_decoder, load_encoder
from ssaglioma.training.style_config import default_config
from ssaglioma.training.style_loop import StyleTrainer
from ssaglioma.training.style_package import PackageWords, StyleSource, package_style_run

SLICES, SCAN_SEED = 6, 7
RECOMMENDED_STRENGTH = 0.6
"""At full strength the guard refuses more slices; at this one most pass, and the histogram has come half way."""
TITLES = {"rain": "RAIN", "adaconv": "AdaConv", "adaconv_structure": "AdaConv that keeps boundaries", "adain": "AdaIN"}
STYLE_ORDER = ("1.5T_ssa", "ssa", "lge", "3T", "gli", "bssfp")
"""The first one of a package is its default."""
SIMULATED = "The same cases through the simulated 1.5T_ssa scanner of this project (thick slices, noise, bias field)"
GLIOMA_SOURCE = "BraTS 2018 and 2021 training cases"
PUBLISHED_SOURCE = "Middle slices published with arXiv:2501.04734, weighted sums of four contrasts"
HEART_SOURCE = "MS-CMRSeg 2019"


@dataclass(frozen=True)
class Domain:
    """One look of one contrast: training and held-out slices, and what it is."""

    train: SliceTable
    held_out: SliceTable
    description: str
    source: str


Domains = Mapping[str, Mapping[str, Domain]]
"""Contrast of the content, then name of the look."""


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("organ", choices=("brain", "heart"))
    parser.add_argument("method", choices=TRAINED_METHODS)
    parser.add_argument("--encoder", required=True, help="package of the encoder")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where slices are kept (default: in the output)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=100, help="of an epoch")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--boundary-weight", type=float, help="of the boundary loss (default: the method's)")
    parser.add_argument("--histogram-weight", type=float, help="of the histogram loss (default: the method's)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--judgements", type=Path, help="judgements.json of judge_styles.py, for the card")
    parser.add_argument("--package", type=Path, help="write the package here once the training is done")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    domains = organ_domains(args.organ, args.data, args.cache or args.output / "slices")
    trainer = build_trainer(domains, args)
    trainer.run(lambda fraction, message: print(f"{fraction:6.1%} {message}", flush=True))
    if args.package is not None:
        write(domains, args)
    return 0


def organ_domains(organ: str, data: Path, cache: Path) -> Domains:
    """Return the looks of each contrast of an organ."""
    return heart_domains(data) if organ == "heart" else brain_domains(data, cache)


def brain_domains(data: Path, cache: Path) -> Domains:
    """Return '3T' and '1.5T_ssa' of the four contrasts, and 'gli' and 'ssa' of the composite."""
    train, held_out = style_sets.fold_names(0)
    clean, scanned = (
        [style_sets.glioma_tables(data / "glioma", names, SLICES, cache, scan_seed=seed) for names in (train, held_out)]
        for seed in (None, SCAN_SEED)
    )
    domains: dict[str, dict[str, Domain]] = {
        one.value: {
            "1.5T_ssa": Domain(*(part[one] for part in scanned), SIMULATED, GLIOMA_SOURCE),
            "3T": Domain(*(part[one] for part in clean), "Cases of research hospitals as they are", GLIOMA_SOURCE),
        }
        for one in SEQUENCE_ORDER
    }
    parts = style_sets.split_published(data)
    domains["composite"] = {
        "ssa": Domain(*(part["ssa"] for part in parts), "Sub-Saharan African cases", PUBLISHED_SOURCE),
        "gli": Domain(*(part["gli"] for part in parts), "Adult cases of research hospitals", PUBLISHED_SOURCE),
    }
    return domains


def heart_domains(data: Path) -> Domains:
    """Return 'lge' and 'bssfp' for contents of both kinds."""
    parts = style_sets.heart_tables(data)
    words = {"lge": "Late gadolinium enhancement", "bssfp": "Balanced steady-state free precession cine"}
    looks = {name: Domain(*(part[name] for part in parts), words[name], HEART_SOURCE) for name in words}
    return {"heart": looks}


def build_trainer(domains: Domains, args: argparse.Namespace) -> StyleTrainer:
    """Return the trainer: contents and styles of all looks, in pairs of one contrast."""
    both = {
        contrast: [picture for look in looks.values() for picture in look.train.pictures]
        for contrast, looks in domains.items()
    }
    held_out = {
        contrast: [picture for look in looks.values() for picture in look.held_out.pictures]
        for contrast, looks in domains.items()
    }
    encoder = find_package_of("encoder", args.encoder)
    config = replace(default_config(args.method), epochs=args.epochs, steps_per_epoch=args.steps, batch_size=args.batch)
    weights = {"boundary_weight": args.boundary_weight, "histogram_weight": args.histogram_weight}
    config = replace(config, **{name: value for name, value in weights.items() if value is not None})
    return StyleTrainer(
        config, both, both, load_encoder(encoder), args.output, held_out, decoder_weights=load_decoder(encoder)
    )


def write(domains: Domains, args: argparse.Namespace) -> None:
    """Write the package of a finished run, with one built-in style for each look."""
    found_names = {name for looks in domains.values() for name in looks}
    names = [name for name in STYLE_ORDER if name in found_names]
    styles = {}
    for name in names:
        found = {contrast: looks[name] for contrast, looks in domains.items() if name in looks}
        any_look = next(iter(found.values()))
        styles[name] = StyleSource(
            {contrast: _middle_slices(look.train) for contrast, look in found.items()},
            any_look.description,
            any_look.source,
        )
    organ = "brain" if args.organ == "brain" else "heart"
    target = "between research and Sub-Saharan scanners" if organ == "brain" else "between bSSFP and late enhancement"
    package_style_run(
        args.output,
        args.package,
        words=PackageWords(
            name=args.package.name,
            title=f"{TITLES[args.method]}, {organ}: {target}",
            training_data=_training_words(domains),
            trained_cases=_trained_cases(domains),
            content_domain=", ".join(names),
            style_domain=", ".join(names),
        ),
        contrasts=list(domains),
        styles=styles,
        scores=_judged(args),
        slice_axis="axial" if organ == "brain" else "through_plane",
    )


def _judged(args: argparse.Namespace) -> dict[str, object]:
    """Return what was measured on held-out slices, and the strength to begin with."""
    if args.judgements is None:
        return {}
    rows = [row for row in json.loads(args.judgements.read_text()) if row["method"] == args.package.name]
    return {"recommended_strength": RECOMMENDED_STRENGTH, "held_out": rows}


def _middle_slices(table: SliceTable) -> list[np.ndarray]:
    """Return the largest slice of each case."""
    largest: dict[str, np.ndarray] = {}
    for case, picture in zip(table.cases, table.pictures):
        if case not in largest or (picture > 0).sum() > (largest[case] > 0).sum():
            largest[case] = picture
    return list(largest.values())


def _trained_cases(domains: Domains) -> tuple[str, ...]:
    return tuple(sorted({case for looks in domains.values() for look in looks.values() for case in look.train.cases}))


def _training_words(domains: Domains) -> str:
    parts = []
    for contrast, looks in domains.items():
        counts = [f"{len(set(look.train.cases))} cases {name} ({look.source})" for name, look in looks.items()]
        parts.append(f"{contrast}: " + ", ".join(counts))
    return "; ".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
