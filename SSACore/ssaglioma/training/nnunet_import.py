"""From a trained nnU-Net v2 to a model package that gives the same probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssaglioma import __version__
from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.labels import LabelScheme, Sequence, label_scheme, parse_label_name
from ssaglioma.networks import CONFIGURATIONS, PLANNED, PlannedConfiguration, from_nnunet_state
from ssaglioma.packages import ModelCard, ModelPackage, NnunetPlan, write_package
from ssaglioma.training.nnunet_export import as_planned
from ssaglioma.training.nnunet_files import TrainedNnunet
from ssaglioma.training.nnunet_plans import architecture_in, check_plans, configuration_in, resampling_in
from ssaglioma.training.package import INTENDED_USE
from ssaglioma.types import PathLike

_BACKGROUND, _IGNORE = "background", "ignore"


@dataclass(frozen=True)
class ImportOptions:
    """What the files of nnU-Net do not tell.

    Attributes
    ----------
    name : str
        Of the model package.
    labels : str
        Label scheme.
    channels : tuple of str
        Sequence of each channel; empty takes the names in `dataset.json`.
    outputs : tuple of str
        Region of each output, or label of each class, in `dataset.json`'s order; empty takes the names there.
    licence : str
        Of the weights; empty takes what `dataset.json` says.
    """

    name: str
    labels: str = "glioma"
    channels: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    licence: str = ""


def import_nnunet(trained: TrainedNnunet, target: PathLike, options: ImportOptions) -> ModelPackage:
    """Write the package of a trained nnU-Net into a folder that is not there yet, in float32.

    Raises
    ------
    ModelPackageError
        If the folder is there, the plans ask for something that cannot be honoured, or the weights do not fit them.
    DatasetError, SequenceError
        If channels or labels are not understood.
    """
    folder = Path(target)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelPackageError(
            f"The folder {str(folder)!r} is there already", expected="a new folder", remedy="Choose another --output"
        )
    configuration = configuration_in(trained.plans, trained.configuration)
    check_plans(trained.plans, configuration)
    architecture = architecture_in(configuration)
    card = _card(trained, configuration, architecture, options)
    weights = _weights(trained, architecture, card)
    return write_package(folder, card, weights, half=False)


def _card(
    trained: TrainedNnunet, configuration: Mapping[str, Any], architecture: PlannedConfiguration, options: ImportOptions
) -> ModelCard:
    scheme = label_scheme(options.labels)
    channels = _channels(trained.dataset, options.channels)
    regions, classes = _outputs(trained.dataset, scheme, options.outputs)
    transpose = tuple(int(axis) for axis in trained.plans.get("transpose_forward", (0, 1, 2)))
    spacing: list[float | None] = [None, None, None]
    for axis, size in zip(transpose[3 - architecture.dims :], configuration["spacing"], strict=True):
        spacing[axis] = float(size)
    plan = NnunetPlan(
        transpose=transpose,
        masked_norm=tuple(bool(masked) for masked in configuration["use_mask_for_norm"]),
        image=resampling_in(configuration, "data"),
        logits=resampling_in(configuration, "probabilities"),
        outputs="softmax" if classes else "sigmoid",
        classes=classes,
        mirror_axes=tuple(trained.checkpoint.get("inference_allowed_mirroring_axes") or ()),
    )
    named = _named_like(architecture)
    data = trained.plans.get("dataset_name", "a data set without a name")
    trainer = f"{trained.checkpoint['trainer_name']}, {trained.configuration}, fold {trained.fold}"
    return ModelCard(
        name=options.name,
        version=__version__,
        title=f"{options.name} (nnU-Net v2: {trainer})",
        network=named or PLANNED,
        channels=tuple(channel.value for channel in channels),
        labels=scheme.name,
        regions=regions,
        spacing_zyx_mm=tuple(spacing),
        slice_axis="axial",
        patch=architecture.patch,
        missing_channels="refuse",
        training_data=f"{data}, {trained.dataset.get('numTraining', 'unknown number of')} cases; by nnU-Net v2",
        licence=options.licence or str(trained.dataset.get("licence") or "as the makers of this model say"),
        intended_use=INTENDED_USE,
        architecture=None if named else architecture.to_json(),
        plan=plan,
    )


def _named_like(architecture: PlannedConfiguration) -> str:
    """Return the name of the configuration with the same numbers; empty if there is none."""
    for name, configuration in CONFIGURATIONS.items():
        planned = as_planned(configuration)
        if planned is not None and {**planned.to_json(), "citation": ""} == {**architecture.to_json(), "citation": ""}:
            return name
    return ""


def _channels(dataset: Mapping[str, Any], given: Seq[str]) -> tuple[Sequence, ...]:
    names = dataset.get("channel_names", dataset.get("modality", {}))
    ordered = [names[str(index)] for index in range(len(names))]
    if given and len(given) != len(ordered):
        raise DatasetError(f"--channels names {len(given)}", expected=f"{len(ordered)}, for {ordered}")
    try:
        channels = tuple(Sequence.parse(name) for name in given or ordered)
    except SequenceError as error:
        raise SequenceError(
            f"The channels of this nnU-Net are {ordered}: {error.problem}",
            expected=error.expected,
            remedy="Name them by --channels, for instance --channels t1n,t1c,t2w,t2f",
        ) from error
    if len(set(channels)) != len(channels):
        raise SequenceError(f"The channels {list(given) or ordered} name one sequence twice")
    return channels


def _outputs(
    dataset: Mapping[str, Any], scheme: LabelScheme, given: Seq[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return our regions, and for a softmax our label of each class behind the background."""
    values = {name: value for name, value in dataset["labels"].items() if name not in (_BACKGROUND, _IGNORE)}
    by_region = any(isinstance(value, list) and len(value) > 1 for value in values.values())
    if not by_region:
        values = dict(sorted(values.items(), key=lambda item: _members(item[1])))
    if given and len(given) != len(values):
        raise DatasetError(f"--outputs names {len(given)}", expected=f"{len(values)}, for {list(values)}")
    try:
        names = tuple(parse_label_name(name, scheme) for name in given or values)
    except DatasetError as error:
        raise DatasetError(
            f"The labels of this nnU-Net are {list(values)}: {error.problem}",
            expected=error.expected,
            remedy="Name them by --outputs in this order, for instance --outputs WT,TC,ET",
        ) from error
    known = scheme.regions if by_region else scheme.values
    if len(set(names)) != len(names) or not set(names) <= set(known):
        raise DatasetError(f"The outputs are {list(names)}", expected=f"different ones of {list(known)}")
    if by_region:
        _check_nesting(dict(zip(names, values.values())), scheme)
        return names, ()
    covered = {region: members for region, members in scheme.regions.items() if set(members) <= set(names)}
    return tuple(covered), names


def _check_nesting(values: Mapping[str, Any], scheme: LabelScheme) -> None:
    """Raise if a region lies inside another by name and not by its label values, or the other way round."""
    for inner in values:
        for outer in values:
            ours = set(scheme.regions[inner]) <= set(scheme.regions[outer])
            if ours != (set(_members(values[inner])) <= set(_members(values[outer]))):
                raise DatasetError(
                    f"The regions {inner} = {values[inner]} and {outer} = {values[outer]} lie otherwise than ours",
                    expected=f"as {inner} = {scheme.regions[inner]} and {outer} = {scheme.regions[outer]}",
                    remedy="Check dataset.json, or name the outputs by --outputs",
                )


def _members(value: Any) -> list[int]:
    return [int(one) for one in value] if isinstance(value, list) else [int(value)]


def _weights(trained: TrainedNnunet, architecture: PlannedConfiguration, card: ModelCard) -> dict[str, Any]:
    state = from_nnunet_state(trained.checkpoint["network_weights"])
    network = architecture.build(in_channels=len(card.channels), out_channels=card.outputs)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelPackageError(
            f"The weights do not fit the plans ({str(error).splitlines()[-1].strip()})",
            expected=f"a {type(network).__name__} with {len(card.channels)} channels and {card.outputs} outputs",
            remedy=f"A trainer that changes the network ({trained.checkpoint['trainer_name']!r}) cannot be imported",
        ) from error
    return {name: tensor.float().cpu().numpy() for name, tensor in state.items()}
