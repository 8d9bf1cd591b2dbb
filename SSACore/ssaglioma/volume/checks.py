"""Do these images lie on one grid?"""

from __future__ import annotations

from collections.abc import Mapping

from ssaglioma.errors import GeometryError
from ssaglioma.volume.volume import Volume


def check_same_grid(named: Mapping[str, Volume]) -> None:
    """Raise if the images do not all have the same voxels in patient space.

    Raises
    ------
    GeometryError
        With the geometry of every image.
    """
    items = list(named.items())
    if not items:
        return
    first_name, first = items[0]
    others = [name for name, volume in items[1:] if not volume.same_grid(first)]
    if others:
        table = "; ".join(f"{name}: {volume.geometry_text()}" for name, volume in items)
        raise GeometryError(
            f"{', '.join(others)} and {first_name} lie on different grids ({table})",
            expected="images of one size, voxel size and position",
            remedy="Align them first; if they are aligned in scanner space already, resample them (--resample)",
        )
