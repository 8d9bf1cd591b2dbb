"""Reading, writing and verifying model packages. Nothing here ever unpickles a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ssaglioma.errors import ModelPackageError
from ssaglioma.packages.card import ModelCard
from ssaglioma.packages.resources import locate
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

CARD_FILE = "card.json"
WEIGHTS_FILE = "model.safetensors"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelPackage:
    """A verified model on disk.

    Attributes
    ----------
    folder : Path
    card : ModelCard
    """

    folder: Path
    card: ModelCard

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


def read_package(folder: PathLike, *, verify: bool = True) -> ModelPackage:
    """Read a model package and check its digests.

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
    package = ModelPackage(path, ModelCard.from_json(values, str(card_path)))
    if verify:
        package.verify()
    return package


def write_package(
    folder: PathLike, card: ModelCard, weights: Mapping[str, np.ndarray], *, half: bool = True
) -> ModelPackage:
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
    with atomic_path(path / CARD_FILE) as temporary:
        Path(temporary).write_text(json.dumps(full_card.to_json(), indent=1) + "\n", encoding="utf-8")
    return read_package(path)


def list_packages() -> list[ModelPackage]:
    """Return the packages that ship with the project, by name; damaged ones are left to `verify`."""
    folder = locate("Models")
    found = [read_package(path, verify=False) for path in sorted(folder.iterdir()) if (path / CARD_FILE).is_file()]
    return sorted(found, key=lambda package: package.card.name)


def find_package(name_or_path: str | None = None) -> ModelPackage:
    """Return a shipped package by name, or one in a folder; None takes the first shipped one.

    Raises
    ------
    ModelPackageError
        If there is no such model, or it is damaged.
    """
    if name_or_path is not None and (Path(name_or_path) / CARD_FILE).is_file():
        return read_package(name_or_path)
    packages = list_packages()
    names = [package.card.name for package in packages]
    wanted = [package for package in packages if name_or_path in (None, package.card.name)]
    if not wanted:
        raise ModelPackageError(
            f"The model {name_or_path!r} was not found",
            expected=f"a folder with a model package, or one of {names}",
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


def _damaged(path: Path, reason: str) -> ModelPackageError:
    return ModelPackageError(
        f"The file {str(path)!r} is damaged: {reason}",
        expected="the file as it was published",
        remedy="Copy or download the model package again",
    )
