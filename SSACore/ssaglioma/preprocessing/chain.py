"""The recorded way of an image to the model's grid, and back: every step as numbers, each with its inverse.

A chain is data: it can be written as JSON, read again years later, and still bring a result back to the grid that the
image came from. Geometry is touched once, by one interpolation from the native grid to the working grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.bias import BiasField
from ssaglioma.preprocessing.grid import Grid, sampled
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.volume import Volume

CHAIN_FORMAT = 1
_LEAST_VALUE = 1e-3


@dataclass(frozen=True)
class Resampled:
    """The image was interpolated from its own grid onto another: turned, cropped and stretched in one.

    Attributes
    ----------
    source, target : Grid
    matrix_lps : tuple of 16 floats
        Row by row: the rigid way from points of the target to points of the source, in LPS mm.
    order : int
        Of the interpolation: 1 linear, 3 cubic.
    """

    source: Grid
    target: Grid
    matrix_lps: tuple[float, ...] = tuple(np.eye(4).ravel().tolist())
    order: int = 1
    kind: ClassVar[str] = "resampled"

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix_lps", tuple(float(value) for value in self.matrix_lps))
        if len(self.matrix_lps) != 16:
            raise GeometryError(f"The transform has {len(self.matrix_lps)} numbers", expected="16")
        self.transform  # noqa: B018 - checks that it is rigid

    @property
    def transform(self) -> RigidTransform:
        """From points of the target to points of the source."""
        return RigidTransform(np.array(self.matrix_lps).reshape(4, 4))

    def forward(self, volume: Volume) -> Volume:
        """Return the image on the target grid, float32, 0 where it does not reach."""
        _check_grid(volume, self.source)
        return sampled(volume, self.target, self.transform, order=self.order)

    def back(self, volume: Volume, order: int = 1) -> Volume:
        """Return something on the target grid (labels: order 0; images, probabilities: order 1) on the source grid."""
        _check_grid(volume, self.target)
        return sampled(volume, self.source, self.transform.inverse(), order=order)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Resampled:
        """Build from plain JSON values."""
        grids = {name: Grid.from_json(values[name]) for name in ("source", "target")}
        return cls(**{**values, **grids})


@dataclass(frozen=True)
class BiasDivided:
    """The image was divided by the smooth sensitivity of the coil.

    Attributes
    ----------
    field : BiasField
    """

    field: BiasField
    kind: ClassVar[str] = "bias_divided"

    def forward(self, volume: Volume) -> Volume:
        """Return the image without the field, float32."""
        return volume.with_array((volume.array / self.field.values()).astype(np.float32))

    def back(self, volume: Volume, order: int = 1) -> Volume:
        """Return the image with the field again (order 1); labels (order 0) stay as they are."""
        return volume if order == 0 else volume.with_array((volume.array * self.field.values()).astype(np.float32))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> BiasDivided:
        """Build from plain JSON values."""
        return cls(BiasField(**values["field"]))


@dataclass(frozen=True)
class Scaled:
    """The image was multiplied by a number, so that brains have the brightness that models are used to.

    Attributes
    ----------
    factor : float
        Above 0.
    """

    factor: float
    kind: ClassVar[str] = "scaled"

    def __post_init__(self) -> None:
        if not 0 < self.factor < float("inf"):
            raise DatasetError(f"The image would be multiplied by {self.factor!r}", expected="a number above 0")

    def forward(self, volume: Volume) -> Volume:
        """Return the scaled image, float32."""
        return volume.with_array((volume.array * np.float32(self.factor)).astype(np.float32))

    def back(self, volume: Volume, order: int = 1) -> Volume:
        """Return the image at its own scale (order 1); labels (order 0) stay as they are."""
        return volume if order == 0 else volume.with_array((volume.array / np.float32(self.factor)).astype(np.float32))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Scaled:
        """Build from plain JSON values."""
        return cls(**values)


Step = Resampled | BiasDivided | Scaled
_STEPS: Mapping[str, Any] = {step.kind: step for step in (Resampled, BiasDivided, Scaled)}


@dataclass(frozen=True)
class Chain:
    """All steps from a native image to the model's grid, in order; setting the background to 0 is not among them.

    Attributes
    ----------
    steps : tuple of Step
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        grids = [step for step in self.steps if isinstance(step, Resampled)]
        if any(first.target != second.source for first, second in pairwise(grids)):
            raise GeometryError("The steps do not follow each other", expected="each to begin on the grid of the last")

    def forward(self, volume: Volume) -> Volume:
        """Return a native image on the model's grid."""
        for step in self.steps:
            volume = step.forward(volume)
        return volume

    def back(self, volume: Volume, *, order: int = 1) -> Volume:
        """Return an image of the model's grid as it was, on the native grid (where the crop reached it)."""
        for step in reversed(self.steps):
            volume = step.back(volume, order)
        return volume

    @property
    def space(self) -> RigidTransform:
        """The rigid way from points of the model's grid to points of the native image, in LPS mm."""
        whole = RigidTransform(np.eye(4))
        for step in reversed(self.steps):
            if isinstance(step, Resampled):
                whole = step.transform.after(whole)
        return whole

    def labels_back(self, volume: Volume) -> Volume:
        """Return labels of the model's grid on the native grid, nearest neighbour, type kept."""
        return self.back(volume, order=0)

    def probability_back(self, volume: Volume) -> Volume:
        """Return a probability of the model's grid on the native grid, linear, as it is at the voxels' centres.

        Its values are no intensities: they are neither scaled nor smoothed over thick slices.
        """
        for step in reversed(self.steps):
            if isinstance(step, Resampled):
                volume = sampled(volume, step.source, step.transform.inverse(), smooth=False)
        return volume.with_array(np.clip(volume.array, 0, 1))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"format": CHAIN_FORMAT, "steps": [{"step": step.kind, **asdict(step)} for step in self.steps]}

    @classmethod
    def from_json(cls, values: Any, source: str = "the record") -> Chain:
        """Build a chain from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If it is no record of a chain, or of a newer kind.
        """
        try:
            if values["format"] != CHAIN_FORMAT:
                raise ValueError(f"it has format {values['format']!r}")
            steps = [dict(item) for item in values["steps"]]
            return cls(tuple(_STEPS[step.pop("step")].from_json(step) for step in steps))
        except (KeyError, TypeError, ValueError, AttributeError, GeometryError) as error:
            raise DatasetError(
                f"{source} does not tell how the images were prepared ({error})",
                expected=f"a record of format {CHAIN_FORMAT}",
                remedy="Run 'ssaglioma prepare' again",
            ) from error


def brightness_factor(values: np.ndarray, level: float = 1000.0, percentile: float = 99.9) -> float:
    """Return the factor that brings a brain's (N,) bright end to a level, as in the cases that models learnt from."""
    bright = float(np.percentile(values, percentile)) if values.size else 0.0
    return level / max(bright, _LEAST_VALUE)


def stripped(volume: Volume, mask: np.ndarray) -> Volume:
    """Return an image with a background of exactly 0 and a brain that is nowhere 0 (values are held above it)."""
    array = np.where(mask, np.maximum(volume.array, np.float32(_LEAST_VALUE)), np.float32(0)).astype(np.float32)
    return volume.with_array(array)


def _check_grid(volume: Volume, grid: Grid) -> None:
    if not Grid.of(volume) == grid and not volume.same_grid(grid.volume(np.broadcast_to(np.uint8(0), grid.shape))):
        raise GeometryError(
            f"The image ({volume.geometry_text()}) does not lie where this step begins",
            expected=grid.volume(np.broadcast_to(np.uint8(0), grid.shape)).geometry_text(),
        )
