"""The anatomy guard's limits, its report in words that a clinician understands, and the hatching of what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.style.guard_measures import LesionChanges

_SLICE_AXES = ("axial", "through_plane")
_STRIPE_PX, _STRIPE_EVERY = 2, 10


@dataclass(frozen=True)
class GuardConfig:
    """Limits beyond which a stylisation is refused. Where a default was calibrated, the reason says on what.

    Attributes
    ----------
    edge_mm, lesion_edge_mm : float
        95th percentile of the displacement of tissue edges, and of edges within 2 mm of a label's border. Half a
        voxel of 1 mm: what a reader who outlines a lesion could not tell. Lesion borders are faint and wide: a gray
        curve alone, which moves nothing, was read as up to 0.5 mm on real FLAIR, hence the larger limit.
    lost_edges, lost_lesion_edges : float
        Largest share of edges that have no clear counterpart. A blur of 1.5 pixels loses 0.15 on real FLAIR.
    hidden_edges : float
        Largest share of edges that the stylised image's noise may hide.
    new_edges : float
        Largest share of the stylised image's strong edges where the content is flat.
    new_edge_mm : float
        Longest border where the content is flat: what a round lesion of 5 mm has.
    gradient_similarity : float
        Least structural similarity of gradient magnitudes. On real FLAIR noise of SNR 20 leaves 0.82 or more,
        of SNR 10 0.60 to 0.89, a blur of 2 pixels 0.46 to 0.59 (four slices).
    lesion_gradients : float
        Least correlation of gradients within 5 mm of a label's border (0.6: the usual choice for AdaConv's border
        errors).
    contrast_kept : float
        Least share of a lesion's contrast to its rim that must stay: at half, a border of contrast-to-noise 3, which
        the Rose criterion calls just visible, needs twice the area to be seen.
    least_contrast : float
        Lesions of less contrast-to-noise in the content are not asked to keep it: there is little to keep.
    least_lesion_mm3 : float
        Lesions smaller than this do not count as lost or new (50, as in the BraTS lesion-wise scores).
    brain_overlap, brain_offset_mm : float
        Least Dice of the two brains and largest distance of their centroids.
    outside_share : float
        Largest share of tissue outside the content's brain. The background must be exactly 0.
    refused_slices : float
        Largest share of slices of a volume that may fail on their own; those are hatched.
    placed_mm : float
        An edge counts as found if its place is known with this standard deviation or better: noise is then not read
        as displacement (1.96 of it stay below `edge_mm`).
    least_edges : int
        With fewer edges, displacement is not judged: a 95th percentile needs some.
    measured_slices : int
        Most slices of a volume that are measured, evenly spread over those with tissue; 0 for all. Tissue outside the
        brain is looked for in all of them.
    rim_mm : float
        Width of the rim around a lesion that its contrast is measured against.
    cut_out : bool
        Whether the image shows a brain cut out of its head, whose place and shape must stay; false for hearts, which
        are shown with their surroundings.
    slice_axis : str
        'axial' or 'through_plane', as the stylizer's.
    """

    edge_mm: float = 0.5
    lesion_edge_mm: float = 0.7
    lost_edges: float = 0.2
    lost_lesion_edges: float = 0.4
    hidden_edges: float = 0.8
    new_edges: float = 0.1
    new_edge_mm: float = 15.0
    gradient_similarity: float = 0.6
    lesion_gradients: float = 0.6
    contrast_kept: float = 0.5
    least_contrast: float = 0.5
    least_lesion_mm3: float = 50.0
    brain_overlap: float = 0.97
    brain_offset_mm: float = 1.0
    outside_share: float = 0.0
    refused_slices: float = 0.1
    placed_mm: float = 0.2
    least_edges: int = 40
    measured_slices: int = 24
    rim_mm: float = 5.0
    cut_out: bool = True
    slice_axis: str = "axial"

    def __post_init__(self) -> None:
        numbers = {name: value for name, value in asdict(self).items() if name != "slice_axis"}
        bad = {name: value for name, value in numbers.items() if not 0 <= value < float("inf")}
        if bad:
            raise DatasetError(f"The guard's limits hold {bad!r}", expected="numbers of 0 or more")
        if self.slice_axis not in _SLICE_AXES:
            raise DatasetError(f"The slice axis is {self.slice_axis!r}", expected=f"one of {_SLICE_AXES}")


@dataclass(frozen=True)
class EdgeMeasures:
    """Where the edges went.

    Attributes
    ----------
    count : int
        Edges of the content that were looked for.
    hidden : int
        Edges that were not, because noise as strong as the stylised image's would hide them in the content, too.
    p50_mm, p95_mm : float or None
        Percentiles of the displacement of those found; None if none was.
    noise_mm : float or None
        95th percentile that noise alone would give at the same edges: displacements below it mean nothing.
    lost_share : float or None
        Share without a clear counterpart within 3 mm.
    """

    count: int
    hidden: int
    p50_mm: float | None
    p95_mm: float | None
    noise_mm: float | None
    lost_share: float | None


@dataclass(frozen=True)
class GuardMeasures:
    """All figures of one image; None where nothing could be measured.

    Attributes
    ----------
    edges, lesion_edges : EdgeMeasures
        Of tissue, and near label borders (count 0 without labels).
    new_edges_share : float
        Share of the stylised image's strong edges where the content is flat.
    new_edge_mm : float
        Longest line that these form in one slice.
    gradient_similarity, lesion_gradients : float or None
    contrast_before, contrast_after : mapping of label to float
        Contrast-to-noise against the rim.
    outside_share, outside_mm2 : float
        Tissue outside the content's brain, as share of that brain and per slice.
    brain_overlap, brain_offset_mm : float or None
    new_parts : int
    lesions : mapping of region to LesionChanges
        By the segmenter; empty without one.
    """

    edges: EdgeMeasures
    lesion_edges: EdgeMeasures
    new_edges_share: float
    new_edge_mm: float
    gradient_similarity: float | None
    lesion_gradients: float | None
    contrast_before: Mapping[str, float]
    contrast_after: Mapping[str, float]
    outside_share: float
    outside_mm2: float
    brain_overlap: float | None
    brain_offset_mm: float | None
    new_parts: int
    lesions: Mapping[str, LesionChanges] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("contrast_before", "contrast_after", "lesions"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def contrast_kept(self) -> dict[str, float]:
        """Share of each label's contrast that stayed; an inverted one counts as kept."""
        before, after = self.contrast_before, self.contrast_after
        return {name: abs(after[name] / before[name]) for name in before if name in after and before[name]}

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {name: asdict(plain[name]) for name in ("edges", "lesion_edges")}
        plain |= {name: dict(plain[name]) for name in ("contrast_before", "contrast_after")}
        plain["lesions"] = {region: asdict(changes) for region, changes in self.lesions.items()}
        return {**plain, "contrast_kept": self.contrast_kept}


@dataclass(frozen=True)
class GuardReport:
    """What the guard found.

    Attributes
    ----------
    name : str
        What was examined: 'slice', 'volume', 'slice 77', 'FLAIR', 'case'.
    measures : GuardMeasures
        Pooled over all parts.
    reasons : tuple of str
        Why it is refused; empty if it passed.
    parts : tuple of GuardReport
        Slices of a volume, or contrasts of a case.
    """

    name: str
    measures: GuardMeasures
    reasons: tuple[str, ...] = ()
    parts: tuple[GuardReport, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the stylisation may be used."""
        return not self.reasons

    @property
    def verdict(self) -> str:
        """'passed' or 'refused'."""
        return "passed" if self.passed else "refused"

    def part(self, name: str) -> GuardReport:
        """Return the report of a part by its name, or raise `DatasetError`."""
        for one in self.parts:
            if one.name == name:
                return one
        raise DatasetError(f"The report has no part {name!r}", expected=f"one of {[one.name for one in self.parts]}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "measures": self.measures.to_json(),
            "parts": [one.to_json() for one in self.parts],
        }


def check_or_refuse(report: GuardReport, *, force: bool = False) -> GuardReport:
    """Return the report if it passed, or if `force` is set.

    Raises
    ------
    DatasetError
        If the stylisation failed, with the reasons and what can be done.
    """
    if report.passed or force:
        return report
    raise DatasetError(
        f"The stylised {report.name} is refused, because it changes the anatomy: {'; '.join(report.reasons)}",
        expected="edges, lesions and brain where they are in the original",
        remedy="Lower the strength, take the method 'histogram' or 'nyul', or force the result for teaching only",
    )


def hatched(picture: np.ndarray, report: GuardReport) -> np.ndarray:
    """Return the slice (Y, X) with diagonal stripes, light and dark, if its report is a refusal; else a copy.

    Raises
    ------
    DatasetError
        If the picture is no slice.
    """
    if np.ndim(picture) != 2:
        raise DatasetError(f"The picture has shape {np.shape(picture)!r}", expected="a slice (Y, X)")
    result = np.array(picture)
    if report.passed:
        return result
    y, x = np.indices(result.shape)
    stripe = (y + x) % _STRIPE_EVERY
    low, high = result.min(), result.max()
    # A dark line beside each light one: to be seen on bright and on dark tissue. A flat picture needs some contrast.
    result[stripe < _STRIPE_PX] = high if high > low else low + 1
    result[(stripe >= _STRIPE_PX) & (stripe < 2 * _STRIPE_PX)] = low
    return result
