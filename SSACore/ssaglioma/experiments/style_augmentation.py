"""Stylised copies as augmentation, with and without fine-tuning, method by method (arXiv:2501.04734)."""

from __future__ import annotations

from types import MappingProxyType

from ssaglioma.experiments.design import Experiment, Row, Score
from ssaglioma.experiments.glioma_design import (
    COPY_METHODS,
    DICE,
    HD95,
    NO_COPIES,
    GliomaOpener,
    GliomaProtocol,
    GliomaRow,
)
from ssaglioma.labels import GLIOMA

_TITLES = {
    "none": "no copies",
    "histogram": "histogram matching",
    "nyul": "landmarks of the histogram",
    "fourier": "Fourier",
    "gatys": "Gatys",
    "rain": "RAIN",
    "adaconv": "AdaConv",
    "adain": "AdaIN",
    "cyclegan": "CycleGAN",
    "simulator": "simulated scanner",
}
_SMALL = ("none", "histogram", "fourier", "rain", "adaconv", "cyclegan", "simulator")
_OFF, _ON = "off", "on"


def row_name(tuning: str, method: str) -> str:
    """Return the name of a row: 'on-histogram'."""
    return f"{tuning}-{method}"


def _rows() -> tuple[tuple[Row, GliomaRow], ...]:
    made = []
    for tuning, words, approach in ((_OFF, "source alone", "baseline"), (_ON, "fine-tuned", "fine_tuning")):
        for method in COPY_METHODS:
            row = Row(row_name(tuning, method), f"{words.capitalize()}, {_TITLES[method]}")
            made.append((row, GliomaRow(approach, copies=method)))
    return tuple(made)


_MADE = _rows()
STYLE_AUGMENTATION = Experiment(
    name="style-augmentation",
    title="Stylised copies as augmentation, with and without fine-tuning",
    citation="arXiv:2501.04734; the work shows one case and no figure, the ablation is ours",
    classes=tuple(GLIOMA.regions),
    scores=(Score(DICE, "Dice"), Score(HD95, "95 % Hausdorff distance (mm)", False, 1)),
    rows=tuple(row for row, _ in _MADE),
    pairs=(
        *(
            (row_name(tuning, method), row_name(tuning, NO_COPIES))
            for tuning in (_OFF, _ON)
            for method in COPY_METHODS
            if method != NO_COPIES
        ),
        (row_name(_ON, NO_COPIES), row_name(_OFF, NO_COPIES)),
    ),
    budgets=MappingProxyType(
        {
            "small": GliomaProtocol(network="small_2d"),
            "medium": GliomaProtocol(
                network="small_2d", epochs=60, fine_tuning_epochs=20, steps_per_epoch=100, batch_size=32
            ),
            "paper": GliomaProtocol(
                folds=5,
                network="nnunet_2d",
                augmentation="nnunet",
                epochs=300,
                fine_tuning_epochs=100,
                steps_per_epoch=250,
                batch_size=105,
                optimizer="sgd",
                learning_rate=0.01,
                fine_tuning_rate=0.001,
                weight_decay=3e-5,
                style_epochs=20,
                style_steps=200,
            ),
        }
    ),
    open_study=GliomaOpener(MappingProxyType({row.name: plan for row, plan in _MADE})),
    notes=(
        (
            "Fine-tuned rows begin with the network of the source alone; target cases then get the look of "
            "source cases, the "
            "direction of arXiv:2501.04734. Rows of the source alone give source cases the look of the target's "
            "training "
            "images, whose labels are not read."
        ),
        (
            "RAIN, AdaConv and AdaIN are trained anew for each fold, on training patients; their encoder has "
            "seen images of "
            "some of the cases, without labels. The simulator knows no style image."
        ),
        "Copies take their case's place in half of the patches; the number of steps is that of the row without copies.",
        "CycleGAN is a small one (2D, width 16, three residual blocks), trained for each fold on unpaired slices.",
    ),
    default_rows=MappingProxyType(
        {
            budget: tuple(row_name(tuning, method) for tuning in (_OFF, _ON) for method in _SMALL)
            for budget in ("small", "medium")
        }
    ),
)
