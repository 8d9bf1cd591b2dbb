"""SimpleITK images to and from `Volume`."""

from __future__ import annotations

import numpy as np
import SimpleITK

from ssaglioma.volume.volume import Volume


def from_sitk(image: SimpleITK.Image) -> Volume:
    """Return a scalar 3D SimpleITK image as a `Volume`."""
    return Volume(
        SimpleITK.GetArrayFromImage(image),
        image.GetSpacing()[::-1],
        image.GetOrigin(),
        np.array(image.GetDirection()).reshape(3, 3),
    )


def to_sitk(volume: Volume) -> SimpleITK.Image:
    """Return a `Volume` as a SimpleITK image; bool becomes uint8, float16 float32."""
    array = volume.array
    if array.dtype == bool:
        array = array.astype(np.uint8)
    elif array.dtype == np.float16:
        array = array.astype(np.float32)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(volume.spacing_zyx_mm[::-1])
    image.SetOrigin(volume.origin_lps_mm)
    image.SetDirection(np.asarray(volume.direction_lps).ravel().tolist())
    return image
