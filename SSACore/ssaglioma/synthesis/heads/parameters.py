"""Everything that a synthetic head scan is made of; equal parameters give equal voxels."""

from __future__ import annotations

from dataclasses import dataclass

from ssaglioma.errors import DatasetError

TUMOUR_PARTS = ("NCR", "ET", "ED")
"""Parts of a tumour from its middle outwards; their order in `TumourBlob.levels`."""


@dataclass(frozen=True)
class Placement:
    """How a head lies in the field of view, and how it is bent.

    Attributes
    ----------
    scale : tuple of 3 floats
        Along (Z, Y, X); above 1 the head is larger.
    degrees : tuple of 3 floats
        Turns about Z, Y and X.
    shift_mm : tuple of 3 floats
    mirrored : bool
        Left and right exchanged.
    warp_sigma_mm, warp_mm : float
        Correlation length and standard deviation of a smooth displacement.
    """

    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mirrored: bool = False
    warp_sigma_mm: float = 30.0
    warp_mm: float = 0.0

    def __post_init__(self) -> None:
        if min(self.scale) <= 0 or self.warp_sigma_mm <= 0 or self.warp_mm < 0:
            raise DatasetError(f"The placement makes no sense: {self!r}", expected="positive sizes")


@dataclass(frozen=True)
class TumourBlob:
    """A rugged ellipsoid of three shells.

    Attributes
    ----------
    at_surface : bool
        Its centre lies at most 12 mm below the brain's surface.
    radii_mm : tuple of 3 floats
    roughness : float
        Of the border, as a share of the radius.
    core, necrosis : float
        Radii of the enhancing core and of the necrosis, as shares.
    levels : tuple of 3 floats
        Grey values of `TUMOUR_PARTS`.
    """

    at_surface: bool
    radii_mm: tuple[float, float, float]
    roughness: float
    core: float
    necrosis: float
    levels: tuple[float, float, float]

    def __post_init__(self) -> None:
        if min(self.radii_mm) <= 0 or not 0 <= self.necrosis <= self.core <= 1:
            raise DatasetError(f"The tumour makes no sense: {self!r}", expected="radii above 0, necrosis inside a core")


@dataclass(frozen=True)
class HeadScan:
    """One scan of one head.

    Attributes
    ----------
    contrast : str
        Value of a `Sequence`, or 'random'.
    levels, spreads : tuple of floats
        Grey value and its spread of each of `CLASSES`.
    placement : Placement
    tumour : TumourBlob or None
    slice_axis : int
        0 axial, 1 coronal, 2 sagittal.
    slice_mm, gap_mm : float
        Thickness of the slices and what lies between them.
    field_of_view : tuple of 2 floats
        First and last share (0..1) of the slice axis that was scanned.
    blur_mm, noise, bias, gamma : float
        Point spread; standard deviation of the noise as a share of the brain's mean; of the logarithm of the bias
        field; exponent of the grey values.
    air : str
        'noisy', 'zero' (as many scanners write it) or 'stripped' (all but the brain is 0).
    seed : int
        Of warp, textures and noise.
    """

    contrast: str
    levels: tuple[float, ...]
    spreads: tuple[float, ...]
    placement: Placement
    tumour: TumourBlob | None
    slice_axis: int
    slice_mm: float
    gap_mm: float
    field_of_view: tuple[float, float]
    blur_mm: float
    noise: float
    bias: float
    gamma: float
    air: str
    seed: int

    def __post_init__(self) -> None:
        low, high = self.field_of_view
        if not 0 <= low < high <= 1 or self.air not in ("noisy", "zero", "stripped") or self.slice_axis not in range(3):
            raise DatasetError(f"The head scan makes no sense: {self!r}")
        if self.slice_mm <= 0 or min(self.gap_mm, self.blur_mm, self.noise, self.bias) < 0 or self.gamma <= 0:
            raise DatasetError(
                f"The head scan has slices of {self.slice_mm!r} mm, blur {self.blur_mm!r} mm, noise {self.noise!r}",
                expected="positive slices; blur, noise and bias of at least 0",
            )
