"""Several models taught to one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.cli.train_start import teachers_of
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import read_package
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.data_manifest import data_manifest, manifest_digest
from ssaglioma.training.distillation import DistillingTrainer, Teachers


class Sure(torch.nn.Module):
    """A network that is sure of one answer."""

    def __init__(self, logit):
        super().__init__()
        self.logit = logit

    def forward(self, image):
        return torch.full((len(image), 3, *image.shape[2:]), self.logit)


@pytest.fixture
def config():
    return TrainingConfig(epochs=1, steps_per_epoch=1, batch_size=1, precision="fp32")


def test_targets_mix_the_teachers_mean_with_the_labels_inside_the_brain():
    teachers = Teachers((Sure(20.0), Sure(-20.0)), ("a", "b"), share=0.6)  # their mean is 0.5
    labels = torch.tensor([[[0, 3, OUTSIDE]]], dtype=torch.uint8)
    hard = (labels == 3).unsqueeze(1).expand(1, 3, 1, 3)
    targets = teachers.targets(torch.zeros(1, 4, 1, 3), labels, hard)
    np.testing.assert_allclose(targets[0, 0, 0], [0.3, 0.7, 0.0], atol=1e-6)


def test_a_pupil_learns_from_packages_and_its_run_is_one_of_its_kind(config, source_cases, package_folder, tmp_path):
    teachers = Teachers.from_packages([read_package(package_folder)], config, GLIOMA)
    trainer = DistillingTrainer(
        config, source_cases[:1], tmp_path / "run", torch.device("cpu"), workers=0, teachers=teachers
    )
    before = {name: value.clone() for name, value in teachers.networks[0].state_dict().items()}
    trainer.run()
    assert trainer.finished and np.isfinite(trainer.history[0]["loss"])
    assert all(torch.equal(value, before[name]) for name, value in teachers.networks[0].state_dict().items())
    assert trainer.identity()["teachers"] == {"digests": list(teachers.digests), "share": 0.7}


def test_teachers_that_see_another_image_or_no_teacher_are_refused(config, package_folder):
    package = read_package(package_folder)
    slabs = replace(config, slice_offsets_mm=(-1.0, 0.0, 1.0), augmentation="quick")
    with pytest.raises(DatasetError, match="'tiny-test' has slice_offsets_mm"):
        Teachers.from_packages([package], slabs, GLIOMA)
    with pytest.raises(DatasetError, match="'tiny-test' has spacing_zyx_mm"):
        Teachers.from_packages([package], replace(config, spacing_mm=2.0), GLIOMA)
    with pytest.raises(DatasetError, match="0 teachers"):
        Teachers((), ())
    with pytest.raises(DatasetError, match="share of 0"):
        Teachers((Sure(0.0),), ("a",), share=0)


def test_a_teacher_that_may_have_seen_a_held_out_case_is_refused(config, package_folder):
    assert teachers_of([], None, config, ["case-1"]) is None
    assert len(teachers_of([str(package_folder)], 0.5, config, []).networks) == 1
    with pytest.raises(DatasetError, match="does not tell that these held-out cases.*case-1"):
        teachers_of([str(package_folder)], None, config, ["case-1"])
    with pytest.raises(DatasetError, match="--teacher-share without teachers"):
        teachers_of([], 0.5, config, [])


def test_a_manifest_changes_with_the_files_and_not_with_their_folder(config, source_files):
    first = data_manifest(config, source_files[:2], source_files[2:], {})
    assert set(first["trained"]) == {"adult-0", "adult-1"} and len(first["held_out"]["adult-2"]) == 5
    assert manifest_digest(first) == manifest_digest(data_manifest(config, source_files[:2], source_files[2:], {}))
    other = data_manifest(config, [source_files[2]], source_files[2:], {})
    assert manifest_digest(other) != manifest_digest(first)
    file = source_files[0].sequences[next(iter(source_files[0].sequences))]
    file.write_bytes(file.read_bytes() + b"0")
    assert manifest_digest(data_manifest(config, source_files[:2], source_files[2:], {})) != manifest_digest(first)
