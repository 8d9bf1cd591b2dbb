"""What the stages of `segment` usually take: two cores of 2021, AVX2 (Testing/benchmarks/RESULTS.md, Time left).

Only their proportions matter (`pace.Pace`). Fractions are those that the command tells while it works.
"""

from __future__ import annotations

import argparse
from math import prod, sqrt
from typing import TYPE_CHECKING

from ssaglioma.cli.pace import Stage

if TYPE_CHECKING:
    from ssaglioma.packages import ModelPackage

FIND_SHARE, WRITE_SHARE, INTAKE_SHARE = 0.25, 0.95, 0.55
"""Where the images are found; where everything is written; the intake's part of what lies between."""
_SECONDS_PER_GFLOP = 0.016
_BOX_MM = (145.0, 175.0, 140.0)
"""A usual brain with its margin, (Z, Y, X)."""
_SECOND_LOOK = 0.5
"""Part of the slices or tiles that two looks compute."""
_DOUBTFUL = 1.5
"""How many times the slices that are looked at pass the network, where the doubtful ones are mirrored."""
_LESS_ON_GPU = 0.05
_PREPARED_IMAGES = 4
_REPORT, _PROBABILITIES, _MEASUREMENTS = 0.55, 0.7, 0.3
"""The report: of one image."""
_ALIGN, _ALIGN_PER_MEGAVOXEL = 3.0, 0.15
"""Of one image, on one thread; by the size of the image that it is laid on."""
_HOME_PER_MEGAVOXEL, _REPORT_PER_MEGAVOXEL = 0.15, 0.15

BEFORE_ANYTHING_IS_KNOWN = (Stage(FIND_SHARE, 2.0), Stage(1.0, 20.0))


def prepared_stages(args: argparse.Namespace, begin: float) -> tuple[Stage, ...]:
    """Return the stages of images that go to the model as they are.

    Parameters
    ----------
    begin : float
        Fraction at which they were read; 0 where reading is part of the segmentation.
    """
    from ssaglioma.inference.segment import PREDICTED_SHARE, PREPARED_SHARE

    scale = WRITE_SHARE - begin
    read = (Stage(begin, 0.6),) if begin > 0 else ()
    return (
        *read,
        Stage(begin + PREPARED_SHARE * scale, 0.9 + (0.0 if read else 0.6)),
        Stage(begin + PREDICTED_SHARE * scale, predict_seconds(args)),
        Stage(WRITE_SHARE, 0.9),
        Stage(1.0, _writing_seconds(args, 0 if args.report is None else _PREPARED_IMAGES)),
    )


def raw_stages(args: argparse.Namespace, images: int, home_megavoxels: float) -> tuple[Stage, ...]:
    """Return the stages of so many images that are prepared first, with the result on a grid of so many voxels."""
    from ssaglioma.inference.intake import ALIGNED_SHARE, BRAIN_SHARE, GRID_SHARE
    from ssaglioma.inference.intake_segment import HOME_SHARE
    from ssaglioma.inference.segment import PREDICTED_SHARE, PREPARED_SHARE

    span = WRITE_SHARE - FIND_SHARE
    aligning = _ALIGN + _ALIGN_PER_MEGAVOXEL * home_megavoxels

    def intake(share: float) -> float:
        return FIND_SHARE + span * INTAKE_SHARE * share

    def model(share: float) -> float:
        return FIND_SHARE + span * (INTAKE_SHARE + (1 - INTAKE_SHARE) * share)

    return (
        Stage(FIND_SHARE, 0.3 + 0.85 * images),
        Stage(intake(ALIGNED_SHARE), 1.0 + (images - 1) * aligning / sqrt(_threads())),
        Stage(intake(BRAIN_SHARE), 2.4),
        Stage(intake(GRID_SHARE), 0.2 + 0.75 * images),
        Stage(intake(1.0), 1.1),
        Stage(model(HOME_SHARE * PREPARED_SHARE), 0.8),
        Stage(model(HOME_SHARE * PREDICTED_SHARE), predict_seconds(args)),
        Stage(model(HOME_SHARE), 0.3),
        Stage(WRITE_SHARE, 0.4 + _HOME_PER_MEGAVOXEL * home_megavoxels),
        Stage(1.0, 0.6 + _writing_seconds(args, images) + _REPORT_PER_MEGAVOXEL * home_megavoxels),
    )


def predict_seconds(args: argparse.Namespace) -> float:
    """Return what the network usually takes for a whole brain, from the sums of one pass and the number of passes."""
    from ssaglioma.packages import find_package

    package = find_package(args.model)
    tiles, gflop = passes(package), pass_gflop(package)
    times = (1.0 if args.thorough else _SECOND_LOOK) * _mirrored(package, args)
    times *= _LESS_ON_GPU if args.device.startswith("cuda") else 1.0
    return 0.2 + tiles * gflop * _SECONDS_PER_GFLOP * times


def _mirrored(package: ModelPackage, args: argparse.Namespace) -> float:
    if not args.mirror:
        return 1.0
    return 2.0 if args.thorough or len(package.card.patch) > 2 else _DOUBTFUL


def passes(package: ModelPackage) -> int:
    """Return how many slices or tiles cover a usual brain."""
    from ssaglioma.inference.sliding_window import tile_starts

    card = package.card
    box = tuple(max(1, round(edge / (wanted or 1.0))) for edge, wanted in zip(_BOX_MM, card.spacing_zyx_mm))
    edges = tuple(card.patch) if len(card.patch) == len(box) else (1, *card.patch)
    step = 1.0 if edges[0] == 1 else 0.5
    rows = [tile_starts(size, edge, step if index == 0 else 0.5) for index, (size, edge) in enumerate(zip(box, edges))]
    return prod(len(row) for row in rows)


def pass_gflop(package: ModelPackage) -> float:
    """Return the sums of one pass in GFLOP; those of a usual 2D network where they are not known."""
    from ssaglioma.inference.activations import pass_flops, weight_shapes
    from ssaglioma.networks import configuration_of

    card = package.card
    graph = configuration_of(card.network, card.architecture).graph(in_channels=card.inputs, out_channels=card.outputs)
    if graph is None:
        return 1e-4 * prod(card.patch)
    return pass_flops(graph, weight_shapes(package), (1, card.inputs, *card.patch)) / 1e9


def _writing_seconds(args: argparse.Namespace, pictured: int) -> float:
    """Of everything asked for; the report shows so many images."""
    asked = _REPORT * pictured + _PROBABILITIES * args.probabilities + _MEASUREMENTS * (args.measurements is not None)
    return 0.3 + asked


def _threads() -> int:
    """Threads of the alignment."""
    from SimpleITK import ProcessObject

    return max(1, ProcessObject.GetGlobalDefaultNumberOfThreads())
