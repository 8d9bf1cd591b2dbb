"""Draw the small pictures of the style bank and of Sample Data anew; they show synthetic images alone.

Usage: make_thumbnails.py

For each style of each shipped stylizer: the synthetic case (for hearts the drawn heart of the lesson) in that style, to
SSAStyleTransfer/Resources/Thumbnails/PACKAGE-STYLE.png. For each sample case: its FLAIR at the tumor, to
SSACore/SSASlicerLib/Resources/SampleCases/CASE.png. Each PNG carries the digest of what it was made from, which a test
compares: run this again after a package or a case was replaced. Needs the extras 'torch' and 'host'.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "SSACore"), str(ROOT / "Testing" / "host"), str(ROOT / "SSAStyleTransfer")]

STYLES = ROOT / "SSAStyleTransfer" / "Resources" / "Thumbnails"
CASES = ROOT / "SSACore" / "SSASlicerLib" / "Resources" / "SampleCases"
EDGE = {STYLES: 96, CASES: 128}
MADE_FROM = "made-from"
CASE = "ICBM152-grown-001"
COMPOSITE, HEART = "composite", "heart"
MARGIN = 4


def main() -> int:
    """Draw all pictures."""
    from slicerhost import boot

    boot()
    contents = brain_contents() | {HEART: heart_content()}
    for package in stylizers():
        for style in package.card.styles:
            draw_style(package, style, contents)
    for case in sorted(path.name for path in (ROOT / "Resources" / "SampleCases").iterdir() if path.is_dir()):
        file = ROOT / "Resources" / "SampleCases" / case / f"{case}-t2f.nii.gz"
        write(tumor_slice(case, "t2f"), CASES / f"{case}.png", hashlib.sha256(file.read_bytes()).hexdigest())
    return 0


def stylizers() -> list:
    """Return the shipped stylizer packages."""
    from ssaglioma.packages import list_all_packages

    return [package for package in list_all_packages() if package.kind == "stylizer"]


def tumor_slice(case: str, value: str) -> np.ndarray:
    """Return the axial slice (Y, X, float32) of a sample case with the most tumor."""
    from ssaglioma.labels import GLIOMA
    from ssaglioma.volume import read_labelmap, read_volume, to_canonical

    folder = ROOT / "Resources" / "SampleCases" / case
    labels = to_canonical(read_labelmap(folder / f"{case}-seg.nii.gz", GLIOMA)).array
    index = int(np.argmax((labels != 0).sum(axis=(1, 2))))
    return to_canonical(read_volume(folder / f"{case}-{value}.nii.gz")).array[index].astype(np.float32)


def brain_contents() -> dict[str, np.ndarray]:
    """Return the slice of the sample case in each contrast, and the sum of all, as published slices show it."""
    from ssaglioma.labels import SEQUENCE_ORDER

    found = {one.value: tumor_slice(CASE, one.value) for one in SEQUENCE_ORDER}
    parts = [array / np.percentile(array[array > 0], 99.9) for array in found.values()]
    return {**found, COMPOSITE: np.sum(parts, axis=0, dtype=np.float32)}


def heart_content() -> np.ndarray:
    """Return the middle slice of the drawn heart in bSSFP."""
    from SSAStyleTransferLib.heart import heartVolume

    volume = heartVolume("bssfp").array
    return volume[len(volume) // 2]


def draw_style(package, style, contents: dict[str, np.ndarray]) -> None:
    """Draw one style: FLAIR where it is for that, else the first contrast that it is for."""
    from ssaglioma.labels import Sequence
    from ssaglioma.style.packaged import load_stylizer

    contrast = "t2f" if "t2f" in style.contrasts else style.contrasts[0]
    named = contrast not in (COMPOSITE, HEART)
    stylizer = load_stylizer(package, style=style.name, contrast=None if named else contrast)
    content = contents[contrast]
    made = stylizer.stylize({Sequence(contrast): content} if named else content)
    picture = made[Sequence(contrast)] if named else made
    write(picture, STYLES / f"{package.card.name}-{style.name}.png", weights_digest(package.card))


def weights_digest(card) -> str:
    """Return what changes when the weights of a package change."""
    return hashlib.sha256("".join(sorted(card.sha256.values())).encode()).hexdigest()


def write(array: np.ndarray, target: Path, made_from: str) -> None:
    """Write a picture (Y, X), cut to what it shows and made square, with what it was made from."""
    box = [np.flatnonzero((array != 0).any(axis=axis)) for axis in (1, 0)]
    cut = array[tuple(slice(max(0, line[0] - MARGIN), line[-1] + MARGIN + 1) for line in box)]
    edge = max(cut.shape)
    square = np.zeros((edge, edge), np.float32)
    top, left = ((edge - size) // 2 for size in cut.shape)
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    gray = np.clip(square / np.percentile(cut[cut > 0], 99.5), 0, 1) * 255
    size = EDGE[target.parent]
    note = PngImagePlugin.PngInfo()
    note.add_text(MADE_FROM, made_from)
    target.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(gray.astype(np.uint8)).resize((size, size), Image.Resampling.LANCZOS)
    picture.save(target, "PNG", optimize=True, pnginfo=note)
    print(f"{target.relative_to(ROOT)}, {target.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
