"""How far two sets of images are apart."""

from ssaglioma.shift.comparison import compare_measured, compare_sets, shared_contrasts
from ssaglioma.shift.distances import bootstrap_interval, spectral_distance, split_half_distance, wasserstein
from ssaglioma.shift.estimates import Estimate
from ssaglioma.shift.feature_map import FeatureMap, fit_map
from ssaglioma.shift.features import (
    Featurizer,
    case_distances,
    energy_distance,
    frechet_distance,
    permutation_p,
    shrunk_covariance,
)
from ssaglioma.shift.featurizers import encoder_features, plain_features
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
from ssaglioma.shift.measures import CaseMeasures, ContrastMeasures, measure_case
from ssaglioma.shift.report import Change, ContrastShift, SetView, ShiftConfig, ShiftReport
from ssaglioma.shift.sampling import SliceSampling, sample_slices

__all__ = [
    "EDGE_FACTOR",
    "CaseMeasures",
    "Change",
    "ContrastMeasures",
    "ContrastShift",
    "Estimate",
    "FeatureMap",
    "Featurizer",
    "Histogram",
    "HistogramDistances",
    "InPlaneMeasures",
    "SetView",
    "ShiftConfig",
    "ShiftReport",
    "SliceSampling",
    "Spectrum",
    "bootstrap_interval",
    "brain_of_slice",
    "case_distances",
    "compare_measured",
    "compare_sets",
    "edge_width_px",
    "edge_widths_px",
    "encoder_features",
    "energy_distance",
    "fit_map",
    "frechet_distance",
    "histogram",
    "histogram_distances",
    "homogeneous_tissue",
    "measure_case",
    "measure_slice",
    "noise_sigma",
    "permutation_p",
    "plain_features",
    "radial_spectrum",
    "region_samples",
    "sample_slices",
    "shared_contrasts",
    "shrunk_covariance",
    "spectral_distance",
    "split_half_distance",
    "tissue_level",
    "unit_intensities",
    "wasserstein",
]
