"""Small pictures of the styles of the bank."""

from __future__ import annotations

from pathlib import Path
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

    def thumbnailFile(self, parameters) -> Path | None:
        """Return a square PNG of the chosen style, written into Slicer's temporary folder where it does not ship.

        A learned style of a package that ships shows the synthetic case in that style; others have no picture: None.
        """
        import numpy as np

        from ssaglioma.volume.pictures2d import write_picture

        entry = self.bankEntry(parameters)
        if entry is not None and entry.kind == LEARNED:
            shipped = _THUMBNAILS / f"{'-'.join(entry.key.split(':')[1:])}.png"
            return shipped if shipped.is_file() else None
        array = self.thumbnail(parameters)
        if array is None:
            return None
        edge = max(array.shape)
        before = [(edge - size) // 2 for size in array.shape]
        square = np.pad(array, [(first, edge - size - first) for first, size in zip(before, array.shape)])
        file = Path(slicer.app.temporaryPath) / "ssaglioma-style-thumbnail.png"
        write_picture(square, file)
        return file
