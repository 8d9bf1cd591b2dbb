"""What a run of a recipe was asked to do, kept as `job.json` in its folder, so that it can go on any time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.training.recipes import INPUTS, Recipe, find_recipe
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import write_json_atomic

JOB_FILE = "job.json"
_FORMAT = 1
_FOLDERS = INPUTS


@dataclass(frozen=True)
class RunRequest:
    """One training by a recipe.

    Attributes
    ----------
    recipe : str
    source, target, corrections, style : str
        Folders; empty where not given. Relative ones lie in the folder of the job.
    model : str
        Folder of a model package (or name of a shipped one): where the training starts, or what it is compared with.
    held_out : tuple of str
        Names of the cases that are never trained on; empty takes a fifth of the patients.
    name : str
        Of the model package that is written.
    device : str
        'auto', 'cpu', 'cuda' or 'cuda:N'.
    workers : int
        Processes that prepare patches.
    options : mapping
        Those of the recipe that differ from its defaults.

    Raises
    ------
    DatasetError
        If the recipe is not known, an input that it needs is missing, or an option makes no sense.
    """

    recipe: str
    source: str = ""
    target: str = ""
    corrections: str = ""
    style: str = ""
    model: str = ""
    held_out: tuple[str, ...] = ()
    name: str = "my-glioma-model"
    device: str = "auto"
    workers: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "held_out", tuple(self.held_out))
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
        for name in self.definition.needed:
            if not getattr(self, name):
                raise DatasetError(
                    f"The recipe {self.definition.title!r} needs {WORDS[name]}",
                    expected="it to be chosen",
                    remedy="Choose it, or take another recipe",
                )
        values = self.values()
        object.__setattr__(self, "options", MappingProxyType({name: values[name] for name in self.options}))
        if not self.name.replace("-", "").replace("_", "").isalnum():  # as a model card asks, hours later
            raise DatasetError(f"The model's name is {self.name!r}", expected="one word of letters, digits, - and _")
        if self.workers < 0:
            raise DatasetError(f"The number of workers is {self.workers!r}", expected="0 or more")

    @property
    def definition(self) -> Recipe:
        """The recipe."""
        return find_recipe(self.recipe)

    def values(self) -> dict[str, Any]:
        """Return all options of the recipe."""
        return self.definition.values(self.options)

    def under(self, folder: PathLike) -> RunRequest:
        """Return the request with its relative folders taken from a folder, as in a job that was moved there."""
        root = Path(folder)
        found: dict[str, Any] = {
            name: str((root / value).resolve())
            for name in _FOLDERS
            if (value := getattr(self, name)) and not Path(value).is_absolute() and (root / value).exists()
        }
        return replace(self, **found)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"format": _FORMAT, **plain, "held_out": list(self.held_out), "options": dict(self.options)}

    @classmethod
    def from_json(cls, values: Any, source: str) -> RunRequest:
        """Build a request from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If keys are missing or unknown, or a value makes no sense.
        """
        try:
            if values["format"] != _FORMAT:
                raise ValueError(f"format {values['format']!r}")
            return cls(**{key: value for key, value in values.items() if key != "format"})
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"The file {source!r} is no training job ({error})",
                expected=f"the keys of format {_FORMAT}",
                remedy="Choose the folder of a training, or start a new one",
            ) from error


WORDS: Mapping[str, str] = MappingProxyType(
    {
        "source": "a folder of labelled cases",
        "target": "a folder of labelled cases of this hospital",
        "corrections": "a folder of corrections",
        "style": "a folder of scans whose look is lent",
        "model": "a model to start from",
    }
)


def write_request(folder: PathLike, request: RunRequest) -> Path:
    """Write the `job.json` of a run and return its path; a job whose first epoch is not done may be changed.

    Raises
    ------
    DatasetError
        If the folder holds another training.
    """
    path = Path(folder) / JOB_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and has_begun(folder) and _work(read_request(folder)) != _work(request):
        raise DatasetError(
            f"The folder {str(folder)!r} holds another training",
            expected="an empty folder, or the same recipe, data and options",
            remedy="Choose a new folder, or resume the training that is there",
        )
    write_json_atomic(request.to_json(), path)
    return path


def read_request(folder: PathLike) -> RunRequest:
    """Read the `job.json` of a run; its relative folders are left as they are.

    Raises
    ------
    DatasetError
        If there is none, or it cannot be understood.
    """
    path = Path(folder) / JOB_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The folder {str(folder)!r} holds no training ({error})",
            expected=f"a folder with {JOB_FILE}",
            remedy="Choose the folder of a training, or start a new one",
        ) from error
    return RunRequest.from_json(values, str(path))


def has_begun(folder: PathLike) -> bool:
    """Tell whether a run has finished an epoch, whose checkpoint another job must not take over."""
    return any(Path(folder).glob("run/**/checkpoint.safetensors"))


def _work(request: RunRequest) -> dict[str, Any]:
    """What decides the result: a run may go on on another device."""
    return {**replace(request, device="auto", workers=0).to_json(), "options": request.values()}
