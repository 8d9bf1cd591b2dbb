"""The model card: what a network expects, what it was trained on, how well it did, what it is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import LABEL_SCHEMES, Sequence

CARD_FORMAT = 1
SLICE_AXES = ("axial", "through_plane")


@dataclass(frozen=True)
class ModelCard:
    """Contents of `card.json`.

    Attributes
    ----------
    name : str
        Short name, as given to `--model`.
    version : str
        Version of the weights.
    title : str
        One line for people.
    network : str
        Name in `networks.CONFIGURATIONS`.
    channels : tuple of str
        Sequences in the order of the input channels.
    labels : str
        Name of the label scheme.
    regions : tuple of str
        Region of each output channel (sigmoid).
    spacing_zyx_mm : tuple of float or None
        Voxel size that the network expects; None keeps an axis as it is.
    slice_axis : str
        'axial' or 'through_plane'; the axis along which a 2D network takes slices.
    patch : tuple of int
        Tile size in voxels, (Y, X) or (Z, Y, X).
    missing_channels : str
        'zero' if the network was trained to do without some channels, 'refuse' if not.
    smallest_lesion_mm3 : float
        Connected components of a region smaller than this are taken for noise and left out.
    training_data, licence, intended_use : str
        In words.
    scores : dict
        Scores on cases that the weights never saw, with how they were made.
    missing_cost : dict of str to float
        Loss of mean Dice without some sequences, measured on held-out cases: 't1n', or 't1n+t2w' for several in channel
        order.
    sha256 : dict of str to str
        Digest of every other file of the package.
    """

    name: str
    version: str
    title: str
    network: str
    channels: tuple[str, ...]
    labels: str
    regions: tuple[str, ...]
    spacing_zyx_mm: tuple[float | None, ...]
    slice_axis: str
    patch: tuple[int, ...]
    missing_channels: str
    training_data: str
    licence: str
    intended_use: str
    scores: dict[str, Any] = field(default_factory=dict)
    missing_cost: dict[str, float] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    smallest_lesion_mm3: float = 0.0
    format: int = CARD_FORMAT

    def __post_init__(self) -> None:
        for name in ("channels", "regions", "spacing_zyx_mm", "patch"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _require(self.format == CARD_FORMAT, "format", self.format, f"{CARD_FORMAT} (update SSAGlioma)")
        _require(
            bool(self.name) and self.name.replace("-", "").replace("_", "").isalnum(),
            "name",
            self.name,
            "a word",
        )
        _require(self.labels in LABEL_SCHEMES, "labels", self.labels, f"one of {sorted(LABEL_SCHEMES)}")
        _require(self.slice_axis in SLICE_AXES, "slice_axis", self.slice_axis, f"one of {SLICE_AXES}")
        _require(
            self.missing_channels in ("zero", "refuse"),
            "missing_channels",
            self.missing_channels,
            "zero or refuse",
        )
        _require(len(self.spacing_zyx_mm) == 3, "spacing_zyx_mm", self.spacing_zyx_mm, "three numbers or null")
        known = set(LABEL_SCHEMES[self.labels].regions)
        _require(
            set(self.regions) <= known and bool(self.regions),
            "regions",
            self.regions,
            f"among {sorted(known)}",
        )
        _require(self.smallest_lesion_mm3 >= 0, "smallest_lesion_mm3", self.smallest_lesion_mm3, "0 or more")
        _require(len(self.patch) in (2, 3), "patch", self.patch, "(Y, X) or (Z, Y, X)")

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """The input channels as sequences."""
        return tuple(Sequence.parse(channel) for channel in self.channels)

    def cost_without(self, missing: Iterable[Sequence]) -> float | None:
        """Return the measured loss of mean Dice without these sequences; None where it was not measured."""
        names = {sequence.value for sequence in missing}
        return self.missing_cost.get("+".join(name for name in self.channels if name in names))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any, source: str) -> ModelCard:
        """Build a card from parsed JSON.

        Raises
        ------
        ModelPackageError
            If keys are missing or unknown, or a value makes no sense; `source` names the file.
        """
        if not isinstance(values, dict):
            raise ModelPackageError(f"{source} does not hold a JSON object")
        unknown = sorted(set(values) - {item.name for item in fields(cls)})
        try:
            card = cls(**{key: value for key, value in values.items() if key not in unknown})
        except TypeError as error:
            raise ModelPackageError(f"{source} is not a whole model card: {error}") from error
        if unknown:
            raise ModelPackageError(f"{source} holds unknown keys {unknown!r}", remedy="Update SSAGlioma")
        return card


def _require(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise ModelPackageError(f"The model card's {name} is {value!r}", expected=expected)
