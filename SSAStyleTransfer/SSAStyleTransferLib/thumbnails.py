"""Small pictures of the styles of the bank."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import slicer

from SSAStyleTransferLib.bank import DEFAULT_CONTRAST, LEARNED

if TYPE_CHECKING:
    import numpy as np

_THUMBNAILS = Path(__file__).parents[1] / "Resources" / "Thumbnails"


class ThumbnailsLogic:
    """Thumbnails; part of `SSAStyleTransferLogic`."""

    def thumbnail(self, parameters) -> np.ndarray | None:
        """Return gray values (Y, X, uint8) of the chosen style, or None for one that is a code without a picture."""
        import numpy as np

        entry = self.bankEntry(parameters)
        if parameters.style is None and (entry is None or entry.kind == LEARNED):
            return None
        sequence = None if self.contentProblem(parameters) else self.contrastOf(parameters, parameters.content)
        if parameters.style is not None:
            piece = self.styleSlice(parameters, sequence)
        else:
            piece = self.entryPicture(entry, sequence.value if sequence else DEFAULT_CONTRAST)
        array = np.squeeze(piece.array)
        top = float(np.percentile(array[array != 0], 99.5)) if array.any() else 1.0
        return np.ascontiguousarray((np.clip(array / top, 0, 1) * 255).astype(np.uint8))

    def thumbnailKey(self, parameters) -> tuple:
        """Return what differs when the thumbnail differs."""
        sequence = None if self.contentProblem(parameters) else self.contrastOf(parameters, parameters.content)
        return self.styleKey(parameters, sequence)

    @contextmanager
    def thumbnailFile(self, parameters) -> Iterator[Path | None]:
        """Give a square PNG of the chosen style for as long as the context lasts; None where there is no picture.

        A learned style of a package that ships shows the synthetic case in that style. Any other picture may show a
        patient: it is written into Slicer's temporary folder and taken away again.
        """
        from ssaglioma.volume.pictures2d import write_picture

        entry = self.bankEntry(parameters)
        if entry is not None and entry.kind == LEARNED:
            shipped = _THUMBNAILS / f"{'-'.join(entry.key.split(':')[1:])}.png"
            yield shipped if shipped.is_file() else None
            return
        array = self.thumbnail(parameters)
        if array is None:
            yield None
            return
        with TemporaryDirectory(prefix="ssaglioma-style-", dir=slicer.app.temporaryPath) as folder:
            file = Path(folder) / "thumbnail.png"
            write_picture(_square(array), file)
            yield file


def _square(array):
    """Return a picture (Y, X) in the middle of a black square."""
    import numpy as np

    edge = max(array.shape)
    before = [(edge - size) // 2 for size in array.shape]
    return np.pad(array, [(first, edge - size - first) for first, size in zip(before, array.shape)])
