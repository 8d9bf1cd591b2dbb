"""The style bank: simulated scanners, styles that a stylizer learned over many cases, and the user's own images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.casefiles import atLeastTwo
from SSAStyleTransferLib.content import nodeStamp, oneSlice, sliceAxis
from SSAStyleTransferLib.sample import sampleVolume, tumorSlice

if TYPE_CHECKING:
    from ssaglioma.labels import Sequence
    from ssaglioma.volume import Volume

SIMULATED, LEARNED, OWN = "simulated", "learned", "own"
_OF_EACH_SCANNER = 3
_SLAB = 24
_USER_FOLDER = "SSAGliomaStyles"
_SUFFIX = ".nii.gz"
DEFAULT_CONTRAST = "t2f"
_FIRST = ("1.5T_ssa", 1)


@dataclass(frozen=True)
class BankEntry:
    """One style of the bank.

    Attributes
    ----------
    key : str
        'simulated:SCANNER:NUMBER', 'learned:PACKAGE:STYLE' or 'own:NAME'.
    title : str
    kind : str
        'simulated', 'learned' or 'own'.
    """

    key: str
    title: str
    kind: str

    @property
    def private(self) -> bool:
        """Whether it comes from the user's own files, and must not enter exports unasked."""
        return self.kind == OWN


class BankLogic:
    """Styles to choose from; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._bankPictures: dict[str, Volume] = {}
        self._entries: tuple = ((), [])

    def bankEntries(self) -> list[BankEntry]:
        """Return all styles: simulated ones (the 1.5 T hospital scanner first), learned ones, own ones."""
        folder = self.ownStylesFolder()
        stamp = (id(self.stylePackages()), folder.stat().st_mtime_ns if folder.is_dir() else 0)
        if self._entries[0] != stamp:  # a live preview asks many times a second
            self._entries = (stamp, self._listEntries(folder))
        return self._entries[1]

    def _listEntries(self, folder: Path) -> list[BankEntry]:
        numbers = [(name, number) for name in self.presetNames() for number in range(1, _OF_EACH_SCANNER + 1)]
        numbers.sort(key=lambda one: (one[0] != _FIRST[0],))
        entries = [
            BankEntry(
                f"{SIMULATED}:{name}:{number}",
                _("Simulated {scanner}, no. {number}").format(scanner=self.presetTitle(name), number=number),
                SIMULATED,
            )
            for name, number in numbers
        ]
        for package in self.stylePackages():
            for style in package.card.styles if package.kind == "stylizer" else ():
                count = min(style.cases.values())
                title = _("{style}, learned over {count} cases ({package})").format(
                    style=style.name, count=count, package=package.card.name
                )
                entries.append(BankEntry(f"{LEARNED}:{package.card.name}:{style.name}", title, LEARNED))
        for path in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []:
            name = path.name[: -len(_SUFFIX)]
            entries.append(BankEntry(f"{OWN}:{name}", _("Own: {name}").format(name=name), OWN))
        return entries

    def bankEntry(self, parameters) -> BankEntry | None:
        """Return the chosen style of the bank; None where a loaded image is the style, or the style is gone."""
        if parameters.style is not None:
            return None
        return next((entry for entry in self.bankEntries() if entry.key == parameters.bankStyle), None)

    def styleProblem(self, parameters) -> str:
        """Return why style and method do not go together, or an empty text."""
        from ssaglioma.errors import SSAGliomaError
        from SSAStyleTransferLib.content import nodeProblem
        from SSAStyleTransferLib.methods import SCANNER

        try:
            method = self.methodEntry(parameters)
        except SSAGliomaError as error:
            return str(error)
        if method.method == SCANNER:
            return ""
        if parameters.style is not None:
            return nodeProblem(parameters.style)
        entry = self.bankEntry(parameters)
        if entry is None:
            return _("The style {key} is not in the bank any more. Choose another one.").format(
                key=repr(parameters.bankStyle)
            )
        if entry.kind == LEARNED and entry.key.split(":")[1] != method.key:
            return _("This style was learned by {package}; choose that as method, or another style.").format(
                package=entry.key.split(":")[1]
            )
        return ""

    def styleName(self, parameters) -> str:
        """Return the name of the chosen style for titles of charts and files; own images stay unnamed."""
        if parameters.style is not None:
            return _("loaded image")
        entry = self.bankEntry(parameters)
        return _("own image") if entry is not None and entry.private else (entry.title if entry else "-")

    def styleKey(self, parameters, sequence: Sequence | None) -> tuple:
        """Return what differs when the style picture differs."""
        if parameters.style is not None:
            return ("node", parameters.style.GetID(), nodeStamp(parameters.style))
        return (parameters.bankStyle, sequence.value if sequence else DEFAULT_CONTRAST)

    def styleVolume(self, parameters, sequence: Sequence | None) -> Volume | None:
        """Return the style's picture: a loaded volume whole, one slice of a bank's; None for a learned style.

        Raises
        ------
        DatasetError
            If the style cannot be read or is gone.
        """
        from ssaglioma.errors import DatasetError

        if parameters.style is not None:
            return self.imageVolume(parameters.style)
        if problem := self.styleProblem(parameters):
            raise DatasetError(problem)
        entry = self.bankEntry(parameters)
        if entry.kind == LEARNED:
            return None
        return self.entryPicture(entry, sequence.value if sequence else DEFAULT_CONTRAST)

    def entryPicture(self, entry: BankEntry, contrast: str) -> Volume:
        """Return a bank style's picture, one slice: of the simulated sample case, or of the user's file."""
        key = f"{entry.key}|{contrast}"
        if key not in self._bankPictures:
            made = self._ownPicture(entry) if entry.private else _simulated(entry.key, contrast)
            self._bankPictures[key] = made
        return self._bankPictures[key]

    def styleSlice(self, parameters, sequence: Sequence | None) -> Volume | None:
        """Return the one slice of the style that is shown: the one with the largest foreground; None if learned."""
        import numpy as np

        volume = self.styleVolume(parameters, sequence)
        if volume is None or 1 in volume.shape:
            return volume
        axis = sliceAxis(volume)
        others = tuple(number for number in range(3) if number != axis)
        return oneSlice(volume, axis, int(np.argmax((volume.array != 0).sum(axis=others))))

    def ownStylesFolder(self) -> Path:
        """Return the folder of the user's own styles; it lives beside Slicer's settings and never in a scene."""
        return Path(slicer.app.slicerUserSettingsFilePath).parent / _USER_FOLDER

    def addOwnStyle(self, path) -> BankEntry:
        """Copy the largest slice of an image file (volume, PNG or JPEG) into the private bank.

        Raises
        ------
        DatasetError
            If the file cannot be read, is empty, or a style of that name is there already.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.volume import write_volume

        source = Path(path)
        name = re.sub(r"[^\w.-]+", "_", re.sub(r"\.(nii\.gz|nii|nrrd|mha|png|jpe?g)$", "", source.name, flags=re.I))
        target = self.ownStylesFolder() / f"{name}{_SUFFIX}"
        if target.exists():
            raise DatasetError(
                f"The bank has an own style {name!r} already", remedy=_("Remove it first, or rename the file")
            )
        piece = _largestSlice(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_volume(atLeastTwo(piece), target)
        return BankEntry(f"{OWN}:{name}", _("Own: {name}").format(name=name), OWN)

    def removeOwnStyle(self, parameters) -> None:
        """Delete the chosen own style from the bank, and choose the first one instead."""
        entry = self.bankEntry(parameters)
        if entry is not None and entry.private:
            self._ownFile(entry).unlink(missing_ok=True)
            self._bankPictures = {
                key: one for key, one in self._bankPictures.items() if not key.startswith(f"{entry.key}|")
            }
            parameters.bankStyle = self.bankEntries()[0].key

    def _ownFile(self, entry: BankEntry) -> Path:
        return self.ownStylesFolder() / f"{entry.key.partition(':')[2]}{_SUFFIX}"

    def _ownPicture(self, entry: BankEntry) -> Volume:
        from ssaglioma.volume import read_volume, to_canonical

        volume = to_canonical(read_volume(self._ownFile(entry)))
        return oneSlice(volume, volume.shape.index(2), 0)


@lru_cache(maxsize=32)
def _simulated(key: str, contrast: str) -> Volume:
    """Return the tumor's slice of the sample case as a simulated scanner shows it."""
    import numpy as np

    from ssaglioma.labels import Sequence
    from ssaglioma.synthesis.scanner import apply_scan, draw_scan

    _kind, scanner, number = key.split(":")
    scan = draw_scan(scanner, np.random.default_rng(int(number))).changed({"missing": None, "registration": None})
    volume, middle = sampleVolume(contrast), tumorSlice()
    slab = oneSlice(volume, 0, middle - _SLAB // 2, _SLAB)
    sequence = Sequence(contrast)
    made = apply_scan({sequence: slab}, scan, grid="original", threads=1)[sequence]
    return oneSlice(made, 0, _SLAB // 2)


def _largestSlice(source: Path) -> Volume:
    """Return the slice of a file with the largest foreground."""
    import numpy as np

    from ssaglioma.errors import DatasetError
    from ssaglioma.volume import Volume, read_volume, to_canonical
    from ssaglioma.volume.pictures2d import PICTURE_SUFFIXES, read_picture

    if source.suffix.lower() in PICTURE_SUFFIXES:
        volume = Volume(read_picture(source)[None], (1.0, 1.0, 1.0))
    else:
        volume = to_canonical(read_volume(source))
    if not np.isfinite(volume.array).all() or not volume.array.any():
        raise DatasetError(
            f"The image {source.name!r} is empty or holds values that are not finite",
            expected="an image with something in it",
            remedy=_("Choose another file"),
        )
    axis = sliceAxis(volume)
    others = tuple(number for number in range(3) if number != axis)
    return oneSlice(volume, axis, int(np.argmax((volume.array != 0).sum(axis=others))))
