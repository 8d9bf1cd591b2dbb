"""What Sub-Saharan cases in the training change, and what leaving outliers out changes (arXiv:2501.04734)."""

from __future__ import annotations

from types import MappingProxyType

from ssaglioma.experiments.design import AVERAGE, Experiment, Row, Score
from ssaglioma.experiments.glioma_design import DICE, HD95, EpochTest, GliomaOpener, GliomaProtocol, GliomaRow
from ssaglioma.labels import GLIOMA

EPOCHS = (2, 5, 10, 30)
_PRINTED = {
    "source": (0.791, 0.8487, 0.8633, 0.8969),
    "both": (0.7707, 0.8459, 0.8646, 0.8816),
    "without_outliers": (0.7956, 0.8316, 0.8662, 0.8858),
}
_TITLES = {
    "source": "source",
    "both": "source and target",
    "without_outliers": "source and target without outliers",
}


def _plan(data: str, epochs: int) -> GliomaRow:
    approach = "baseline" if data == "source" else "combined"
    return GliomaRow(approach, epochs=epochs, without_excluded=data == "without_outliers")


def row_name(data: str, epochs: int) -> str:
    """Return the name of a row: 'both-10'."""
    return f"{data}-{epochs}"


def _names(data: str) -> tuple[str, ...]:
    return tuple(row_name(data, epochs) for epochs in EPOCHS)


_ROWS = {
    row_name(data, epochs): (f"{_TITLES[data].capitalize()}, {epochs} epochs", value, _plan(data, epochs))
    for data, printed in _PRINTED.items()
    for epochs, value in zip(EPOCHS, printed)
}
DOMAIN_SHIFT = Experiment(
    name="domain-shift",
    title="Cases of another domain, and outliers among them, in the training",
    citation="arXiv:2501.04734, optimized U-Net at four numbers of epochs",
    classes=tuple(GLIOMA.regions),
    scores=(Score(DICE, "Dice"), Score(HD95, "95 % Hausdorff distance (mm)", False, 1)),
    rows=tuple(Row(name, title, {DICE: {AVERAGE: value}}) for name, (title, value, _) in _ROWS.items()),
    pairs=tuple(
        pair
        for epochs in EPOCHS
        for pair in (
            (row_name("both", epochs), row_name("source", epochs)),
            (row_name("without_outliers", epochs), row_name("both", epochs)),
        )
    ),
    budgets=MappingProxyType(
        {
            "small": GliomaProtocol(steps_per_epoch=20),
            "medium": GliomaProtocol(network="optimized_unet_2d", steps_per_epoch=60, batch_size=16),
            "paper": GliomaProtocol(
                folds=5,
                network="futrega_3d",
                augmentation="nnunet",
                steps_per_epoch_3d=500,
                optimizer="adam",
                learning_rate=3e-4,
                weight_decay=1e-4,
            ),
        }
    ),
    open_study=GliomaOpener(
        MappingProxyType({name: plan for name, (_, _, plan) in _ROWS.items()}),
        epoch_tests=(
            EpochTest("Source minus source and target", _names("source"), _names("both"), 1.82, 0.17),
            EpochTest(
                "Source and target minus the same without outliers",
                _names("both"),
                _names("without_outliers"),
                -0.51,
                0.65,
            ),
        ),
    ),
    notes=(
        "The work's figures are of its own cross-validation; ours are Dice of whole target cases that were held out.",
        "Outliers (--exclude) are left out of the training of their rows; they are tested like all others.",
        "The small and medium budgets take a thin 2D network of Ren et al. instead of the wide 3D one of the work.",
    ),
)
