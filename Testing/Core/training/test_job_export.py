"""A training as a folder for another computer: what it holds, that it runs there, and that its result comes back."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.packages import read_package
from ssaglioma.training.job_export import export_job, import_result
from ssaglioma.training.run_report import read_report
from ssaglioma.training.run_request import RunRequest, read_request, write_request

SHORT = {"epochs": 1, "steps_per_epoch": 1, "batch_size": 1}


@pytest.fixture
def request_here(cases_folder, package_folder):
    """A request for fine-tuning, as the desk makes it."""
    return RunRequest(
        "fine_tune", target=str(cases_folder), model=str(package_folder), device="cpu", workers=0, options=SHORT
    )


@pytest.fixture
def job(request_here, tmp_path):
    """The exported job."""
    return export_job(request_here, tmp_path / "job")


def test_a_job_holds_all_that_it_needs_by_relative_paths(job):
    request = read_request(job)
    assert (request.target, request.model, request.device) == ("data/target", "model", "auto")
    listed = json.loads((job / "dataset.json").read_text())["files"]
    assert len(listed) == 3 * 5
    for row in listed:
        assert hashlib.sha256((job / row["file"]).read_bytes()).hexdigest() == row["sha256"]
    assert read_package(job / "model").card.name == "tiny-test"
    assert (job / "core" / "ssaglioma" / "cli" / "train.py").is_file() and os.access(job / "run.sh", os.X_OK)
    assert not list((job / "core").rglob("__pycache__")) and "patients" in (job / "README.txt").read_text()


def test_nothing_but_the_cases_files_is_taken_along(request_here, cases_folder, tmp_path):
    (cases_folder / "case-0" / "letter of the patient.txt").write_text("private")
    (cases_folder / "names.csv").write_text("private")
    job = export_job(request_here, tmp_path / "job")
    names = {path.name for path in (job / "data").rglob("*") if path.is_file()}
    assert len(names) == 15 and all(name.endswith(".nii.gz") for name in names)


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(request_here, tmp_path):
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="is not empty"):
        export_job(request_here, tmp_path / "job")
    assert [path.name for path in (tmp_path / "job").iterdir()] == ["mine.txt"]


def test_a_full_disk_leaves_nothing_behind(request_here, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(SSAGliomaError, match="No space left on device.*nothing was left there"):
        export_job(request_here, tmp_path / "job")
    assert not (tmp_path / "job").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the job's script is one of POSIX")
def test_a_job_runs_elsewhere_by_one_command_and_its_result_comes_back(job, request_here, tmp_path):
    home = tmp_path / "home"
    write_request(home, request_here)
    with pytest.raises(DatasetError, match="has no result"):
        import_result(job, home)
    elsewhere = tmp_path / "elsewhere"
    job.rename(elsewhere)
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["sh", str(elsewhere / "run.sh"), "--device", "cpu"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not (elsewhere / ".venv").exists()
    assert import_result(elsewhere, home) == home
    assert read_report(home) == read_report(elsewhere)
    first, then = read_package(elsewhere / "package").weights(), read_package(home / "package").weights()
    assert all(np.array_equal(first[name], then[name]) for name in first)
    assert read_request(home) == request_here
    assert import_result(elsewhere, tmp_path / "new") and read_request(tmp_path / "new").recipe == "fine_tune"

    other = tmp_path / "other"
    write_request(other, RunRequest(**{**request_here.__dict__, "name": "another"}))
    with pytest.raises(DatasetError, match="holds another training"):
        import_result(elsewhere, other)
    weights = elsewhere / "package" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(SSAGliomaError, match="SHA-256"):
        import_result(elsewhere, tmp_path / "damaged")
    assert not (tmp_path / "damaged").exists()
