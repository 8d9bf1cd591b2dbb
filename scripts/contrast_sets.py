"""Sets of four images of one head for `fit_contrast_rules.py` and `sorting_trials.py`, values deep in the brain.

Usage: python scripts/contrast_sets.py CACHE --glioma FOLDER --anatomy FOLDER [--raw FOLDER ...]

Each head is imaged as it is and by scanners drawn from presets (field, thick slices, bias, noise, motion, ghosts),
its images up to 1.5 mm and 1.5 degrees off each other along and about each axis (a rough alignment was seen to end 0.5
to 1.0 mm off). Work is done at 2 mm, for contrast is judged at 2 to 3 mm. CACHE gets one file a head; heads that are
there stay.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK
from scipy import ndimage

from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import align_all
from ssaglioma.preprocessing.assignment import guess_sequence
from ssaglioma.preprocessing.bright_spots import bright_spots
from ssaglioma.preprocessing.contrast_rules import core_values
from ssaglioma.synthesis.anatomy import find_anatomies, read_anatomy
from ssaglioma.synthesis.anatomy.source import FULL, SourceAnatomy
from ssaglioma.synthesis.anatomy.vessels import with_vessels
from ssaglioma.synthesis.mr.protocol import draw_protocol
from ssaglioma.synthesis.mr.relaxation import draw_tissues
from ssaglioma.synthesis.mr.rendering import Appearance, render
from ssaglioma.synthesis.scanner import Displacement, apply_scan, draw_scan, scanner_preset
from ssaglioma.volume import Volume, atomic_path, find_cases, read_volume
from ssaglioma.volume.sitk import from_sitk, to_sitk

SHRINK_XYZ = (2, 2, 2)
SCANNERS = (("1.5T_ssa", "0.3T_permanent"), ("1.5T_ssa", "64mT"))
OFF_MM, OFF_DEGREES = 1.5, 1.5
TUMOUR_CHANCE = 0.7
REAL_STRIPPED, REAL_RAW, WHOLE, STRIPPED = "real, stripped", "real, raw", "synthetic, whole head", "synthetic, stripped"

Images = dict[Sequence, Volume]


@dataclass(frozen=True, eq=False)
class ValueSet:
    """The images of one head as one scanner saw them.

    Attributes
    ----------
    kind : str
        Real or synthetic, stripped or not.
    scanner : str
        'as it is', or the preset.
    patient : str
        Sets of one patient must be left out together.
    values : dict of Sequence to ndarray, shape (N,)
        At the same places deep in the head.
    depth : ndarray, shape (N,)
    spots : dict of Sequence to ndarray, shape (F,)
        `bright_spots` of each image.
    """

    kind: str
    scanner: str
    patient: str
    values: dict[Sequence, np.ndarray]
    depth: np.ndarray
    spots: dict[Sequence, np.ndarray]


def read_sets(cache: Path) -> list[ValueSet]:
    """All sets of a cache, in the order of the files' names."""
    result = []
    for path in sorted(cache.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            for number in range(int(stored["count"])):
                kind, scanner, patient = (str(word) for word in stored[f"{number}/words"])
                names = [name for name in SEQUENCE_ORDER if f"{number}/{name.value}" in stored]
                values = {name: stored[f"{number}/{name.value}"].astype(float) for name in names}
                spots = {name: stored[f"{number}/{name.value}/spots"] for name in names}
                result.append(ValueSet(kind, scanner, patient, values, stored[f"{number}/depth"].astype(float), spots))
    return result


def write_sets(path: Path, sets: list[ValueSet]) -> None:
    """One file of all sets of a head."""
    stored: dict[str, np.ndarray] = {"count": np.array(len(sets))}
    for number, item in enumerate(sets):
        stored[f"{number}/words"] = np.array([item.kind, item.scanner, item.patient])
        stored[f"{number}/depth"] = item.depth.astype(np.float16)
        for name, values in item.values.items():
            stored[f"{number}/{name.value}"] = values.astype(np.float32)
            stored[f"{number}/{name.value}/spots"] = item.spots[name]
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **stored)


def value_set(kind: str, scanner: str, patient: str, images: Images) -> ValueSet:
    """The values of a set of images that lie on each other."""
    values, depth = core_values({name.value: images[name] for name in SEQUENCE_ORDER if name in images})
    spots = {name: bright_spots(volume) for name, volume in images.items()}
    named = {Sequence.parse(name): found for name, found in values.items()}
    return ValueSet(kind, scanner, patient, named, depth, spots)


def scanned(images: Images, name: str, generator: np.random.Generator) -> Images:
    """The images by a scanner; none is missing, pixels stay, and each but T1Gd is a little off."""
    plan = draw_scan(scanner_preset(name), generator)
    off = tuple(
        Displacement(
            one.value,
            tuple(generator.uniform(-OFF_MM, OFF_MM, 3).round(2).tolist()),
            tuple(generator.uniform(-OFF_DEGREES, OFF_DEGREES, 3).round(2).tolist()),
        )
        for one in images
        if one is not Sequence.T1C
    )
    return apply_scan(images, replace(plan, in_plane=None, missing=None, registration=off), threads=1)


def sets_of(kind: str, patient: str, images: Images, generator: np.random.Generator) -> list[ValueSet]:
    """The head as it is, and by scanners."""
    sets = [value_set(kind, "as it is", patient, images)]
    for name in SCANNERS[sum(patient.encode()) % len(SCANNERS)]:
        sets.append(value_set(kind, name, patient, scanned(images, name, generator)))
    return sets


def real_images(files: dict[Sequence, Path]) -> Images:
    """The images of a stripped, aligned case, shrunk."""
    images = {}
    for name, path in files.items():
        image = SimpleITK.Cast(to_sitk(read_volume(path)), SimpleITK.sitkFloat32)
        images[name] = from_sitk(SimpleITK.BinShrink(image, SHRINK_XYZ))
    return images


def synthetic_images(source: SourceAnatomy, generator: np.random.Generator) -> tuple[Images, np.ndarray]:
    """A whole head, shrunk, mostly with a tumour; and its brain."""
    steps = tuple(slice(None, None, step) for step in reversed(SHRINK_XYZ))
    fractions = {name: part[steps].astype(np.float32) / FULL for name, part in source.fractions.items()}
    brain = source.brain[steps] > FULL // 2
    fractions = with_vessels(fractions, int(generator.integers(2**31)))
    spacing = tuple(step * value for step, value in zip(reversed(SHRINK_XYZ), source.spacing_zyx_mm))
    if generator.random() < TUMOUR_CHANCE:
        fractions = with_tumour(fractions, brain, spacing, generator)
    appearance = Appearance(draw_protocol(generator), draw_tissues(generator), seed=int(generator.integers(2**31)))
    arrays = render(fractions, brain, appearance)
    return {name: Volume(array, spacing) for name, array in arrays.items()}, brain  # type: ignore[arg-type]


def with_tumour(
    fractions: dict[str, np.ndarray], brain: np.ndarray, spacing: tuple[float, ...], generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """Shells of necrosis, enhancing rim and oedema about a place in the brain; their outline waves."""
    centre = generator.choice(np.argwhere(brain))
    grid = np.meshgrid(*(np.arange(n) * s for n, s in zip(brain.shape, spacing)), indexing="ij")
    distance = np.sqrt(sum((axis - c * s) ** 2 for axis, c, s in zip(grid, centre, spacing)))
    wave = ndimage.gaussian_filter(generator.standard_normal(brain.shape), 4)
    distance = distance + 4 * wave / max(float(wave.std()), 1e-6)
    core, rim, oedema = generator.uniform(0, 18), generator.uniform(1, 7), generator.uniform(5, 25)
    shells = {
        "NCR": distance < core,
        "ET": (distance >= core) & (distance < core + rim),
        "ED": (distance >= core + rim) & (distance < core + rim + oedema),
    }
    covered = (distance < core + rim + oedema) & brain
    result = {name: np.where(covered, 0, part).astype(np.float32) for name, part in fractions.items()}
    return {**result, **{name: (shell & brain).astype(np.float32) for name, shell in shells.items() if shell.any()}}


def stripped(images: Images, brain: np.ndarray) -> Images:
    """The images without everything but the brain."""
    return {name: volume.with_array(volume.array * brain) for name, volume in images.items()}


def raw_images(folder: Path) -> Images:
    """Raw scans of one patient, aligned; files whose name tells no sequence are passed over."""
    images = {}
    for path in sorted(folder.glob("*.nii*")):
        sequence = guess_sequence(path.name).sequence
        if sequence is not None and "mask" not in path.name:
            images[sequence] = read_volume(path)
    return {name: item.volume for name, item in align_all(images).items()}


def jobs(args: argparse.Namespace) -> Iterator[tuple[str, object]]:
    """Each head's name in the cache and what it is made from, real and synthetic in turn."""
    real = [(case.name, dict(case.sequences)) for case in find_cases(args.glioma)] if args.glioma else []
    made = [(path.stem, path) for path in find_anatomies(args.anatomy)] if args.anatomy else []
    for folder in args.raw:
        yield "raw_" + "_".join(folder.parts[-2:]), folder
    for number in range(max(len(real), len(made))):
        for prefix, some in (("real_", real), ("made_", made)):
            if number < len(some):
                yield prefix + some[number][0], some[number][1]


def make(name: str, what: object) -> list[ValueSet]:
    """All sets of one head."""
    generator = np.random.default_rng(list(name.encode()))
    if name.startswith("raw_"):
        return [value_set(REAL_RAW, "as it is", name, raw_images(what))]  # type: ignore[arg-type]
    if name.startswith("real_"):
        return sets_of(REAL_STRIPPED, name, real_images(what), generator)  # type: ignore[arg-type]
    images, brain = synthetic_images(read_anatomy(what), generator)  # type: ignore[arg-type]
    return sets_of(WHOLE, name, images, generator) + sets_of(STRIPPED, name, stripped(images, brain), generator)[:2]


def main() -> None:
    """Make what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--glioma", type=Path)
    parser.add_argument("--anatomy", type=Path)
    parser.add_argument("--raw", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    for name, what in jobs(args):
        path = args.cache / f"{name}.npz"
        if path.exists():
            continue
        try:
            write_sets(path, make(name, what))
            print(f"{name}: made", flush=True)
        except SSAGliomaError as error:
            print(f"{name}: {error}", flush=True)


if __name__ == "__main__":
    main()
