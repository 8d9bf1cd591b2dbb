"""Everything that decides a training run, in one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass

from ssaglioma.errors import requirement
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.networks.configurations import CONFIGURATIONS
from ssaglioma.training.config_json import JsonConfig

OPTIMIZERS = ("adamw", "sgd", "adam")
LOSSES = ("dice_bce", "mse_bce", "mse_literal", "mse_softmax")
PRECISIONS = ("auto", "fp32", "bf16")
AUGMENTATIONS = ("nnunet", "quick", "strong", "none")
_require = requirement("Training option")


@dataclass(frozen=True)
class TrainingConfig(JsonConfig):
    """Configuration of one training run of a region network.

    Attributes
    ----------
    network : str
        Name in `networks.CONFIGURATIONS`.
    channels : tuple of str
        Sequence names in channel order.
    epochs : int
        Number of epochs; an epoch is a fixed number of batches, not a pass over the data.
    steps_per_epoch : int
        Batches in an epoch.
    batch_size : int
        Patches in a batch.
    optimizer : str
        'adamw' (fast on short runs, the default), 'sgd' (nnU-Net's: momentum 0.99, Nesterov) or
        'adam' (Ren et al. 2024: AMSGrad).
    learning_rate : float
        First learning rate; falls by (1 - epoch / epochs) ** decay_power.
    weight_decay : float
        As the optimizer takes it.
    warmup_steps : int
        Steps of linear rise at the start of the run.
    gradient_clip : float
        Largest global norm of the gradient (nnU-Net: 12).
    foreground_fraction : float
        Share of a batch that is forced to contain tumour (nnU-Net: 0.33).
    channel_dropout : float
        Probability that one or more channels of a patch are zeroed, so that a case with
        missing sequences can be segmented. One is always left, and T1Gd or FLAIR is among those left.
    precision : str
        'auto' takes bf16 where the processor computes in it, else fp32.
    decay_power : float
        0.9 as nnU-Net's; 0.75 in Heras Rivera et al. 2024.
    loss : str
        'dice_bce' (nnU-Net's region mode, the default), or squared error with a cross-entropy as in
        Ren et al. 2024, read in one of three ways: see `losses.SquaredErrorLoss`.
    augmentation : str
        'nnunet' (by MONAI's transforms), 'quick' (as much for less time), 'strong' (that, oftener, with
        coil fields and random networks), or 'none' (patches as they are; no channel is dropped either).
    spacing_mm : float or None
        Edge of the voxels that the network works on; None keeps the slices of a 2D network as they lie, 1 mm in the
        plane, and is 1 mm in 3D.
    slice_offsets_mm : tuple of float
        Slices that a 2D network is shown, as distances from the one it labels; the 0 is among them.
    average_decay : float
        Share of the running mean of the weights that is kept at each step, such as 0.999; the mean then becomes the
        model. 0 keeps none and takes the last weights.
    patience : int
        Epochs without a rise of the scores after which the training ends; 0 never ends it early.
    deterministic : bool
        Use reproducible algorithms alone (slower on a GPU).
    seed : int
        Seed of weights, patches and augmentation.
    """

    _KIND = "training configuration"

    network: str = "small_2d"
    channels: tuple[str, ...] = tuple(sequence.value for sequence in SEQUENCE_ORDER)
    epochs: int = 60
    steps_per_epoch: int = 100
    batch_size: int = 8
    optimizer: str = "adamw"
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    warmup_steps: int = 50
    gradient_clip: float = 12.0
    foreground_fraction: float = 0.5
    channel_dropout: float = 0.1
    precision: str = "auto"
    decay_power: float = 0.9
    loss: str = "dice_bce"
    augmentation: str = "nnunet"
    spacing_mm: float | None = None
    slice_offsets_mm: tuple[float, ...] = (0.0,)
    average_decay: float = 0.0
    patience: int = 0
    deterministic: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "slice_offsets_mm", tuple(float(value) for value in self.slice_offsets_mm))
        _require(self.network in CONFIGURATIONS, "network", self.network, f"one of {sorted(CONFIGURATIONS)}")
        _require(self.optimizer in OPTIMIZERS, "optimizer", self.optimizer, f"one of {OPTIMIZERS}")
        _require(self.precision in PRECISIONS, "precision", self.precision, f"one of {PRECISIONS}")
        _require(self.loss in LOSSES, "loss", self.loss, f"one of {LOSSES}")
        for name in ("epochs", "steps_per_epoch", "batch_size"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("foreground_fraction", "channel_dropout"):
            _require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "between 0 and 1")
        _require(self.decay_power >= 0, "decay_power", self.decay_power, "0 or more")
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "more than 0")
        _require(self.augmentation in AUGMENTATIONS, "augmentation", self.augmentation, f"one of {AUGMENTATIONS}")
        changed = self.augmentation != "none" or self.channel_dropout == 0
        _require(changed, "channel_dropout", self.channel_dropout, "0 where the augmentation is 'none'")
        in_range = self.spacing_mm is None or 0.2 <= self.spacing_mm <= 10
        _require(in_range, "spacing_mm", self.spacing_mm, "0.2 to 10")
        _require(0 <= self.average_decay < 1, "average_decay", self.average_decay, "0 or more, below 1")
        _require(self.patience >= 0, "patience", self.patience, "0 or more")
        self._check_offsets()

    @property
    def inputs(self) -> int:
        """Channels that the network takes: each sequence of each slice that it is shown."""
        return len(self.channels) * len(self.slice_offsets_mm)

    def _check_offsets(self) -> None:
        offsets, dims = self.slice_offsets_mm, CONFIGURATIONS[self.network].dims
        sound = offsets.count(0.0) == 1 and len(set(offsets)) == len(offsets) and list(offsets) == sorted(offsets)
        _require(sound, "slice_offsets_mm", offsets, "rising numbers with one 0 among them")
        _require(dims == 2 or offsets == (0.0,), "slice_offsets_mm", offsets, "(0,) for a 3D network")
        fits = offsets == (0.0,) or self.augmentation != "nnunet"
        _require(fits, "augmentation", self.augmentation, "'quick' or 'strong' where a network sees several slices")
