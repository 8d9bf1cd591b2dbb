"""The cardiac study as data: RAIN and AdaConv for segmenting late enhancement from balanced SSFP (Rahman & Gu)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ssaglioma.experiments.design import AVERAGE, Experiment, Protocol, Row, Score, StudyContext, require
from ssaglioma.labels import CARDIAC_LGE

if TYPE_CHECKING:
    from ssaglioma.experiments.study import Study

STAND_IN, TARGET = "stand_in", "target"
"""What a row's stylizer has learned as style: T2 of brains in place of hearts (setting 1), or the target (2 and 3)."""
DICE, HAUSDORFF = "dice", "hd_voxel"


@dataclass(frozen=True)
class CardiacRow:
    """How a row is trained.

    Attributes
    ----------
    method : str or None
        'rain', 'adaconv', or None for slices as they are (setting 0).
    stylizer : str
        `STAND_IN` or `TARGET`.
    pairing : str
        'random' or 'same_patient' (setting 3).
    iterations : int
        K of the search for harder styles.
    """

    method: str | None = None
    stylizer: str = TARGET
    pairing: str = "random"
    iterations: int = 1


SETTINGS: Mapping[str, CardiacRow] = MappingProxyType(
    {
        "0": CardiacRow(),
        "1-adaconv": CardiacRow("adaconv", STAND_IN),
        "1-rain": CardiacRow("rain", STAND_IN, iterations=5),
        "2-adaconv": CardiacRow("adaconv"),
        "2-rain": CardiacRow("rain", iterations=5),
        "3-adaconv": CardiacRow("adaconv", pairing="same_patient"),
        "3-rain": CardiacRow("rain", pairing="same_patient", iterations=5),
        "1-rain-k1": CardiacRow("rain", STAND_IN, iterations=1),
        "1-rain-k3": CardiacRow("rain", STAND_IN, iterations=3),
    }
)
_PRINTED: Mapping[str, tuple[str, tuple[float, ...], tuple[float, ...]]] = MappingProxyType(
    {
        "0": ("Setting 0: no style", (0.159, 0.295, 0.132, 0.195), (82.519, 74.884, 74.243, 77.215)),
        "1-adaconv": ("Setting 1, AdaConv", (0.469, 0.601, 0.576, 0.549), (138.668, 122.387, 89.616, 116.890)),
        "1-rain": ("Setting 1, RAIN, K = 5", (0.573, 0.846, 0.714, 0.711), (6.499, 9.927, 10.469, 8.965)),
        "2-adaconv": ("Setting 2, AdaConv", (0.536, 0.777, 0.733, 0.682), (105.094, 105.788, 110.827, 107.236)),
        "2-rain": ("Setting 2, RAIN, K = 5", (0.564, 0.838, 0.699, 0.700), (11.255, 40.275, 9.668, 20.399)),
        "3-adaconv": ("Setting 3, AdaConv", (0.586, 0.789, 0.740, 0.705), (126.616, 129.443, 45.656, 100.572)),
        "3-rain": ("Setting 3, RAIN, K = 5", (0.594, 0.825, 0.758, 0.726), (6.747, 12.612, 12.636, 10.665)),
        "1-rain-k1": ("Setting 1, RAIN, K = 1", (0.376, 0.701, 0.568, 0.548), (30.465, 61.962, 40.112, 44.18)),
        "1-rain-k3": ("Setting 1, RAIN, K = 3", (0.489, 0.771, 0.609, 0.623), (27.394, 49.28, 28.171, 34.948)),
    }
)


@dataclass(frozen=True)
class CardiacProtocol(Protocol):
    """Hyper-parameters of the cardiac study.

    Attributes
    ----------
    network : str
        Of the segmenter; its patch is the square that slices are cut to.
    pixel_mm : float
        In the plane of the slices (published 1 mm).
    source_pixels : str
        'header', or 'as_target': the source's pixels are taken to be as large as the target's of the same patient.
        For copies of the data whose bSSFP stacks were cut to the hearts' size while their headers were kept.
    epochs, steps_per_epoch, batch_size : int
        Of the segmenter; the same number of steps for every row, whatever K. With styles each step sees each slice
        twice, stylised and as it is.
    learning_rate : float
    optimizer : str
        As in `TrainingConfig`.
    step, consistency : float
        Of the search for styles, see `StyleMining`.
    encoder : str
        Package of the stylizers' encoder.
    stand_in : str
        Contrast of the shipped sample cases whose slices stand in for T2 of hearts in setting 1.
    style_epochs, style_steps, style_crop : int
        Training of the stylizers, of each fold.
    keep_detail : bool
        Whether stylizers add the change of style to the slice (ours), or show their decoder's picture (published).
    """

    network: str = "dru_net_2d_96"
    pixel_mm: float = 1.5
    source_pixels: str = "as_target"
    epochs: int = 10
    steps_per_epoch: int = 40
    batch_size: int = 4
    learning_rate: float = 2e-3
    optimizer: str = "adamw"
    step: float = 20.0
    consistency: float = 2e-3
    encoder: str = "mri-encoder"
    stand_in: str = "t2w"
    style_epochs: int = 4
    style_steps: int = 75
    style_crop: int = 96
    keep_detail: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.source_pixels in ("header", "as_target"), "source_pixels", self.source_pixels, "header, as_target")
        for name in ("epochs", "steps_per_epoch", "batch_size", "style_epochs", "style_steps"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require(self.pixel_mm > 0, "pixel_mm", self.pixel_mm, "more than 0")


def _rows() -> tuple[Row, ...]:
    names = (*CARDIAC_LGE.values, AVERAGE)
    return tuple(
        Row(name, title, {DICE: dict(zip(names, dice)), HAUSDORFF: dict(zip(names, distance))})
        for name, (title, dice, distance) in _PRINTED.items()
    )


def _study(context: StudyContext) -> Study:
    from ssaglioma.experiments.cardiac_study import CardiacStudy

    return CardiacStudy(context)


CARDIAC = Experiment(
    name="cardiac-lge",
    title="Late enhancement from balanced SSFP: RAIN and AdaConv",
    citation="Rahman & Gu, RAIN and AdaConv for late-enhancement MRI, tables 2 and 3, figures 7 and 8",
    classes=tuple(CARDIAC_LGE.values),
    scores=(
        Score(DICE, "Dice"),
        Score(HAUSDORFF, "Hausdorff distance (voxels of 1 mm, slices 1 apart)", False, 1),
        Score("hd95_mm", "95 % Hausdorff distance (mm)", False, 1),
    ),
    rows=_rows(),
    pairs=(
        ("1-rain", "0"),
        ("2-rain", "0"),
        ("3-rain", "0"),
        ("1-rain", "1-adaconv"),
        ("2-rain", "2-adaconv"),
        ("3-rain", "3-adaconv"),
        ("1-rain", "1-rain-k1"),
        ("1-rain-k3", "1-rain-k1"),
    ),
    budgets=MappingProxyType(
        {
            "small": CardiacProtocol(),
            "medium": CardiacProtocol(
                network="dru_net_2d", pixel_mm=1.0, epochs=40, steps_per_epoch=100, style_epochs=20, style_steps=200
            ),
            "paper": CardiacProtocol(
                network="dru_net_2d",
                pixel_mm=1.0,
                source_pixels="header",
                epochs=200,
                steps_per_epoch=175,
                learning_rate=2.5e-4,
                optimizer="sgd",
                style_epochs=200,
                style_steps=44,
                style_crop=224,
            ),
        }
    ),
    open_study=_study,
    notes=(
        (
            "Patients are dealt into folds: segmenter and stylizers of a fold see neither image nor label of "
            "those that it "
            "tests. The work trained its stylizers on the tested patients' unlabelled LGE images, so ours is harder."
        ),
        (
            "Setting 1 needs a stylizer that has seen no LGE. No T2 stacks can be had, so T2 slices of the shipped "
            "synthetic brains stand in for T2 of hearts; styles are LGE slices of training patients, as in the work."
        ),
        (
            "The encoder that all stylizers share has seen images, not labels, of hearts of both contrasts, some "
            "of them of "
            "tested patients; segmenters and style decoders of a fold have not."
        ),
        "Every row takes the same number of optimizer steps; the work gives more steps to a larger K.",
        "A missed class counts with the diagonal of the image as distance, and is counted; the work leaves it out.",
        "No CLAHE; cross-entropy and soft Dice; no augmentation of intensities.",
    ),
    spread="classes",
)
