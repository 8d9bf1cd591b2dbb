"""What a run tells of how good its result is likely to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ssaglioma.cli.running import Run
from ssaglioma.labels import label_scheme

if TYPE_CHECKING:
    from ssaglioma.evaluation.expected_dice import ExpectedDice


def expected_of(run: Run) -> dict[str, ExpectedDice]:
    """Return the Dice to expect of each region that was found; empty where the model's card does not tell."""
    if not run.card.expected_dice:
        return {}
    from ssaglioma.evaluation.expected_dice import dice_models, expected_dice

    scheme = label_scheme(run.card.labels)
    models = dice_models(run.card.expected_dice)
    return expected_dice(run.result.labelmap, scheme, run.result.probabilities, models)


def expected_text(expected: Mapping[str, ExpectedDice]) -> str:
    """Return the Dice to expect as one line for the terminal."""
    parts = [
        f"{region} {told.dice:.2f} ({told.low:.2f} to {told.high:.2f}){', probably poor' if told.doubtful else ''}"
        for region, told in expected.items()
    ]
    return "Dice to expect, told without a reference: " + "; ".join(parts)
