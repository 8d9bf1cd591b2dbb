"""The models of one hospital: a folder of packages and shelves beside Slicer's settings, which every module reads.

<site>/<name>/card.json ...          a package that was copied there
<site>/<name>/shelf.json v1/ v2/     a model that learned here: any step can be taken back
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.packages.package import CARD_FILE, WEIGHTS_FILE, ModelPackage, read_package, write_package
from ssaglioma.packages.shelf import SHELF_FILE, PackageShelf
from ssaglioma.types import PathLike


def site_packages(site: PathLike) -> list[ModelPackage]:
    """Return the packages of a site and the installed version of each shelf; what is no whole package is left out.

    Digests are not checked here: a screen lists models often, and a run checks what it uses.
    """
    root = Path(site)
    found = []
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        try:
            if (path / SHELF_FILE).is_file():
                found.append(read_package(PackageShelf(path).installed_folder(), verify=False))
            elif (path / CARD_FILE).is_file():
                found.append(read_package(path, verify=False))
        except SSAGliomaError:
            continue
    return found


def install_model(
    site: PathLike, package: ModelPackage, note: str, *, earlier: ModelPackage | None = None
) -> ModelPackage:
    """Install a package on the site's shelf of its name and return the installed copy.

    Parameters
    ----------
    earlier : ModelPackage, optional
        The model that it was trained from. On a new shelf it becomes the first version, under the new name, so
        that rolling back has somewhere to go.

    Raises
    ------
    ModelPackageError
        If a plain package or a shelf of another model has that name, or a package is damaged.
    SSAGliomaError
        If the folder cannot be written.
    """
    root = Path(site) / package.card.name
    if (root / CARD_FILE).is_file():
        raise ModelPackageError(
            f"A model named {package.card.name!r} was added to this computer already",
            expected="a new name",
            remedy="Train under another name, or remove the other model first",
        )
    shelf = PackageShelf(root)
    if not (root / SHELF_FILE).is_file() and earlier is not None:
        named = replace(
            earlier.card, name=package.card.name, title=f"{package.card.name} (before: {earlier.card.title})"
        )
        root.mkdir(parents=True, exist_ok=True)
        first = write_package(root / ".first", named, earlier.weights())
        shelf.install(first, f"as it was before: {earlier.card.name} {earlier.card.version}")
        shutil.rmtree(first.folder, ignore_errors=True)
    return shelf.install(package, note)


def roll_back_model(site: PathLike, name: str) -> ModelPackage:
    """Return to the version of a model that was installed before the present one.

    Raises
    ------
    ModelPackageError
        If there is no such shelf, or no earlier version on it.
    """
    return PackageShelf(Path(site) / name).roll_back("rolled back by the user")


def can_roll_back(site: PathLike, name: str) -> bool:
    """Tell whether a model has an earlier version to go back to."""
    shelf = PackageShelf(Path(site) / name)
    try:
        return shelf.installed_count() > 1
    except SSAGliomaError:
        return False


def installed_digest(site: PathLike, name: str) -> str:
    """Return the SHA-256 of the weights that are installed under a name; empty if there is no such shelf."""
    try:
        folder = PackageShelf(Path(site) / name).installed_folder()
        return read_package(folder, verify=False).card.sha256[WEIGHTS_FILE]
    except SSAGliomaError:
        return ""
