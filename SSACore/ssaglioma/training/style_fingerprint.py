"""What a stylised copy was made from, in a few digits: files and the settings and weights of a stylizer."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.style import Stylizer
from ssaglioma.volume import Case

_PASSING = ("_fitted", "warnings")
"""Of a stylizer: left behind by its calls; a copy is given its style anew."""


def case_facts(case: Case, channels: Seq[Sequence]) -> list[list[Any]]:
    """Return path, size and time stamp of a case's images and labels, as JSON values (contents are not read)."""
    files = [case.sequences[channel] for channel in channels if channel in case.sequences]
    files += [] if case.reference is None else [Path(str(case.reference))]
    return [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]


def stylizer_digest(stylizer: Stylizer) -> str:
    """Return hex digits that change with a stylizer's class, settings and weights, not with what it has drawn."""
    return hashlib.sha256(json.dumps(_described(stylizer), sort_keys=True).encode()).hexdigest()


def network_digest(network: Any) -> str:
    """Return hex digits that change with the class and weights of a network."""
    return hashlib.sha256(json.dumps(_described(network), sort_keys=True).encode()).hexdigest()


def _described(value: Any) -> Any:
    """Return JSON values that stand for a setting; arrays, tensors and networks become digests."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, np.ndarray):
        return [value.dtype.str, list(value.shape), hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if hasattr(value, "state_dict"):
        return {"class": type(value).__name__, "weights": _described(dict(value.state_dict()))}
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        return _described(value.detach().cpu().float().numpy())
    if isinstance(value, Mapping):
        return {str(key): _described(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_described(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _described(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Stylizer):
        settings = {name: one for name, one in vars(value).items() if name not in _PASSING}
        return {"class": type(value).__name__, **_described(settings)}
    return type(value).__name__  # generators and the like: what they draw is decided by the copy's seed
