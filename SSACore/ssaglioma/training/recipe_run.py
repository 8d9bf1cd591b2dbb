"""Carries out a run from its data to its report: split, train by the recipe, package, score before and after.

Every step can be taken again after a stop: the trainer goes on from its checkpoint, the rest is done anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ssaglioma.adaptation.check import compare_scores
from ssaglioma.errors import DeviceError
from ssaglioma.inference.device import choose_device
from ssaglioma.labels import label_scheme
from ssaglioma.networks import CONFIGURATIONS, SegmentationNetwork
from ssaglioma.packages import ModelCard, ModelPackage, find_package, write_package
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.epoch_watch import HeldOutWatch
from ssaglioma.training.loop import CHECKPOINT, STEP_MESSAGE, EpochWatch
from ssaglioma.training.package import package_run
from ssaglioma.training.recipe_context import RunContext, TrainedRun, part_of, split_held_out, without_patients
from ssaglioma.training.recipe_training import scheme_of
from ssaglioma.training.run_folder import (
    CHECK_FOLDER,
    EXAMPLES_FOLDER,
    PACKAGE_FOLDER,
    PAGE_FILE,
    RUN_FOLDER,
    TEXT_FILE,
)
from ssaglioma.training.run_page import AFTER, BEFORE, write_run_page
from ssaglioma.training.run_report import CaseRow, RegionRow, RunReport, write_report
from ssaglioma.training.run_request import RunRequest
from ssaglioma.training.run_words import report_text
from ssaglioma.training.validation import mean_dice, validate_package
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, find_cases
from ssaglioma.volume.atomic import atomic_path

_TRAINED, _BEFORE = 0.85, 0.92
_EARLIER = "; with the weights before the last training"
_DOUBT_NOTE = (
    "The Dice to expect and the likelihood of lesions, which the new model tells in each case, were measured with the "
    "earlier weights."
)
EpochCallback = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class RunHooks:
    """What a run asks and tells while it works.

    Attributes
    ----------
    should_stop : callable
        Asked after every epoch; true pauses the run.
    epoch : callable
        Given the numbers of each finished epoch.
    progress : ProgressCallback
    first_step : callable
        Given the fraction of the run at its first step: after a pause it is far from 0, and the time left is reckoned
        from there.
    """

    should_stop: Callable[[], bool] = lambda: False
    epoch: EpochCallback = lambda values: None
    progress: ProgressCallback = no_progress
    first_step: Callable[[float], None] = lambda fraction: None


def carry_out(request: RunRequest, output: Path, hooks: RunHooks = RunHooks()) -> RunReport | None:
    """Train by the request's recipe in a folder and return the report; None if the run was paused.

    Raises
    ------
    DatasetError
        If the cases cannot be used, or there are too few.
    DeviceError
        If the device is not there, or was lost.
    ModelPackageError
        If the model to start from is missing or damaged, or the folder holds another run.
    """
    request = request.under(output)
    context = make_context(request, output, hooks)
    try:
        trained = request.definition.train(context, _clocked(hooks))
        if trained is None:
            return None
        return _conclude(context, trained, hooks.progress)
    except RuntimeError as error:
        if "CUDA error" not in str(error) or type(error).__name__ == "OutOfMemoryError":
            raise
        raise DeviceError(
            f"The GPU failed during the training ({str(error).splitlines()[0]})",
            remedy="Resume on it or on the CPU; the last finished epoch is kept",
        ) from error


def make_context(request: RunRequest, output: Path, hooks: RunHooks) -> RunContext:
    """Read the folders of a request, hold cases out, and load the model; what a recipe is handed.

    Raises
    ------
    DatasetError, DeviceError, ModelPackageError
        As `carry_out`.
    """
    start = find_package(request.model) if request.model else None
    found = {name: _cases(getattr(request, name)) for name in ("source", "target", "style")}
    home = request.definition.held_out_from
    found[home], held_out = split_held_out(found[home], request.held_out)
    found = {name: without_patients(cases, held_out) for name, cases in found.items()}
    context = RunContext(
        request=request,
        output=output,
        source=tuple(without_patients(found["source"], found["target"])),
        target=tuple(found["target"]),
        style=tuple(found["style"]),
        held_out=tuple(held_out),
        start=start,
        device=choose_device(request.device),
        should_stop=hooks.should_stop,
        watch=lambda network, record: {},
    )
    return replace(context, watch=_watch(context, hooks.epoch))


def _watch(context: RunContext, tell: EpochCallback) -> EpochWatch:
    """Return the watch that scores each epoch on held-out patches and tells the numbers."""
    made: list[HeldOutWatch] = []

    def watch(network: SegmentationNetwork, record: Mapping[str, Any]) -> dict[str, float | None]:
        if not made:
            made.append(_held_out_watch(context))
        scores = made[0](network, record)
        tell({**record, **scores})
        return scores

    return watch


def _held_out_watch(context: RunContext) -> HeldOutWatch:
    fresh = "network" in context.options
    cases = context.load(context.held_out) if fresh else context.load_for_model(context.held_out)
    card = None if fresh or context.start is None else context.start.card
    network = CONFIGURATIONS[context.config().network if card is None else card.network]
    scheme = context.scheme if card is None else scheme_of(card)
    offsets = (0.0,) if card is None else card.slice_offsets_mm
    return HeldOutWatch(cases, network.patch, scheme, context.output / EXAMPLES_FOLDER, offsets)


def _clocked(hooks: RunHooks) -> ProgressCallback:
    """Return the training's progress as a part of the run's, which tells the first step apart."""
    steps: list[float] = []

    def tell(fraction: float, message: str) -> None:
        if message.startswith(STEP_MESSAGE):
            steps.append(fraction)
            if len(steps) == 1:
                hooks.first_step(fraction)
        hooks.progress(fraction, message)

    return part_of(tell, 0.0, _TRAINED)


def _conclude(context: RunContext, trained: TrainedRun, progress: ProgressCallback) -> RunReport:
    package, start = _package(context, trained), context.start
    before = None
    if start is not None:
        before = _scores(context, start, BEFORE, part_of(progress, _TRAINED, _BEFORE))
    after = _scores(context, package, AFTER, part_of(progress, _BEFORE, 1.0))
    rows = tuple(_row(region, before, after) for region in package.card.regions)
    means = {row.region: {"mean": row.after, "cases": row.cases} for row in rows if row.after is not None}
    made_by = f"held-out cases of the training by {context.request.recipe!r}"
    scored = replace(package.card, scores={"made_by": made_by, "mean_dice": means})
    write_package(package.folder, scored, package.weights())
    reasons: tuple[str, ...] = ()
    if before is not None and start is not None:
        regions = [region for region in package.card.regions if region in start.card.regions]
        reasons = compare_scores(before, after, regions).reasons
    report = RunReport(
        recipe=context.request.recipe,
        model=context.request.name,
        compared_with=f"{start.card.name} {start.card.version}" if start else "",
        held_out=tuple(case.name for case in context.held_out),
        rows=rows,
        accepted=not reasons,
        reasons=reasons,
        minutes=_minutes(context.output / RUN_FOLDER),
        notes=(*trained.notes, *([_DOUBT_NOTE] if package.card.expected_dice else [])),
        cases=_case_rows(package.card.regions, before, after),
        learned_from=trained.learned_from or trained.words,
    )
    _write(context, report, package.card)
    return report


def _write(context: RunContext, report: RunReport, card: ModelCard) -> None:
    """Write the report for people, and last the one for programs, which tells that the run is done."""
    output = context.output
    with atomic_path(output / TEXT_FILE) as temporary:
        Path(temporary).write_text(report_text(report), encoding="utf-8")
    write_run_page(
        output / PAGE_FILE, report, context.held_out, output / CHECK_FOLDER, label_scheme(card.labels), card.regions
    )
    write_report(output, report)


def _package(context: RunContext, trained: TrainedRun) -> ModelPackage:
    target = context.output / PACKAGE_FOLDER
    title = f"{context.request.name} ({context.request.definition.title.lower()})"
    words = f"{trained.words}; held out: {', '.join(case.name for case in context.held_out)}"
    if trained.card is None:
        return package_run(trained.folder, target, name=context.request.name, title=title, training_data=words)
    card = replace(
        trained.card,
        name=context.request.name,
        title=title,
        version=f"{trained.card.version.partition('+')[0]}+{time.strftime('%Y%m%d')}",
        training_data=words,
        scores={},
        missing_cost={},
        expected_dice=_of_earlier(trained.card.expected_dice),
        lesion_confidence=_of_earlier(trained.card.lesion_confidence),
    )
    weights = segmentation_weights(read_checkpoint(trained.folder / CHECKPOINT)[1])
    return write_package(target, card, {name: value.cpu().numpy() for name, value in weights.items()})


def _of_earlier(fitted: dict[str, Any]) -> dict[str, Any]:
    """Return numbers about a model's doubt that its further training keeps, with a word on whose they are."""
    made_by = str(fitted.get("made_by", "")).partition(_EARLIER)[0]
    return {**fitted, "made_by": made_by + _EARLIER} if fitted else {}


def _scores(context: RunContext, package: ModelPackage, when: str, progress: ProgressCallback) -> dict[str, Any]:
    keep = context.output / CHECK_FOLDER / when
    return validate_package(package, context.held_out, device=str(context.device), keep=keep, progress=progress)


def _case_rows(regions: Seq[str], before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[CaseRow, ...]:
    earlier = {row["case"]: row["regions"] for row in before["cases"]} if before is not None else {}
    rows = []
    for row in after["cases"]:
        for region in regions:
            new, old = row["regions"][region], earlier.get(row["case"], {}).get(region)
            held = new["empty"] in ("none", "prediction")
            rows.append(
                CaseRow(
                    case=row["case"],
                    region=region,
                    reference_ml=float(new["volume_reference_ml"]),
                    before_ml=None if old is None else float(old["volume_prediction_ml"]),
                    after_ml=float(new["volume_prediction_ml"]),
                    before=float(old["dice"]) if held and old is not None else None,
                    after=float(new["dice"]) if held else None,
                )
            )
    return tuple(rows)


def _row(region: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> RegionRow:
    new, count = mean_dice(dict(after), region)
    known = before is not None and all(region in row["regions"] for row in before["cases"])
    old = mean_dice(dict(before), region)[0] if before is not None and known else None
    return RegionRow(region, old, new, count)


def _minutes(run: Path) -> float:
    rows: list[dict[str, Any]] = []
    for path in run.rglob("history.json"):
        rows += json.loads(path.read_text(encoding="utf-8"))
    return sum(float(row.get("seconds", 0.0)) for row in rows) / 60


def _cases(folder: str) -> Seq[Case]:
    return find_cases(folder) if folder else []
