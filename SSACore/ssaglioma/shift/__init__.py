"""How far two sets of images are apart."""

from ssaglioma.shift.distances import bootstrap_interval, spectral_distance, split_half_distance, wasserstein
from ssaglioma.shift.inplane import (
    EDGE_FACTOR,
    InPlaneMeasures,
    Spectrum,
    brain_of_slice,
    edge_width_px,
    edge_widths_px,
    homogeneous_tissue,
    measure_slice,
    noise_sigma,
    radial_spectrum,
    tissue_level,
)

__all__ = [
    "EDGE_FACTOR",
    "InPlaneMeasures",
    "Spectrum",
    "bootstrap_interval",
    "brain_of_slice",
    "edge_width_px",
    "edge_widths_px",
    "homogeneous_tissue",
    "measure_slice",
    "noise_sigma",
    "radial_spectrum",
    "spectral_distance",
    "split_half_distance",
    "tissue_level",
    "wasserstein",
]
