"""The built-in recipes: from scratch, fine-tune, style augmentation."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from ssaglioma.adaptation import Stage
from ssaglioma.errors import DatasetError
from ssaglioma.labels import LABEL_SCHEMES, LabelScheme, Sequence
from ssaglioma.packages import ModelCard, find_package_of
from ssaglioma.style.packaged import load_stylizer
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.loop import Trainer
from ssaglioma.training.package import planned_card
from ssaglioma.training.planned_grid import fits_plan
from ssaglioma.training.recipe_context import RunContext, TrainedRun, part_of, recipe_config
from ssaglioma.training.starting_point import StartingPoint
from ssaglioma.training.style_augmentation import StyleAugmentation, StylisedSet, plan_copies
from ssaglioma.training.style_copies import make_copies, stylizers_for
from ssaglioma.training.transfer_stage import StageTrainer
from ssaglioma.types import ProgressCallback, no_progress

_READING = 0.05


def from_scratch(context: RunContext, progress: ProgressCallback = no_progress) -> TrainedRun | None:
    """Train a new network on the source cases; None if it was paused."""
    cases = context.load(context.source, part_of(progress, 0.0, _READING))
    return _train_new(context, cases, None, progress)


def style_augmentation(context: RunContext, progress: ProgressCallback = no_progress) -> TrainedRun | None:
    """Train a new network on the source cases, some patches of which are cut from stylised copies.

    Raises
    ------
    DatasetError
        If no style case is left without the held-out patients, a case has another voxel size than the network is
        planned for, or a copy cannot be made.
    """
    if not context.style:
        raise DatasetError(
            "No case is left whose look can be lent",
            expected="cases of patients that are not held out",
            remedy="Choose another folder of scans whose look is lent",
        )
    plan = planned_card(context.config(), context.scheme)
    other = [case.name for case in context.source if not fits_plan(case, plan, context.scheme)]
    if other:
        raise DatasetError(
            f"Cases have another voxel size than the network is planned for: {other[:5]}",
            expected=f"{plan.spacing_zyx_mm!r} mm (slice, row, column; None is any), where copies are made",
            remedy="Resample them first, or take another recipe, which does it by itself",
        )
    cases = context.load(context.source, part_of(progress, 0.0, _READING))
    return _train_new(context, cases, _copies(context, cases, progress), progress)


def fine_tune(
    context: RunContext, progress: ProgressCallback = no_progress, frozen: tuple[str, ...] = ()
) -> TrainedRun | None:
    """Let the model go on with the target cases; source cases, where given, are replayed beside them.

    Parameters
    ----------
    frozen : tuple of str
        Parts of the network that stay as they are: 'encoder' or 'decoder'.

    Raises
    ------
    DatasetError
        If the run has no model to start from.
    ModelPackageError
        If the model's network is not known.
    """
    target = context.load_for_model(context.target, part_of(progress, 0.0, _READING / 2))
    source = context.load_for_model(context.source, part_of(progress, _READING / 2, _READING))
    stage = Stage("fine_tune", "both" if source else "target", frozen=frozen, balanced=bool(source))
    trainer = stage_from_model(context, stage, source, target)
    trainer.run(part_of(progress, _READING, 1.0))
    if not trainer.finished or context.start is None:
        return None
    card = context.start.card
    how = "".join(f", {part} frozen" for part in frozen)
    how += f", {len(source)} earlier ones replayed" if source else ""
    news = f"{len(target)} cases of this site{how}"
    words = f"{card.training_data.rstrip('.')}. Then fine-tuned on {news}"
    return TrainedRun(context.folder, words, card, learned_from=news)


def stage_from_model(
    context: RunContext, stage: Stage, source: Seq[TrainingCase], target: Seq[TrainingCase]
) -> StageTrainer:
    """Return the trainer of a stage that goes on from the run's model, watched and paused as the run is.

    Raises
    ------
    DatasetError
        If the run has no model to start from.
    """
    start = context.start
    if start is None:
        raise DatasetError("The run has no model to start from", expected="a model package")
    return StageTrainer(
        recipe_config(context.request, start.card),
        [*source, *target],
        context.folder,
        context.device,
        scheme_of(start.card),
        context.request.workers,
        context.should_stop,
        watch=context.watch,
        stage=stage,
        source=source,
        target=target,
        start=StartingPoint.from_package(start),
    )


def scheme_of(card: ModelCard) -> LabelScheme:
    """Return the card's label scheme with the regions that the network gives, in its order."""
    scheme = LABEL_SCHEMES[card.labels]
    return LabelScheme(scheme.name, scheme.values, {region: scheme.regions[region] for region in card.regions})


def _train_new(
    context: RunContext, cases: Seq[TrainingCase], copies: StylisedSet | None, progress: ProgressCallback
) -> TrainedRun | None:
    trainer = Trainer(
        context.config(),
        cases,
        context.folder,
        context.device,
        context.scheme,
        context.request.workers,
        context.should_stop,
        stylised=copies,
        watch=context.watch,
    )
    trainer.run(part_of(progress, _READING, 1.0))
    words = f"{len(cases)} cases" + (f"; {copies.words()}" if copies else "")
    return TrainedRun(context.folder, words) if trainer.finished else None


def _copies(context: RunContext, cases: Seq[TrainingCase], progress: ProgressCallback) -> StylisedSet:
    options = context.options
    given, methods = {}, tuple(str(options["methods"]).split(","))
    if options["stylizer"]:
        stylizer = load_stylizer(find_package_of("stylizer", str(options["stylizer"])), seed=0)
        given, methods = {stylizer.method: stylizer}, (stylizer.method,)
    augmentation = StyleAugmentation(probability=float(options["share"]), methods=methods, seed=int(options["seed"]))
    channels = [Sequence.parse(name) for name in context.config().channels]
    planned = plan_copies(augmentation, context.source, context.style, channels)
    copies = make_copies(
        planned, cases, stylizers_for(methods, given), context.cache, channels, part_of(progress, 0.0, _READING)
    )
    return StylisedSet(copies, augmentation.probability, folds=context.folds, fold=0)
