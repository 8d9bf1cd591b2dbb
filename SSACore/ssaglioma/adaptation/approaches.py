"""Ways of taking a network from one domain to another, as data that a trainer carries out.

The six of `PAPER_APPROACHES` are compared by Heras Rivera et al. 2024; the others are the natural
neighbours: the encoder frozen instead of the decoder, and adversarial training without any target label
(weight 1/100 and the rising schedule, as in the public code of DA-nnUNet). Heras Rivera et al. do not state how
the domains are sampled, nor the weight of the reversal: both domains give half of the patches here, and the weight
is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ssaglioma.adaptation.domain import DOMAIN_LOSS_WEIGHT
from ssaglioma.adaptation.schedules import SCHEDULES
from ssaglioma.errors import DatasetError

DOMAINS = ("source", "target", "both")
SOURCE_STAGE = "source"
"""Name of the stage that trains on the source alone; approaches share its run."""


@dataclass(frozen=True)
class DomainTask:
    """A domain classifier beside the segmentation.

    Attributes
    ----------
    reversal : bool
        Whether its gradient is reversed on the way to the network (DANN), or not.
    loss_weight : float
        Factor of its binary cross-entropy in the total loss.
    schedule : str
        Of the reversal's weight: 'constant' or 'ganin'.
    grl_weight : float
        The reversal's weight, or where 'ganin' rises to.

    Raises
    ------
    ValueError
        For an unknown schedule or a negative number.
    """

    reversal: bool = True
    loss_weight: float = DOMAIN_LOSS_WEIGHT
    schedule: str = "constant"
    grl_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES or self.loss_weight < 0 or self.grl_weight < 0:
            raise ValueError(f"The schedule must be one of {SCHEDULES} and weights 0 or more, found {self!r}")


@dataclass(frozen=True)
class Stage:
    """One run of training.

    Attributes
    ----------
    name : str
        Folder of the run.
    domain : str
        Cases that it sees: 'source', 'target' or 'both'.
    frozen : tuple of str
        Parts of the network that do not change: 'encoder' or 'decoder'.
    task : DomainTask or None
        Domain classifier beside the segmentation; needs both domains.
    target_labels : bool
        Whether the target's labels are used; if not, they are taken away before anything else.
    balanced : bool
        Whether both domains give the same number of patches; else each case the same.

    Raises
    ------
    ValueError
        If the values do not go together.
    """

    name: str
    domain: str
    frozen: tuple[str, ...] = ()
    task: DomainTask | None = None
    target_labels: bool = True
    balanced: bool = False

    def __post_init__(self) -> None:
        if self.domain not in DOMAINS:
            raise ValueError(f"domain must be one of {DOMAINS}, found {self.domain!r}")
        if self.domain != "both" and (self.task is not None or self.balanced):
            raise ValueError(f"A domain classifier and balance need both domains, found {self.domain!r}")
        if self.domain == "target" and not self.target_labels:
            raise ValueError("A stage on the target alone cannot do without its labels")


@dataclass(frozen=True)
class TransferApproach:
    """One row of the comparison.

    Attributes
    ----------
    name, title : str
        Key, and words for tables.
    stages : tuple of Stage
        Carried out in turn; each but the first starts from the weights of the one before.
    """

    name: str
    title: str
    stages: tuple[Stage, ...]


_SOURCE = Stage(SOURCE_STAGE, "source")

_PAPER = (
    TransferApproach("baseline", "Baseline (source only)", (_SOURCE,)),
    TransferApproach("combined", "Combined (source and target)", (Stage("combined", "both"),)),
    TransferApproach("fine_tuning", "Fine-tuning", (_SOURCE, Stage("fine_tuning", "target"))),
    TransferApproach(
        "fine_tuning_frozen_decoder",
        "Fine-tuning, decoder frozen",
        (_SOURCE, Stage("fine_tuning_frozen_decoder", "target", frozen=("decoder",))),
    ),
    TransferApproach("dann", "DANN", (Stage("dann", task=DomainTask(), domain="both", balanced=True),)),
    TransferApproach(
        "dann_without_reversal",
        "DANN without gradient reversal",
        (Stage("dann_without_reversal", task=DomainTask(reversal=False), domain="both", balanced=True),),
    ),
)
_MORE = (
    TransferApproach(
        "fine_tuning_frozen_encoder",
        "Fine-tuning, encoder frozen",
        (_SOURCE, Stage("fine_tuning_frozen_encoder", "target", frozen=("encoder",))),
    ),
    TransferApproach(
        "dann_unsupervised",
        "DANN without target labels",
        (
            Stage(
                "dann_unsupervised",
                "both",
                task=DomainTask(schedule="ganin", loss_weight=0.01),
                target_labels=False,
                balanced=True,
            ),
        ),
    ),
)

PAPER_APPROACHES: tuple[str, ...] = tuple(approach.name for approach in _PAPER)
APPROACHES: Mapping[str, TransferApproach] = MappingProxyType(
    {approach.name: approach for approach in (*_PAPER, *_MORE)}
)


def transfer_approach(name: str) -> TransferApproach:
    """Return an approach by name.

    Raises
    ------
    DatasetError
        If there is none of this name.
    """
    if name not in APPROACHES:
        raise DatasetError(f"The transfer approach {name!r} is not known", expected=f"one of {list(APPROACHES)}")
    return APPROACHES[name]
