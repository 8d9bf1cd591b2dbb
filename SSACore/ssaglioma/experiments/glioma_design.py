"""What the experiments on glioma have in common: how a row is trained, and their hyper-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ssaglioma.adaptation.approaches import APPROACHES
from ssaglioma.experiments.design import Protocol, StudyContext, require
from ssaglioma.labels import GLIOMA
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.config import LOSSES, OPTIMIZERS

if TYPE_CHECKING:
    from ssaglioma.experiments.study import Study

NO_COPIES, SIMULATOR, CYCLEGAN, GATYS = "none", "simulator", "cyclegan", "gatys"
TRAINED_COPIES = ("rain", "adaconv", "adain")
"""Style methods whose network is trained anew for each fold, on its training patients."""
COPY_METHODS = (NO_COPIES, "histogram", "nyul", "fourier", GATYS, *TRAINED_COPIES, CYCLEGAN, SIMULATOR)
DICE, HD95 = "dice", "hd95_mm"
FLAT, SOLID = "first", "3d"
OWN, REN = "own", "ren"
PREPARATIONS = (OWN, REN)
_REN_PATCH = (192, 128)
"""(Y, X) of the networks that the published crop fits."""


@dataclass(frozen=True)
class GliomaRow:
    """How a row is trained.

    Attributes
    ----------
    approach : str
        Name in `adaptation.APPROACHES`.
    network : str
        `FLAT` or `SOLID` takes the protocol's 2D or 3D network.
    epochs : int
        0 takes the protocol's.
    copies : str
        One of `COPY_METHODS`: copies in another look that take their case's place in a share of the patches.
    without_excluded : bool
        Whether the excluded cases are left out of the training of this row.
    members : tuple of str
        Rows whose probabilities are averaged; such a row is not trained.
    """

    approach: str = "baseline"
    network: str = FLAT
    epochs: int = 0
    copies: str = NO_COPIES
    without_excluded: bool = False
    members: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether the protocol's one network learns from the cases as they are."""
        return self.copies == NO_COPIES and self.network == FLAT and not self.members

    def __post_init__(self) -> None:
        if self.network not in (FLAT, SOLID):
            raise ValueError(f"The row's network is {self.network!r}, expected {FLAT!r} or {SOLID!r}")
        if self.approach not in APPROACHES or self.copies not in COPY_METHODS or self.epochs < 0:
            raise ValueError(f"The row {self!r} names an unknown approach or copy, or a negative number")


@dataclass(frozen=True)
class GliomaProtocol(Protocol):
    """Hyper-parameters of the experiments on glioma.

    Attributes
    ----------
    network, network_3d : str
        Of most rows, and of rows that compare 3D with it.
    epochs, fine_tuning_epochs, steps_per_epoch, batch_size : int
    steps_per_epoch_3d, batch_size_3d : int
        Of 3D networks.
    optimizer, loss, augmentation : str
        As in `TrainingConfig`.
    learning_rate, fine_tuning_rate, decay_power, weight_decay : float
    domain_weight : float
        Of the domain classifier's loss.
    mirror : bool
        Whether predictions are averaged with those of the mirrored image.
    smallest_lesion_mm3 : float
        Components of a region below it are left out of predictions.
    copy_probability, copy_strength : float
        Share of patches cut from a copy, and the copies' strength.
    style_epochs, style_steps : int
        Of stylizers that are trained for a fold.
    scanner : str
        Preset of the simulator's copies.
    preparation : str
        'own' (ours: z-scores, three overlapping regions, tiles), or 'ren': the optimized U-Net's input, disjoint
        outputs and decisions as published, for cases on the grid of BraTS (`ren_pipeline`).
    """

    network: str = "optimized_unet_2d_nf8"
    network_3d: str = "small_3d"
    epochs: int = 12
    fine_tuning_epochs: int = 6
    steps_per_epoch: int = 25
    batch_size: int = 8
    steps_per_epoch_3d: int = 6
    batch_size_3d: int = 2
    optimizer: str = "adamw"
    loss: str = "dice_bce"
    augmentation: str = "quick"
    learning_rate: float = 1.5e-3
    fine_tuning_rate: float = 5e-4
    decay_power: float = 0.9
    weight_decay: float = 1e-2
    domain_weight: float = 0.02
    mirror: bool = False
    smallest_lesion_mm3: float = 50.0
    copy_probability: float = 0.5
    copy_strength: float = 1.0
    style_epochs: int = 3
    style_steps: int = 75
    scanner: str = "1.5T_ssa"
    preparation: str = OWN

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.optimizer in OPTIMIZERS, "optimizer", self.optimizer, f"one of {OPTIMIZERS}")
        require(self.loss in LOSSES, "loss", self.loss, f"one of {LOSSES}")
        for name in ("epochs", "fine_tuning_epochs", "steps_per_epoch", "batch_size", "style_epochs", "style_steps"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        for name in ("copy_probability", "copy_strength"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "0 to 1")
        require(self.preparation in PREPARATIONS, "preparation", self.preparation, f"one of {PREPARATIONS}")
        fits = self.preparation == OWN or CONFIGURATIONS[self.network].patch[-2:] == _REN_PATCH
        require(fits, "network", self.network, f"an optimized U-Net where the preparation is {self.preparation!r}")
        plain = self.preparation == OWN or (self.augmentation == "none" and not self.mirror)
        require(plain, "augmentation", self.augmentation, f"'none', unmirrored, where the preparation is {REN!r}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; the usual preparation is not named, so that earlier runs can be gone on with."""
        values = super().to_json()
        return values if self.preparation != OWN else {key: values[key] for key in values if key != "preparation"}


@dataclass(frozen=True)
class EpochTest:
    """A paired t-test over numbers of epochs, as arXiv:2501.04734 has it: two trainings at each of them.

    Attributes
    ----------
    title : str
    first, second : tuple of str
        Rows in the order of the epochs.
    published_t, published_p : float
    """

    title: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    published_t: float
    published_p: float


@dataclass(frozen=True)
class GliomaOpener:
    """Opens the study of an experiment: its rows and the classes that it scores.

    Attributes
    ----------
    rows : mapping of row name to GliomaRow
    classes : tuple of str
        Regions or labels of the glioma scheme.
    epoch_tests : tuple of EpochTest
    """

    rows: Mapping[str, GliomaRow]
    classes: tuple[str, ...] = field(default=tuple(GLIOMA.regions))
    epoch_tests: tuple[EpochTest, ...] = ()

    def __call__(self, context: StudyContext) -> Study:
        """Return the study; torch is imported here."""
        from ssaglioma.experiments.glioma_study import GliomaStudy

        return GliomaStudy(context, self)
