"""Choose threshold and smallest lesion of each region on other folds, and score them on the fold that had no say.

    python scripts/sweep_thresholds.py HELD_OUT [--scanners clean 1.5T_ssa] [--regions WT] [--package FOLDER]

HELD_OUT is the folder that scripts/held_out.py wrote. For each fold the pair with the best mean of case-wise and
lesion-wise Dice (BraTS 2023) over the other folds, clean and degraded, is taken; each region is chosen by itself. Then
the labelmaps of the fold are made as the product makes them and scored by `evaluation`, so that nothing of the choice
is in the score. The last lines choose on all folds, for the card. With --regions the other regions keep 50 mm3.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from held_out import HeldOut, read_held_out

from ssaglioma.evaluation.lesionwise import lesion_rules, lesion_scores
from ssaglioma.evaluation.masks import bounding_box, connected_components, dilate, merged_components
from ssaglioma.evaluation.overlap import overlap_counts
from ssaglioma.evaluation.statistics import bootstrap_interval
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import read_package
from ssaglioma.packages.package import CARD_FILE
from ssaglioma.volume.atomic import write_json_atomic

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SIZES_MM3 = (0.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""A lesion of more than 1 ml is never left out, whatever the scores say: it would not be noise but a miss."""
DEFAULT = (0.5, 50.0)
RULES = lesion_rules("brats2023")
Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Reference:
    """The lesions of one region of a reference: sizes, and their surroundings within which predictions match."""

    lesions: np.ndarray
    sizes: np.ndarray
    near: list[np.ndarray]

    @classmethod
    def of(cls, truth: np.ndarray) -> Reference:
        """Number the lesions as BraTS 2023 does."""
        lesions = merged_components(truth, RULES.dilation_steps)
        near = [dilate(lesions == number, RULES.dilation_steps) for number in range(1, int(lesions.max()) + 1)]
        return cls(lesions, np.bincount(lesions.ravel())[1:], near)


def dice_by_size(reference: Reference, mask: np.ndarray, voxel_mm3: float) -> list[tuple[float, float]]:
    """Return case-wise and lesion-wise Dice for each smallest lesion of `SIZES_MM3`."""
    found = connected_components(mask)
    sizes = np.bincount(found.ravel(), minlength=int(found.max()) + 1).astype(float)
    sizes[0] = 0
    shared = np.zeros((len(reference.sizes), len(sizes)))
    np.add.at(shared, (reference.lesions[mask & (reference.lesions > 0)] - 1, found[mask & (reference.lesions > 0)]), 1)
    matches = np.array([np.bincount(found[near], minlength=len(sizes)) > 0 for near in reference.near])
    matches = matches.reshape(len(reference.sizes), len(sizes))
    scores = []
    for smallest in SIZES_MM3:
        kept = sizes * voxel_mm3 >= max(smallest, voxel_mm3)
        total = reference.sizes.sum() + sizes[kept].sum()
        whole = 2 * shared[:, kept].sum() / total if total else 1.0
        invented = int((kept & ~matches.any(axis=0)).sum()) if len(matches) else int(kept.sum())
        each = []
        for number, size in enumerate(reference.sizes):
            if size * voxel_mm3 > RULES.minimum_volume_mm3:
                own = kept & matches[number]
                each.append(2 * shared[number, own].sum() / (size + sizes[own].sum()))
        count = len(each) + invented
        scores.append((float(whole), float(sum(each) / count) if count else 1.0))
    return scores


def sweep(one: HeldOut, region: str) -> np.ndarray:
    """Return the mean of case-wise and lesion-wise Dice, shape (thresholds, sizes)."""
    logits = np.where(one.brain, one.logits[one.regions.index(region)].astype(np.float32), -np.inf)
    lowest = np.log(THRESHOLDS[0] / (1 - THRESHOLDS[0]))
    truth = one.truth(region)
    box = bounding_box(truth | (logits > lowest), margin=RULES.dilation_steps)
    if box is None:
        return np.ones((len(THRESHOLDS), len(SIZES_MM3)))
    reference = Reference.of(truth[box])
    voxel_mm3 = float(np.prod(one.spacing_zyx_mm))
    rows = [dice_by_size(reference, logits[box] > np.log(level / (1 - level)), voxel_mm3) for level in THRESHOLDS]
    return np.array(rows).mean(axis=2)


def best_pair(tables: list[np.ndarray], thresholds: tuple[float, ...] = THRESHOLDS) -> Pair:
    """Return the threshold and smallest lesion with the best mean over cases; among equals the one nearest 0.5."""
    mean = np.mean(tables, axis=0)
    allowed = [(i, j) for i, j in np.ndindex(mean.shape) if THRESHOLDS[i] in thresholds]
    places = [(round(mean[i, j], 6), -abs(THRESHOLDS[i] - 0.5), -j, i, j) for i, j in allowed]
    *_, i, j = max(places)
    return THRESHOLDS[i], SIZES_MM3[j]


def labels_with(one: HeldOut, pairs: dict[str, Pair]) -> np.ndarray:
    """Return the labelmap as the product would make it with these pairs (each mask as probabilities 0 and 1)."""
    voxel_mm3 = float(np.prod(one.spacing_zyx_mm))
    masks = []
    for index, region in enumerate(one.regions):
        level, smallest = pairs[region]
        mask = (one.logits[index] > np.log(level / (1 - level))) & one.brain
        found = connected_components(mask)
        sizes = np.bincount(found.ravel()) * voxel_mm3 >= smallest
        sizes[0] = False
        masks.append(sizes[found])
    return regions_to_labels(np.stack(masks).astype(np.float32), one.regions, GLIOMA)


def scored(one: HeldOut, pairs: dict[str, Pair]) -> dict[str, tuple[float, float, int]]:
    """Return case-wise Dice, lesion-wise Dice and false lesions of each region, by the project's own scores."""
    labels = labels_with(one, pairs)
    found = {}
    for region in one.regions:
        mask, truth = GLIOMA.mask(labels, region), one.truth(region)
        lesion = lesion_scores(truth, mask, one.spacing_zyx_mm, RULES)
        found[region] = (overlap_counts(truth, mask).dice, lesion.dice, lesion.false_positives)
    return found


def main() -> None:
    """Sweep, choose, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--scanners", nargs="+", default=["clean", "1.5T_ssa"])
    parser.add_argument(
        "--package", type=Path, metavar="FOLDER", help="write the smallest lesions (threshold 0.5) into this card"
    )
    parser.add_argument("--regions", nargs="+", metavar="REGION", help="choose for these alone (default: all)")
    args = parser.parse_args()
    cases = [one for scanner in args.scanners for one in read_held_out(args.held_out, scanner)]
    tables = {(one.case, one.scanner, region): sweep(one, region) for one in cases for region in one.regions}
    wanted = tuple(args.regions or cases[0].regions)
    print("\nsmallest lesion alone")
    gains = judge(cases, tables, (0.5,), wanted)
    if args.package is None:
        print("\nthreshold and smallest lesion")
        judge(cases, tables, THRESHOLDS, wanted)
    else:
        package = read_package(args.package)
        sizes = {
            region: best_pair([tables[one.case, one.scanner, region] for one in cases], (0.5,))[1] for region in wanted
        }
        made = {"made_by": "scripts/sweep_thresholds.py", "images": len(cases), "scanners": args.scanners, **gains}
        scores = {**package.card.scores, "smallest_lesions": made}
        card = replace(package.card, smallest_lesions_mm3=sizes, scores=scores)
        write_json_atomic(card.to_json(), args.package / CARD_FILE, allow_nan=False)
        print(f"written to {args.package / CARD_FILE}: {sizes}")


def judge(
    cases: list[HeldOut],
    tables: dict[tuple[str, str, str], np.ndarray],
    thresholds: tuple[float, ...],
    wanted: tuple[str, ...],
) -> dict[str, dict[str, list[float]]]:
    """Choose on other folds among some thresholds, score, print; then choose on all folds.

    Returns
    -------
    dict
        Of each wanted region the nested gain of case-wise and of lesion-wise Dice: mean, and its 95 % interval.
    """
    regions = cases[0].regions

    def chosen_without(fold: int | None) -> dict[str, Pair]:
        rest = [one for one in cases if one.fold != fold]
        found = {
            region: best_pair([tables[one.case, one.scanner, region] for one in rest], thresholds) for region in wanted
        }
        return {**dict.fromkeys(regions, DEFAULT), **found}

    before, after = {}, {}
    for fold in sorted({one.fold for one in cases}):
        pairs = chosen_without(fold)
        print(f"fold {fold}: {in_words(pairs)}")
        for one in (one for one in cases if one.fold == fold):
            before[one.case, one.scanner] = scored(one, dict.fromkeys(regions, DEFAULT))
            after[one.case, one.scanner] = scored(one, pairs)
    show(before, after, regions)
    print(f"\nnested gain, mean of both scores over regions: {told(before, after, regions, (0, 1))}")
    for region in regions:
        print(f"  {region}: case-wise {told(before, after, (region,), (0,))}, ", end="")
        print(f"lesion-wise {told(before, after, (region,), (1,))}")
    print(f"on all folds: {in_words(chosen_without(None))}")
    kinds = (("case_wise", (0,)), ("lesion_wise", (1,)))
    return {region: {name: list(gain(before, after, (region,), which)) for name, which in kinds} for region in wanted}


Scored = dict[tuple[str, str], dict[str, tuple[float, float, int]]]


def show(before: Scored, after: Scored, regions: tuple[str, ...]) -> None:
    """Print the mean scores of each scanner and region, without and with the choice."""
    print("\n| scanner | region | Dice | nested | lesion-wise Dice | nested | false lesions a case | nested |")
    print("|---" * 8 + "|")
    for scanner in dict.fromkeys(scanner for _, scanner in before):
        for region in regions:
            chosen = [key for key in before if key[1] == scanner]
            old, new = (np.mean([table[key][region] for key in chosen], axis=0) for table in (before, after))
            cells = " | ".join(f"{a:.3f} | {b:.3f}" for a, b in zip(old, new))
            print(f"| {scanner} | {region} | {cells} |")


def gain(before: Scored, after: Scored, regions: tuple[str, ...], which: tuple[int, ...]) -> tuple[float, float, float]:
    """Return the mean gain of some of the scores over some regions, and the bounds of its 95 % interval."""
    gains = [
        float(np.mean([after[key][region][k] - before[key][region][k] for region in regions for k in which]))
        for key in before
    ]
    low, high = bootstrap_interval(gains)
    return round(float(np.mean(gains)), 4), round(low, 4), round(high, 4)


def told(before: Scored, after: Scored, regions: tuple[str, ...], which: tuple[int, ...]) -> str:
    """Return a gain as text."""
    mean, low, high = gain(before, after, regions, which)
    return f"{mean:+.4f} (95 %: {low:+.4f} to {high:+.4f})"


def in_words(pairs: dict[str, Pair]) -> str:
    """Return the choice for each region as text."""
    return ", ".join(f"{region} p > {level:g}, {mm3:g} mm3" for region, (level, mm3) in pairs.items())


if __name__ == "__main__":
    main()
