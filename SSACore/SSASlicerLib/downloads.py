"""Fetching a large file: interrupted downloads go on where they stopped, and nothing unverified takes its place.

This stands outside `ssaglioma`, which never touches the network; it knows no screen.
"""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.packages.package import sha256
from ssaglioma.types import PathLike, ProgressCallback, no_progress

_CHUNK = 1 << 18
_DIGITS = 64
_OK, _PARTIAL, _BEYOND_END = 200, 206, 416


@dataclass(frozen=True)
class Download:
    """A file that arrived.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file on disk.
    verified : bool
        Whether a whole digest was known and agrees; false if only its first digits could be compared.
    """

    path: Path
    sha256: str
    verified: bool


def download(
    address: str,
    target: PathLike,
    *,
    digest: str,
    attempts: int = 5,
    pause_seconds: float = 2.0,
    timeout_seconds: float = 30.0,
    progress: ProgressCallback = no_progress,
) -> Download:
    """Fetch a file, or finish an earlier attempt, check its SHA-256, and only then give it its name.

    What has arrived lies beside the target under the name `<target>.part` and is kept when the line breaks. A
    target that is there already, with the right digest, is not fetched again.

    Parameters
    ----------
    address : str
        http or https.
    digest : str
        SHA-256 in hex, whole or its first digits (8 or more).
    attempts : int
        Times that a broken line is taken up again.

    Raises
    ------
    SSAGliomaError
        If the server cannot be reached or the disk cannot be written; what arrived is kept.
    ModelPackageError
        If the file has another digest; it is then removed.
    """
    path, digest = Path(target), digest.lower()
    _check(address, digest)
    if path.is_file() and sha256(path).startswith(digest):
        return Download(path, sha256(path), len(digest) == _DIGITS)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fetch_all(address, part, attempts, pause_seconds, timeout_seconds, progress)
        found = sha256(part)
        if not found.startswith(digest):
            part.unlink()
            raise _wrong_digest(address, found, digest)
        os.replace(part, path)
    except OSError as error:
        raise _failed(f"The file {str(path)!r} cannot be written ({error.strerror or error})", part) from error
    return Download(path, found, len(digest) == _DIGITS)


def _fetch_all(
    address: str, part: Path, attempts: int, pause: float, timeout: float, progress: ProgressCallback
) -> None:
    """Fetch until the end of the file, taking up a broken line `attempts` times."""
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause)
        try:
            if _fetch_on(address, part, timeout, progress):
                return
            reason = "the line broke"
        except urllib.error.HTTPError as error:
            reason = f"the server says {error.code} {error.reason}"
            if error.code < 500:
                break
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    raise _failed(f"The address {address!r} could not be fetched: {reason}", part)


def _fetch_on(address: str, part: Path, timeout: float, progress: ProgressCallback) -> bool:
    """Ask for what is missing and append it; return whether the end of the file was reached."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        # The scheme was checked; the address is the user's or the publisher's.
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != _BEYOND_END:
            raise
        return _at_the_end(error, part, have)
    with response:
        start, whole = _extent(response, have)
        with open(part, "r+b" if start else "wb") as stream:
            stream.seek(start)
            arrived = start
            while block := response.read(_CHUNK):
                stream.write(block)
                arrived += len(block)
                if whole:
                    progress(min(1.0, arrived / whole), f"{arrived / 1e6:.0f} of {whole / 1e6:.0f} MB")
            stream.flush()
            os.fsync(stream.fileno())
    return whole is None or arrived >= whole


def _extent(response: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Return where the answer starts in the file, and the size of the whole file if the server tells."""
    if response.status == _PARTIAL:
        span, _, whole = (response.headers.get("Content-Range") or "").removeprefix("bytes ").partition("/")
        if span.split("-")[0] == str(have):
            return have, int(whole) if whole.isdigit() else None
        raise http.client.HTTPException(f"the server sent the bytes {span!r} instead of those from {have} on")
    length = response.headers.get("Content-Length")
    return 0, int(length) if length else None


def _at_the_end(error: urllib.error.HTTPError, part: Path, have: int) -> bool:
    """The server has nothing beyond what is here: the file is whole, or it is another and must be begun anew."""
    whole = (error.headers.get("Content-Range") or "").rpartition("/")[2]
    if whole == str(have):
        return True
    part.unlink()
    return False


def _check(address: str, digest: str) -> None:
    if urlsplit(address).scheme not in ("http", "https"):
        raise SSAGliomaError(f"The address is {address!r}", expected="one that begins with https:// or http://")
    if not 8 <= len(digest) <= _DIGITS or set(digest) - set("0123456789abcdef"):
        raise SSAGliomaError(f"The SHA-256 is {digest!r}", expected="8 to 64 hex digits")


def _wrong_digest(address: str, found: str, digest: str) -> ModelPackageError:
    return ModelPackageError(
        f"What came from {address!r} has the SHA-256 {found}",
        expected=digest + ("" if len(digest) == _DIGITS else "... (its first digits)"),
        remedy="It was removed. Fetch it again; if that does not help, the address holds another file",
    )


def _failed(problem: str, part: Path) -> SSAGliomaError:
    kept = part.stat().st_size if part.exists() else 0
    error = SSAGliomaError(
        problem,
        remedy=f"Check the connection and the disk and try again; {kept} bytes that arrived are kept and will be used",
    )
    error.exit_code = 3
    return error
