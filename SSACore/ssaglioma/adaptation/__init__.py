"""From one domain to another: adversarial training, freezing, balanced sampling, and learning from corrections.

Modules, losses and pure functions; the runs themselves are in `training` (`transfer`, `recipe_run`).
"""

from ssaglioma.adaptation.approaches import (
    APPROACHES,
    PAPER_APPROACHES,
    DomainTask,
    Stage,
    TransferApproach,
    transfer_approach,
)
from ssaglioma.adaptation.domain import DomainClassifier, LatentTap, domain_loss
from ssaglioma.adaptation.freezing import freeze, parameter_groups, train_mode
from ssaglioma.adaptation.reversal import reverse_gradient
from ssaglioma.adaptation.sampling import DomainRatio
from ssaglioma.adaptation.schedules import ganin_learning_rate, grl_weight

__all__ = [
    "APPROACHES",
    "PAPER_APPROACHES",
    "DomainClassifier",
    "DomainRatio",
    "DomainTask",
    "LatentTap",
    "Stage",
    "TransferApproach",
    "domain_loss",
    "freeze",
    "ganin_learning_rate",
    "grl_weight",
    "parameter_groups",
    "reverse_gradient",
    "train_mode",
    "transfer_approach",
]
