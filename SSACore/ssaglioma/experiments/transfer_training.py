"""What the recipes of transfer do: an approach of `adaptation.approaches`, and learning from corrections."""

from __future__ import annotations

from dataclasses import replace

from ssaglioma.adaptation import Stage, TransferApproach, transfer_approach
from ssaglioma.adaptation.corrections import GatheredCorrections, check_apart, gather_corrections
from ssaglioma.errors import DatasetError
from ssaglioma.training.recipe_context import RunContext, TrainedRun, part_of
from ssaglioma.training.recipe_training import stage_from_model
from ssaglioma.training.run_words import count
from ssaglioma.training.transfer import TransferTrainer
from ssaglioma.types import ProgressCallback, no_progress

_READING = 0.05


def train_by_approach(name: str, context: RunContext, progress: ProgressCallback = no_progress) -> TrainedRun | None:
    """Train a new network on source and target cases by a transfer approach; None if it was paused.

    Raises
    ------
    DatasetError
        If no case of one side is left without the held-out patients, or a case cannot be used.
    """
    source = context.load(context.source, part_of(progress, 0.0, _READING / 2))
    target = context.load(context.target, part_of(progress, _READING / 2, _READING))
    trainer = TransferTrainer(
        _with_options(transfer_approach(name), context),
        context.config(),
        source,
        target,
        context.folder,
        context.device,
        scheme=context.scheme,
        workers=context.request.workers,
        should_stop=context.should_stop,
        watch=context.watch,
    )
    trainer.run(part_of(progress, _READING, 1.0))
    words = f"{len(source)} source and {len(target)} target cases ({trainer.approach.title})"
    return TrainedRun(trainer.result_folder, words) if trainer.finished else None


def learn_from_corrections(context: RunContext, progress: ProgressCallback = no_progress) -> TrainedRun | None:
    """Let the model go on with corrected cases, half of the patches from earlier ones; None if it was paused.

    What the corrections folder holds is what SSAGliomaSeg saved; the newest revision of each case counts.

    Raises
    ------
    DatasetError
        If no correction can be used, or a held-out case was corrected, too.
    """
    start = context.start
    if start is None:
        raise DatasetError("The run has no model to start from", expected="a model package")
    gathered = gather_corrections(context.request.corrections, start.card)
    check_apart([*gathered.cases, *context.source], context.held_out)
    corrected = context.load_for_model(gathered.cases, part_of(progress, 0.0, _READING / 2))
    replayed = context.load_for_model(context.source, part_of(progress, _READING / 2, _READING))
    stage = Stage("corrections", "both" if replayed else "target", balanced=bool(replayed))
    trainer = stage_from_model(context, stage, replayed, corrected)
    trainer.run(part_of(progress, _READING, 1.0))
    if not trainer.finished:
        return None
    words = (
        f"{start.card.training_data.partition(' Then ')[0].rstrip('.')}. Then learned from {len(corrected)} corrected "
        f"cases of this site, with {len(replayed)} earlier ones replayed"
    )
    notes = tuple(f"Left out: {case}, because {reason}." for case, reason in gathered.left_out.items())
    return TrainedRun(context.folder, words, start.card, notes, _learned_from(gathered, len(replayed)))


def _learned_from(gathered: GatheredCorrections, replayed: int) -> str:
    """Return the cases of a round in words for its report."""
    time = f" ({gathered.minutes:.0f} min of correcting)" if gathered.minutes >= 1 else ""
    shown = f"{count(replayed, 'earlier case')} shown again so that nothing learned before is lost"
    return f"{count(len(gathered.used), 'corrected case')}{time}, with {shown if replayed else 'no earlier case'}"


def _with_options(approach: TransferApproach, context: RunContext) -> TransferApproach:
    """Return the approach with the domain task as the run's options have it."""
    options = context.options
    stages = []
    for stage in approach.stages:
        task = stage.task
        if task is not None:
            task = replace(task, loss_weight=options["domain_weight"], schedule=options.get("schedule", task.schedule))
        stages.append(replace(stage, task=task))
    return replace(approach, stages=tuple(stages))
