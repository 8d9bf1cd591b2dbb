"""The offline kit, made from a folder or a server of tiny wheels on this machine: no other network is touched."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import ssaglioma
from ssaglioma.cli import kit_own_wheel
from ssaglioma.cli.kit_closure import close, read_wheels
from ssaglioma.cli.kit_target import KitTarget
from ssaglioma.cli.main import main
from ssaglioma.errors import SSAGliomaError
from ssaglioma.packages import resources
from ssaglioma.packages.addresses import address
from ssaglioma.packages.kit import KitFacts, check_kit, write_sums

ROOT = Path(ssaglioma.__file__).resolve().parents[2]
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_wheel(folder: Path, name: str, version: str = "1.0", needs: tuple[str, ...] = ()) -> Path:
    """Write a wheel that holds nothing but its metadata."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def write_wheels(folder: Path) -> Path:
    """Write pip, alpha, and beta, which alpha needs on Windows alone."""
    write_wheel(folder, "pip", "99.0")
    write_wheel(folder, "alpha", needs=("beta>=1; sys_platform == 'win32'", "gamma; extra == 'more'"))
    write_wheel(folder, "beta")
    return folder


def run_kit(output: Path, wheels: Path, *options: str) -> int:
    sources = () if "--index" in options else ("--find-links", str(wheels), "--no-index")
    return main(["kit", "--output", str(output), *sources, "--progress", "none", *options])


@pytest.fixture(scope="module")
def small_resources(tmp_path_factory, package_folder):
    """One tiny model, and one sample case."""
    folder = tmp_path_factory.mktemp("resources")
    shutil.copytree(package_folder, folder / "Models" / "tiny-test")
    (folder / "SampleCases" / "sample").mkdir(parents=True)
    (folder / "SampleCases" / "sample" / "sample-t1c.nii.gz").write_bytes(b"an image")
    return folder


@pytest.fixture(scope="module")
def surroundings(small_resources):
    """Small resources, the one requirement alpha, and a pip without settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(resources.OVERRIDE, str(small_resources))
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("PIP_RETRIES", "1")
        patch.setattr(kit_own_wheel, "requirements", lambda file="requirements.txt": ["alpha"])
        yield


@pytest.fixture(scope="module")
def whole_kit(tmp_path_factory, surroundings):
    folder = tmp_path_factory.mktemp("made")
    assert run_kit(folder / "kit", write_wheels(folder / "wheels")) == 0
    return folder / "kit"


@pytest.fixture
def kit(whole_kit, tmp_path):
    """A kit that a test may change."""
    return Path(shutil.copytree(whole_kit, tmp_path / "kit"))


@pytest.fixture
def wheels(tmp_path):
    return write_wheels(tmp_path / "wheels at hand")


@pytest.fixture
def make_kit(tmp_path, wheels, surroundings):
    """Runs `ssaglioma kit` with the wheels at hand."""
    return functools.partial(run_kit, tmp_path / "kit", wheels)


def test_a_kit_holds_everything_and_its_digests_are_those_that_sha256sum_reads(kit, capsys):
    names = {path.relative_to(kit).as_posix() for path in kit.rglob("*") if path.is_file()}
    assert {"README.txt", "LISEZ-MOI.txt", "install.py", "install.sh", "install.bat", "kit.json"} < names
    assert {"models/tiny-test/card.json", "sample-case/sample/sample-t1c.nii.gz"} < names
    assert {name for name in names if name.startswith("wheels/")} == {
        "wheels/pip-99.0-py3-none-any.whl",
        "wheels/alpha-1.0-py3-none-any.whl",
        f"wheels/ssaglioma-{ssaglioma.__version__}-py3-none-any.whl",
    }
    for line in (kit / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((kit / name).read_bytes()).hexdigest() == digest
    assert "@" not in (kit / "install.sh").read_text().replace('"$@"', "")
    assert not kit.with_name("kit.unfinished").exists()
    assert main(["doctor", "--kit", str(kit)]) == 0
    assert "Ready." in capsys.readouterr().out


def test_a_kit_for_windows_holds_what_only_windows_needs_and_texts_for_its_editor(make_kit, tmp_path):
    assert make_kit("--platform", "windows", "--python", "3.12") == 0
    assert (tmp_path / "kit" / "wheels" / "beta-1.0-py3-none-any.whl").is_file()
    assert (tmp_path / "kit" / "README.txt").read_bytes().startswith(b"\xef\xbb\xbfSSAGlioma")
    assert b"\r\n" in (tmp_path / "kit" / "LISEZ-MOI.txt").read_bytes()


def test_every_fault_of_a_kit_is_named(kit, capsys):
    (kit / "README.txt").write_text("changed")
    (kit / "install.sh").unlink()
    (kit / "wheels" / "evil-1.0-py3-none-any.whl").write_bytes(b"x")
    (kit / ".DS_Store").write_bytes(b"left by a Mac")
    assert main(["doctor", "--kit", str(kit)]) == 3
    told = capsys.readouterr().err
    assert "1 file(s) missing: install.sh" in told
    assert "1 file(s) changed or damaged: README.txt" in told
    assert "1 file(s) not of the kit: wheels/evil-1.0-py3-none-any.whl" in told and ".DS_Store" not in told


def test_a_folder_that_is_no_kit_is_told_so(tmp_path, capsys):
    assert main(["doctor", "--kit", str(tmp_path)]) == 2
    assert "is no offline kit" in capsys.readouterr().err


def test_an_existing_folder_is_never_written_to(make_kit, tmp_path, capsys):
    (tmp_path / "kit").mkdir()
    assert make_kit() == 2
    assert "exists already" in capsys.readouterr().err and not list((tmp_path / "kit").iterdir())


def test_a_missing_wheel_is_named_and_the_same_command_goes_on_from_there(make_kit, wheels, tmp_path, capsys):
    aside = (wheels / "alpha-1.0-py3-none-any.whl").rename(tmp_path / "alpha-1.0-py3-none-any.whl")
    assert make_kit() == 2
    assert f"no wheel of 'alpha' for linux with Python {THIS_PYTHON}" in capsys.readouterr().err
    assert (tmp_path / "kit.unfinished").is_dir() and not (tmp_path / "kit").exists()
    aside.rename(wheels / aside.name)
    assert make_kit() == 0 and check_kit(tmp_path / "kit").problems == []


def test_the_beginning_of_another_kit_is_not_gone_on_with(make_kit, kit, capsys):
    kit.rename(kit.with_name("kit.unfinished"))
    assert make_kit("--platform", "windows") == 2
    assert "is the beginning of another kit" in capsys.readouterr().err


def test_an_index_that_cannot_be_reached_is_told_with_the_way_without_it(make_kit, capsys):
    assert make_kit("--index", "http://127.0.0.1:9/simple") == 3
    told = capsys.readouterr().err
    assert "The package index cannot be reached" in told and "--find-links DIR --no-index" in told


def test_wheels_come_from_a_server_too(surroundings, wheels, tmp_path):
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(wheels))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}/"
        words = ["kit", "--output", str(tmp_path / "served"), "--find-links", place, "--no-index"]
        code = main([*words, "--platform", "windows", "--progress", "none"])
        server.shutdown()
    assert code == 0 and check_kit(tmp_path / "served").problems == []
    assert (tmp_path / "served" / "wheels" / "beta-1.0-py3-none-any.whl").is_file()


def test_wheels_that_contradict_each_other_are_found(tmp_path):
    write_wheel(tmp_path, "alpha", needs=("beta>=2",))
    write_wheel(tmp_path, "beta", "1.5")
    found = close(read_wheels(tmp_path), ["alpha"], KitTarget("linux", "3.12").markers)
    assert found.missing == ("beta>=2 (asked for by alpha)",)
    assert close(read_wheels(tmp_path), ["beta"], {}).missing == ()


def test_the_wheel_of_ssaglioma_lists_every_file_with_its_digest(kit):
    (path,) = (kit / "wheels").glob("ssaglioma-*.whl")
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        (record,) = (name for name in names if name.endswith(".dist-info/RECORD"))
        rows = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        for name, digest, size in rows:
            if name != record:
                data = archive.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (f"sha256={found}", str(len(data))) == (digest, size)
    assert {row[0] for row in rows} == names
    own = {p.relative_to(ROOT / "SSACore").as_posix() for p in (ROOT / "SSACore" / "ssaglioma").rglob("*.py")}
    assert own <= names
    assert {"ssaglioma/_resources/addresses.env", "ssaglioma/_resources/LICENSE.txt"} < names
    assert "ssaglioma/_resources/Models/tiny-test/model.safetensors" in names


def test_what_training_needs_is_the_same_in_both_lists():
    extra = re.search(r"^train = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    file = ROOT / "SSACore" / "ssaglioma" / kit_own_wheel.TRAINING_FILE
    listed = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert sorted(re.findall(r'"([^"]+)"', extra)) == sorted(listed)


@pytest.mark.parametrize("python", ["2.7", "3.9", "3", "3.12.1", "three"])
def test_a_python_that_ssaglioma_does_not_know_is_refused(python):
    with pytest.raises(SSAGliomaError, match="cannot be used"):
        KitTarget("linux", python)


def test_addresses_come_from_the_environment_first(monkeypatch):
    monkeypatch.delenv("TORCH_VERSION", raising=False)
    assert f'TORCH_VERSION="${{TORCH_VERSION-{address("TORCH_VERSION")}}}"' in (ROOT / "addresses.env").read_text()
    monkeypatch.setenv("TORCH_VERSION", "9.9")
    assert address("TORCH_VERSION") == "9.9"
    with pytest.raises(SSAGliomaError, match="does not spell 'NOTHING'"):
        address("NOTHING")


def install(kit: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(kit / "install.py"), *options], capture_output=True, text=True, check=False
    )


def test_the_installer_refuses_a_damaged_kit_a_full_folder_and_another_python(kit, tmp_path):
    assert install(kit, "--check").returncode == 0
    (tmp_path / "mine.txt").write_text("precious")
    full = install(kit, "--folder", str(tmp_path))
    assert full.returncode == 3 and "Nothing is overwritten" in full.stderr
    (kit / "README.txt").write_text("changed")
    damaged = install(kit, "--folder", str(tmp_path / "new"))
    assert damaged.returncode == 3 and "README.txt was changed or damaged" in damaged.stderr
    assert not (tmp_path / "new").exists()


def test_the_installer_refuses_another_python_and_another_computer(kit, tmp_path):
    other = "3.10" if THIS_PYTHON != "3.10" else "3.12"
    for change, told in (({"python": other}, f"This kit needs Python {other}"), ({"platform": "windows"}, "is for w")):
        replace(KitFacts.read(kit), **change).write(kit)
        write_sums(kit)
        done = install(kit, "--folder", str(tmp_path / "new"))
        assert done.returncode == 3 and told in done.stderr
        assert not (tmp_path / "new").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("package_index")
def test_a_kit_installs_without_network_and_segments_its_sample_case(tmp_path):
    kit, folder = tmp_path / "kit", tmp_path / "installed"
    assert main(["kit", "--output", str(kit), "--progress", "none"]) == 0
    blocked = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **blocked}
    run = functools.partial(subprocess.run, env=environment, check=True, capture_output=True, text=True, cwd=tmp_path)
    run(["sh", str(kit / "install.sh"), "--folder", str(folder)], env={**environment, "PYTHON": sys.executable})
    assert not (folder / "installation-unfinished.txt").exists()
    sample = next((kit / "sample-case").iterdir())
    done = run([str(folder / "bin" / "ssaglioma"), "segment", str(sample), "--output", "out", "--progress", "json"])
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["volumes_ml"]["WT"] > 100 and Path(tmp_path, result["output"]).is_file()
    installed = run([str(folder / "bin" / "python"), "-c", "import ssaglioma; print(ssaglioma.__file__)"]).stdout
    assert str(folder) in installed
