"""A shelf of model packages: one is installed, the earlier ones stay, and any step can be taken back.

    <root>/shelf.json       which version is installed, and what happened when
           v1/ v2/ ...      model packages; never changed once they are there

A version is copied aside, checked and renamed before `shelf.json` names it, so after a power cut
the shelf is as it was before or as it should be.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ssaglioma.errors import ModelPackageError
from ssaglioma.packages.package import CARD_FILE, ModelPackage, read_package
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_folder, write_json_atomic

SHELF_FILE = "shelf.json"
_FORMAT = 1


@dataclass(frozen=True)
class PackageShelf:
    """Versions of one model at one site.

    Attributes
    ----------
    root : Path
        Folder of the shelf.
    """

    root: Path

    @classmethod
    def create(cls, root: PathLike, package: ModelPackage) -> PackageShelf:
        """Make a shelf with a copy of a package as its first version, or open the one that is there.

        Raises
        ------
        ModelPackageError
            If the shelf holds another model, or the package is damaged.
        SSAGliomaError
            If the folder cannot be written.
        """
        shelf = cls(Path(root))
        if not (shelf.root / SHELF_FILE).exists():
            shelf.install(package, "first version")
        elif shelf.current().card.name != package.card.name:
            raise ModelPackageError(
                f"The shelf {str(shelf.root)!r} holds the model {shelf.current().card.name!r}",
                expected=repr(package.card.name),
                remedy="Choose another folder for this model",
            )
        return shelf

    def current(self) -> ModelPackage:
        """Return the installed package, verified.

        Raises
        ------
        ModelPackageError
            If there is no shelf, or it or the package is damaged.
        """
        return read_package(self.installed_folder())

    def installed_folder(self) -> Path:
        """Return the folder of the installed package, which is not looked into.

        Raises
        ------
        ModelPackageError
            If there is no shelf, or it is damaged.
        """
        return self.root / self._state()["installed"][-1]

    def history(self) -> list[dict[str, str]]:
        """Return what happened, oldest first: 'time', 'action' (installed, refused, rolled back), 'version', 'note'."""
        return list(self._state()["history"])

    def installed_count(self) -> int:
        """Return how many versions can be gone back through, the present one included."""
        return len(self._state()["installed"])

    def next_number(self) -> int:
        """Return the number that the next version gets; numbers are never used twice."""
        taken = [int(path.name[1:]) for path in self.root.glob("v*") if path.name[1:].isdigit()]
        return max(taken, default=0) + 1

    def install(self, package: ModelPackage, note: str) -> ModelPackage:
        """Copy a package to the shelf as the installed version and return the copy.

        Raises
        ------
        ModelPackageError
            If the package is damaged.
        SSAGliomaError
            If the folder cannot be written; the shelf is then as before.
        """
        package.verify()
        state = self._state() if (self.root / SHELF_FILE).exists() else {"installed": [], "history": []}
        version = self._copy(package)
        state["installed"].append(version)
        self._write(state, "installed", version, note)
        return read_package(self.root / version)

    def refuse(self, note: str) -> None:
        """Note down that a package was not installed, and why."""
        state = self._state()
        self._write(state, "refused", state["installed"][-1], note)

    def roll_back(self, note: str = "") -> ModelPackage:
        """Return to the version that was installed before the present one, which stays on the shelf.

        Raises
        ------
        ModelPackageError
            If there is no earlier version, or it is damaged; the shelf is then as before.
        """
        state = self._state()
        if len(state["installed"]) < 2:
            raise ModelPackageError(
                f"The shelf {str(self.root)!r} has no earlier version to go back to",
                expected="a model that was installed over another one",
            )
        earlier = read_package(self.root / state["installed"][-2])
        state["installed"].pop()
        self._write(state, "rolled back", state["installed"][-1], note)
        return earlier

    def _copy(self, package: ModelPackage) -> str:
        version = f"v{self.next_number()}"
        with atomic_folder(self.root / version, f"The model cannot be installed in {str(self.root)!r}") as aside:
            for name in (CARD_FILE, *package.card.sha256):
                shutil.copyfile(package.folder / name, aside / name)
            read_package(aside)
        return version

    def _write(self, state: dict[str, Any], action: str, version: str, note: str) -> None:
        moment = datetime.now(timezone.utc).isoformat(timespec="seconds")
        history = [*state["history"], {"time": moment, "action": action, "version": version, "note": note}]
        values = {"format": _FORMAT, "installed": state["installed"], "history": history}
        write_json_atomic(values, self.root / SHELF_FILE)

    def _state(self) -> dict[str, Any]:
        path = self.root / SHELF_FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            sound = values["format"] == _FORMAT and values["installed"] and isinstance(values["history"], list)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._unreadable(str(error)) from error
        if not sound:
            raise self._unreadable("it is of another format, or empty")
        return values

    def _unreadable(self, reason: str) -> ModelPackageError:
        return ModelPackageError(
            f"The folder {str(self.root)!r} is no shelf of models ({reason})",
            expected=f"a folder with {SHELF_FILE} and versions v1, v2, ...",
            remedy="Give the folder that the first version was installed in",
        )
