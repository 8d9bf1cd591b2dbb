"""Messages, packages, sample data, command line modules, processes and translations of the host."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import slicer


def raise_value_error():
    raise ValueError("the reason")


def test_a_displayed_error_is_recorded_with_its_traceback(host):
    with pytest.raises(ValueError, match="the reason"), slicer.util.tryWithErrorDisplay("It failed.", waitCursor=True):
        raise_value_error()
    (message,) = host.messages.all
    assert (message.kind, message.text) == ("error", "It failed.\n\nthe reason")
    assert "raise_value_error" in message.detailed


def test_in_testing_mode_no_error_is_displayed_as_in_slicer(host):
    slicer.app.commandOptions().testingEnabled = True
    with pytest.raises(ValueError, match="the reason"), slicer.util.tryWithErrorDisplay("It failed."):
        raise_value_error()
    assert host.messages.texts("error") == []


def test_questions_are_answered_as_the_test_says(host):
    host.messages.answer_next(False, True)
    assert slicer.util.confirmYesNoDisplay("one?") is False
    assert slicer.util.confirmRetryCloseDisplay("two?") is True
    assert slicer.util.confirmOkCancelDisplay("three?") is True
    assert slicer.util.confirmRetryCloseDisplay("four?") is False
    assert host.messages.texts() == ["one?", "two?", "three?", "four?"]


def test_installations_are_recorded_and_never_done(host, monkeypatch):
    from slicer import packaging

    def no_process(*_args, **_options):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", no_process)
    slicer.util.pip_install("no-such-package>=1.0 another")
    assert packaging.requests[0].requirements == ("no-such-package>=1.0", "another")


def test_pip_ensure_asks_and_records_only_what_is_missing(host, tmp_path):
    from slicer import packaging

    file = tmp_path / "requirements.txt"
    file.write_text(
        "# comment\nnumpy>=1.0\nno-such-package>=2\nonly-windows; sys_platform == 'win32'\n", encoding="utf-8"
    )
    packaging.pip_ensure(packaging.load_requirements(file), requester="Demo")
    assert [request.requirements for request in packaging.requests] == [("no-such-package>=2",)]
    assert "Demo" in host.messages.texts("confirm")[0]
    host.messages.answer_next(False)
    with pytest.raises(RuntimeError, match="declined"):
        packaging.pip_ensure(["no-such-package>=2"])


def test_a_failed_installation_raises_as_pip_does(host):
    from slicer import packaging

    packaging.failing_return_code = 1
    with pytest.raises(subprocess.CalledProcessError):
        slicer.util.pip_install("anything")
    codes = []
    slicer.util.pip_install("anything", blocking=False, completedCallback=codes.append)
    assert codes == [1]


@pytest.fixture
def sample(host, tmp_path):
    volume = slicer.util.addVolumeFromArray(np.arange(8.0).reshape(2, 2, 2))
    path = tmp_path / "sample.nrrd"
    slicer.util.saveNode(volume, str(path))
    slicer.mrmlScene.RemoveNode(volume)
    return path


def register(path, checksum, category):
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=category,
        sampleName=category,
        uris=path.as_uri(),
        fileNames="sample.nrrd",
        nodeNames="Sample",
        checksums=f"SHA256:{checksum}",
    )


def test_a_registered_sample_is_fetched_checked_and_loaded(sample):
    import SampleData

    register(sample, hashlib.sha256(sample.read_bytes()).hexdigest(), "good")
    register(sample, hashlib.sha256(sample.read_bytes()).hexdigest(), "good")
    assert len(slicer.modules.sampleDataSources["good"]) == 1
    node = SampleData.downloadSample("good")
    assert node.GetName() == "Sample"
    assert slicer.util.arrayFromVolume(node).sum() == 28.0


def test_a_sample_with_another_checksum_is_refused(sample):
    import SampleData

    register(sample, "0" * 64, "damaged")
    with pytest.raises(ValueError, match="SHA256"):
        SampleData.downloadSample("damaged")
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_nothing_is_fetched_from_a_network(host):
    import SampleData

    with pytest.raises(RuntimeError, match="local copy"):
        SampleData.SampleDataLogic().downloadMRHead()


def test_a_local_copy_stands_for_a_built_in_sample(sample):
    import SampleData

    SampleData.local_copies["MR-head.nrrd"] = sample
    assert SampleData.SampleDataLogic().downloadMRHead().GetName() == "MRHead"


def test_the_threshold_module_keeps_what_is_above(host):
    source = slicer.util.addVolumeFromArray(np.arange(8.0).reshape(2, 2, 2))
    target = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    parameters = {"InputVolume": source.GetID(), "OutputVolume": target.GetID(), "ThresholdValue": 5}
    node = slicer.cli.run(slicer.modules.thresholdscalarvolume, None, {**parameters, "ThresholdType": "Below"})
    assert node.GetStatus() == node.Completed
    assert slicer.util.arrayFromVolume(target).ravel().tolist() == [0, 0, 0, 0, 0, 5, 6, 7]
    failed = slicer.cli.runSync(slicer.modules.thresholdscalarvolume, None, {**parameters, "ThresholdType": "Odd"})
    assert failed.GetStatus() == failed.CompletedWithErrors
    assert "Odd" in failed.GetErrorText()


def test_a_process_reports_lines_and_end_while_the_application_lives(host):
    lines, codes = [], []
    code = "import sys; print('one'); print('two'); sys.exit(3)"
    slicer.util.launchConsoleProcess(
        ["PythonSlicer", "-c", code],
        useStartupEnvironment=False,
        blocking=False,
        logCallback=lines.append,
        completedCallback=codes.append,
    )
    assert host.wait_until(lambda: codes)
    assert (lines, codes) == (["one", "two"], [3])


def test_python_slicer_is_a_launcher_with_a_child(host):
    code = "import os; print(os.getpid(), os.getppid())"
    proc = slicer.util.launchConsoleProcess(["PythonSlicer", "-c", code], useStartupEnvironment=False)
    child, parent = map(int, proc.communicate(timeout=60)[0].split())
    assert parent == proc.pid
    assert child != proc.pid


def test_python_modules_run_in_the_same_environment(host, tmp_path, monkeypatch):
    (tmp_path / "shown.py").write_text("import sys; print(sys.prefix, *sys.argv[1:])", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    lines = []
    slicer.util.executePythonModule("shown", ["a", "b c"], logCallback=lines.append)
    assert lines == [f"{sys.prefix} a b c"]


def test_texts_are_translated_by_file_and_context(host, monkeypatch):
    from slicer.i18n import tr, translate

    table = {("test_host_services", "Apply"): "Appliquer", ("Models", "Apply"): "Lancer"}
    assert (tr("Apply"), translate("Models", "Apply")) == ("Apply", "Apply")
    monkeypatch.setattr(slicer.i18n, "translations", table)
    assert (tr("Apply"), translate("Models", "Apply"), tr("Cancel")) == ("Appliquer", "Lancer", "Cancel")


def test_the_pytorch_extension_is_there_only_when_asked_for(host):
    from slicerhost import pytorch_extension

    with pytest.raises(ImportError):
        import PyTorchUtils
    pytorch_extension.install()
    try:
        import PyTorchUtils

        PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=">=2.2")
        assert pytorch_extension.requests == [{"askConfirmation": True, "torchVersionRequirement": ">=2.2"}]
    finally:
        pytorch_extension.uninstall()
