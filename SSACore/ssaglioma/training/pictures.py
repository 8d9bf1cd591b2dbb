"""Small PNG pictures of a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ssaglioma.volume.atomic import atomic_path


def write_picture(pixels: np.ndarray, path: Path) -> None:
    """Write an array (Y, X) or (Y, X, 3) of 0..255 as a PNG, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(temporary, format="PNG")
