import sys
from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import DeviceError, ModelPackageError
from ssaglioma.inference import engine_choice, load_engine, segment_case
from ssaglioma.inference.engine_choice import engine_order, engine_trouble
from ssaglioma.inference.engine_names import ENGINES
from ssaglioma.inference.engine_probe import engine_problem
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.looks import FULL
from ssaglioma.inference.threads import compute_threads
from ssaglioma.packages import Package, find_package, find_package_of, read_package

WITHOUT_TORCH = ("onnxruntime", "openvino")


@pytest.fixture
def package(package_folder):
    return read_package(package_folder)


@pytest.fixture
def only(monkeypatch):
    """Makes some engines the installed ones and forgets what was found out before."""

    def make(*names):
        engine_trouble.cache_clear()
        monkeypatch.setattr(engine_choice, "is_installed", lambda engine: engine in names)
        monkeypatch.setattr(engine_choice, "nvidia_gpus", lambda: 0)

    yield make
    engine_trouble.cache_clear()


@pytest.mark.parametrize("engine", WITHOUT_TORCH)
def test_the_shipped_model_gives_the_logits_of_torch(engine):
    shipped = find_package()
    tiles = np.random.default_rng(4).normal(size=(2, 4, *shipped.card.patch)).astype(np.float32)
    expected = TorchEngine(shipped, device="cpu").logits(tiles)
    found = load_engine(shipped, engine=engine).logits(tiles)
    assert np.abs(found - expected).max() < 2e-3 and (np.sign(found) != np.sign(expected)).mean() < 1e-4


@pytest.mark.parametrize("engine", WITHOUT_TORCH)
def test_the_brain_mask_gives_the_probabilities_of_torch(engine):
    mask = find_package_of("brain_mask")
    image = np.random.default_rng(4).normal(size=(1, 60, 70, 62)).astype(np.float32)
    expected = TorchEngine(mask, device="cpu").predict(image, (3.0, 3.0, 3.0))
    np.testing.assert_allclose(load_engine(mask, engine=engine).predict(image, (3.0, 3.0, 3.0)), expected, atol=1e-3)


@pytest.mark.parametrize("engine", WITHOUT_TORCH)
def test_mirroring_is_that_of_torch(package, engine):
    image = np.random.default_rng(4).normal(size=(4, 2, 40, 36)).astype(np.float32)
    expected = TorchEngine(package, device="cpu", mirror=True).predict(image, (3.0, 1.0, 1.0))
    found = load_engine(package, engine=engine, mirror=True).predict(image, (3.0, 1.0, 1.0))
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_doubtful_slices_are_mirrored_where_a_first_look_saves_time(package, engine):
    image = np.random.default_rng(4).normal(size=(4, 6, 40, 36)).astype(np.float32)
    image[:, 3:, :, 6:] = 0  # less brain, less doubt
    plain = load_engine(package, engine=engine, looks=FULL).predict(image, (3.0, 1.0, 1.0))
    full = load_engine(package, engine=engine, mirror=True, looks=FULL).predict(image, (3.0, 1.0, 1.0))
    unsure = ((plain > 0.2) & (plain < 0.8)).any(axis=0).sum(axis=(1, 2), where=(image != 0).any(axis=0))
    assert unsure[3:].max() < unsure[:3].min(), "the two halves differ in doubt"
    looks = replace(FULL, doubtful_mm2=float(unsure[:3].min()))
    found = load_engine(package, engine=engine, mirror=True, looks=looks).predict(image, (3.0, 1.0, 1.0))
    np.testing.assert_allclose(found[:, :3], full[:, :3], atol=1e-5)
    np.testing.assert_allclose(found[:, 3:], plain[:, 3:], atol=1e-5)
    assert np.abs(full - plain).max(axis=(0, 2, 3)).min() > 1e-3


def test_on_a_processor_the_fastest_installed_engine_is_taken(package, only):
    assert engine_order(2, half=False)[0] == "onnxruntime" and engine_order(3, half=False)[0] == "openvino"
    assert engine_order(2, half=True)[0] == "openvino"
    only("torch", "onnxruntime")
    assert load_engine(package).name == "onnxruntime"
    only("torch")
    assert load_engine(package).name == "torch"


def test_an_engine_that_fails_its_test_is_passed_over_and_named(package, only, monkeypatch, case_volumes):
    only("torch", "onnxruntime")
    monkeypatch.setattr(engine_choice, "engine_problem", lambda run: "a test network gave a wrong result (off by 1)")
    engine = load_engine(package)
    assert engine.name == "torch"
    assert engine.notes == ("onnxruntime was passed over: a test network gave a wrong result (off by 1).",)
    assert engine.notes[0] in segment_case(case_volumes, engine).warnings
    with pytest.raises(DeviceError, match="'onnxruntime' cannot be used: a test network gave a wrong result"):
        load_engine(package, engine="onnxruntime")


def test_a_library_that_does_not_load_is_passed_over(package, only, monkeypatch):
    only("torch", "onnxruntime")
    monkeypatch.delitem(sys.modules, "ssaglioma.inference.engine_onnxruntime", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "its library cannot be loaded" in load_engine(package).notes[0]


def test_without_any_engine_the_error_says_what_to_install(package, only):
    only()
    with pytest.raises(DeviceError, match=r"No engine can run the model 'tiny-test'.*pip install onnxruntime"):
        load_engine(package)


def test_a_network_of_torch_alone_asks_for_torch(package, only):
    other = Package(package.folder, replace(package.card, network="dru_net_2d"))
    only("onnxruntime")
    with pytest.raises(DeviceError, match=r"'dru_net_2d' runs on it alone.*pip install 'ssaglioma\[torch\]'"):
        load_engine(other)
    with pytest.raises(ModelPackageError, match="cannot be written as ONNX"):
        load_engine(other, engine="onnxruntime")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"engine": "tensorrt"}, "'tensorrt' is not known"),
        ({"device": "tpu"}, "'tpu' is not known"),
        ({"engine": "onnxruntime", "device": "cuda"}, "'onnxruntime' cannot use the device 'cuda'"),
        ({"engine": "openvino"}, "'openvino' cannot be used: it is not installed"),
        ({"engine": "torch"}, r"'torch' cannot be used: it is not installed.*ssaglioma\[torch\]"),
        ({"device": "cuda"}, "'torch' cannot be used: it is not installed"),
    ],
)
def test_what_cannot_be_had_is_told(package, only, options, told):
    only("onnxruntime")
    with pytest.raises(DeviceError, match=told):
        load_engine(package, **options)


def test_the_self_test_finds_wrong_numbers_and_faults():
    assert engine_problem(lambda model, image: np.zeros((2, 3, 16, 12))).startswith(
        "a test network gave a wrong result"
    )
    assert engine_problem(lambda model, image: np.full((2, 3, 16, 12), np.nan)) == "a test network gave no numbers"

    def broken(model, image):
        raise RuntimeError("illegal instruction\nmore")

    assert engine_problem(broken) == "illegal instruction"


def test_threads_leave_a_core_to_the_screen(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert compute_threads() == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert compute_threads() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert compute_threads() == 5
