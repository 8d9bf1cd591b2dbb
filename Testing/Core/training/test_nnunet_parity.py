"""Probabilities of imported and exported models against those of nnU-Net's own predictor (where it is installed)."""

import functools

import nnunet_folders as nnunet
import numpy as np
import pytest
import torch

from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages import read_package
from ssaglioma.training.nnunet_export import export_nnunet
from ssaglioma.training.nnunet_files import read_trained_nnunet
from ssaglioma.training.nnunet_import import ImportOptions, import_nnunet
from ssaglioma.volume import Volume

predicting = pytest.importorskip(
    "nnunetv2.inference.predict_from_raw_data",
    reason="nnunetv2 is not installed here (see CONTRIBUTING.md: make test-nnunet)",
    exc_type=ImportError,
)
ANISOTROPIC = [[1, 1, 1], [1, 2, 2], [2, 2, 2]]
UNMASKED = {"use_mask_for_norm": [False, True, False, True]}
VARIANTS = {
    "3d-regions": (nnunet.configuration(arch=nnunet.arch_kwargs(3, strides=ANISOTROPIC)), {}),
    "3d-softmax": (nnunet.configuration(**UNMASKED), {"softmax": True}),
    "3d-residual": (nnunet.configuration(residual=True), {}),
    "3d-transposed": (
        nnunet.configuration(),
        {"plans": {"transpose_forward": [2, 0, 1], "transpose_backward": [1, 2, 0]}},
    ),
    "2d-regions": (nnunet.configuration(2), {}),
    "2d-old-plans": (nnunet.old_form(nnunet.configuration(2)), {}),
    "2d-transposed": (
        nnunet.configuration(2),
        {"plans": {"transpose_forward": [1, 0, 2], "transpose_backward": [1, 0, 2]}},
    ),
    "3d-relu-no-bias": (
        nnunet.configuration(
            arch=nnunet.arch_kwargs(3, conv_bias=False, nonlin="torch.nn.ReLU", norm_op_kwargs={"eps": 1e-3})
        ),
        {},
    ),
}
GRIDS = {
    "same": ((11, 29, 33), (1.5, 1.0, 1.0)),
    "thick": ((6, 27, 35), (4.9, 1.2, 0.9)),
    "fine": ((20, 25, 37), (1.0, 0.9, 0.9)),
}


class TorchWithoutHalf:
    """The module torch with float32 in the place of float16."""

    half = torch.float32

    def __getattr__(self, name):
        return getattr(torch, name)


@pytest.fixture
def whole_sums(monkeypatch):
    """nnU-Net adds tiles up in float16, which alone costs up to 6e-4 in the brain; here it does so in float32."""
    monkeypatch.setattr(predicting, "torch", TorchWithoutHalf())
    gaussian = functools.partial(predicting.compute_gaussian, dtype=torch.float32)
    monkeypatch.setattr(predicting, "compute_gaussian", gaussian)


def theirs(folder, images, spacing, mirror):
    """Probabilities (R, Z, Y, X) by nnU-Net's own predictor."""
    predictor = predicting.nnUNetPredictor(
        use_mirroring=mirror, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(str(folder), use_folds=None)
    _, found = predictor.predict_single_npy_array(np.stack(images), {"spacing": list(spacing)}, None, None, True)
    return np.asarray(found)


def ours(package, images, spacing, mirror):
    volumes = {name: Volume(image, spacing) for name, image in zip(SEQUENCE_ORDER, images)}
    result = segment_case(volumes, TorchEngine(package, device="cpu", mirror=mirror))
    return np.stack([result.probabilities[region].array for region in package.card.regions])


def as_regions(found, softmax):
    """WT, TC, ET of classes background, ED, NCR, ET."""
    return np.stack([found[1:].sum(0), found[2:].sum(0), found[3]]) if softmax else found


@pytest.mark.usefixtures("whole_sums")
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_an_imported_model_gives_the_probabilities_of_nnunet(variant, grid, tmp_path, images_of):
    values, more = VARIANTS[variant]
    (shape, spacing), softmax = GRIDS[grid], more.get("softmax", False)
    folder = nnunet.write_trained(tmp_path / "trained", values, **more)
    package = import_nnunet(read_trained_nnunet(folder), tmp_path / "package", ImportOptions("imported"))
    images, _ = images_of(shape)
    for mirror in (False, True):
        expected = as_regions(theirs(folder, images, spacing, mirror), softmax)
        assert expected.std() > 0.01
        assert np.abs(ours(package, images, spacing, mirror) - expected).max() < 1e-4


def test_nnunet_as_it_ships_differs_by_its_float16_sums_alone(tmp_path, images_of):
    """At the corners of the image its weights fall below what float16 holds, so only the brain is compared."""
    folder = nnunet.write_trained(tmp_path / "trained")
    package = import_nnunet(read_trained_nnunet(folder), tmp_path / "package", ImportOptions("imported"))
    images, _ = images_of((11, 29, 33))
    away = np.abs(ours(package, images, (1.5, 1, 1), True) - theirs(folder, images, (1.5, 1, 1), True))
    assert away[:, np.any(images, axis=0)].max() < 1e-3
    assert np.median(away) < 5e-5


@pytest.mark.usefixtures("whole_sums")
@pytest.mark.parametrize("mirror", [False, True])
def test_our_model_exported_gives_the_same_probabilities_in_nnunet(mirror, tmp_path, package_folder, images_of):
    package = read_package(package_folder)
    folder = export_nnunet(package, tmp_path / "results", "Dataset501_Ours")
    images, _ = images_of((5, 200, 150))
    spacing = (3.0, 1.0, 1.3)
    inside = np.any(images, axis=0)  # ours are 0 outside the brain
    away = np.abs(ours(package, images, spacing, mirror) - theirs(folder, images, spacing, mirror))
    assert away[:, inside].max() < 1e-4


@pytest.mark.usefixtures("whole_sums")
def test_an_imported_model_goes_back_to_nnunet_unchanged(tmp_path, images_of):
    values, more = VARIANTS["3d-residual"]
    folder = nnunet.write_trained(tmp_path / "trained", values, **more)
    package = import_nnunet(read_trained_nnunet(folder), tmp_path / "package", ImportOptions("imported"))
    back = export_nnunet(package, tmp_path / "results", "Dataset502_Back")
    images, _ = images_of((7, 20, 22))
    first, second = (theirs(each, images, (1.2, 1.0, 1.0), True) for each in (folder, back))
    assert np.abs(first - second).max() < 1e-6
