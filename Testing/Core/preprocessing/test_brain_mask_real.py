"""The shipped brain-mask model on real scans: raw ones of 5.5 mm with another tool's masks, and stripped ones."""

import os
from pathlib import Path

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages import find_package_of
from ssaglioma.preprocessing.brain_mask import find_brain
from ssaglioma.volume import read_volume

DATA = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data"))
RAW, STRIPPED = DATA / "clinical" / "TCGA-FG-6692" / "native", DATA / "glioma"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not RAW.is_dir(), reason=f"no raw scans in {RAW}: unpack the shared data first"),
]


@pytest.fixture(scope="module")
def engine():
    from ssaglioma.inference.engine_torch import TorchEngine

    try:
        package = find_package_of("brain_mask")
    except ModelPackageError:
        pytest.skip("no brain-mask model is installed")
    return TorchEngine(package, device="cpu")


@pytest.mark.parametrize("sequence", SEQUENCE_ORDER)
def test_the_mask_of_a_raw_thick_scan_agrees_with_another_tool(engine, sequence):
    image = read_volume(RAW / f"TCGA-FG-6692_{sequence.value}.nii.gz")
    reference = read_volume(RAW / f"brainmask_{sequence.value}.nii.gz").array > 0
    found = find_brain({sequence: image}, engine)
    mask = found.volume.array > 0
    assert found.method == "network"
    assert 2 * (mask & reference).sum() / (mask.sum() + reference.sum()) > 0.92  # measured 0.926 to 0.947


def test_a_real_case_without_skull_is_left_as_it_is(engine):
    folder = next(one for one in sorted(STRIPPED.iterdir()) if not one.name.startswith("."))
    images = {one: read_volume(folder / f"{folder.name}-{one.value}.nii") for one in SEQUENCE_ORDER}
    found = find_brain(images, engine)
    assert found.method == "stripped"
    for image in images.values():
        assert np.array_equal(found.apply(image).array, image.array)
