"""Measure stylizers on held-out slices: how near the style, how safe for anatomy; a table, JSON and pictures.

Usage: python scripts/judge_styles.py DATA {brain,heart} --packages FOLDER... --output OUT

Compares each package with histogram matching, Nyul, FDA, AdaIN (RAIN's network with a plain code) and (with --gatys
STEPS) neural style transfer. Contents are slices of held-out patients; histograms are held against those of held-out
slices in the wanted style. "The look itself" is the contents' own patients in that style, where there are any: how
near a perfect method would come.
Pictures hold patients' images: keep OUT out of the project.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from style_sets import SliceTable
from train_styles import Domains, organ_domains

from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import CARDIAC_LGE, GLIOMA
from ssaglioma.packages.package import find_package_of
from ssaglioma.shift import histogram, histogram_distances
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.gatys import GatysConfig, GatysStylizer, settings_for
from ssaglioma.style.guard import GuardConfig, examine
from ssaglioma.style.packaged import load_encoder, load_stylizer
from ssaglioma.style.pictures import slice_pictures
from ssaglioma.style.registry import create_stylizer
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.style.variational import RainStylizer

QUICK = ("histogram", "nyul", "fourier")
REVERSED = {"1.5T_ssa": "3T", "3T": "1.5T_ssa", "ssa": "gli", "gli": "ssa", "lge": "bssfp", "bssfp": "lge"}
TOWARDS = {"brain": ("1.5T_ssa", "ssa", "3T"), "heart": ("lge",)}
FLOOR = "the look itself"
PIXEL_MM = {"brain": 1.0, "heart": 0.75}


@dataclass(frozen=True)
class Judgement:
    """One method on one contrast towards one style; means over slices."""

    method: str
    contrast: str
    style: str
    strength: float
    slices: int
    kl_before: float
    kl_after: float
    wasserstein_before: float
    wasserstein_after: float
    edge_p95_mm: float
    edge_p95_worst_mm: float
    lost_edges: float
    gradient_similarity: float
    refused: int
    milliseconds: float


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("organ", choices=tuple(TOWARDS))
    parser.add_argument("--packages", nargs="*", default=[])
    parser.add_argument("--encoder", help="package of the encoder, for --gatys")
    parser.add_argument("--gatys", type=int, default=0, metavar="STEPS")
    parser.add_argument("--slices", type=int, default=10, help="for each contrast")
    parser.add_argument("--strengths", type=float, nargs="+", default=[1.0], help="of the packages' stylisation")
    parser.add_argument("--cache", type=Path, required=True, help="where slices are kept")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.names = [find_package_of("stylizer", name).card.name for name in args.packages]
    args.output.mkdir(parents=True, exist_ok=True)
    domains = organ_domains(args.organ, args.data, args.cache)
    found = []
    for contrast, looks in domains.items():
        for style in (name for name in TOWARDS[args.organ] if name in looks):
            found += judge(domains, contrast, style, args)
    print(markdown(found))
    (args.output / "judgements.json").write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return 0


def judge(domains: Domains, contrast: str, style: str, args: argparse.Namespace) -> list[Judgement]:
    """Judge all methods on one contrast towards one style, and write a picture of one slice."""
    content = _some(domains[contrast][REVERSED[style]].held_out, args.slices)
    wanted = _some(domains[contrast][style].held_out, 4 * args.slices)
    trained = domains[contrast][style].train
    judged, shown = [], {}
    ideal = _some(domains[contrast][style].held_out, args.slices)
    if ideal.cases == content.cases:  # the same patients in the wanted look: as near as any method can come
        judged.append(_judgement((FLOOR, contrast, style, 1.0), content, list(ideal.pictures), wanted, args.organ, 0.0))
        print(_row(judged[-1]), flush=True)
    for name, stylizer in stylizers(contrast, style, trained, args):
        for strength in args.strengths if name in args.names else [1.0]:
            made, seconds = [], 0.0
            for picture in content.pictures:
                began = time.process_time()
                made.append(stylizer.stylize(picture, strength=strength))
                seconds += time.process_time() - began
            judged.append(_judgement((name, contrast, style, strength), content, made, wanted, args.organ, seconds))
            shown[f"{name} {strength:g}"] = made[len(made) // 2]
            print(_row(judged[-1]), flush=True)
    middle = len(content.pictures) // 2
    pictures = {"content": content.pictures[middle], "style": wanted.pictures[len(wanted.pictures) // 2], **shown}
    _page(pictures).save(args.output / f"{args.organ}-{contrast}-{style}.png")
    return judged


def stylizers(
    contrast: str, style: str, trained: SliceTable, args: argparse.Namespace
) -> Iterator[tuple[str, Stylizer]]:
    """Return every method, its style learned from training slices."""
    examples = list(_some(trained, 40).pictures)
    for method in QUICK:
        yield method, create_stylizer(method).fit([], examples)
    if args.gatys:
        network = build_encoder("mri_small", load_encoder(find_package_of("encoder", args.encoder)))
        config = GatysConfig(**{**vars(settings_for(network)), "steps": args.gatys})
        yield "gatys", GatysStylizer(network=network, config=config).fit([], examples)
    for name in args.packages:
        package = find_package_of("stylizer", name)
        try:
            stylizer = load_stylizer(package, style=style, contrast=contrast)
        except SSAGliomaError as error:
            print(f"{name}: {error}")
            continue
        yield package.card.name, stylizer
        if isinstance(stylizer, RainStylizer):
            # RAIN without its style space is AdaIN.
            yield "adain (of the same)", create_stylizer("adain", network=stylizer.network.base).fit([], examples)


def markdown(found: list[Judgement]) -> str:
    """Return the table."""
    head = (
        "| method | contrast | to | strength | KL to style | Wasserstein | edges p95 mm (worst slice) | lost edges | "
        "gradient SSIM | refused | ms |"
    )
    return "\n".join([head, "|" + "---|" * 11, *map(_row, found)])


def _judgement(
    what: tuple[str, str, str, float],
    content: SliceTable,
    made: list[np.ndarray],
    wanted: SliceTable,
    organ: str,
    seconds: float,
) -> Judgement:
    before, after, aim = (
        histogram(map(_intensities, pictures)) for pictures in (content.pictures, made, wanted.pictures)
    )
    first, second = histogram_distances(before, aim), histogram_distances(after, aim)
    reports = []
    for index, (one, other) in enumerate(zip(content.pictures, made)):
        labels = None if content.labels is None else content.labels[index]
        scheme = GLIOMA if organ == "brain" else CARDIAC_LGE
        pixel = PIXEL_MM[organ]
        config = GuardConfig(cut_out=organ == "brain")
        reports.append(examine(one, other, spacing_yx_mm=(pixel, pixel), labels=labels, scheme=scheme, config=config))
    places = [one.measures.edges.p95_mm for one in reports if one.measures.edges.p95_mm is not None]
    lost = [one.measures.edges.lost_share for one in reports if one.measures.edges.lost_share is not None]
    likeness = [one.measures.gradient_similarity for one in reports if one.measures.gradient_similarity is not None]
    return Judgement(
        *what,
        len(made),
        first.kl_to_second,
        second.kl_to_second,
        first.wasserstein,
        second.wasserstein,
        float(np.median(places)) if places else float("nan"),
        float(np.max(places)) if places else float("nan"),
        float(np.mean(lost)) if lost else float("nan"),
        float(np.mean(likeness)) if likeness else float("nan"),
        sum(not one.passed for one in reports),
        1000 * seconds / len(made),
    )


def _intensities(picture: np.ndarray) -> np.ndarray:
    """Return the foreground's intensities, 1 for the 99.9th percentile: the extremes alone would rule a histogram."""
    one = slice_pictures(picture, "slice")
    return one.unit[one.foreground].clip(0, 1)


def _row(one: Judgement) -> str:
    return (
        f"| {one.method} | {one.contrast} | {one.style} | {one.strength:g} | "
        f"{one.kl_before:.3f} -> {one.kl_after:.3f} | "
        f"{one.wasserstein_before:.3f} -> {one.wasserstein_after:.3f} | {one.edge_p95_mm:.2f} "
        f"({one.edge_p95_worst_mm:.2f}) | {one.lost_edges:.0%} | {one.gradient_similarity:.2f} | "
        f"{one.refused} of {one.slices} | {one.milliseconds:.0f} |"
    )


def _some(table: SliceTable, count: int) -> SliceTable:
    """Return up to a number of slices, evenly chosen."""
    chosen = np.unique(np.linspace(0, len(table.pictures) - 1, count).round().astype(int))
    labels = None if table.labels is None else table.labels[chosen]
    return SliceTable(table.pictures[chosen], labels, tuple(table.cases[index] for index in chosen))


def _page(pictures: dict[str, np.ndarray]) -> Image.Image:
    """Return pictures side by side, each windowed to its own 99.5th percentile, with their names."""
    tiles = []
    for name, picture in pictures.items():
        high = float(np.percentile(picture[picture > 0], 99.5))
        tile = Image.fromarray((picture / high * 255).clip(0, 255).astype(np.uint8)).resize((360, 360), Image.BICUBIC)
        ImageDraw.Draw(tile).text((6, 4), name, fill=255)
        tiles.append(tile)
    page = Image.new("L", (360 * min(len(tiles), 5), 360 * -(-len(tiles) // 5)))
    for index, tile in enumerate(tiles):
        page.paste(tile, (360 * (index % 5), 360 * (index // 5)))
    return page


if __name__ == "__main__":
    raise SystemExit(main())
