"""nnU-Net in slices and in volumes, by number of epochs, with and without Sub-Saharan cases (arXiv:2501.04734)."""

from __future__ import annotations

from types import MappingProxyType

from ssaglioma.experiments.design import AVERAGE, Experiment, Row, Score
from ssaglioma.experiments.glioma_design import (
    DICE,
    FLAT,
    HD95,
    SOLID,
    EpochTest,
    GliomaOpener,
    GliomaProtocol,
    GliomaRow,
)
from ssaglioma.labels import GLIOMA

EPOCHS = (2, 5, 10, 30, 300)
SMALL_EPOCHS = EPOCHS[:3]
_PRINTED = {
    ("3d", "source"): (0.78, 0.86, 0.83, 0.90, 0.95),
    ("3d", "both"): (0.78, 0.79, 0.84, 0.90, 0.93),
    ("2d", "source"): (0.85, 0.85, 0.88, 0.89, 0.91),
    ("2d", "both"): (0.84, 0.86, 0.88, 0.89, 0.93),
}
_DATA = {"source": ("baseline", "source"), "both": ("combined", "source and target")}


def row_name(dims: str, data: str, epochs: int) -> str:
    """Return the name of a row: '2d-both-10'."""
    return f"{dims}-{data}-{epochs}"


def _rows() -> tuple[tuple[Row, GliomaRow], ...]:
    made = []
    for (dims, data), printed in _PRINTED.items():
        for epochs, value in zip(EPOCHS, printed):
            plan = GliomaRow(_DATA[data][0], SOLID if dims == "3d" else FLAT, epochs)
            title = f"{dims.upper()}, {_DATA[data][1]}, {epochs} epochs"
            made.append((Row(row_name(dims, data, epochs), title, {DICE: {AVERAGE: value}}), plan))
    for epochs in EPOCHS:
        members = (row_name("2d", "both", epochs), row_name("3d", "both", epochs))
        title = f"2D and 3D, source and target, {epochs} epochs"
        note = "Mean of both networks' probabilities; planned in the work, not reported"
        made.append((Row(f"ensemble-both-{epochs}", title, {}, note), GliomaRow("combined", members=members)))
    return tuple(made)


def _epoch_test(dims: str, published_t: float, published_p: float) -> EpochTest:
    first, second = (tuple(row_name(dims, data, epochs) for epochs in EPOCHS) for data in ("source", "both"))
    return EpochTest(f"{dims.upper()}: source minus source and target", first, second, published_t, published_p)


_MADE = _rows()
NNUNET_2D_3D = Experiment(
    name="nnunet-2d-3d",
    title="nnU-Net in 2D and 3D by number of epochs",
    citation="arXiv:2501.04734, table of nnU-Net",
    classes=tuple(GLIOMA.regions),
    scores=(Score(DICE, "Dice"), Score(HD95, "95 % Hausdorff distance (mm)", False, 1)),
    rows=tuple(row for row, _ in _MADE),
    pairs=tuple(
        pair
        for epochs in EPOCHS
        for pair in (
            (row_name("2d", "both", epochs), row_name("3d", "both", epochs)),
            (row_name("2d", "both", epochs), row_name("2d", "source", epochs)),
            (f"ensemble-both-{epochs}", row_name("2d", "both", epochs)),
        )
    ),
    budgets=MappingProxyType(
        {
            "small": GliomaProtocol(
                network="small_2d",
                steps_per_epoch=40,
                steps_per_epoch_3d=8,
                optimizer="sgd",
                learning_rate=0.01,
                weight_decay=3e-5,
            ),
            "medium": GliomaProtocol(
                network="small_2d",
                steps_per_epoch=100,
                steps_per_epoch_3d=50,
                batch_size=32,
                optimizer="sgd",
                learning_rate=0.01,
                weight_decay=3e-5,
            ),
            "paper": GliomaProtocol(
                folds=5,
                network="nnunet_2d",
                network_3d="nnunet_3d",
                augmentation="nnunet",
                steps_per_epoch=250,
                steps_per_epoch_3d=250,
                batch_size=105,
                optimizer="sgd",
                learning_rate=0.01,
                weight_decay=3e-5,
            ),
        }
    ),
    open_study=GliomaOpener(
        MappingProxyType({row.name: plan for row, plan in _MADE}),
        epoch_tests=(_epoch_test("3d", 1.12, 0.33), _epoch_test("2d", -1.43, 0.22)),
    ),
    notes=(
        (
            "The work's figures are nnU-Net's pseudo-Dice on validation patches of its own cross-validation, "
            "most of them of "
            "the source; ours are Dice of whole target cases that were held out, so they are lower."
        ),
        "The steps of an epoch in 3D are chosen so that an epoch takes about as long as one in 2D.",
        "SGD at 0.01 falling by (1 - epoch / epochs) ** 0.9: the work's learning rates are that law's last values.",
    ),
    default_rows=MappingProxyType(
        {
            budget: (
                *(row_name(dims, data, epochs) for dims, data in _PRINTED for epochs in SMALL_EPOCHS),
                f"ensemble-both-{SMALL_EPOCHS[-1]}",
            )
            for budget in ("small", "medium")
        }
    ),
)
