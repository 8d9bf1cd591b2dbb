"""Six ways of taking a network from adult glioma to another hospital (Heras Rivera et al. 2024, table 2)."""

from __future__ import annotations

from types import MappingProxyType

from ssaglioma.adaptation.approaches import APPROACHES, PAPER_APPROACHES
from ssaglioma.experiments.design import AVERAGE, Experiment, Row, Score
from ssaglioma.experiments.glioma_design import DICE, HD95, REN, GliomaOpener, GliomaProtocol, GliomaRow

CLASSES = ("NCR", "ED", "ET")
_PRINTED = {
    "baseline": ((0.519, 0.726, 0.701, 0.649), (17.019, 15.791, 13.672, 15.494)),
    "combined": ((0.836, 0.899, 0.879, 0.871), (3.135, 2.606, 3.393, 3.045)),
    "fine_tuning": ((0.829, 0.896, 0.879, 0.867), (3.851, 3.454, 4.257, 3.854)),
    "fine_tuning_frozen_decoder": ((0.792, 0.881, 0.860, 0.845), (4.483, 3.931, 6.886, 5.100)),
    "dann": ((0.847, 0.897, 0.893, 0.879), (3.076, 3.828, 3.219, 3.374)),
    "dann_without_reversal": ((0.842, 0.902, 0.892, 0.878), (4.951, 2.345, 4.421, 3.906)),
}
_NAMES = (*PAPER_APPROACHES, "dann_unsupervised")


def _row(name: str) -> Row:
    groups = (*CLASSES, AVERAGE)
    printed = _PRINTED.get(name)
    published = {} if printed is None else {DICE: dict(zip(groups, printed[0])), HD95: dict(zip(groups, printed[1]))}
    note = "" if printed else "Not in the work: no target label is used, as in DA-nnUNet"
    return Row(name, APPROACHES[name].title, published, note)


TRANSFER_METHODS = Experiment(
    name="transfer-methods",
    title="From one hospital to another: six approaches and DANN without target labels",
    citation="Heras Rivera et al. 2024, table 2",
    classes=CLASSES,
    scores=(Score(DICE, "Dice"), Score(HD95, "95 % Hausdorff distance (mm)", False, 1)),
    rows=tuple(_row(name) for name in _NAMES),
    pairs=(
        *((name, "baseline") for name in _NAMES if name != "baseline"),
        ("dann", "combined"),
        ("dann_without_reversal", "combined"),
        ("dann", "dann_without_reversal"),
    ),
    budgets=MappingProxyType(
        {
            "small": GliomaProtocol(epochs=20, fine_tuning_epochs=10),
            "medium": GliomaProtocol(
                network="optimized_unet_2d", epochs=60, fine_tuning_epochs=20, steps_per_epoch=100, batch_size=16
            ),
            "paper": GliomaProtocol(
                folds=10,
                network="optimized_unet_3d",
                preparation=REN,
                augmentation="none",
                epochs=100,
                fine_tuning_epochs=100,
                steps_per_epoch_3d=1200,
                batch_size_3d=1,
                optimizer="adam",
                loss="mse_bce",
                learning_rate=6e-5,
                fine_tuning_rate=6e-5,
                decay_power=0.75,
                weight_decay=0.0,
            ),
        }
    ),
    open_study=GliomaOpener(MappingProxyType({name: GliomaRow(name) for name in _NAMES}), CLASSES),
    notes=(
        (
            "Dice and HD95 of the disjoint labels, HD95 by border voxels in each direction, the larger one "
            "(MONAI's). A label "
            "that only one side has counts with Dice 0 and 374 mm; one that both lack with 1 and 0; the work "
            "does not say."
        ),
        (
            "At the budgets small and medium networks learn WT, TC and ET, and the labels are painted from them. At "
            "paper all is as in Ren et al. 2024, whose network the work takes: intensities 0 to 1, a crop of "
            "128 x 192 x 128 at once, NCR, ED and ET as outputs, no augmentation, a threshold of 0.5, no dust of under "
            "50 voxels. The crop is for the grid of BraTS; cases on others are refused."
        ),
        "Both domains give half of the patches to DANN; combined training takes each case as often as the others.",
        (
            "The work's budget has 10 folds of 95 cases; its test says DANN against combined p = 0.0506 in Dice, "
            "and its "
            "average HD95 is better for combined training."
        ),
    ),
)
