"""Several models as one predictor."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.ensemble import Ensemble
from ssaglioma.packages import read_package


class Constant:
    """A model that gives one probability everywhere."""

    def __init__(self, card, probability):
        self.package, self._probability = SimpleNamespace(card=card), probability

    def predict(self, array, spacing_zyx_mm, progress):
        progress(1.0, "done")
        return np.full((3, *array.shape[1:]), self._probability, np.float32)


@pytest.fixture
def card(package_folder):
    return read_package(package_folder).card


def test_probabilities_are_averaged_and_progress_runs_through_all_models(card):
    together = Ensemble([Constant(card, 0.2), Constant(card, 0.8), Constant(card, 0.8)])
    told = []
    found = together.predict(np.zeros((4, 2, 3, 3)), (1, 1, 1), lambda done, text: told.append((round(done, 2), text)))
    np.testing.assert_allclose(found, 0.6, atol=1e-6)
    assert told[0] == (0.33, "Model 1 of 3: done") and told[-1][0] == 1.0


def test_models_of_other_sequences_or_none_are_refused(card):
    other = replace(card, name="other", channels=card.channels[:2])
    with pytest.raises(ModelPackageError, match="'tiny-test' and 'other' differ in channels"):
        Ensemble([Constant(card, 0.2), Constant(other, 0.2)])
    with pytest.raises(ModelPackageError, match="no model"):
        Ensemble([])
