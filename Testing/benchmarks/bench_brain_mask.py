"""Brain masks against references: Dice, tumour voxels lost, time; by method, contrast and slice thickness.

Usage: python Testing/benchmarks/bench_brain_mask.py DATA --cache FOLDER [--package FOLDER]
       [--methods network classical deepbet] [--sets clinical thin thick stripped] [--pictures FOLDER]

DATA is the unpacked real data. `clinical`: raw scans of 5.5 mm with masks of another tool. `thin`, `thick`: synthetic
heads (whole-head label maps that the network did not see, tumours of a library pasted in) of 1 mm, and the same through
the simulated 1.5T_ssa scanner; they are made once and kept in the cache. `stripped`: real glioma cases without skull,
where the mask must be the image. deepbet is measured where it is installed. Goals: Dice 0.96, lost tumour 0.5 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image
from scipy import ndimage

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.packages import find_package_of
from ssaglioma.preprocessing.alignment import align, align_all, resampled
from ssaglioma.preprocessing.brain_mask import find_brain
from ssaglioma.synthesis import scanner
from ssaglioma.synthesis.anatomy import SourceAnatomy, find_anatomies, read_anatomy
from ssaglioma.synthesis.case import CaseParameters, DrawOptions, draw_case, make_case
from ssaglioma.synthesis.writing import on_brats_grid
from ssaglioma.types import Predictor
from ssaglioma.volume import Volume, read_volume, write_volume

HELD_OUT, PRESET = 4, "1.5T_ssa"
Masker = Callable[[dict[Sequence, Volume]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Subject:
    """Images on one grid each with its reference (bool), and the tumour where it is known."""

    name: str
    images: dict[Sequence, Volume]
    brains: dict[Sequence, np.ndarray]
    tumour: np.ndarray | None = None
    aligned: bool = True


def clinical(data: Path) -> Iterator[Subject]:
    """The raw case; its tumour comes from the fused masks of the prepared images, brought back by alignment."""
    folder = data / "clinical" / "TCGA-FG-6692"
    native = folder / "native"
    images = {one: read_volume(native / f"TCGA-FG-6692_{one.value}.nii.gz") for one in SEQUENCE_ORDER}
    brains = {one: read_volume(native / f"brainmask_{one.value}.nii.gz").array > 0 for one in SEQUENCE_ORDER}
    yield Subject("TCGA-FG-6692 single", images, brains, aligned=False)
    aligned = align_all(images)
    joint = {one: found.volume for one, found in aligned.items()}
    prepared = read_volume(folder / "brats_space" / "t1c.nii.gz")
    t1c = images[Sequence.T1C]
    bridge = align(prepared, t1c.with_array(t1c.array * brains[Sequence.T1C])).transform  # a brain to a brain
    fused = read_volume(folder / "brats_space" / "segmentations" / "mav.nii.gz")
    tumour = resampled(fused, t1c, bridge, order=0).array > 0
    yield Subject("TCGA-FG-6692", joint, dict.fromkeys(SEQUENCE_ORDER, brains[Sequence.T1C]), tumour)


def synthetic(data: Path, cache: Path, *, thick: bool) -> Iterator[Subject]:
    """Held-out heads with a tumour of the library."""
    for number, path in enumerate(find_anatomies(data / "anatomy")[-HELD_OUT:]):
        folder = cache / f"head-{number}"
        if not (folder / "brain.nii.gz").is_file():
            _make_head(path, number, data / "masks", folder)
        images = {one: read_volume(folder / f"{one.value}.nii.gz") for one in SEQUENCE_ORDER}
        brain, tumour = (read_volume(folder / f"{name}.nii.gz") for name in ("brain", "tumour"))
        if thick:
            scan = replace(
                scanner.draw_scan(PRESET, np.random.default_rng(number)), missing=None, registration=(), motion=None
            )
            floats = {one: image.with_array(image.array.astype(np.float32)) for one, image in images.items()}
            images = scanner.apply_scan(floats, scan, threads=1)
            brain, tumour = (scanner.scan_labels(part, scan) for part in (brain, tumour))
        reference = brain.array > 0
        yield Subject(path.name, images, dict.fromkeys(images, reference), tumour.array > 0)


def stripped(data: Path) -> Iterator[Subject]:
    """Six real cases without skull."""
    for folder in [one for one in sorted((data / "glioma").iterdir()) if not one.name.startswith(".")][::4]:
        images = {one: read_volume(folder / f"{folder.name}-{one.value}.nii") for one in SEQUENCE_ORDER}
        labels = read_volume(folder / f"{folder.name}-seg.nii")
        whole = ndimage.binary_fill_holes(np.logical_or.reduce([image.array != 0 for image in images.values()]))
        yield Subject(folder.name, images, dict.fromkeys(images, whole), labels.array > 0)


def _make_head(path: Path, number: int, masks: Path, folder: Path) -> None:
    source = read_anatomy(path)
    options = DrawOptions(masks=str(masks), share_from_masks=1.0, stripped=False)
    parameters = _fitting_case(source, number, options)
    whole = make_case(source, parameters, masks)
    alone = make_case(source, replace(parameters, head=replace(parameters.head, stripped=True)), masks)
    folder.mkdir(parents=True, exist_ok=True)
    for one, array in whole.images.items():
        write_volume(on_brats_grid(array), folder / f"{one.value}.nii.gz")
    write_volume(on_brats_grid((whole.labels > 0).astype(np.uint8)), folder / "tumour.nii.gz")
    brain = ndimage.binary_fill_holes(alone.images[Sequence.T1N] > 0)
    write_volume(on_brats_grid(brain.astype(np.uint8)), folder / "brain.nii.gz")


def _fitting_case(source: SourceAnatomy, number: int, options: DrawOptions) -> CaseParameters:
    """The first drawn case whose tumour fits into the brain; large ones of the library do not always."""
    for attempt in range(20):
        with suppress(DatasetError):
            return draw_case(np.random.default_rng([9, number, attempt]), source, options)
    raise DatasetError(f"No tumour of the library fits into {source.name}")


def by_predictor(predictor: Predictor | None) -> Masker:
    """The project's own, with a network or without."""
    return lambda images: find_brain(images, predictor).volume.array > 0


@lru_cache(maxsize=1)
def _deepbet() -> object:
    from deepbet import BrainExtraction

    return BrainExtraction(no_gpu=True)


def by_deepbet(images: dict[Sequence, Volume]) -> np.ndarray:
    """deepbet on the T1 image, else the first; its mask for all."""
    volume = images.get(Sequence.T1N) or next(iter(images.values()))
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    image = nibabel.Nifti1Image(volume.array.T.astype(np.float32), flip @ volume.affine_lps)
    _, mask, _ = _deepbet().run(image)  # type: ignore[attr-defined]
    return np.asanyarray(mask.dataobj).T > 0


def scores(mask: np.ndarray, reference: np.ndarray, tumour: np.ndarray | None) -> tuple[float, float]:
    """Dice, and the share of the tumour's voxels that the mask left out (NaN without a tumour)."""
    dice = 2.0 * (mask & reference).sum() / max(int(mask.sum() + reference.sum()), 1)
    lost = float("nan") if tumour is None else 1 - (mask & tumour).sum() / max(int(tumour.sum()), 1)
    return float(dice), float(lost)


def picture(subject: Subject, name: Sequence, mask: np.ndarray, target: Path) -> None:
    """Six slices with the mask in red, the reference in green and the tumour in yellow."""
    image, reference = subject.images[name], subject.brains[name]
    axis = int(np.argmax(image.spacing_zyx_mm))
    top = float(np.percentile(image.array, 99.5))
    rows = []
    for share in (0.12, 0.25, 0.4, 0.55, 0.7, 0.85):
        place = round(share * (image.shape[axis] - 1))
        grey = np.clip(np.take(image.array, place, axis=axis) / top, 0, 1)
        colour = np.repeat(np.uint8(255 * grey)[..., None], 3, axis=2)
        lines = [(subject.tumour, (255, 255, 0)), (reference, (0, 255, 0)), (mask, (255, 0, 0))]
        for part, paint in lines:
            if part is not None and part.shape == image.shape:
                flat = np.take(part, place, axis=axis)
                colour[flat & ~ndimage.binary_erosion(flat)] = paint
        rows.append(np.asarray(Image.fromarray(colour).resize((280, 280))))
    Image.fromarray(np.concatenate(rows, axis=1)).save(target)


def judge(subject: Subject, method: str, masker: Masker, pictures: Path | None) -> list[tuple[str, float, float]]:
    """Print and return (contrast, Dice, lost tumour) for each image alone and, where aligned, for all together."""
    parts = [{one: image} for one, image in subject.images.items()]
    if subject.aligned and len(parts) > 1 and method != "deepbet":
        parts.append(dict(subject.images))
    rows = []
    for part in parts:
        first = next(iter(part))
        label = first.value if len(part) == 1 else "all"
        began = time.process_time()
        try:
            mask = masker(part)
        except SSAGliomaError as error:
            print(f"  {subject.name:26} {label:4} refused: {error}")
            rows.append((label, 0.0, 1.0))
            continue
        spent = time.process_time() - began
        dice, lost = scores(mask, subject.brains[first], subject.tumour)
        rows.append((label, dice, lost))
        print(
            f"  {subject.name:26} {label:4} Dice {dice:.4f}  lost tumour {lost:.3%}  {spent:.1f} s processor",
            flush=True,
        )
        if pictures is not None:
            picture(subject, first, mask, pictures / f"{method}-{subject.name.split()[0]}-{label}.png")
    return rows


def main() -> None:
    """Print each method on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--package", type=Path, help="of the network; the shipped one by default")
    parser.add_argument("--methods", nargs="+", default=["network", "classical"])
    parser.add_argument("--sets", nargs="+", default=["clinical", "thin", "thick", "stripped"])
    parser.add_argument("--pictures", type=Path, help="write outlines here; keep those of real data to yourself")
    args = parser.parse_args()
    makers = {
        "clinical": lambda: clinical(args.data),
        "thin": lambda: synthetic(args.data, args.cache, thick=False),
        "thick": lambda: synthetic(args.data, args.cache, thick=True),
        "stripped": lambda: stripped(args.data),
    }
    maskers: dict[str, Masker] = {"classical": by_predictor(None), "deepbet": by_deepbet}
    if "network" in args.methods:
        from ssaglioma.inference.engine_torch import TorchEngine

        package = find_package_of("brain_mask", None if args.package is None else str(args.package))
        maskers["network"] = by_predictor(TorchEngine(package, device="cpu"))
    for name in args.sets:
        for method in args.methods:
            print(f"{name}, {method}")
            rows = [row for subject in makers[name]() for row in judge(subject, method, maskers[method], args.pictures)]
            for label in dict.fromkeys(row[0] for row in rows):
                kept = [row for row in rows if row[0] == label]
                dice, lost = (np.array([row[k] for row in kept]) for k in (1, 2))
                print(f"  = {label:4} n {len(kept)}: Dice mean {dice.mean():.4f} least {dice.min():.4f}", end="; ")
                print(f"lost tumour mean {np.nanmean(lost):.3%} most {np.nanmax(lost):.3%}", flush=True)


if __name__ == "__main__":
    main()
