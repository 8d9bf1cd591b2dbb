"""A folder of cases in nnU-Net's format for raw data, from which nnU-Net plans and trains.

<raw>/Dataset501_Glioma/dataset.json  imagesTr/CASE_0000.nii.gz ... _0003.nii.gz  labelsTr/CASE.nii.gz
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence
from ssaglioma.training.nnunet_export import check_dataset_name, dataset_labels
from ssaglioma.training.nnunet_files import DATASET_FILE
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, check_same_grid, read_labelmap, read_volume, write_volume
from ssaglioma.volume.atomic import atomic_folder, write_json_atomic

_ENDING = ".nii.gz"


def export_dataset(
    cases: Seq[Case],
    raw: PathLike,
    dataset: str,
    *,
    scheme: LabelScheme = GLIOMA,
    channels: Seq[Sequence] = SEQUENCE_ORDER,
    progress: ProgressCallback = no_progress,
) -> Path:
    """Write the data set `<raw>/<dataset>` and return its folder, which appears only when it is whole.

    Compressed NIfTI files are copied as they are; others are converted. Labels get the values 1, 2 ... in the
    scheme's order, and `dataset.json` asks for region training.

    Raises
    ------
    DatasetError
        If the folder is there, a case lacks a sequence or its labels, or its files do not fit each other.
    ModelPackageError
        If the name is no data set's.
    SSAGliomaError
        If the disk is full; nothing stays behind.
    """
    check_dataset_name(dataset)
    folder = Path(raw) / dataset
    if folder.exists():
        raise DatasetError(
            f"The folder {str(folder)!r} is there already", expected="a new one", remedy="Choose another name"
        )
    _check_complete(cases, channels)
    with atomic_folder(folder, f"The data set cannot be written to {str(folder)!r}") as aside:
        for name in ("imagesTr", "labelsTr"):
            (aside / name).mkdir()
        for index, case in enumerate(cases):
            progress(index / len(cases), f"Writing {case.name}")
            _write_case(case, aside, scheme, channels)
        write_json_atomic(dataset_json(scheme, channels, len(cases)), aside / DATASET_FILE)
    return folder


def dataset_json(scheme: LabelScheme, channels: Seq[Sequence], cases: int) -> dict[str, Any]:
    """Return the contents of `dataset.json`; the order of its labels is that of the network's outputs."""
    labels, painted = dataset_labels(scheme, tuple(scheme.regions))
    return {
        "channel_names": {str(index): channel.value for index, channel in enumerate(channels)},
        "labels": labels,
        "regions_class_order": painted,
        "numTraining": cases,
        "file_ending": _ENDING,
        "overwrite_image_reader_writer": "SimpleITKIO",
    }


def _check_complete(cases: Seq[Case], channels: Seq[Sequence]) -> None:
    if not cases:
        raise DatasetError("There is no case to write", expected="at least one with labels")
    lacking = [case.name for case in cases if case.reference is None or not set(channels) <= set(case.sequences)]
    if lacking:
        raise DatasetError(
            f"{len(lacking)} of {len(cases)} cases lack a sequence or their labels: {lacking[:5]}",
            expected=f"{[channel.value for channel in channels]} and labels in every case",
            remedy="Move them elsewhere first: nnU-Net needs every channel",
        )


def _write_case(case: Case, folder: Path, scheme: LabelScheme, channels: Seq[Sequence]) -> None:
    try:
        images = {channel: read_volume(case.sequences[channel]) for channel in channels}
        labels = read_labelmap(Path(str(case.reference)), scheme)
        check_same_grid({**{key.display_name: value for key, value in images.items()}, "labels": labels})
    except SSAGliomaError as error:
        raise DatasetError(f"Case {case.name!r}: {error}") from error
    for index, channel in enumerate(channels):
        source, target = case.sequences[channel], folder / "imagesTr" / f"{case.name}_{index:04d}{_ENDING}"
        if source.name.lower().endswith(_ENDING):
            shutil.copyfile(source, target)
        else:
            write_volume(images[channel], target)
    values = np.zeros(labels.array.shape, np.uint8)
    for number, value in enumerate(scheme.values.values(), start=1):
        values[labels.array == value] = number
    write_volume(labels.with_array(values), folder / "labelsTr" / f"{case.name}{_ENDING}")
