"""The model card: what a network expects, what it was trained on, how well it did, what it is for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ssaglioma.errors import ModelPackageError, requirement
from ssaglioma.labels import LABEL_SCHEMES, Sequence
from ssaglioma.packages.nnunet_plan import NnunetPlan

CARD_FORMAT = 1
SLICE_AXES = ("axial", "through_plane")
_require = requirement("The model card's", ModelPackageError)


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
        Name in `networks.CONFIGURATIONS`, or 'planned' with an `architecture`.
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
    smallest_lesions_mm3 : dict of str to float
        The same for single regions, where another size was chosen by cross-validation (scripts/sweep_thresholds.py).
    temperatures : dict of str to float
        What the logit of each region is divided by, so that probabilities are honest (`evaluation.calibration`); labels
        stay as they are. A region without one is not calibrated.
    expected_dice : dict
        Numbers of `evaluation.expected_dice`, which tells the Dice to expect without a reference, with its error on
        held-out cases; empty where none was fitted.
    lesion_confidence : dict
        Numbers of `evaluation.lesion_confidence`, which tells how likely a found lesion is real; empty where none was
        fitted.
    architecture : dict or None
        The network in numbers, where it is none of the named ones: see `networks.PlannedConfiguration`.
    slice_offsets_mm : tuple of float
        Slices that a 2D network is shown, as distances from the one that it labels; its input channels are the
        sequences of the first slice, then those of the next.
    plan : NnunetPlan or None
        How an imported network of nnU-Net wants to be run; None for our own.
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
    smallest_lesions_mm3: dict[str, float] = field(default_factory=dict)
    temperatures: dict[str, float] = field(default_factory=dict)
    expected_dice: dict[str, Any] = field(default_factory=dict)
    lesion_confidence: dict[str, Any] = field(default_factory=dict)
    format: int = CARD_FORMAT
    architecture: dict[str, Any] | None = None
    plan: NnunetPlan | None = None
    slice_offsets_mm: tuple[float, ...] = (0.0,)

    def __post_init__(self) -> None:
        if isinstance(self.plan, Mapping):
            object.__setattr__(self, "plan", NnunetPlan.from_json(self.plan))
        for name in ("channels", "regions", "spacing_zyx_mm", "patch", "slice_offsets_mm"):
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
        sized = all(name in self.regions and value >= 0 for name, value in self.smallest_lesions_mm3.items())
        _require(sized, "smallest_lesions_mm3", self.smallest_lesions_mm3, f"0 or more for some of {self.regions}")
        fits = all(name in self.regions and 0 < value < 1000 for name, value in self.temperatures.items())
        _require(fits, "temperatures", self.temperatures, f"a number above 0 for some of {self.regions}")
        _require(len(self.patch) in (2, 3), "patch", self.patch, "(Y, X) or (Z, Y, X)")
        offsets = self.slice_offsets_mm
        sound = offsets.count(0) == 1 and (len(self.patch) == 2 or len(offsets) == 1)
        _require(sound, "slice_offsets_mm", offsets, "numbers with one 0 among them, only that in 3D")
        if self.plan is not None:
            labels = set(LABEL_SCHEMES[self.labels].values)
            _require(set(self.plan.classes) <= labels, "plan.classes", self.plan.classes, f"among {sorted(labels)}")
            _require(
                len(self.plan.masked_norm) == len(self.channels),
                "plan.masked_norm",
                self.plan.masked_norm,
                f"{len(self.channels)} entries",
            )

    @property
    def inputs(self) -> int:
        """Channels that the network takes: the sequences of each slice that it is shown."""
        return len(self.channels) * len(self.slice_offsets_mm)

    @property
    def outputs(self) -> int:
        """Channels that the network gives: one for each region, or with a softmax for each class and the background."""
        return len(self.regions) if self.plan is None or not self.plan.classes else len(self.plan.classes) + 1

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """The input channels as sequences."""
        return tuple(Sequence.parse(channel) for channel in self.channels)

    def smallest_voxels(self, spacing_zyx_mm: Iterable[float]) -> dict[str, float]:
        """Return the size in voxels under which a piece of each region is left out, at a voxel size in mm."""
        voxel_mm3 = math.prod(spacing_zyx_mm)
        sizes = dict.fromkeys(self.regions, self.smallest_lesion_mm3) | self.smallest_lesions_mm3
        return {region: size / voxel_mm3 for region, size in sizes.items()}

    def cost_without(self, missing: Iterable[Sequence]) -> float | None:
        """Return the measured loss of mean Dice without these sequences; None where it was not measured."""
        names = {sequence.value for sequence in missing}
        return self.missing_cost.get("+".join(name for name in self.channels if name in names))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; what only imported networks have is left out of the others' cards."""
        return {
            key: value
            for key, value in asdict(self).items()
            if not (value is None and key in ("architecture", "plan"))
            and not (key == "slice_offsets_mm" and tuple(value) == (0.0,))
        }

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
