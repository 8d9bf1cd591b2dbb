"""The files of a trained nnU-Net: found, read, and unpickled only as far as it is safe.

A checkpoint of nnU-Net is a pickle, which can carry a program. It is therefore read by torch's restricted
unpickler, which builds tensors, plain values and the NumPy scalars of nnU-Net's log, and nothing else. Only with
the user's consent is it read without that restriction. This is the only file here that unpickles.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.types import PathLike

CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth", "checkpoint_latest.pth")
PLANS_FILE, DATASET_FILE = "plans.json", "dataset.json"
_FOLD = "fold_"
_SCALARS = ("float16", "float32", "float64", "int32", "int64", "uint8", "bool")


@dataclass(frozen=True, eq=False)
class TrainedNnunet:
    """What a results folder of nnU-Net holds.

    Attributes
    ----------
    folder : Path
    fold : str
        '0', '1' ... or 'all'.
    plans, dataset : dict
        Contents of `plans.json` and `dataset.json`.
    checkpoint : dict
        Contents of the fold's checkpoint.
    """

    folder: Path
    fold: str
    plans: dict[str, Any]
    dataset: dict[str, Any]
    checkpoint: dict[str, Any]

    @property
    def configuration(self) -> str:
        """Name of the configuration that was trained, such as '3d_fullres'."""
        return str(self.checkpoint["init_args"]["configuration"])


def read_trained_nnunet(
    folder: PathLike, *, fold: str | None = None, checkpoint: str | None = None, trust_pickle: bool = False
) -> TrainedNnunet:
    """Read a folder such as `nnUNet_results/Dataset501_X/nnUNetTrainer__nnUNetPlans__3d_fullres`.

    Parameters
    ----------
    fold : str or None
        '0', '1' ... or 'all'; None takes the only one.
    checkpoint : str or None
        File name; None takes the first of `CHECKPOINTS` that is there.
    trust_pickle : bool
        Read the checkpoint without restriction, which may run a program that is hidden in it.

    Raises
    ------
    ModelPackageError
        If a file is missing, damaged or unsafe, or several folds are there and none is named.
    """
    root = Path(folder)
    plans, dataset = (_read_json(root / name) for name in (PLANS_FILE, DATASET_FILE))
    chosen = _fold(root, fold)
    path = _checkpoint(root / f"{_FOLD}{chosen}", checkpoint)
    values = read_nnunet_checkpoint(path, trust_pickle=trust_pickle)
    missing = [key for key in ("network_weights", "init_args", "trainer_name") if key not in values]
    if missing:
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} lacks {missing}",
            expected="a checkpoint of nnU-Net v2",
            remedy="Models of nnU-Net v1 cannot be imported",
        )
    return TrainedNnunet(root, chosen, plans, dataset, values)


def read_nnunet_checkpoint(path: PathLike, *, trust_pickle: bool = False) -> dict[str, Any]:
    """Return the contents of a checkpoint; see the head of this file for what is unpickled.

    Raises
    ------
    ModelPackageError
        If the file is damaged, or holds objects that are not known to be safe.
    """
    try:
        if trust_pickle:
            values = torch.load(path, map_location="cpu", weights_only=False)
        else:
            with torch.serialization.safe_globals(_safe_globals()):
                values = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} holds more than numbers and texts ({_first_line(error)})",
            expected="tensors, plain values and NumPy scalars",
            remedy="A checkpoint can hide a program. If you know and trust who made it, repeat with --trust-pickle",
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, ImportError, AttributeError) as error:
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} cannot be read ({_first_line(error)})",
            expected="a file written by nnU-Net v2",
            remedy="Copy or download the model again",
        ) from error
    if not isinstance(values, dict):
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} holds a {type(values).__name__}", expected="a dictionary"
        )
    return values


def _safe_globals() -> list[Any]:
    """Return NumPy's builders of scalars and small arrays, under the names of NumPy 1 and 2."""
    core = getattr(np, "_core", None) or np.core
    builders: list[Any] = [np.dtype, np.ndarray, *(type(np.dtype(name)) for name in _SCALARS)]
    for name in ("scalar", "_reconstruct"):
        function = getattr(core.multiarray, name)
        builders += [(function, f"numpy.{place}.multiarray.{name}") for place in ("core", "_core")]
    return builders


def _fold(root: Path, fold: str | None) -> str:
    found = sorted(path.name.removeprefix(_FOLD) for path in root.glob(f"{_FOLD}*") if path.is_dir())
    if fold is None and len(found) == 1:
        return found[0]
    if fold is None or fold not in found:
        raise ModelPackageError(
            f"The folder {str(root)!r} holds the folds {found}" + ("" if fold is None else f" and not {fold!r}"),
            expected="one fold to import, for a model package holds one network",
            remedy="Name it by --fold" if found else "Give the folder that holds plans.json and fold_0",
        )
    return fold


def _checkpoint(folder: Path, name: str | None) -> Path:
    names = CHECKPOINTS if name is None else (name,)
    for candidate in names:
        if (folder / candidate).is_file():
            return folder / candidate
    raise ModelPackageError(f"The folder {str(folder)!r} holds no checkpoint", expected=" or ".join(names))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelPackageError(
            f"The file {str(path)!r} cannot be read ({_first_line(error)})",
            expected="the results folder of a trained nnU-Net v2, with plans.json, dataset.json and fold_0",
            remedy="Give the folder whose name looks like nnUNetTrainer__nnUNetPlans__3d_fullres",
        ) from error
    if not isinstance(values, dict):
        raise ModelPackageError(f"The file {str(path)!r} holds no JSON object")
    return values


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
