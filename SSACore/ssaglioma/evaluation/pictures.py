"""Pictures of a segmentation as a radiologist reads them: patient's left on the right, anterior up."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from ssaglioma.labels import LabelScheme
from ssaglioma.volume import Volume, to_canonical

_PALETTE = ((86, 180, 233), (240, 228, 66), (213, 94, 0), (204, 121, 167))
"""From Okabe and Ito (2008), safe for color-blind eyes."""
AGREED, MISSED, EXTRA = (0, 158, 115), (0, 114, 178), (230, 159, 0)

_WINDOW_PERCENTILES = (1.0, 99.5)
_PIXELS_PER_MM = 1.6
_MARGIN_MM = 8.0
_FONT_SIZE = 13
_LINE_COLOR, _LINE_EDGE = (255, 255, 255), (0, 0, 0)

Line = tuple[tuple[float, float], tuple[float, float]]

PLANES: Mapping[str, tuple[int, tuple[str, str, str, str]]] = {
    "axial": (0, ("R", "L", "A", "P")),
    "coronal": (1, ("R", "L", "S", "I")),
    "sagittal": (2, ("A", "P", "S", "I")),
}
"""Array axis that a plane is cut along, and the marks at its left, right, top and bottom."""
_AXIS_NAMES = {"axial": "z", "coronal": "y", "sagittal": "x"}


@dataclass(frozen=True)
class View:
    """One slice of a canonical volume.

    Attributes
    ----------
    plane : str
        'axial', 'coronal' or 'sagittal'.
    index : int
        Slice number along the plane's array axis of the canonical volume.
    """

    plane: str
    index: int


def label_colors(scheme: LabelScheme) -> dict[str, tuple[int, int, int]]:
    """Return the outline color (RGB, 0..255) of each label of a scheme, in the scheme's order."""
    return {name: _PALETTE[number % len(_PALETTE)] for number, name in enumerate(scheme.values)}


def window(volume: Volume) -> tuple[float, float]:
    """Return the grey values shown as black and white, from percentiles 1 and 99.5 of the non-zero voxels.

    Black lies at half of a positive percentile 1: where white matter is the darkest tissue of a brain (T2),
    it must not vanish in the background.
    """
    inside = volume.array[volume.array != 0]
    if not inside.size:
        return 0.0, 1.0
    low, high = np.percentile(inside, _WINDOW_PERCENTILES)
    low = low / 2 if low > 0 else low
    return float(low), float(max(high, low + 1e-6))


def best_index(mask: np.ndarray, axis: int) -> int:
    """Return the slice along an axis with the largest area of a mask, or the middle one if it is empty."""
    areas = mask.sum(axis=tuple(a for a in range(3) if a != axis))
    return int(areas.argmax()) if areas.any() else mask.shape[axis] // 2


def slice_position_mm(volume: Volume, view: View) -> float:
    """Return the patient coordinate of a slice's centre along its normal, in mm (superior, posterior or left)."""
    middle = [size / 2 for size in volume.shape[::-1]]
    axis = PLANES[view.plane][0]
    middle[2 - axis] = view.index
    return float((volume.affine_lps @ [*middle, 1.0])[2 - axis])


def position_text(volume: Volume, view: View) -> str:
    """Return a slice's patient coordinate (LPS) with its axis, as 'z +103 mm'.

    No side is named: a file's origin need not lie in the midline, and a slice of the right half may have a
    coordinate to the left of the origin.
    """
    return f"{_AXIS_NAMES[view.plane]} {round(slice_position_mm(volume, view)):+d} mm"


def draw_view(
    volume: Volume,
    view: View,
    outlines: list[tuple[np.ndarray, tuple[int, int, int]]],
    caption: str,
    box: tuple,
    *,
    lines: Sequence[Line] = (),
    renamed_marks: Mapping[str, str] = MappingProxyType({}),
) -> Image.Image:
    """Draw one slice of a volume with outlines of masks.

    Parameters
    ----------
    volume : Volume
        Canonical (see `volume.to_canonical`), any spacing.
    view : View
    outlines : list of (mask, color)
        Bool masks (Z, Y, X) on the volume's grid, drawn in order.
    caption : str
    box : tuple of 3 slices
        Part of the volume to show.
    lines : sequence of Line
        Straight lines, each as two points (row, column) in voxel indices of the slice.
    renamed_marks : mapping of str to str
        Other letters for the orientation marks, as 'D' for 'R' in French.

    Returns
    -------
    PIL.Image.Image
        RGB; the patient's left is on the right (axial, coronal), anterior on the left (sagittal).
    """
    axis, marks = PLANES[view.plane]
    shown = [box[a] for a in range(3) if a != axis]
    spacing = [volume.spacing_zyx_mm[a] for a in range(3) if a != axis]
    low, high = window(volume)
    grey = _cut(volume.array, view.index, axis, shown).astype(np.float32)
    size = tuple(max(1, round(n * s * _PIXELS_PER_MM)) for n, s in zip(grey.shape, spacing))
    grey8 = np.clip((grey - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    grey8[grey == 0] = 0
    picture = Image.fromarray(_upright(grey8, axis)).resize(size[::-1], Image.Resampling.BILINEAR).convert("RGB")
    pixels = np.array(picture)
    for mask, color in outlines:
        cut = _upright(_cut(mask, view.index, axis, shown).astype(np.uint8) * 255, axis)
        large = np.array(Image.fromarray(cut).resize(size[::-1], Image.Resampling.BILINEAR)) > 127
        pixels[large & ~ndimage.binary_erosion(large, iterations=1, border_value=0)] = color
    drawn = Image.fromarray(pixels)
    scale = [size_mm * _PIXELS_PER_MM for size_mm in spacing]
    for line in lines:
        ends = [[(place[a] - shown[a].start + 0.5) * scale[a] for a in (0, 1)] for place in line]
        upright = [(column, row if axis == 0 else drawn.height - row) for row, column in ends]
        for color, width in ((_LINE_EDGE, 4), (_LINE_COLOR, 2)):
            ImageDraw.Draw(drawn).line(upright, fill=color, width=width)
    return _annotated(drawn, tuple(renamed_marks.get(mark, mark) for mark in marks), caption)


def to_data_url(picture: Image.Image) -> str:
    """Return a picture as a PNG data URL."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def brain_box(volumes: list[Volume]) -> tuple[slice, ...]:
    """Return the box of all non-zero voxels of canonical volumes on one grid, with a margin of 8 mm."""
    mask = np.any([volume.array != 0 for volume in volumes], axis=0)
    box = []
    for axis, (size, spacing) in enumerate(zip(mask.shape, volumes[0].spacing_zyx_mm)):
        inside = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        margin = int(np.ceil(_MARGIN_MM / spacing))
        first, last = (int(inside[0]), int(inside[-1])) if inside.size else (0, size - 1)
        box.append(slice(max(0, first - margin), min(size, last + 1 + margin)))
    return tuple(box)


def canonical(volume: Volume) -> Volume:
    """Return the volume in the orientation that the pictures are cut from."""
    return to_canonical(volume)


def _cut(array: np.ndarray, index: int, axis: int, shown: list[slice]) -> np.ndarray:
    return np.take(array, index, axis=axis)[tuple(shown)]


def _upright(plane: np.ndarray, axis: int) -> np.ndarray:
    """Turn a canonical slice upright: rows of an axial slice run to posterior already, others run up."""
    return plane if axis == 0 else plane[::-1]


def _annotated(picture: Image.Image, marks: tuple[str, ...], caption: str) -> Image.Image:
    font = ImageFont.load_default(_FONT_SIZE)
    strip = _FONT_SIZE + 8
    width = max(picture.width, int(font.getlength(caption)) + 8)
    framed = Image.new("RGB", (width, picture.height + strip), "black")
    offset = (width - picture.width) // 2
    framed.paste(picture, (offset, 0))
    draw = ImageDraw.Draw(framed)
    left, right, top, bottom = marks
    middle_x, middle_y = width // 2, picture.height // 2
    places = (
        ((3, middle_y), left, "lm"),
        ((width - 3, middle_y), right, "rm"),
        ((middle_x, 2), top, "mt"),
        ((middle_x, picture.height - 3), bottom, "mb"),
    )
    for place, mark, anchor in places:
        draw.text(place, mark, fill="white", font=font, anchor=anchor, stroke_width=2, stroke_fill="black")
    draw.text((4, picture.height + 3), caption, fill=(200, 200, 200), font=font)
    return framed
