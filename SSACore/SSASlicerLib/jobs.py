"""One segmentation as files: the chosen images out to a temporary case folder, the child's labelmap back in."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError, SequenceError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, find_case, read_labelmap, read_volume, write_volume
from SSASlicerLib.volumes import grid_from_node, volume_from_node

if TYPE_CHECKING:
    from slicer import vtkMRMLScalarVolumeNode

CASE_NAME = "case"
_SUFFIX = ".nii"  # not compressed: it is read once, and writing is many times faster


@dataclass(frozen=True)
class SegmentationJob:
    """The files of one run.

    Attributes
    ----------
    folder : Path
        Temporary folder of this job alone.
    case_name : str
        Neutral name, never a patient's.
    files : mapping of Sequence to Path
        The exported images.
    output : Path
        Where the child writes the labelmap.
    """

    folder: Path
    case_name: str
    files: Mapping[Sequence, Path]
    output: Path

    @property
    def anchor(self) -> Sequence:
        """The sequence whose grid the result lies on: T1Gd, else FLAIR, else the first."""
        return anchor_sequence(self.files)

    def arguments(
        self,
        *,
        model: str | None = None,
        device: str = "auto",
        mirror: bool = False,
        resample: bool = False,
        probabilities: bool = False,
        prepare: str = "never",
        keep_prepared: bool = False,
        preview: bool = False,
    ) -> list[str]:
        """Return the arguments of `ssaglioma segment` for `processes.command_line`.

        `prepare` is 'auto', 'always' or 'never'; where raw images are prepared, `keep_prepared` leaves them in a
        folder of the job. `preview` asks for a first, coarser labelmap while the run goes on.
        """
        words = ["segment", "--prepare", prepare]
        for sequence, file in self.files.items():
            words += [f"--{sequence.value}", str(file)]
        words += ["--output", str(self.output), "--grid", self.anchor.value, "--device", device]
        words += ["--model", model] if model else []
        words += ["--preview", str(self.preview)] if preview else []
        words += ["--brain", str(self.brain)] if prepare != "never" and not resample else []
        flags = {"--mirror": mirror, "--resample": resample, "--probabilities": probabilities}
        flags["--keep-prepared"] = keep_prepared and prepare != "never" and not resample
        return words + [flag for flag, wanted in flags.items() if wanted]

    @property
    def brain(self) -> Path:
        """Where the child writes the brain mask of raw images."""
        return self.folder / f"{self.case_name}-brain{_SUFFIX}"

    @property
    def preview(self) -> Path:
        """Where the child writes a first, coarser labelmap."""
        return self.folder / f"{self.case_name}-preview{_SUFFIX}"

    def remove(self) -> None:
        """Delete the job's folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def anchor_sequence(chosen: Mapping[Sequence, object]) -> Sequence:
    """Return the sequence whose grid a result lies on: T1Gd, else FLAIR, else the first given.

    Raises
    ------
    SequenceError
        If nothing is given.
    """
    for sequence in (Sequence.T1C, Sequence.T2F, *SEQUENCE_ORDER):
        if chosen.get(sequence) is not None:
            return sequence
    raise SequenceError("No images were chosen", expected="T1Gd or FLAIR at least", remedy="Choose the images")


def export_case(
    nodes: Mapping[Sequence, vtkMRMLScalarVolumeNode | None],
    *,
    parent_folder: PathLike | None = None,
    case_name: str = CASE_NAME,
) -> SegmentationJob:
    """Write the chosen volume nodes as NIfTI files into a new temporary folder.

    Parameters
    ----------
    nodes : mapping of Sequence to node
        None leaves a sequence out. Rigid parent transforms go into the files.
    parent_folder : path, optional
        Where the folder is made, e.g. `slicer.app.temporaryPath`; the system's place by default.

    Raises
    ------
    SequenceError
        If nothing was chosen, or one node fills two slots.
    DatasetError, GeometryError
        If a node is no usable 3D image; see `volumes.volume_from_node`.
    SSAGliomaError
        If the disk is full. Nothing stays behind after an error.
    """
    chosen = {sequence: nodes[sequence] for sequence in SEQUENCE_ORDER if nodes.get(sequence) is not None}
    anchor_sequence(chosen)
    _refuse_doubles(chosen)
    volumes = {sequence: volume_from_node(node, copy=False) for sequence, node in chosen.items()}
    for sequence, volume in volumes.items():
        _refuse_non_finite(volume, sequence, chosen[sequence])
    name = re.sub(r"[^\w.-]+", "_", case_name).strip("._-") or CASE_NAME
    folder = _new_folder(parent_folder)
    job = SegmentationJob(
        folder,
        name,
        {sequence: folder / name / f"{name}-{sequence.value}{_SUFFIX}" for sequence in volumes},
        folder / f"{name}-seg{_SUFFIX}",
    )
    try:
        (folder / name).mkdir()
        for sequence, volume in volumes.items():
            write_volume(volume, job.files[sequence])
    except BaseException:
        job.remove()
        raise
    return job


def read_preview(job: SegmentationJob, anchor_node: vtkMRMLScalarVolumeNode, *, scheme: LabelScheme = GLIOMA) -> Volume:
    """Return the first, coarser labelmap that the child wrote; raises as `read_result`."""
    return _on_grid_of(read_labelmap(job.preview, scheme), anchor_node, "preview")


def read_result(job: SegmentationJob, anchor_node: vtkMRMLScalarVolumeNode, *, scheme: LabelScheme = GLIOMA) -> Volume:
    """Return the labelmap that the child wrote, with the exact geometry of the node it belongs to.

    Raises
    ------
    DatasetError
        If the file is missing or holds other labels.
    GeometryError
        If it lies on another grid, because the volume was changed or moved during the run.
    """
    labelmap = read_labelmap(job.output, scheme)
    return _on_grid_of(labelmap, anchor_node, "segmentation")


def read_probabilities(
    job: SegmentationJob, anchor_node: vtkMRMLScalarVolumeNode, *, scheme: LabelScheme = GLIOMA
) -> dict[str, Volume]:
    """Return the probability (0..1) of each region that the child wrote, by region name; empty if it wrote none.

    Raises
    ------
    GeometryError
        As `read_result`.
    """
    files = {region: job.folder / f"{job.case_name}-probability-{region.lower()}.nii.gz" for region in scheme.regions}
    return {
        region: _on_grid_of(read_volume(file), anchor_node, f"probability of {region}")
        for region, file in files.items()
        if file.is_file()
    }


def read_brain(job: SegmentationJob, anchor_node: vtkMRMLScalarVolumeNode) -> Volume | None:
    """Return the brain mask (uint8) that the child wrote of raw images; None where the images were prepared before."""
    return _on_grid_of(read_volume(job.brain), anchor_node, "brain mask") if job.brain.is_file() else None


def read_aligned(folder: PathLike) -> dict[Sequence, Volume]:
    """Return the aligned, stripped images that the child kept, by sequence.

    Raises
    ------
    DatasetError
        If they are not there.
    """
    return {sequence: read_volume(path) for sequence, path in find_case(folder).sequences.items()}


def _on_grid_of(volume: Volume, node: vtkMRMLScalarVolumeNode, what: str) -> Volume:
    grid = grid_from_node(node)
    if not volume.same_grid(grid):
        raise GeometryError(
            f"The {what} ({volume.geometry_text()}) does not lie on the grid of {node.GetName()!r} "
            f"({grid.geometry_text()})",
            expected="the volume as it was when the run began",
            remedy="Do not change or move the volume during a run; start it again",
        )
    return grid.with_array(volume.array)


def _refuse_doubles(chosen: Mapping[Sequence, vtkMRMLScalarVolumeNode]) -> None:
    seen: dict[str, Sequence] = {}
    for sequence, node in chosen.items():
        if node.GetID() in seen:
            raise SequenceError(
                f"The volume {node.GetName()!r} was chosen as {seen[node.GetID()].display_name} "
                f"and as {sequence.display_name}",
                expected="one volume for each sequence",
                remedy="Choose another volume, or None, for one of them",
            )
        seen[node.GetID()] = sequence


def _refuse_non_finite(volume: Volume, sequence: Sequence, node: vtkMRMLScalarVolumeNode) -> None:
    if volume.array.dtype.kind == "f" and not np.isfinite(volume.array).all():
        raise DatasetError(
            f"The {sequence.display_name} volume {node.GetName()!r} holds NaN or infinity",
            expected="finite numbers",
            remedy="Load the image again, or replace these voxels",
        )


def _new_folder(parent: PathLike | None) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="ssaglioma-", dir=None if parent is None else str(parent)))
    except OSError as error:
        raise SSAGliomaError(
            f"No temporary folder can be made in {str(parent or tempfile.gettempdir())!r} ({error.strerror})",
            remedy="Free some disk space, or set another temporary folder in Slicer's settings",
        ) from error
