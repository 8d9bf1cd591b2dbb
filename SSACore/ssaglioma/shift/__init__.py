"""How far two sets of images are apart."""

from ssaglioma.shift.distances import bootstrap_interval, spectral_distance, split_half_distance, wasserstein
from ssaglioma.shift.histograms import (
    Histogram,
    HistogramDistances,
    histogram,
    histogram_distances,
    region_samples,
    unit_intensities,
)
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
    "Histogram",
    "HistogramDistances",
    "InPlaneMeasures",
    "Spectrum",
    "bootstrap_interval",
    "brain_of_slice",
    "edge_width_px",
    "edge_widths_px",
    "histogram",
    "histogram_distances",
    "homogeneous_tissue",
    "measure_slice",
    "noise_sigma",
    "radial_spectrum",
    "region_samples",
    "spectral_distance",
    "split_half_distance",
    "tissue_level",
    "unit_intensities",
    "wasserstein",
]
