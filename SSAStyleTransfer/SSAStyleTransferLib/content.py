"""The image that is looked at: choosing it, checking it, the slice of it that the views show, its labels there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    import numpy as np

    from ssaglioma.labels import Sequence
    from ssaglioma.volume import Volume

FIELDS = {"t1": "t1n", "t1gd": "t1c", "t2": "t2w", "flair": "t2f"}
"""Parameter name of each contrast -> value of `ssaglioma.labels.Sequence`, in channel order."""
MADE = "SSAGlioma.made"
_THICK_SLICES = 1.5
_LEAST_EDGE = 16
_KEPT_PROBLEMS = 64
_PROBLEMS: dict[str, tuple[list[int], str]] = {}


@dataclass(frozen=True, eq=False)
class SlicePiece:
    """One slice of an image.

    Attributes
    ----------
    array : ndarray of float32, shape (Y, X)
    volume : Volume
        The same slice with its place: canonical axes, size 1 along `axis`.
    axis, index : int
        Where it was cut out of the canonical image.
    key : tuple
        Differs when node, voxels, place or slice differ.
    sequence : Sequence or None
        Its contrast, as far as it is known.
    """

    array: np.ndarray
    volume: Volume
    axis: int
    index: int
    key: tuple
    sequence: Sequence | None

    @property
    def spacing_yx_mm(self) -> tuple[float, float]:
        """Pixel size."""
        first, second = (step for axis, step in enumerate(self.volume.spacing_zyx_mm) if axis != self.axis)
        return (first, second)

    def placed(self, array: np.ndarray) -> Volume:
        """Return another picture (Y, X) at the place of this slice."""
        import numpy as np

        return self.volume.with_array(np.ascontiguousarray(np.expand_dims(array, self.axis)))


class ContentLogic:
    """Inputs of the preview; part of `SSAStyleTransferLogic`."""

    def chosenContrasts(self, parameters) -> dict:
        """Return the chosen node of each filled contrast, by parameter name."""
        nodes = {field: getattr(parameters, field) for field in FIELDS}
        return {field: node for field, node in nodes.items() if node is not None}

    def imageNodes(self) -> list:
        """Return the loaded volumes that may be contents: plain images that this extension did not make."""
        nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        plain = [node for node in nodes if not node.IsA("vtkMRMLLabelMapVolumeNode") and not node.GetAttribute(MADE)]
        return [node for node in plain if not nodeProblem(node)]

    def fillContrasts(self, parameters, onlyEmpty: bool = False) -> None:
        """Choose T1, T1Gd, T2 and FLAIR among the loaded volumes by their names and DICOM values; and a content.

        `onlyEmpty` leaves the contrasts alone if one is chosen.
        """
        from ssaglioma.preprocessing.assignment import assign_sequences
        from SSASlicerLib.dicom_values import node_values

        nodes = {node.GetID(): node for node in self.imageNodes()}
        if nodes and not (onlyEmpty and self.chosenContrasts(parameters)):
            found = assign_sequences({key: (node.GetName() or "", node_values(node)) for key, node in nodes.items()})
            for field, value in FIELDS.items():
                key = next((key for sequence, (key, _guess) in found.items() if sequence.value == value), None)
                setattr(parameters, field, nodes.get(key))
        if parameters.content is None and nodes:
            chosen = self.chosenContrasts(parameters)
            best = next((chosen[field] for field in ("flair", "t1gd", "t2", "t1") if field in chosen), None)
            parameters.content = best or next(iter(nodes.values()))

    def contrastOf(self, parameters, node) -> Sequence | None:
        """Return the contrast of a node: that of its slot, else what its name and DICOM values tell, else None."""
        from ssaglioma.labels import Sequence
        from ssaglioma.preprocessing.assignment import guess_sequence
        from SSASlicerLib.dicom_values import node_values

        for field, value in FIELDS.items():
            if getattr(parameters, field) is node:
                return Sequence(value)
        return guess_sequence(node.GetName() or "", node_values(node)).sequence

    def contentProblem(self, parameters) -> str:
        """Return why no picture can be made of the content, or an empty text."""
        if parameters.content is None:
            return _("Choose a content image, or load one first.")
        return nodeProblem(parameters.content)

    def imageVolume(self, node) -> Volume:
        """Return a node as a canonical float32 volume; it is kept until voxels or place change.

        Raises
        ------
        DatasetError, GeometryError
            If the node is no 3D image, or holds values that are not finite.
        """
        import numpy as np

        from ssaglioma.style.pictures import check_finite
        from ssaglioma.volume import to_canonical
        from SSASlicerLib.volumes import volume_from_node

        kept: dict = self.__dict__.setdefault("_volumes", {})
        stamp = nodeStamp(node)
        if kept.get(node.GetID(), (None,))[0] != stamp:
            volume = to_canonical(volume_from_node(node, copy=False))
            check_finite(volume.array, node.GetName())
            kept[node.GetID()] = (stamp, volume.with_array(np.ascontiguousarray(volume.array, np.float32)))
            for key in [key for key in kept if slicer.mrmlScene.GetNodeByID(key) is None]:
                del kept[key]
        return kept[node.GetID()][1]

    def contentSlice(self, parameters, node=None, index: int | None = None) -> SlicePiece:
        """Return a slice of the content (or of another node of its grid): the one that the views show by default.

        Raises
        ------
        DatasetError
            If there is no usable content.
        """
        import numpy as np

        from ssaglioma.errors import DatasetError

        if problem := self.contentProblem(parameters):
            raise DatasetError(problem)
        chosen = parameters.content if node is None else node
        volume = self.imageVolume(chosen)
        axis = sliceAxis(self.imageVolume(parameters.content))
        number = self.shownSlice(parameters) if index is None else index
        number = int(np.clip(number, 0, volume.shape[axis] - 1))
        return SlicePiece(
            np.take(volume.array, number, axis=axis),
            oneSlice(volume, axis, number),
            axis,
            number,
            (chosen.GetID(), nodeStamp(chosen), axis, number),
            self.contrastOf(parameters, chosen),
        )

    def shownSlice(self, parameters) -> int:
        """Return the number of the content's slice that the views show."""
        import numpy as np

        volume = self.imageVolume(parameters.content)
        matrix = self.sliceNode(parameters).GetSliceToRAS()
        ras = [matrix.GetElement(row, 3) for row in range(3)]
        index = np.linalg.inv(volume.affine_lps) @ [-ras[0], -ras[1], ras[2], 1.0]
        axis = sliceAxis(volume)
        return int(np.clip(round(float(index[2 - axis])), 0, volume.shape[axis] - 1))

    def labelsSlice(self, parameters, piece: SlicePiece) -> np.ndarray | None:
        """Return the labels (Y, X) of a slice of the content, or None without labels or for an earlier content.

        Raises
        ------
        DatasetError, GeometryError
            If the labels are not NCR, ED, ET, or lie elsewhere.
        """
        import numpy as np

        if parameters.content is None or piece.key[:2] != (parameters.content.GetID(), nodeStamp(parameters.content)):
            return None
        volume = self.labelsVolume(parameters)
        return None if volume is None else np.take(volume.array, piece.index, axis=piece.axis)

    def labelsVolume(self, parameters) -> Volume | None:
        """Return the labels on the content's canonical grid, or None; kept until labels or content change.

        Raises
        ------
        DatasetError, GeometryError
            As `labelsSlice`.
        """
        node = parameters.labels
        if node is None or self.contentProblem(parameters):
            return None
        kept: dict = self.__dict__.setdefault("_labels", {})
        stamp = (node.GetID(), node.GetMTime(), _dataTime(node), nodeStamp(parameters.content))
        if kept.get("stamp") != stamp:
            kept.update(stamp=stamp, volume=_labelsOn(node, self.imageVolume(parameters.content)))
        return kept["volume"]

    def statusSentence(self, parameters) -> tuple[str, str]:
        """Return text and level for the status line: what is missing, or what is shown."""
        if problem := self.contentProblem(parameters):
            return problem, "warning" if parameters.content is None else "error"
        if problem := self.styleProblem(parameters):
            return problem, "error"
        if self.busy:
            return self.busyText(), "busy"
        contrast = self.contrastOf(parameters, parameters.content)
        name = contrast.display_name if contrast else _("unknown contrast")
        return _("Ready: {contrast}, {method}.").format(
            contrast=name, method=self.methodEntry(parameters).title
        ), "ready"


def nodeProblem(node) -> str:
    """Return why a node cannot be stylised, or an empty text; kept, as a live preview asks many times a picture."""
    image, parent = node.GetImageData(), node.GetParentTransformNode()
    times = [0 if one is None else one.GetMTime() for one in (node, image, parent)]
    if _PROBLEMS.get(node.GetID(), (None, ""))[0] != times:
        if len(_PROBLEMS) >= _KEPT_PROBLEMS:
            _PROBLEMS.clear()
        _PROBLEMS[node.GetID()] = (times, _problemOf(node))
    return _PROBLEMS[node.GetID()][1]


def _problemOf(node) -> str:
    from ssaglioma.errors import SSAGliomaError
    from SSASlicerLib.volumes import grid_from_node

    try:
        grid = grid_from_node(node)
    except SSAGliomaError as error:
        return str(error)
    edges = sorted(grid.shape)
    if edges[0] < 2:
        return _("{name} is a single slice; expected a volume. Choose another image.").format(name=node.GetName())
    if edges[1] < _LEAST_EDGE:
        return _("{name} has slices of {edge} pixels; expected {least} or more. Choose another image.").format(
            name=node.GetName(), edge=edges[1], least=_LEAST_EDGE
        )
    return ""


def nodeStamp(node) -> tuple:
    """Return what changes when voxels or place of a volume node change; a new window does not count."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    parent = node.GetParentTransformNode()
    image = node.GetImageData()
    place = tuple(matrix.GetElement(row, column) for row in range(3) for column in range(4))
    return (0 if image is None else image.GetMTime(), place, 0 if parent is None else parent.GetMTime())


def sliceAxis(volume: Volume) -> int:
    """Return the axis of a canonical volume that is cut through: the thick one, else the axial one."""
    spacing = volume.spacing_zyx_mm
    thickest = max(range(3), key=lambda axis: spacing[axis])
    return thickest if spacing[thickest] > _THICK_SLICES * spacing[0] else 0


def oneSlice(volume: Volume, axis: int, index: int, count: int = 1) -> Volume:
    """Return `count` slices of a volume as a volume at their place."""
    import numpy as np

    from ssaglioma.volume import Volume

    start = [0.0, 0.0, 0.0, 1.0]
    start[2 - axis] = float(index)
    part = np.take(volume.array, range(index, index + count), axis=axis)
    origin = tuple(float(one) for one in (volume.affine_lps @ start)[:3])
    return Volume(np.ascontiguousarray(part), volume.spacing_zyx_mm, origin, volume.direction_lps)


def _dataTime(node) -> int:
    data = node.GetSegmentation() if node.IsA("vtkMRMLSegmentationNode") else node.GetImageData()
    return 0 if data is None else data.GetMTime()


def _labelsOn(node, grid: Volume) -> Volume:
    """Return a segmentation or labelmap node as labels on a grid (nearest neighbor where grids differ)."""
    from ssaglioma.labels import GLIOMA, to_scheme
    from ssaglioma.volume import resample_to, to_canonical
    from SSASlicerLib.segmentation_reading import labelmap_from_segmentation
    from SSASlicerLib.volumes import volume_from_node

    if node.IsA("vtkMRMLSegmentationNode"):
        return labelmap_from_segmentation(node, grid)
    labels = to_canonical(volume_from_node(node))
    labels = labels.with_array(to_scheme(labels.array, GLIOMA, source=f"The labelmap {node.GetName()!r}"))
    return grid.with_array(labels.array) if labels.same_grid(grid) else resample_to(labels, grid, order=0)
