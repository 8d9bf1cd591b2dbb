"""Find the models and sample cases that are shipped, in every layout of the project.

In a clone they lie in ``Resources/`` beside ``SSACore/``. Slicer's build tree, an installed
extension and the wheel carry them inside the package, in ``ssaglioma/_resources/``.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from ssaglioma.errors import DatasetError, ModelPackageError, SSAGliomaError

OVERRIDE = "SSAGLIOMA_RESOURCES"
MODELS = "Models"
SAMPLE_CASES = "SampleCases"

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_roots() -> tuple[Path, ...]:
    """Return the folders that are searched, in this order.

    The environment variable ``SSAGLIOMA_RESOURCES``, when set, is the only one.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        return (Path(override).expanduser(),)
    return (_PACKAGE / "_resources", _PACKAGE.parents[1] / "Resources")


def locate(name: str) -> Path:
    """Return the absolute path of a shipped resource.

    Parameters
    ----------
    name : str
        A path below the resources, with forward slashes: ``"Models"``, ``"SampleCases/some-case"``.

    Raises
    ------
    ModelPackageError
        When something below ``Models`` does not exist.
    DatasetError
        When something below ``SampleCases`` does not exist.
    SSAGliomaError
        When ``name`` is empty, absolute or climbs out with ``..``, or anything else does not exist.
    """
    relative = PurePosixPath(name)
    if not name or relative.is_absolute() or ".." in relative.parts or ":" in name or "\\" in name:
        raise SSAGliomaError(
            f"{name!r} does not name a resource",
            expected="a relative path such as 'Models' or 'SampleCases/NAME'",
            remedy="Use forward slashes and no '..'",
        )
    roots = resource_roots()
    for root in roots:
        candidate = root.joinpath(*relative.parts)
        if candidate.exists():
            return candidate.resolve()
    raise _not_found(relative, roots)


def _not_found(relative: PurePosixPath, roots: tuple[Path, ...]) -> SSAGliomaError:
    kinds = {MODELS: ModelPackageError, SAMPLE_CASES: DatasetError}
    kind = kinds.get(relative.parts[0], SSAGliomaError)
    searched = " or ".join(repr(str(root)) for root in roots)
    return kind(
        f"The resource {str(relative)!r} was not found",
        expected=f"it in {searched}",
        remedy=f"Install ssaglioma again, or set {OVERRIDE} to the folder with 'Models' and 'SampleCases'",
    )
