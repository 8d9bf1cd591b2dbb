"""Report what the 15 stylised images that arXiv:2501.04734 published show without their content images.

Usage: python scripts/examine_published_stylised.py DATA [--json FILE]

DATA holds slices/ssa_stylized_by_paper and masks/*_predicted*. Measured is what needs no content image: tissue
outside the brain, brains that stand in more than one picture, and whether the edges of the picture lie on the border
of the tumour that the paper's own network saw in a middle slice of the same case. A picture is no volume and has no
position, so the tumour is laid onto it in many ways (two cutting planes, slices around the middle, four flips of the
axes, shifts of up to 8 mm); the tumours of other cases, given the same freedom, say what a fit by chance is worth.
Needs Pillow.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from ssaglioma.labels import GLIOMA, to_scheme
from ssaglioma.style.guard_edges import gradient_per_mm
from ssaglioma.volume import read_volume, to_canonical

SIDE = 240
_PREFIX, _COMMON = "stylized-", "BraTS-SSA-"
_PLANES = {"axial": (0, 77), "coronal": (1, 120)}
# Rows of the pictures are x; which way x and the other axis run is not known.
_TURNS = {"as stored": (1, 1), "x flipped": (-1, 1), "columns flipped": (1, -1), "both flipped": (-1, -1)}
_NEAR_MIDDLE, _FARTHEST_PX = 1, 8
_HAZE, _BRAIN, _PIECE = 4.0, 0.6, 0.2
_ALIKE = 0.55
_LEAST_BORDER = 20


@dataclass(frozen=True)
class Fit:
    """The best place of one tumour's border on one picture.

    Attributes
    ----------
    score : float
        Mean rank of the picture's gradient at the border among all pixels of the brain, 0..1; 0.5 is chance for one
        place, but the best of many places is higher for any tumour.
    plane : str
    index : int
    turn : str
    shift_px : tuple of 2 ints
        Rows and columns of 1 mm.
    """

    score: float
    plane: str
    index: int
    turn: str
    shift_px: tuple[int, int]

    @property
    def registration_mm(self) -> float:
        """Length of the shift: how far the tumour had to be moved from where the case's grid has it."""
        return float(np.hypot(*self.shift_px))


@dataclass(frozen=True)
class Finding:
    """What one picture shows.

    Attributes
    ----------
    case : str
    brain_share, haze_share : float
        Area of the bright brain over the picture's; tissue outside it that is not black, over the brain's area.
    second_share : float
        Area of the largest other piece brighter than 20 % of the brain's peak, over the brain's: a second brain,
        or a part of the brain that went dark.
    same_brain : list of str
        Other cases whose picture holds the same brain.
    fit : Fit or None
        None if the network saw no tumour in the middle slices.
    others_score : float or None
        Median of the best scores of the other cases' tumours, placed with the same freedom.
    rank, ranked : int
        Place of the case's own tumour among all that were placed (1 is best, 0 none), and their number.
    """

    case: str
    brain_share: float
    haze_share: float
    second_share: float
    same_brain: list[str]
    fit: Fit | None
    others_score: float | None
    rank: int
    ranked: int


def main() -> int:
    """Examine, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    paths = sorted((args.data / "slices" / "ssa_stylized_by_paper").glob(f"{_PREFIX}*.png"))
    if not paths:
        raise SystemExit(f"No picture named {_PREFIX}*.png below {args.data / 'slices' / 'ssa_stylized_by_paper'}")
    pictures = {path.stem.removeprefix(_PREFIX): read_picture(path) for path in paths}
    tumours = read_tumours(args.data / "masks", list(pictures))
    findings = [examined(case, pictures, tumours) for case in pictures]
    print(table(findings))
    text = json.dumps({"pictures": [asdict(one) for one in findings], "groups": groups(pictures)}, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    return 0


def read_picture(path: Path) -> np.ndarray:
    """Return gray values (240, 240) as stored (rows = x of the patient), by area from 512 pixels a side."""
    image = Image.open(path).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image, float)


def read_tumours(folder: Path, cases: list[str]) -> dict[str, np.ndarray]:
    """Return the tumour core of each case as the network predicted it, bool (Z, Y, X), LPS axes.

    The core, because the pictures look like T1, where the oedema has hardly a border.
    """
    found: dict[str, np.ndarray] = {}
    for sub in sorted(folder.glob("*predicted*")):
        for case in cases:
            path = sub / f"{case}.nii.gz"
            if case not in found and path.exists():
                labels = to_scheme(to_canonical(read_volume(path)).array, GLIOMA, source=path.name)
                found[case] = GLIOMA.mask(labels, "TC")
    return found


def brain_of(picture: np.ndarray) -> np.ndarray:
    """Return the largest part brighter than 60 % of the 99th percentile, holes filled."""
    return _largest(picture > _BRAIN * np.percentile(picture[picture > 0], 99))


def second_brain(picture: np.ndarray) -> np.ndarray:
    """Return the largest fainter part beside the brain; its rim (3 pixels, glow of the optimisation) is left out."""
    faint = picture > _PIECE * np.percentile(picture[picture > 0], 99)
    return _largest(ndimage.binary_opening(faint & ~ndimage.binary_dilation(brain_of(picture), iterations=3)))


def _largest(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    if count == 0:
        return np.zeros(mask.shape, bool)
    return ndimage.binary_fill_holes(parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two pictures' gradient sizes where either has its bright brain, -1..1."""
    where = brain_of(one) | brain_of(other)
    sizes = [np.hypot(*gradient_per_mm(picture, (1.0, 1.0), 1.0))[where] for picture in (one, other)]
    return float(np.corrcoef(sizes)[0, 1])


def groups(pictures: dict[str, np.ndarray]) -> list[list[str]]:
    """Return the cases whose pictures hold the same brain, group by group."""
    left, found = list(pictures), []
    while left:
        found.append([case for case in left if likeness(pictures[left[0]], pictures[case]) > _ALIKE])
        left = [case for case in left if case not in found[-1]]
    return found


def borders(tumour: np.ndarray) -> Iterator[tuple[str, int, str, np.ndarray]]:
    """Yield plane, slice, turn and border pixels (N, 2) of a tumour's middle slices on the picture's grid."""
    for plane, (axis, middle) in _PLANES.items():
        for index in range(middle - _NEAR_MIDDLE, middle + _NEAR_MIDDLE + 1):
            mask = np.take(tumour, index, axis=axis)
            mask = np.pad(mask, [(0, SIDE - size) for size in mask.shape])
            border = mask & ~ndimage.binary_erosion(mask)
            if border.sum() < _LEAST_BORDER:
                continue
            for turn, (rows, columns) in _TURNS.items():
                yield plane, index, turn, np.argwhere(border.T[::rows, ::columns])


def best_fit(ranks: np.ndarray, tumour: np.ndarray) -> Fit | None:
    """Lay the border of a tumour onto a map of gradient ranks (240, 240) wherever it may lie; None without one."""
    reach = np.arange(-_FARTHEST_PX, _FARTHEST_PX + 1)
    moves = np.stack(np.meshgrid(reach, reach, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    padded, best = np.pad(ranks, _FARTHEST_PX), None
    for plane, index, turn, places in borders(tumour):
        at = places + moves + _FARTHEST_PX
        scores = padded[at[..., 0], at[..., 1]].mean(axis=1)
        top = int(np.argmax(scores))
        if best is None or scores[top] > best.score:
            best = Fit(float(scores[top]), plane, index, turn, (int(moves[top, 0, 0]), int(moves[top, 0, 1])))
    return best


def gradient_ranks(picture: np.ndarray) -> np.ndarray:
    """Return the rank of the gradient among the pixels well inside the brain, 0..1; 0 elsewhere."""
    inside = ndimage.binary_erosion(brain_of(picture), iterations=4)
    size = np.hypot(*gradient_per_mm(picture, (1.0, 1.0), 1.0))
    ranks = np.zeros(picture.shape)
    ranks[inside] = np.argsort(np.argsort(size[inside])) / max(int(inside.sum()) - 1, 1)
    return ranks


def examined(case: str, pictures: dict[str, np.ndarray], tumours: dict[str, np.ndarray]) -> Finding:
    """Return all that one picture shows."""
    picture = pictures[case]
    brain = brain_of(picture)
    area = max(int(brain.sum()), 1)
    ranks = gradient_ranks(picture)
    fits = {name: best_fit(ranks, tumour) for name, tumour in tumours.items()}
    own = fits.pop(case, None)
    others = [fit.score for fit in fits.values() if fit is not None]
    outside = (picture > _HAZE) & ~ndimage.binary_dilation(brain, iterations=3)
    return Finding(
        case=case,
        brain_share=float(brain.mean()),
        haze_share=float(outside.sum() / area),
        second_share=float(second_brain(picture).sum() / area),
        same_brain=[name for name in next(one for one in groups(pictures) if case in one) if name != case],
        fit=own,
        others_score=float(np.median(others)) if others else None,
        rank=0 if own is None else 1 + sum(score > own.score for score in others),
        ranked=len(others) + (own is not None),
    )


def table(findings: list[Finding]) -> str:
    """Return the figures as a Markdown table."""
    heads = ("case", "brain, of picture", "not black outside, of brain", "fainter second piece, of brain")
    heads += ("same brain as", "edges on tumour border (others)", "rank", "registration")
    lines = ["| " + " | ".join(heads) + " |", "|---|---:|---:|---:|---|---|---|---|"]
    for one in findings:
        fit = one.fit
        agreement = "no tumour in the middle" if fit is None else f"{fit.score:.2f} ({one.others_score:.2f})"
        place = "-" if fit is None else f"{fit.plane} {fit.index}, {fit.turn}, moved {fit.registration_mm:.1f} mm"
        alike = ", ".join(name.removeprefix(_COMMON) for name in one.same_brain) or "-"
        rank = f"{one.rank} of {one.ranked}" if one.rank else "-"
        shares = [f"{share:.2f}" for share in (one.brain_share, one.haze_share, one.second_share)]
        cells = (one.case.removeprefix(_COMMON), *shares, alike, agreement, rank, place)
        lines.append("| " + " | ".join(cells) + " |")
    placed = [one for one in findings if one.rank]
    if placed:
        mean, chance = (np.mean(values) for values in zip(*((one.rank, (one.ranked + 1) / 2) for one in placed)))
        moved = np.median([one.fit.registration_mm for one in placed if one.fit is not None])
        lines += [
            "",
            f"Mean rank of the case's own tumour {mean:.1f} (chance: {chance:.1f}); median shift {moved:.1f} mm.",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
