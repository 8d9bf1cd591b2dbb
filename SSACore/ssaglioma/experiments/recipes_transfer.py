"""Recipes that take a model from one hospital's scans to another's: freezing, both together, adversarial, corrections.

Frozen decoder, combined, DANN and DANN without reversal are approaches that Heras Rivera et al. 2024 compare; the
frozen encoder is the natural neighbour of the first. Nothing here imports torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssaglioma.training.recipes import NETWORK_OPTION, Recipe, RecipeOption, common_options, register
from ssaglioma.types import ProgressCallback

if TYPE_CHECKING:
    from ssaglioma.training.recipe_context import RunContext, TrainedRun

_GENTLE_RATE, _FRESH_RATE = 3e-4, 1.5e-3
_DOMAIN_WEIGHT = RecipeOption(
    "domain_weight",
    0.02,
    "Domain weight",
    "Weight of the task that tells the two hospitals apart; 0 leaves it without effect on the network.",
    least=0.0,
)
_SCHEDULE = RecipeOption(
    "schedule",
    "constant",
    "Reversal",
    "Whether the reversed gradient has its full weight from the start (constant) or grows during the run (ganin).",
    ("constant", "ganin"),
)


def _frozen_decoder(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.training.recipe_training import fine_tune

    return fine_tune(context, progress, frozen=("decoder",))


def _frozen_encoder(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.training.recipe_training import fine_tune

    return fine_tune(context, progress, frozen=("encoder",))


def _combined(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.experiments.transfer_training import train_by_approach

    return train_by_approach("combined", context, progress)


def _dann(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.experiments.transfer_training import train_by_approach

    return train_by_approach("dann", context, progress)


def _dann_without_reversal(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.experiments.transfer_training import train_by_approach

    return train_by_approach("dann_without_reversal", context, progress)


def _corrections(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.experiments.transfer_training import learn_from_corrections

    return learn_from_corrections(context, progress)


register(
    Recipe(
        name="frozen_decoder",
        title="Fine-tune, decoder frozen",
        sentence="Fine-tune only the part of a model that reads images; for other scanners, same kind of tumor.",
        needed=("target", "model"),
        optional=("source",),
        held_out_from="target",
        options=common_options(20, _GENTLE_RATE),
        train=_frozen_decoder,
    )
)
register(
    Recipe(
        name="frozen_encoder",
        title="Fine-tune, encoder frozen",
        sentence="Fine-tune only the part of a model that draws outlines; for other rules of drawing, same scanner.",
        needed=("target", "model"),
        optional=("source",),
        held_out_from="target",
        options=common_options(20, _GENTLE_RATE),
        train=_frozen_encoder,
    )
)
register(
    Recipe(
        name="combined",
        title="Combined",
        sentence="Train a new network on labelled cases of two hospitals together, each case counting the same.",
        needed=("source", "target"),
        optional=("model",),
        held_out_from="target",
        options=(NETWORK_OPTION, *common_options(60, _FRESH_RATE)),
        train=_combined,
    )
)
register(
    Recipe(
        name="dann",
        title="DANN",
        sentence="Train on two hospitals so that the network cannot tell their scans apart; both count the same.",
        needed=("source", "target"),
        optional=("model",),
        held_out_from="target",
        options=(NETWORK_OPTION, *common_options(60, _FRESH_RATE), _DOMAIN_WEIGHT, _SCHEDULE),
        train=_dann,
    )
)
register(
    Recipe(
        name="dann_without_reversal",
        title="DANN without reversal",
        sentence="Train on two hospitals with telling them apart as a second task: what DANN's reversal is judged by.",
        needed=("source", "target"),
        optional=("model",),
        held_out_from="target",
        options=(NETWORK_OPTION, *common_options(60, _FRESH_RATE), _DOMAIN_WEIGHT),
        train=_dann_without_reversal,
    )
)
register(
    Recipe(
        name="corrections",
        title="Learn from corrections",
        sentence="Let a model learn from outlines that were corrected, with earlier cases shown again beside them.",
        needed=("source", "corrections", "model"),
        optional=(),
        held_out_from="source",
        options=common_options(10, _GENTLE_RATE, steps=20),
        train=_corrections,
    )
)
