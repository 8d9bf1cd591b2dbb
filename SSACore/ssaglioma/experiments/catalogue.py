"""The experiments by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.cardiac_design import CARDIAC
from ssaglioma.experiments.design import Experiment
from ssaglioma.experiments.domain_shift import DOMAIN_SHIFT
from ssaglioma.experiments.nnunet_2d_3d import NNUNET_2D_3D
from ssaglioma.experiments.style_augmentation import STYLE_AUGMENTATION
from ssaglioma.experiments.transfer_methods import TRANSFER_METHODS

_ALL = (TRANSFER_METHODS, NNUNET_2D_3D, STYLE_AUGMENTATION, DOMAIN_SHIFT, CARDIAC)
EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({one.name: one for one in _ALL})


def find_experiment(name: str) -> Experiment:
    """Return an experiment by its name.

    Raises
    ------
    DatasetError
        If there is none.
    """
    if name not in EXPERIMENTS:
        raise DatasetError(f"The experiment {name!r} is not known", expected=f"one of {sorted(EXPERIMENTS)}")
    return EXPERIMENTS[name]
