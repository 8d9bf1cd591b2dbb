"""Fixtures of the training room: small labelled cases on disk, in two looks."""

from pathlib import Path

import numpy as np
import pytest

from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.training.cases import load_training_cases
from ssaglioma.volume import Volume, find_cases, write_volume

SPACING_ZYX_MM = (3.0, 1.0, 1.2)


@pytest.fixture(scope="session")
def write_labelled_case(images_of):
    """Writes a case of odd size: folder, name, seed, and the power that its intensities are raised to (its look)."""

    def write(folder, name, seed=0, power=1.0, shape=(7, 37, 33)):
        images, labels = images_of(shape, seed)
        target = Path(folder) / name
        target.mkdir(parents=True)
        for number, (sequence, image) in enumerate(zip(SEQUENCE_ORDER, images)):
            look = 1000 * (image / 1000) ** (power * (1 + 0.1 * number))
            write_volume(Volume(look.astype(np.float32), SPACING_ZYX_MM), target / f"{name}-{sequence.value}.nii.gz")
        write_volume(Volume(labels, SPACING_ZYX_MM), target / f"{name}-seg.nii.gz")
        return target

    return write


@pytest.fixture
def source_files(write_labelled_case, tmp_path):
    for index in range(3):
        write_labelled_case(tmp_path / "source", f"adult-{index}", seed=index)
    return find_cases(tmp_path / "source")


@pytest.fixture
def target_files(write_labelled_case, tmp_path):
    for index in range(2):
        write_labelled_case(tmp_path / "target", f"ssa-{index}", seed=10 + index, power=2.5)
    return find_cases(tmp_path / "target")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def source_cases(source_files, cache):
    return load_training_cases(source_files, cache, SEQUENCE_ORDER, GLIOMA)
