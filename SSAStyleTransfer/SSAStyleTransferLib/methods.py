"""The methods that can be chosen: quick ones, the scanner simulator, and those of the model packages at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _

SCANNER = "scanner"
_USER_FOLDER = "SSAGliomaModels"


@dataclass(frozen=True)
class MethodEntry:
    """One line of the list of methods.

    Attributes
    ----------
    key : str
        Kept in the parameter node: the method's name, or its package's.
    title, citation : str
    method : str
        Name in `ssaglioma.style.METHODS`, or 'scanner'.
    folder : str
        Of the package; empty where none is needed.
    quick : bool
        Whether a slice takes a fraction of a second, without PyTorch.
    hasStyleSpace : bool
        Whether seed and epsilon steps mean something.
    """

    key: str
    title: str
    citation: str
    method: str
    folder: str = ""
    quick: bool = True
    hasStyleSpace: bool = False


class MethodsLogic:
    """Methods and packages; part of `SSAStyleTransferLogic`."""

    def stylePackages(self) -> list:
        """Return stylizers and encoders, shipped ones first, then the user's; damaged folders are left out."""
        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.packages import list_all_packages, read_any_package
        from ssaglioma.packages.resources import locate

        folder = self.userPackagesFolder()
        kept: dict = self.__dict__.setdefault("_packages", {})
        if "shipped" not in kept:
            kept["shipped"] = locate("Models")
        shipped = kept["shipped"]
        stamp = tuple(path.stat().st_mtime_ns if path.is_dir() else 0 for path in (shipped, folder))
        if kept.get("stamp") != stamp:  # a live preview asks many times a second
            packages = list(list_all_packages())
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                try:
                    packages.append(read_any_package(path, verify=False))
                except SSAGliomaError:
                    continue
            kept.update(stamp=stamp, packages=packages)
        return kept["packages"]

    def userPackagesFolder(self) -> Path:
        """Return the folder of packages that the user added; it lives beside Slicer's settings."""
        return Path(slicer.app.slicerUserSettingsFilePath).parent / _USER_FOLDER

    def methods(self) -> list[MethodEntry]:
        """Return the methods in the order of the list: quick ones, the scanner, then those of packages."""
        packages = self.stylePackages()
        kept = self.__dict__.setdefault("_methodList", (None, []))
        if kept[0] is not packages:  # a live preview asks many times a second
            kept = self.__dict__["_methodList"] = (packages, _entriesOf(packages))
        return kept[1]

    def methodEntry(self, parameters) -> MethodEntry:
        """Return the chosen method.

        Raises
        ------
        ModelPackageError
            If it needs a package that is not here.
        """
        from ssaglioma.errors import ModelPackageError

        entries = self.methods()
        found = next((entry for entry in entries if entry.key == parameters.method), None)
        if found is None:
            raise ModelPackageError(
                f"The method {parameters.method!r} is not here",
                expected="one of " + ", ".join(entry.key for entry in entries),
                remedy=_("Choose another method, or add its model package"),
            )
        return found

    def chooseMethod(self, parameters, key: str) -> None:
        """Choose a method by its key; a stylizer brings its first own style where the chosen one is another's.

        Raises
        ------
        DatasetError
            If there is no such method.
        """
        from ssaglioma.errors import DatasetError

        entries = self.methods()
        found = next((entry for entry in entries if entry.key == key), None)
        if found is None:
            raise DatasetError(f"The method {key!r} is not known", expected=f"one of {[one.key for one in entries]}")
        learned = parameters.bankStyle.startswith("learned:") and parameters.bankStyle.split(":")[1] != key
        own = [entry.key for entry in self.bankEntries() if entry.key.startswith(f"learned:{key}:")]
        with slicer.util.NodeModify(parameters.parameterNode):
            parameters.method = key
            if own and not parameters.bankStyle.startswith("own:"):
                parameters.bankStyle = own[0]
            elif learned:
                parameters.bankStyle = self.bankEntries()[0].key

    def methodText(self, parameters) -> str:
        """Return what the chosen method does and where it comes from, for people."""
        from ssaglioma.packages import read_any_package

        entry = self.methodEntry(parameters)
        lines = [entry.title, entry.citation]
        if entry.folder:
            card = read_any_package(entry.folder, verify=False).card
            lines += [
                _("Package {name} {version}; trained on: {data}").format(
                    name=card.name, version=card.version, data=card.training_data
                ),
                _("License: {text}").format(text=card.licence),
                card.intended_use,
            ]
        lines.append(_("Shown at once.") if entry.quick else _("Computed in the background, some seconds a picture."))
        return "\n".join(lines)


def _entriesOf(packages: list) -> list[MethodEntry]:
    """Return the methods that go without packages, the scanner, and those of packages."""
    from ssaglioma.style import METHODS

    entries = [
        MethodEntry(one.name, one.title, one.citation, one.name) for one in METHODS.values() if not one.needs_weights
    ]
    entries.append(
        MethodEntry(SCANNER, _("Scanner simulator"), _("Physics of MR scanners; the knobs of its tab"), SCANNER)
    )
    for package in packages:
        card = package.card
        if package.kind == "encoder":
            gatys = METHODS["gatys"]
            entries.append(
                MethodEntry(card.name, gatys.title, gatys.citation, "gatys", str(package.folder), quick=False)
            )
        elif package.kind == "stylizer":
            known = METHODS[card.method]
            space = card.method in ("rain", "adaconv_rain")
            entries.append(
                MethodEntry(card.name, card.title, known.citation, card.method, str(package.folder), False, space)
            )
    return entries
