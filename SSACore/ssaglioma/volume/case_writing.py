"""Writing a labelled case into a folder of cases: whole or not at all, and never over another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, LabelScheme, Sequence, to_scheme
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_folder
from ssaglioma.volume.checks import check_same_grid
from ssaglioma.volume.volume import Volume
from ssaglioma.volume.writing import write_volume

_SUFFIX = ".nii.gz"


def save_case(
    root: PathLike, name: str, images: Mapping[Sequence, Volume], labels: Volume | None, scheme: LabelScheme = GLIOMA
) -> Path:
    """Write `<root>/<name>/<name>-{t1n,t1c,t2w,t2f,seg}.nii.gz` and return the case's folder.

    Raises
    ------
    DatasetError
        If there is no image, a case of that name is there, or the labelmap holds unknown values or no label.
    GeometryError
        If images and labels do not lie on one grid.
    SSAGliomaError
        If the disk is full; nothing stays behind.
    """
    folder = Path(root) / name
    if not images:
        raise DatasetError(f"The case {name!r} has no image", expected="at least one of T1, T1Gd, T2, FLAIR")
    if folder.exists():
        raise DatasetError(
            f"The case {name!r} is in {str(root)!r} already",
            expected="a case that is not there yet",
            remedy="Delete its folder first, if it is to be replaced",
        )
    volumes = {sequence.value: images[sequence] for sequence in SEQUENCE_ORDER if sequence in images}
    check_same_grid({**volumes, **({} if labels is None else {"labels": labels})})
    if labels is not None:
        values = to_scheme(labels.array, scheme, source=f"The labelmap of {name!r}")
        if not values.any():
            raise DatasetError(f"The labels of {name!r} are empty", expected="a tumor to learn from")
        volumes["seg"] = labels.with_array(values)
    with atomic_folder(folder, f"The case cannot be written to {str(root)!r}") as aside:
        for kind, volume in volumes.items():
            write_volume(volume, aside / f"{name}-{kind}{_SUFFIX}")
    return folder
