"""A name for a patient that only this site can trace back: a keyed hash, the key kept beside the data."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.types import PathLike

_BYTES = 32
_KEY_LENGTH = 12


def key_file(root: PathLike) -> Path:
    """Return the file of a dataset's secret: beside its folder, so that the folder can be given away without it."""
    folder = Path(root).absolute()
    return folder.with_name(f"{folder.name}.key")


def local_key(root: PathLike, identity: str) -> str:
    """Return the local key of a patient or study, such as 'case-3f9a01bc77de'.

    It is the HMAC-SHA256 of the identity under the secret in `key_file(root)`, which is made at
    the first call. One identity has one key there; without the secret nobody can test a guess.
    Nothing stores the identity.

    Parameters
    ----------
    root : path
        Folder of the dataset.
    identity : str
        What tells the patient or study apart here, e.g. PatientID and StudyInstanceUID.

    Raises
    ------
    DatasetError
        If the identity is empty, or the key file is damaged.
    SSAGliomaError
        If the key file cannot be made.
    """
    if not identity.strip():
        raise DatasetError("The identity for a local key is empty", expected="a patient or study identifier")
    digest = hmac.new(_secret(key_file(root)), identity.strip().encode("utf-8"), hashlib.sha256)
    return f"case-{digest.hexdigest()[:_KEY_LENGTH]}"


def _secret(file: Path) -> bytes:
    if not file.exists():
        _make_secret(file)
    try:
        secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise DatasetError(
            f"The key file {str(file)!r} is damaged",
            expected=f"{2 * _BYTES} hexadecimal digits",
            remedy="Restore it from a backup; without it, move it away and a new one gives new keys",
        )
    return secret


def _make_secret(file: Path) -> None:
    """Write a new secret, whole and readable by its owner alone, unless another process was faster."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=file.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(_BYTES) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError):
                _rename_to_new(temporary, file)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        problem = SSAGliomaError(
            f"The key file {str(file)!r} cannot be written ({error.strerror or error})",
            remedy="Choose a corrections folder whose parent folder can be written",
        )
        problem.exit_code = 3
        raise problem from error


def _rename_to_new(source: Path, target: Path) -> None:
    """Rename a file; raise FileExistsError if the target exists (POSIX would replace it)."""
    if os.name != "posix":
        source.rename(target)
        return
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        source.rename(target)
