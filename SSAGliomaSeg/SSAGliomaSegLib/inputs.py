"""Choosing the four images, and checking them before a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.folder_images import imagesInFolder

FIELDS = {"t1": "t1n", "t1gd": "t1c", "t2": "t2w", "flair": "t2f"}
"""Parameter name of each slot -> value of `ssaglioma.labels.Sequence`, in channel order."""

READY, WARNING, ERROR = "ready", "warning", "error"


@dataclass(frozen=True)
class InputState:
    """What is known about the chosen images.

    Attributes
    ----------
    level : str
        'ready', 'warning' (a run is possible) or 'error' (it is not).
    text : str
        One sentence for the status line.
    gridsDiffer : bool
        Whether the images lie on different grids.
    """

    level: str
    text: str
    gridsDiffer: bool = False

    @property
    def canRun(self) -> bool:
        """Whether Apply may be pressed."""
        return self.level != ERROR


@dataclass(frozen=True)
class GeometryRow:
    """Grid of one chosen image, in words: voxels and mm along I, J, K."""

    slot: str
    name: str
    size: str
    spacing: str
    orientation: str
    differs: bool


class InputsLogic:
    """Slots and their checks; part of `SSAGliomaSegLogic`."""

    def chosenNodes(self, parameters) -> dict:
        """Return the chosen node of each filled slot, by parameter name."""
        nodes = {field: getattr(parameters, field) for field in FIELDS}
        return {field: node for field, node in nodes.items() if node is not None}

    def guessSequences(self, nodes) -> dict:
        """Return parameter name -> (node, Guess) for the nodes that most probably are T1, T1Gd, T2 and FLAIR."""
        if not nodes:
            return {}
        from ssaglioma.preprocessing.assignment import assign_sequences
        from SSASlicerLib.dicom_values import node_values

        by_id = {node.GetID(): node for node in nodes}
        assigned = assign_sequences({key: (node.GetName() or "", node_values(node)) for key, node in by_id.items()})
        fields = {value: field for field, value in FIELDS.items()}
        return {fields[sequence.value]: (by_id[key], guess) for sequence, (key, guess) in assigned.items()}

    def slotGuess(self, field: str, node):
        """Return the guess for one chosen node, to be compared with the slot that it sits in."""
        from ssaglioma.preprocessing.assignment import guess_sequence
        from SSASlicerLib.dicom_values import node_values

        return guess_sequence(node.GetName() or "", node_values(node))

    def fillFromLoadedVolumes(self, parameters) -> dict:
        """Fill the slots from the loaded volumes; a slot without a candidate is emptied. Returns the guesses.

        Raises
        ------
        SequenceError
            If no loaded volume is known by its name or DICOM values; the slots stay as they were.
        """
        return self._fill(parameters, self._imageNodes(), "loaded volume")

    def fillFromFolder(self, parameters, folder) -> dict:
        """Load the images of a folder (NIfTI, NRRD, MHA, DICOM series), fill the slots, return the guesses.

        Only images that fit a slot are loaded.

        Raises
        ------
        DatasetError, SequenceError, GeometryError
            If the folder cannot be read or nothing in it is known; the scene stays as it was.
        """
        from ssaglioma.errors import SequenceError
        from ssaglioma.preprocessing.assignment import assign_sequences
        from ssaglioma.volume.reading import image_stem
        from SSASlicerLib.volumes import node_from_volume

        images = imagesInFolder(Path(folder))
        assigned = assign_sequences({key: (name, tags) for key, (name, tags, _read) in images.items()})
        if not assigned:
            raise SequenceError(
                f"None of the {len(images)} images in {str(folder)!r} is known as T1, T1Gd, T2 or FLAIR",
                expected="names such as case_t1.nii.gz, case_t1ce.nii.gz, case_t2.nii.gz, case_flair.nii.gz",
                remedy=_("Load the images and choose them by hand"),
            )
        volumes = {sequence: images[key][2]() for sequence, (key, _guess) in assigned.items()}

        fields = {value: field for field, value in FIELDS.items()}
        result = {}
        for sequence, (key, guess) in assigned.items():
            node = node_from_volume(volumes[sequence], slicer.mrmlScene.GenerateUniqueName(image_stem(images[key][0])))
            result[fields[sequence.value]] = (node, guess)
        self._assign(parameters, result)
        return result

    def inputState(self, parameters) -> InputState:
        """Check the chosen images and the model, without touching their voxels."""
        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.labels import Sequence

        nodes = self.chosenNodes(parameters)
        if not nodes:
            return InputState(ERROR, _("Choose at least T1Gd or FLAIR, or press Fill from loaded volumes."))
        names = {field: Sequence(FIELDS[field]).display_name for field in FIELDS}
        for field, node in nodes.items():
            if problem := _nodeProblem(node):
                return InputState(ERROR, f"{names[field]}: {problem}")
        double = _usedTwice(nodes, names)
        if double:
            return InputState(ERROR, double)
        differ = any(row.differs for row in self.geometryRows(parameters))
        if differ and parameters.prepare == "never" and not parameters.resample:
            text = _(
                "The images lie on different grids. Press Show to see them, Resample to bring them together, or set "
                "Prepare to Automatic."
            )
            return InputState(ERROR, text, True)
        try:
            missing = self.missingSequences(parameters)
        except SSAGliomaError as error:
            return InputState(ERROR, str(error), differ)
        swapped = self._swapWarning(nodes, names)
        if swapped or missing:
            return InputState(WARNING, swapped or missing, differ)
        count = len(nodes)
        onOne = _("resampled to one grid") if parameters.resample else _("different grids")
        text = _("Ready: {count} of 4 sequences, {grid}.").format(count=count, grid=onOne if differ else _("same grid"))
        if self.willPrepare(parameters):
            text += " " + _("Raw scans: they are aligned and stripped first.")
        return InputState(READY, text, differ)

    def gridNode(self, parameters):
        """Return the chosen node on whose grid the result will lie: T1Gd, else FLAIR, else the first."""
        nodes = self.chosenNodes(parameters)
        return next((nodes[field] for field in ("t1gd", "flair", "t1", "t2") if field in nodes), None)

    def geometryRows(self, parameters) -> list[GeometryRow]:
        """Return the grids of the chosen images; `differs` compares with the result's grid."""
        from ssaglioma.labels import Sequence
        from SSASlicerLib.volumes import grid_from_node

        node = self.gridNode(parameters)
        home = grid_from_node(node) if node is not None and not _nodeProblem(node) else None
        rows = []
        for field, node in self.chosenNodes(parameters).items():
            if _nodeProblem(node):
                continue
            grid = grid_from_node(node)
            rows.append(
                GeometryRow(
                    Sequence(FIELDS[field]).display_name,
                    node.GetName(),
                    " x ".join(str(size) for size in grid.shape[::-1]),
                    " x ".join(f"{edge:.3g}" for edge in grid.spacing_zyx_mm[::-1]),
                    _axes(grid),
                    home is not None and not _sameSpace(grid, home),
                )
            )
        return rows

    def resampleToGrid(self, parameters) -> list:
        """Copy images that lie on other grids onto the result's grid (linear, by headers) and choose the copies.

        The original nodes stay. It does not correct movement between sequences.
        """
        from ssaglioma.volume import resample_to
        from SSASlicerLib.volumes import grid_from_node, node_from_volume, volume_from_node

        home = self.gridNode(parameters)
        grid = grid_from_node(home)
        copies = {}
        for field, node in self.chosenNodes(parameters).items():
            volume = volume_from_node(node)
            if node is not home and not _sameSpace(volume, grid):
                copies[field] = node_from_volume(resample_to(volume, grid, order=1), f"{node.GetName()} resampled")
        for field, node in copies.items():
            setattr(parameters, field, node)
        return list(copies.values())

    def _fill(self, parameters, nodes, what: str) -> dict:
        from ssaglioma.errors import SequenceError

        guesses = self.guessSequences(nodes)
        if not guesses:
            found = ", ".join(node.GetName() for node in nodes[:6]) or "none"
            raise SequenceError(
                f"No {what} is known as T1, T1Gd, T2 or FLAIR (found: {found})",
                remedy=_("Choose the images by hand, or fill from a folder"),
            )
        self._assign(parameters, guesses)
        return guesses

    @staticmethod
    def _assign(parameters, guesses: dict) -> None:
        for field in FIELDS:
            setattr(parameters, field, guesses[field][0] if field in guesses else None)

    @staticmethod
    def _imageNodes() -> list:
        nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        plain = [node for node in nodes if not node.IsA("vtkMRMLLabelMapVolumeNode") and not _nodeProblem(node)]
        return [node for node in plain if not node.GetAttribute("SSAGlioma.made")]

    def _swapWarning(self, nodes: dict, names: dict) -> str:
        for field, node in nodes.items():
            guess = self.slotGuess(field, node)
            if guess.sequence is not None and guess.sequence.value != FIELDS[field]:
                return _("{node} is chosen as {slot}, but looks like {other}: {reason}.").format(
                    node=node.GetName(), slot=names[field], other=guess.sequence.display_name, reason=guess.reason
                )
        return ""


def _nodeProblem(node) -> str:
    """Return why a node cannot be an input, or an empty text."""
    from ssaglioma.errors import SSAGliomaError
    from SSASlicerLib.volumes import grid_from_node

    image = node.GetImageData()
    if image is None or 0 in image.GetDimensions():
        return _("{name} holds no image. Choose another volume.").format(name=node.GetName())
    if image.GetNumberOfScalarComponents() != 1:
        return _("{name} has {count} values in each voxel; expected one. Split it first.").format(
            name=node.GetName(), count=image.GetNumberOfScalarComponents()
        )
    if min(image.GetDimensions()) < 2:
        return _("{name} is a single slice; expected a volume. Choose another image.").format(name=node.GetName())
    try:
        grid_from_node(node)
    except SSAGliomaError as error:
        return str(error)
    return ""


def _axes(grid) -> str:
    """Return where I, J and K point to in the patient, such as 'LPS' (nearest axes)."""
    import numpy as np

    letters = (("R", "L"), ("A", "P"), ("I", "S"))
    columns = np.asarray(grid.direction_lps).T
    return "".join(letters[int(np.argmax(np.abs(c)))][int(c[np.argmax(np.abs(c))] > 0)] for c in columns)


def _sameSpace(first, second) -> bool:
    """Tell whether two grids have the same voxels, whatever the order of their axes; no voxel is touched."""
    from ssaglioma.volume import to_canonical

    return first.same_grid(second) or to_canonical(first).same_grid(to_canonical(second))


def _usedTwice(nodes: dict, names: dict) -> str:
    seen: dict = {}
    for field, node in nodes.items():
        other = seen.setdefault(node.GetID(), field)
        if other != field:
            return _("{node} is chosen twice, as {first} and as {second}. Choose another volume, or None.").format(
                node=node.GetName(), first=names[other], second=names[field]
            )
    return ""
