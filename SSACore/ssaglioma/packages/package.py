"""Reading, writing and verifying model packages. Nothing here ever unpickles a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import BRAIN
from ssaglioma.packages.card import ModelCard
from ssaglioma.packages.resources import locate
from ssaglioma.packages.style_card import StyleCard
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path, write_json_atomic

CARD_FILE = "card.json"
WEIGHTS_FILE = "model.safetensors"
SEGMENTER, BRAIN_MASK = "segmenter", "brain_mask"
_CHUNK = 1 << 20
_COMMANDS = {SEGMENTER: "segment", BRAIN_MASK: "prepare", "stylizer": "stylize", "encoder": "style-train"}

C = TypeVar("C", ModelCard, StyleCard)


@dataclass(frozen=True)
class Package(Generic[C]):
    """A verified model on disk.

    Attributes
    ----------
    folder : Path
    card : ModelCard or StyleCard
        Of a segmenter or brain mask, or of a stylizer or encoder.
    """

    folder: Path
    card: C

    @property
    def kind(self) -> str:
        """'segmenter', 'brain_mask', 'stylizer' or 'encoder'."""
        if isinstance(self.card, StyleCard):
            return self.card.kind
        return BRAIN_MASK if self.card.labels == BRAIN.name else SEGMENTER

    def weights(self) -> dict[str, np.ndarray]:
        """Load the tensors as float32 arrays by name.

        Raises
        ------
        ModelPackageError
            If the weights file is damaged.
        """
        from safetensors import SafetensorError  # here: cards must be readable before it is installed
        from safetensors.numpy import load_file

        path = self.folder / WEIGHTS_FILE
        try:
            return {key: value.astype(np.float32) for key, value in load_file(str(path)).items()}
        except (SafetensorError, OSError) as error:
            raise _damaged(path, str(error)) from error

    def verify(self) -> list[str]:
        """Compare every file with its digest in the card and return the names checked.

        Raises
        ------
        ModelPackageError
            If a file is missing, changed or not listed.
        """
        listed = self.card.sha256
        if WEIGHTS_FILE not in listed:
            raise ModelPackageError(f"The card of {self.card.name!r} has no digest of {WEIGHTS_FILE}")
        for name, digest in listed.items():
            path = self.folder / name
            if not path.is_file():
                raise _damaged(path, "it is missing")
            found = sha256(path)
            if found != digest:
                raise _damaged(path, f"its SHA-256 is {found}, the card says {digest}")
        return sorted(listed)


ModelPackage = Package[ModelCard]
StylePackage = Package[StyleCard]


def read_package(folder: PathLike, *, verify: bool = True) -> ModelPackage:
    """Read the model package of a segmenter and check its digests.

    Raises
    ------
    ModelPackageError
        If the folder is no package or one of another kind, or a file is damaged.
    """
    return of_kind(read_any_package(folder, verify=verify), SEGMENTER)


def read_any_package(folder: PathLike, *, verify: bool = True) -> Package[Any]:
    """Read a package of any kind and check its digests.

    Raises
    ------
    ModelPackageError
        If the folder is no package, or a file is damaged.
    """
    path = Path(folder)
    card_path = path / CARD_FILE
    if not card_path.is_file() or not (path / WEIGHTS_FILE).is_file():
        raise ModelPackageError(
            f"The folder {str(path)!r} is no model package",
            expected=f"a folder with {WEIGHTS_FILE} and {CARD_FILE}",
            remedy="See 'ssaglioma models list' for the models at hand",
        )
    try:
        values = json.loads(card_path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(card_path, str(error)) from error
    card = StyleCard if isinstance(values, dict) and "kind" in values else ModelCard
    package: Package[Any] = Package(path, card.from_json(values, str(card_path)))
    if verify:
        package.verify()
    return package


def of_kind(package: Package[Any], kind: str) -> Package[Any]:
    """Return the package if it is of this kind.

    Raises
    ------
    ModelPackageError
        If it is of another kind.
    """
    if package.kind != kind:
        found, wanted = (one.replace("_", " ") for one in (package.kind, kind))
        raise ModelPackageError(
            f"The package {package.card.name!r} is {_with_article(found)}",
            expected=f"the package of {_with_article(wanted)}",
            remedy=f"Use it with 'ssaglioma {_COMMANDS[package.kind]}'; 'ssaglioma models list' shows all kinds",
        )
    return package


def write_package(folder: PathLike, card: C, weights: Mapping[str, np.ndarray], *, half: bool = True) -> Package[C]:
    """Write weights and card, weights first, each file atomically; an existing package is replaced.

    Parameters
    ----------
    half : bool
        Store float16 (half the size; the loss of precision is far below that of the training).
    """
    from safetensors.numpy import save_file

    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    dtype = np.float16 if half else np.float32
    tensors = {name: np.ascontiguousarray(value, dtype=dtype) for name, value in weights.items()}
    with atomic_path(path / WEIGHTS_FILE) as temporary:
        save_file(tensors, str(temporary))
    full_card = replace(card, sha256={WEIGHTS_FILE: sha256(path / WEIGHTS_FILE)})
    write_json_atomic(full_card.to_json(), path / CARD_FILE)
    return read_any_package(path)


def list_packages() -> list[ModelPackage]:
    """Return the segmenters that ship with the project, by name; damaged ones are left to `verify`."""
    return [package for package in list_all_packages() if package.kind == SEGMENTER]


def list_all_packages() -> list[Package[Any]]:
    """Return the packages of every kind that ship with the project, segmenters first, then by name."""
    folder = locate("Models")
    found = [read_any_package(path, verify=False) for path in sorted(folder.iterdir()) if (path / CARD_FILE).is_file()]
    return sorted(found, key=lambda package: (package.kind != SEGMENTER, package.card.name))


def find_package(name_or_path: str | None = None) -> ModelPackage:
    """Return a shipped segmenter by name, or one in a folder; None takes the first shipped one.

    Raises
    ------
    ModelPackageError
        If there is no such model, it is damaged, or a package of another kind.
    """
    return find_package_of(SEGMENTER, name_or_path)


def find_package_of(kind: str | None, name_or_path: str | None = None) -> Package[Any]:
    """Return a shipped package by name, or one in a folder; None takes the first shipped one.

    Parameters
    ----------
    kind : str or None
        'segmenter', 'brain_mask', 'stylizer' or 'encoder'; None takes any kind.

    Raises
    ------
    ModelPackageError
        If there is no such package, it is damaged, or of another kind.
    """
    if name_or_path is not None and (Path(name_or_path) / CARD_FILE).is_file():
        package = read_any_package(name_or_path)
        return package if kind is None else of_kind(package, kind)
    packages = list_all_packages()
    named = [package for package in packages if name_or_path == package.card.name]
    if named and kind is not None:
        of_kind(named[0], kind)
    fitting = [package for package in packages if kind in (None, package.kind)]
    wanted = named or (fitting if name_or_path is None else [])
    if not wanted:
        raise ModelPackageError(
            f"The model {name_or_path!r} was not found" if name_or_path else f"There is no {kind or 'model'} here",
            expected=f"a folder with a model package, or one of {[package.card.name for package in fitting]}",
            remedy="See 'ssaglioma models list'",
        )
    wanted[0].verify()
    return wanted[0]


def sha256(path: PathLike) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind == "encoder" else f"a {kind}"


def _damaged(path: Path, reason: str) -> ModelPackageError:
    return ModelPackageError(
        f"The file {str(path)!r} is damaged: {reason}",
        expected="the file as it was published",
        remedy="Copy or download the model package again",
    )
