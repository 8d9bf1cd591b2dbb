"""Slices that the encoder and the stylizers learn from and are judged on; helpers of `train_styles.py`.

Needs Pillow. Brain: the glioma cases as they are and through the simulated 1.5T_ssa scanner, for each contrast;
the published middle slices of adult (GLI) and Sub-Saharan (SSA) cases as a contrast of their own, 'composite', for each
is a weighted sum of all four. Heart: balanced SSFP ('C0') scaled so that hearts have the size of those in late
enhancement (LGE), since the spacing in its headers is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from ssaglioma.labels import CARDIAC_LGE, GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner import apply_scan, draw_scan
from ssaglioma.training.encoder_slices import LabelledSlice
from ssaglioma.training.folds import read_folds
from ssaglioma.volume import Volume, find_cases, read_labelmap, read_volume, to_canonical
from ssaglioma.volume.atomic import atomic_path

SCANNER = "1.5T_ssa"
HEART_PATIENTS = 35
HEART_HELD_OUT = 5
_HEIGHTS = (0.35, 0.8)
_SSA_HELD_OUT, _GLI_TAKEN, _GLI_HELD_OUT = 12, 300, 40


@dataclass(frozen=True, eq=False)
class SliceTable:
    """Slices of one contrast of one domain.

    Attributes
    ----------
    pictures : ndarray of float32, shape (N, Y, X)
    labels : ndarray of uint8 of the same shape, or None
    cases : tuple of str
        Case of each slice.
    """

    pictures: np.ndarray
    labels: np.ndarray | None
    cases: tuple[str, ...]

    def of(self, names: Seq[str]) -> SliceTable:
        """Return the slices of some cases."""
        rows = [index for index, case in enumerate(self.cases) if case in set(names)]
        labels = None if self.labels is None else self.labels[rows]
        return SliceTable(self.pictures[rows], labels, tuple(self.cases[row] for row in rows))

    def labelled(self, regions: Callable[[np.ndarray], np.ndarray]) -> list[LabelledSlice]:
        """Return what the encoder learns from."""
        known = [None] * len(self.pictures) if self.labels is None else [regions(one) for one in self.labels]
        return [LabelledSlice(picture, region) for picture, region in zip(self.pictures, known)]


def glioma_regions(labels: np.ndarray) -> np.ndarray:
    """Return WT, TC, ET as bool (3, Y, X)."""
    return np.stack([GLIOMA.mask(labels, name) for name in GLIOMA.regions])


def glioma_tables(
    data: Path, names: Seq[str], slices: int, cache: Path, *, scan_seed: int | None = None
) -> dict[Sequence, SliceTable]:
    """Return axial slices of cases, evenly spread over the middle of the brain, for each contrast.

    With a seed the cases come from the simulated scanner, one drawn scan each, on the grid of the originals.
    """
    found: dict[Sequence, list[np.ndarray]] = {one: [] for one in SEQUENCE_ORDER}
    labels, owners = [], []
    cases = {case.name: case for case in find_cases(data)}
    for number, name in enumerate(names):
        key = hashlib.sha256(f"{data}:{name}:{slices}:{scan_seed}:{number}".encode()).hexdigest()[:12]
        path = cache / f"{name}-{key}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            seed = None if scan_seed is None else [scan_seed, number]
            with atomic_path(path) as temporary, open(temporary, "wb") as stream:
                np.savez(stream, **_glioma_slices(cases[name], slices, seed))
        with np.load(path) as stored:
            for one in SEQUENCE_ORDER:
                found[one].append(stored[one.value])
            labels.append(stored["labels"])
            owners += [name] * len(stored["labels"])
    return {
        one: SliceTable(np.concatenate(parts).astype(np.float32), np.concatenate(labels), tuple(owners))
        for one, parts in found.items()
    }


def published_table(folder: Path) -> SliceTable:
    """Return published slices, upright; every slice is a case."""
    paths = sorted(folder.glob("*.jpg"))
    pictures = [np.asarray(Image.open(path).convert("L"), np.float32).T for path in paths]
    masked = [picture * ndimage.binary_opening(picture > 10, iterations=1) for picture in pictures]
    return SliceTable(np.stack(masked), None, tuple(path.stem for path in paths))


def split_published(data: Path) -> tuple[dict[str, SliceTable], dict[str, SliceTable]]:
    """Return training and held-out slices of 'gli' and 'ssa'."""
    gli, ssa = (published_table(data / "slices" / name) for name in ("gli", "ssa"))
    order = np.random.default_rng(0).permutation(len(gli.cases))
    ssa_order = np.random.default_rng(1).permutation(len(ssa.cases))
    parts = {
        "gli": (order[_GLI_HELD_OUT : _GLI_HELD_OUT + _GLI_TAKEN], order[:_GLI_HELD_OUT], gli),
        "ssa": (ssa_order[_SSA_HELD_OUT:], ssa_order[:_SSA_HELD_OUT], ssa),
    }
    train = {name: table.of([table.cases[i] for i in rows]) for name, (rows, _, table) in parts.items()}
    held = {name: table.of([table.cases[i] for i in rows]) for name, (_, rows, table) in parts.items()}
    return train, held


def heart_tables(data: Path) -> tuple[dict[str, SliceTable], dict[str, SliceTable]]:
    """Return training (patients 6 to 35) and held-out (1 to 5) slices of 'bssfp' and 'lge' that show the heart."""
    tables = {"bssfp": _heart_table(data, "C0"), "lge": _heart_table(data, "LGE")}
    patients = [f"patient{number:02d}" for number in range(1, HEART_PATIENTS + 1)]
    train = {name: table.of(patients[HEART_HELD_OUT:]) for name, table in tables.items()}
    return train, {name: table.of(patients[:HEART_HELD_OUT]) for name, table in tables.items()}


def fold_names(fold: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the glioma cases that train and that are held out."""
    folds = read_folds()
    return folds.training(fold), folds.held_out(fold)


def _glioma_slices(case, slices: int, seed: list[int] | None) -> dict[str, np.ndarray]:
    volumes = {one: to_canonical(read_volume(case.sequences[one])) for one in SEQUENCE_ORDER}
    labels = to_canonical(read_labelmap(case.reference, GLIOMA)).array
    height = np.flatnonzero(volumes[Sequence.T1N].array.any(axis=(1, 2)))
    low, high = (height[0] + share * (height[-1] - height[0]) for share in _HEIGHTS)
    chosen = np.linspace(low, high, slices).round().astype(int)
    if seed is not None:
        volumes = _scanned(volumes, seed)
    stored = {one.value: volume.array[chosen].astype(np.float32) for one, volume in volumes.items()}
    return {**stored, "labels": labels[chosen].astype(np.uint8)}


def _scanned(volumes: dict[Sequence, Volume], seed: list[int]) -> dict[Sequence, Volume]:
    """Return the case through the simulated scanner; a draw that loses a contrast is drawn again."""
    generator = np.random.default_rng(seed)
    parameters = draw_scan(SCANNER, generator)
    while parameters.missing is not None or parameters.skull is not None:
        parameters = draw_scan(SCANNER, generator)
    return apply_scan(volumes, parameters, grid="original")


def _heart_table(data: Path, kind: str) -> SliceTable:
    pictures, owners, labels = [], [], []
    for number in range(1, HEART_PATIENTS + 1):
        name = f"patient{number:02d}"
        image = read_volume(data / "cardiac" / f"{name}_{kind}.nii").array.astype(np.float32)
        marked = read_labelmap(data / "cardiac" / f"{name}_{kind}_manual.nii", CARDIAC_LGE).array
        scale = 1.0 if kind == "LGE" else _heart_edge(data, name, "LGE") / _heart_edge(data, name, "C0")
        for index in np.flatnonzero(marked.any(axis=(1, 2))):
            pictures.append(_fitted(ndimage.zoom(image[index], scale, order=1)))
            labels.append(_fitted(ndimage.zoom(marked[index], scale, order=0)))
            owners.append(name)
    return SliceTable(np.stack(pictures), np.stack(labels), tuple(owners))


def _heart_edge(data: Path, name: str, kind: str) -> float:
    """Return the root of the largest area of the heart in a slice, in pixels."""
    labels = read_labelmap(data / "cardiac" / f"{name}_{kind}_manual.nii", CARDIAC_LGE).array
    return float(np.sqrt((labels > 0).sum(axis=(1, 2)).max()))


def _fitted(picture: np.ndarray, edge: int = 192) -> np.ndarray:
    """Return the middle of a picture, or the picture with 0 around it, (edge, edge)."""
    wider = [max(edge - size, 0) for size in picture.shape]
    padded = np.pad(picture, [(extra // 2, extra - extra // 2) for extra in wider])
    top, left = ((size - edge) // 2 for size in padded.shape)
    return padded[top : top + edge, left : left + edge]
