"""Images as files for child processes, and the arguments of the commands that work on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from SSAStyleTransferLib.content import FIELDS
from SSAStyleTransferLib.methods import SCANNER
from SSAStyleTransferLib.picture_service import PICTURE

if TYPE_CHECKING:
    import numpy as np

    from ssaglioma.labels import Sequence
    from ssaglioma.volume import Volume
    from SSAStyleTransferLib.content import SlicePiece

CASE = "case"
_ARRAY = ".npy"
_SUFFIX = ".nii"  # not compressed: it is read once, and writing is many times faster


class CaseFilesLogic:
    """Files of background work; part of `SSAStyleTransferLogic`."""

    def caseNodes(self, parameters) -> dict[Sequence, object]:
        """Return the chosen contrasts of the case with the content among them, by sequence.

        Raises
        ------
        GeometryError
            If they do not lie on one grid.
        DatasetError, SequenceError
            If there is no content, or its contrast is not known.
        """
        from ssaglioma.errors import DatasetError, SequenceError
        from ssaglioma.labels import Sequence
        from ssaglioma.volume import check_same_grid

        if problem := self.contentProblem(parameters):
            raise DatasetError(problem)
        chosen = self.chosenContrasts(parameters)
        if parameters.content not in chosen.values():
            sequence = self.contrastOf(parameters, parameters.content)
            if sequence is None:
                raise SequenceError(
                    f"The contrast of {parameters.content.GetName()!r} is not known",
                    expected="an image that is chosen as T1, T1Gd, T2 or FLAIR",
                    remedy=_("Choose it under Four contrasts"),
                )
            return {sequence: parameters.content}
        nodes = {Sequence(value): chosen[field] for field, value in FIELDS.items() if field in chosen}
        check_same_grid({key.display_name: self.imageVolume(node) for key, node in nodes.items()})
        return nodes

    def stylizeArguments(
        self,
        parameters,
        images: Mapping[Sequence | None, Volume],
        folder: Path,
        name: str,
        *,
        strength: float = 1.0,
        labels: Volume | None = None,
    ) -> list[str]:
        """Write images and style, and return the arguments of `ssaglioma stylize`, or `degrade` for the scanner.

        A single image of unknown contrast (key None) goes as a file, everything else as a case folder. The guard's
        verdict comes back with the result; nothing is refused by the child.
        """
        content = writeImages(images, folder / f"{name}-content", labels)
        output = folder / f"{name}-output"
        method = self.methodEntry(parameters)
        if method.method == SCANNER:
            return self._degradeArguments(parameters, images, content, output)
        words = ["stylize", "--content", str(content), "--strength", f"{strength:.4f}"]
        words += self._methodWords(parameters, next(iter(images.values())))
        styles = {sequence: self.styleVolume(parameters, sequence) for sequence in images}
        if None in styles.values():
            words += ["--style-name", parameters.bankStyle.split(":")[2]]
        else:
            words += ["--style", str(writeImages(styles, folder / f"{name}-style"))]
        if method.hasStyleSpace and parameters.epsilonSteps:
            segmenter = self.modelPackage(parameters)
            words += ["--epsilon-iterations", str(parameters.epsilonSteps), "--segmenter", str(segmenter.folder)]
        return [*words, "--output", str(output if content.is_dir() else output.with_suffix(_SUFFIX))]

    def _methodWords(self, parameters, image: Volume) -> list[str]:
        """Return the options that name the method, its seed and the slices of an image; the guard refuses nothing."""
        method = self.methodEntry(parameters)
        axial = image.spacing_zyx_mm[0] >= max(image.spacing_zyx_mm) / 1.5
        words = ["--force", "--slice-axis", "axial" if axial else "through_plane"]
        words += ["--model", method.folder] if method.folder else ["--method", method.method]
        return words + (["--seed", str(parameters.seed)] if method.hasStyleSpace else [])

    def pictureRequest(self, parameters, piece: SlicePiece, folder: Path, number: int) -> tuple[list[str], bool]:
        """Write one slice and its style, and return the words for `ssaglioma serve`, and whether its guard looks.

        It does not: the module examines what it shows. A search in the style space needs the whole case.
        """
        from ssaglioma.volume.pictures2d import write_picture

        name = f"{PICTURE}{number}"
        if parameters.epsilonSteps and self.methodEntry(parameters).hasStyleSpace:
            nodes = self.caseNodes(parameters)
            images = {one: self.contentSlice(parameters, node, piece.index).volume for one, node in nodes.items()}
            return self.stylizeArguments(parameters, images, folder, name)[1:], True
        content = folder / f"{name}-content{_ARRAY}"
        write_picture(piece.array, content)
        words = ["--content", str(content), *self._methodWords(parameters, piece.volume)]
        words += ["--contrast", piece.sequence.value] if piece.sequence else []
        style = self.styleVolume(parameters, piece.sequence)
        if style is None:
            words += ["--style-name", parameters.bankStyle.split(":")[2]]
        else:
            words += ["--style", str(_styleFile(style, self.styleKey(parameters, piece.sequence), folder))]
            words += ["--style-contrast", piece.sequence.value] if piece.sequence else []
        return [*words, "--output", str(folder / f"{name}-output{_ARRAY}")], False

    def readPicture(self, answer) -> np.ndarray:
        """Return the picture (Y, X) that `ssaglioma serve` made of a slice.

        Raises
        ------
        SSAGliomaError
            If it cannot be read.
        """
        from ssaglioma.volume.pictures2d import read_picture

        output = str(answer.values.get("output", ""))
        if output.endswith(_ARRAY):
            return read_picture(output)
        (_node, _stamp, axis, _index), sequence = answer.key[:2]
        return self.readStylised(answer.values, sequence, axis)

    def _degradeArguments(self, parameters, images, content: Path, output: Path) -> list[str]:
        from SSAStyleTransferLib.content import sliceAxis

        first = next(iter(images.values()))
        axis = first.shape.index(1) if 1 in first.shape else sliceAxis(first)
        scan = self.scanOf(parameters, first, axis)
        file = content.parent / "scan.json"
        file.write_text(json.dumps(scan.to_json()), encoding="utf-8")
        where = [str(content)] if content.is_dir() else ["--t2f", str(content)]
        return ["degrade", *where, "--scan", str(file), "--grid", "original", "--output", str(output)]

    def readStylised(self, values: Mapping, sequence: Sequence | None, axis: int) -> np.ndarray:
        """Return the picture (Y, X) of one slice from what a child wrote.

        Raises
        ------
        SSAGliomaError
            If it cannot be read.
        """
        import numpy as np

        return np.take(readVolumes(values)[sequence].array, 0, axis=axis).astype(np.float32)

    def modelArguments(self, parameters, images: Mapping[Sequence, Volume], folder: Path, name: str) -> list[str]:
        """Write images, and return the arguments of `ssaglioma segment` with the chosen model."""
        from SSASlicerLib.jobs import anchor_sequence

        case = writeImages(images, folder / name)
        words = ["segment", "--skip-prepare"]
        for sequence in images:
            words += [f"--{sequence.value}", str(case / f"{case.name}-{sequence.value}{_SUFFIX}")]
        words += ["--output", str(folder / f"{name}-seg{_SUFFIX}"), "--grid", anchor_sequence(images).value]
        return [*words, "--device", "cpu", "--model", str(self.modelPackage(parameters).folder)]


def _styleFile(style: Volume, key: tuple, folder: Path) -> Path:
    """Write a style once, under a name that its key tells: the child keeps what it learned of it."""
    from ssaglioma.volume import write_volume
    from ssaglioma.volume.pictures2d import write_picture

    thin = 1 in style.shape
    name = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    file = folder / f"style-{name}{_ARRAY if thin else _SUFFIX}"
    if not file.exists():
        write_picture(style.array.squeeze(style.shape.index(1)), file) if thin else write_volume(style, file)
    return file


def writeImages(images: Mapping[Sequence | None, Volume], target: Path, labels: Volume | None = None) -> Path:
    """Write images as a case folder, or one of unknown contrast as a file; return which.

    Raises
    ------
    SSAGliomaError
        If the disk is full.
    """
    from ssaglioma.volume import write_volume

    if set(images) == {None}:
        file = target.with_suffix(_SUFFIX)
        write_volume(atLeastTwo(images[None]), file)
        return file
    target.mkdir(parents=True)
    for sequence, volume in images.items():
        write_volume(atLeastTwo(volume), target / f"{target.name}-{sequence.value}{_SUFFIX}")
    if labels is not None:
        write_volume(atLeastTwo(labels), target / f"{target.name}-seg{_SUFFIX}")
    return target


def atLeastTwo(volume: Volume) -> Volume:
    """Return a single slice twice, one behind the other, because files must hold volumes; others as they are."""
    import numpy as np

    if 1 not in volume.shape:
        return volume
    return replace(volume, array=np.repeat(volume.array, 2, axis=volume.shape.index(1)))


def readVolumes(values: Mapping) -> dict[Sequence | None, Volume]:
    """Return what `stylize` or `degrade` wrote, on canonical axes, by sequence; None for a single file.

    Raises
    ------
    SSAGliomaError
        If it cannot be read.
    """
    from ssaglioma.errors import DatasetError
    from ssaglioma.labels import SEQUENCE_ORDER
    from ssaglioma.volume import read_volume, to_canonical

    output = Path(str(values.get("output") or values.get("folder") or ""))
    if output.is_file():
        return {None: to_canonical(read_volume(output))}
    found = {}
    for sequence in SEQUENCE_ORDER:
        for file in sorted(output.glob(f"*-{sequence.value}.nii*")):
            found[sequence] = to_canonical(read_volume(file))
    if not found:
        raise DatasetError("The background work left no image", remedy=_("Try again; free some disk space"))
    return found
