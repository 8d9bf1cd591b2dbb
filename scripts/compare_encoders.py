"""Compare encoders on slices of held-out glioma cases: what their statistics tell, and what their features keep.

Usage: compare_encoders.py DATA --encoder NAME=WEIGHTS [--encoder ...] --output DIR

DATA holds the glioma cases (`glioma/CASE/CASE-t1n.nii` ...); those of the fold that the encoder never saw are used.
NAME is one of `style.encoders.ENCODERS`; WEIGHTS is a safetensors file (of `fetch_vgg19.py`, `extract_vgg16.py`, or
that in the package of an encoder or a stylizer; no checkpoint of a training, whose normalisation is not folded in yet)
or 'random'. Times are told over the first encoder's.
Written are encoders.json, encoders.md and encoders.png (charts alone); with --pictures also pictures.png, which shows
the slices themselves and must not be published. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from encoder_measures import (
    degradation_distances,
    gatys_pair,
    gradient_correlation,
    held_out_accuracy,
    interleaved_times,
    inverted,
    linear_cka,
    pooled_spearman,
    sampled_features,
    style_statistics,
)
from encoder_report import draw_charts, draw_pictures, markdown
from encoder_scans import ORIGINAL, Scan, degraded, held_out_scans
from safetensors.torch import load_file

from ssaglioma.errors import SSAGliomaError
from ssaglioma.style.encoders import STYLE_LAYERS, VggEncoder, build_encoder
from ssaglioma.training.folds import read_folds

NOISE_LEVELS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2)
BLUR_LEVELS = (0.5, 0.8, 1.2, 1.7, 2.3, 3.0)
INVERTED_LAYERS = ("relu3_1", "relu4_1")
INVERTED_EDGE, GATYS_STEPS, INVERSION_STEPS = 64, 100, 200
STYLE_SCANNER = "1.5T_ssa"
_OURS = re.compile(r"^(?:network\.)?(?:encoder\.)?(convs\.conv\d_\d\.(?:weight|bias))$")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        encoders = dict(load_encoder(text) for text in options.encoder)
        if len(encoders) < len(options.encoder):
            raise SystemExit(f"--encoder names one of {list(encoders)} more than once")
        scans = held_out_scans(
            options.data / "glioma", read_folds().held_out(options.fold)[: options.cases], options.seed
        )
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    result, pictures = compared(encoders, scans, options)
    result["seconds"] = time.perf_counter() - start
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "encoders.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    text = markdown(result)
    (options.output / "encoders.md").write_text(text, encoding="utf-8")
    print(text)
    draw_charts(result, options.output / "encoders.png")
    if options.pictures:
        draw_pictures(pictures, options.output / "pictures.png")
    return 0


def load_encoder(text: str) -> tuple[str, VggEncoder]:
    """Return the label and the encoder of 'NAME=WEIGHTS'.

    Raises
    ------
    ModelPackageError
        If no encoder has this name, or the weights do not fit it.
    """
    name, found, weights = text.partition("=")
    if not found or not weights:
        raise SystemExit(f"--encoder {text!r} is not understood; expected NAME=WEIGHTS or NAME=random")
    if weights == "random":
        torch.manual_seed(0)
        encoder, label = build_encoder(name), f"{name} (random)"
    else:
        state = {key: tensor.float() for key, tensor in load_file(weights).items()}
        own = {match[1]: tensor for key, tensor in state.items() if (match := _OURS.match(key))}
        encoder, label = build_encoder(name, own or state), name
    return label, encoder.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def compared(
    encoders: dict[str, VggEncoder], scans: list[Scan], options: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Return all figures, and the pictures that were made from features."""
    times = interleaved_times(encoders, rounds=options.rounds)
    medians = {name: float(np.median(one)) for name, one in times.items()}
    first = next(iter(medians.values()))
    rows, pictures = {}, {"content": [one.picture for one in _inverted_scans(scans)]}
    for name, encoder in encoders.items():
        start = time.perf_counter()
        made, inversions = inversion(encoder, scans, options.inversion_steps)
        stylised, gatys = gatys_figures(encoder, scans, options.gatys_steps)
        pictures[name] = [*made, *stylised]
        rows[name] = {
            "parameters": sum(one.numel() for one in encoder.parameters()),
            "ms_per_slice": 1000 * medians[name],
            "time_ratio": medians[name] / first,
            **accuracies(encoder, scans),
            **monotonic(encoder, scans),
            "inversion": inversions,
            "gatys": gatys,
        }
        rows[name]["seconds_to_measure"] = time.perf_counter() - start
        print(f"{name}: {rows[name]['seconds_to_measure']:.0f} s", file=sys.stderr)
    facts = {
        "fold": options.fold,
        "cases": sorted({one.case for one in scans}),
        "slices": len(scans),
        "scanners": sorted({one.scanner for one in scans} - {ORIGINAL}),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "seed": options.seed,
        "inversion_steps": options.inversion_steps,
        "gatys_steps": options.gatys_steps,
    }
    return {"facts": facts, "encoders": rows, "cka": alignment(encoders, scans)}, pictures


def accuracies(encoder: VggEncoder, scans: list[Scan]) -> dict[str, Any]:
    """Return how often contrast (over all scans) and scanner (over the simulated) are told from style statistics."""
    statistics = style_statistics(encoder, [one.picture for one in scans])
    statistics["all"] = np.concatenate([statistics[layer] for layer in STYLE_LAYERS], axis=1)
    cases = [one.case for one in scans]
    simulated = [index for index, one in enumerate(scans) if one.scanner != ORIGINAL]
    contrast, scanner = {}, {}
    for layer, rows in statistics.items():
        contrast[layer] = held_out_accuracy(rows, [one.contrast for one in scans], cases)
        names = [scans[index].scanner for index in simulated]
        scanner[layer] = held_out_accuracy(rows[simulated], names, [cases[index] for index in simulated])
    return {"contrast": contrast, "scanner": scanner}


def monotonic(encoder: VggEncoder, scans: list[Scan]) -> dict[str, Any]:
    """Return the rank correlation of noise and blur with distance, within slices and over all slices together."""
    chosen = [one for one in scans if one.scanner == ORIGINAL and one.place == 0 and one.contrast in ("t1c", "t2f")]
    found: dict[str, Any] = {}
    for kind, levels in (("noise", NOISE_LEVELS), ("blur", BLUR_LEVELS)):
        each = []
        for number, one in enumerate(chosen):
            made = [degraded(one.picture, one.brain, kind, level, number) for level in levels]
            each.append(degradation_distances(encoder, one.picture, made))
        found[kind] = {
            what: {
                layer: dict(zip(("within", "pooled"), pooled_spearman(levels, [pair[place][layer] for pair in each])))
                for layer in STYLE_LAYERS
            }
            for place, what in enumerate(("features", "style"))
        }
    return found


def inversion(encoder: VggEncoder, scans: list[Scan], steps: int) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Return cuts rebuilt from features and how near they come: mean absolute error and correlation of gradients."""
    cuts = [_middle(one.picture) for one in _inverted_scans(scans)]
    pictures, figures = [], {}
    for layer in INVERTED_LAYERS:
        made = inverted(encoder, cuts, layer, steps)
        figures[layer] = {
            "mean_absolute_error": float(np.abs(made - np.stack(cuts)).mean()),
            "gradient_correlation": float(np.mean([gradient_correlation(*pair) for pair in zip(made, cuts)])),
        }
        pictures += list(made)
    return pictures, figures


def gatys_figures(encoder: VggEncoder, scans: list[Scan], steps: int) -> tuple[list[np.ndarray], dict[str, float]]:
    """Return FLAIR of the first case in the style of the second case's FLAIR from the SSA scanner, and its figures."""
    names = list(dict.fromkeys(one.case for one in scans))
    flair = {(one.case, one.scanner): one for one in scans if one.contrast == "t2f" and one.place == 0}
    content, style = flair[(names[0], ORIGINAL)], flair[(names[1], STYLE_SCANNER)]
    made, figures = gatys_pair(encoder, content.picture, style.picture, (content.brain, style.brain), steps)
    return [content.picture, style.picture, made], figures


def alignment(encoders: dict[str, VggEncoder], scans: list[Scan]) -> dict[str, dict[str, float]]:
    """Return the linear CKA of each pair of encoders at each layer, over the original slices."""
    pictures = [one.picture for one in scans if one.scanner == ORIGINAL and one.place == 0]
    features = {name: sampled_features(encoder, pictures) for name, encoder in encoders.items()}
    names = list(encoders)
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    return {
        f"{one} | {other}": {layer: linear_cka(features[one][layer], features[other][layer]) for layer in STYLE_LAYERS}
        for one, other in pairs
    }


def _inverted_scans(scans: list[Scan]) -> list[Scan]:
    """One contrast of each of up to four cases."""
    names = list(dict.fromkeys(one.case for one in scans))[:4]
    wanted = set(zip(names, ("t2f", "t1c", "t1n", "t2w")))
    return [one for one in scans if one.scanner == ORIGINAL and one.place == 0 and (one.case, one.contrast) in wanted]


def _middle(picture: np.ndarray, edge: int = INVERTED_EDGE) -> np.ndarray:
    top, left = ((size - edge) // 2 for size in picture.shape)
    return picture[top : top + edge, left : left + edge]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", action="append", required=True, metavar="NAME=WEIGHTS")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--fold", type=int, default=0, help="whose held-out cases are used")
    parser.add_argument("--cases", type=int, default=5, help="at most this many of them, at least 2")
    parser.add_argument("--rounds", type=int, default=20, help="of the time measurement")
    parser.add_argument("--inversion-steps", type=int, default=INVERSION_STEPS)
    parser.add_argument("--gatys-steps", type=int, default=GATYS_STEPS)
    parser.add_argument("--seed", type=int, default=0, help="of the simulated scans")
    parser.add_argument("--pictures", action="store_true", help="draw the slices too, for looking only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
