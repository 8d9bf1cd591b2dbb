"""Segmentation needs no torch: a child process that cannot import it does the whole work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.labels import GLIOMA
from ssaglioma.packages.resources import locate
from ssaglioma.volume import find_cases, read_labelmap

ROOT = Path(__file__).resolve().parents[3]
BLOCKED = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "monai", "openvino", "onnx"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
from ssaglioma.cli.main import main
code = main(sys.argv[1:])
assert not {"torch", "monai"} & set(sys.modules)
sys.exit(code)
"""


def without_torch(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "SSACore"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", BLOCKED, *map(str, words), "--progress", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done, json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def labels_of(path):
    return read_labelmap(path, GLIOMA).array


def test_a_case_is_segmented_and_gives_the_labels_of_torch(case_folder, package_folder, tmp_path):
    words = ("segment", case_folder, "--model", package_folder, "--prepare", "never", "--output")
    done, result = without_torch(*words, tmp_path / "without")
    assert done.returncode == 0, done.stderr
    assert main([str(word) for word in (*words, tmp_path / "with", "--engine", "torch", "--progress", "none")]) == 0
    name = f"{case_folder.name}-seg.nii.gz"
    ours, theirs = labels_of(tmp_path / "without" / name), labels_of(tmp_path / "with" / name)
    assert theirs.any() and (ours != theirs).sum() <= 0.001 * (theirs > 0).sum()
    assert result["engine"] == {"name": "onnxruntime", "device": "cpu"}


def test_what_needs_torch_says_so(case_folder, package_folder, tmp_path):
    done, error = without_torch(
        "segment", case_folder, "--model", package_folder, "--engine", "torch", "--output", tmp_path
    )
    assert done.returncode == 3 and "pip install 'ssaglioma[torch]'" in error["message"]
    done, error = without_torch("train", case_folder.parent, "--output", tmp_path / "run")
    assert done.returncode == 3 and "ssaglioma[train]" in error["message"]


@pytest.mark.slow
def test_the_sample_case_gives_the_labels_of_torch(tmp_path):
    case = find_cases(locate("SampleCases"))[0]
    folder = next(iter(case.sequences.values())).parent
    done, _ = without_torch("segment", folder, "--prepare", "never", "--output", tmp_path / "without")
    assert done.returncode == 0, done.stderr
    words = ["segment", str(folder), "--prepare", "never", "--engine", "torch", "--output", str(tmp_path / "with")]
    assert main([*words, "--progress", "none"]) == 0
    ours, theirs = (labels_of(tmp_path / one / f"{case.name}-seg.nii.gz") for one in ("without", "with"))
    assert (ours != theirs).sum() <= 0.001 * (theirs > 0).sum()
    for label in (1, 2, 3):
        assert 2 * np.sum((ours == label) & (theirs == label)) >= 0.995 * (
            np.sum(ours == label) + np.sum(theirs == label)
        )


@pytest.mark.slow
@pytest.mark.usefixtures("package_index")
def test_a_bare_installation_without_torch_segments(case_folder, package_folder, tmp_path):
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", ROOT], env=environment, check=True)
    added = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "itk", "monai"} & {line.split()[0] for line in added.splitlines()}
    command = [python, "-m", "ssaglioma", "segment", case_folder, "--model", package_folder, "--prepare", "never"]
    subprocess.run([*command, "--output", tmp_path / "results"], check=True)
    assert labels_of(tmp_path / "results" / f"{case_folder.name}-seg.nii.gz").any()
