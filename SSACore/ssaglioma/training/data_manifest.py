"""What a run was trained on, file by file with SHA-256, and with which settings: enough to train it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ssaglioma import __version__
from ssaglioma.packages.package import sha256
from ssaglioma.training.config import TrainingConfig
from ssaglioma.types import PathLike
from ssaglioma.volume import Case
from ssaglioma.volume.atomic import write_json_atomic

MANIFEST_FILE = "manifest.json"


def data_manifest(
    config: TrainingConfig, trained: Iterable[Case], held_out: Iterable[Case], recipe: dict[str, Any]
) -> dict[str, Any]:
    """Return configuration, recipe and the digest of every file of every case, as JSON values.

    Every file is read: some ten seconds for 100 cases. Paths are left out, names of files stay, so that the same
    cases in another folder give the same manifest.

    Parameters
    ----------
    recipe : dict
        Other settings: copies, styles, synthesis.
    """
    return {
        "software": __version__,
        "config": json.loads(json.dumps(config.to_json())),
        "recipe": recipe,
        "trained": _digests(trained),
        "held_out": _digests(held_out),
    }


def manifest_digest(manifest: dict[str, Any]) -> str:
    """Return the SHA-256 that a card names."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def write_manifest(folder: PathLike, manifest: dict[str, Any]) -> Path:
    """Write the manifest into a run's folder and return its path."""
    path = Path(folder) / MANIFEST_FILE
    write_json_atomic(manifest, path)
    return path


def _digests(cases: Iterable[Case]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for case in cases:
        files = [*case.sequences.values(), *([] if case.reference is None else [Path(str(case.reference))])]
        found[case.name] = {file.name: sha256(Path(file)) for file in files}
    return found
