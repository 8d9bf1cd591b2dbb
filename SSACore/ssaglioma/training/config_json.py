"""The way of training configurations to JSON and back: what the classes share."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, TypeVar

from ssaglioma.errors import ModelPackageError

C = TypeVar("C", bound="JsonConfig")


class JsonConfig:
    """Base of frozen dataclasses of plain values; a derived class says what it is in `_KIND`."""

    _KIND = "configuration"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls: type[C], values: dict[str, Any]) -> C:
        """Build a configuration from `to_json`'s values.

        Raises
        ------
        ModelPackageError
            For keys that this version does not know.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})  # type: ignore[arg-type]
        if unknown:
            raise ModelPackageError(f"The {cls._KIND} holds unknown keys {unknown!r}", remedy="Update SSAGlioma")
        return cls(**values)


class SteppedConfig(JsonConfig):
    """Base of those of a training in epochs; an epoch is a fixed number of steps."""

    epochs: int
    steps_per_epoch: int
    learning_rate: float
