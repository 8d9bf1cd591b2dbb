import ast
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import slicer

import ssaglioma
from ssaglioma.errors import DeviceError, SSAGliomaError
from SSASlicerLib import dependencies
from SSASlicerLib.dependencies import Readiness, check, check_core_version, install

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "SSACore" / "SSASlicerLib"


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Makes importable packages with version data, as pip would leave them."""

    def make(name, version):
        folder = tmp_path / "site"
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('imported')")
        data = folder / f"{name}-{version}.dist-info"
        data.mkdir()
        (data / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return make


@pytest.fixture
def asked(monkeypatch):
    """Records what Slicer's installers are asked for, and does not install."""
    calls = []
    monkeypatch.setattr(dependencies, "check", lambda **_: Readiness())
    monkeypatch.setattr(dependencies, "_slicer_packaging", lambda: None)
    monkeypatch.setattr(slicer.util, "pip_install", lambda words: calls.append(("pip", words)))
    return calls


def requirements(tmp_path, *lines):
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join(lines))
    return file


def test_everything_is_here_in_the_tests_own_environment():
    assert check() == Readiness() and check().ready and check().message == ""


def test_what_is_missing_or_too_old_is_named_without_importing_it(tmp_path, packages):
    packages("ssag_new", "1.10.0+cpu")
    packages("ssag_old", "1.9.2")
    file = requirements(
        tmp_path, "# comment", "ssag_new>=1.9.5", "ssag_old>=1.10  # why", "ssag_none>=2", "", "ssag_new"
    )
    found = check(file, torch=False)
    assert found.missing == ("ssag_old>=1.10", "ssag_none>=2")
    assert found.message == "Segmentation needs a set-up once: ssag_old, ssag_none to be installed."


def test_a_package_that_slicer_ships_without_version_data_counts(tmp_path, packages):
    packages("ssag_plain", "1.0")
    (tmp_path / "site" / "ssag_plain-1.0.dist-info" / "METADATA").unlink()
    (tmp_path / "site" / "ssag_plain-1.0.dist-info").rmdir()
    assert check(requirements(tmp_path, "ssag_plain>=3"), torch=False).ready


def test_a_requirement_that_is_not_understood_is_named(tmp_path):
    with pytest.raises(SSAGliomaError, match="'numpy==1; extra' is not understood"):
        check(requirements(tmp_path, "numpy==1; extra"), torch=False)


def test_a_missing_torch_names_the_extension_or_the_installation(monkeypatch):
    present = {"PyTorchUtils": None}
    monkeypatch.setattr(dependencies.util, "find_spec", lambda name: present.get(name))
    assert "the extension PyTorch from the Extensions Manager" in check_torch()
    present["PyTorchUtils"] = object()
    assert check_torch() == "PyTorch to be installed"


def check_torch():
    return dependencies._torch_problem()


def test_an_old_torch_is_told(packages, monkeypatch):
    monkeypatch.setattr(dependencies.metadata, "version", lambda name: {"torch": "2.1.2+cpu"}[name])
    assert check_torch() == "a newer PyTorch (>=2.2)"


def test_torch_is_wanted_in_the_version_that_the_core_states():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^torch = \["torch(.*)"\]$', text, re.MULTILINE)[1] == dependencies.TORCH_VERSION


def test_checking_and_importing_the_library_loads_neither_torch_nor_qt():
    code = """
import sys
from SSASlicerLib import dependencies, processes, child_events
dependencies.check()
print(sorted({"torch", "qt", "ctk", "SimpleITK", "slicer", "vtk", "scipy"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "SSACore")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_no_file_of_the_library_imports_qt_or_a_module():
    for path in LIBRARY.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        roots = {name.split(".")[0] for name in names}
        assert not roots & {"qt", "ctk", "PythonQt", "SSAGliomaSegLib", "SSAStyleTransferLib", "slicerhost"}, path


def test_slicers_own_installer_is_used_where_it_exists(asked, monkeypatch):
    ensured = []
    own = SimpleNamespace(pip_ensure=lambda names, **options: ensured.append((names, options)))
    monkeypatch.setattr(dependencies, "_slicer_packaging", lambda: own)
    install(Readiness(("safetensors>=0.4", "Pillow>=10.1")))
    assert ensured == [(["safetensors>=0.4", "Pillow>=10.1"], {"requester": "SSAGliomaSeg"})]
    assert asked == []


def test_older_slicers_ask_and_then_use_pip(asked):
    questions = []
    install(Readiness(("safetensors>=0.4",)), confirm=lambda text: questions.append(text) or True)
    assert asked == [("pip", "safetensors>=0.4")]
    assert "safetensors>=0.4" in questions[0]


def test_declining_installs_nothing_and_says_so(asked):
    with pytest.raises(DeviceError, match=r"safetensors>=0.4 could not be installed \(declined\)"):
        install(Readiness(("safetensors>=0.4",)), confirm=lambda text: False)
    assert asked == []


def test_a_failed_installation_says_why_and_what_to_do(asked, monkeypatch):
    def fail(words):
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(slicer.util, "pip_install", fail)
    with pytest.raises(DeviceError, match="could not be installed.*Check the network"):
        install(Readiness(("safetensors>=0.4",)), confirm=lambda text: True)


def test_torch_comes_through_its_extension(asked, monkeypatch):
    calls = []

    class PyTorchUtilsLogic:
        def installTorch(self, **options):  # the extension's spelling
            calls.append(options)
            return object()

    monkeypatch.setitem(sys.modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=PyTorchUtilsLogic))
    install(Readiness(torch_problem="PyTorch to be installed"))
    assert calls == [{"askConfirmation": True, "torchVersionRequirement": ">=2.2"}]


def test_a_declined_torch_is_told(asked, monkeypatch):
    logic = SimpleNamespace(installTorch=lambda **_: None)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=lambda: logic))
    with pytest.raises(DeviceError, match="PyTorch could not be installed"):
        install(Readiness(torch_problem="PyTorch to be installed"))


def test_without_the_pytorch_extension_nothing_is_installed_and_the_way_is_told(asked):
    with pytest.raises(DeviceError, match="Extensions Manager and restart"):
        install(Readiness(("safetensors>=0.4",), "PyTorch"), confirm=lambda text: True)
    assert asked == []


def test_an_installation_that_did_not_help_is_told(asked, monkeypatch):
    monkeypatch.setattr(dependencies, "check", lambda **_: Readiness(("safetensors>=0.4",)))
    with pytest.raises(DeviceError, match="this is still so.*Restart Slicer"):
        install(Readiness(("safetensors>=0.4",)), confirm=lambda text: True)


def test_our_own_core_passes_the_version_check():
    check_core_version()
    check_core_version(Path(ssaglioma.__file__).parents[1])


def extension_folder(tmp_path, version):
    (tmp_path / "ssaglioma").mkdir()
    (tmp_path / "ssaglioma" / "__init__.py").write_text(f'"""Core."""\n\n__version__ = "{version}"\n')
    return tmp_path


def test_a_copy_of_the_same_version_passes(tmp_path):
    check_core_version(extension_folder(tmp_path, ssaglioma.__version__))


def test_a_shadowing_copy_of_another_version_is_named_with_both_places(tmp_path):
    with pytest.raises(DeviceError) as caught:
        check_core_version(extension_folder(tmp_path, "9.8.7"))
    text = str(caught.value)
    assert f"version {ssaglioma.__version__!r}" in text and "'9.8.7'" in text
    assert str(tmp_path) in text and "pip_uninstall('ssaglioma')" in text


def test_an_extension_without_its_core_is_told(tmp_path):
    with pytest.raises(DeviceError, match="core was not found"):
        check_core_version(tmp_path)
