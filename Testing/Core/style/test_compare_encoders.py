"""The scripts that compare encoders: measures against hand-made cases, and a whole run with random weights."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy import ndimage

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.style.encoders import STYLE_LAYERS, build_encoder
from ssaglioma.training.folds import read_folds
from ssaglioma.volume import Volume, write_volume

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def scripts(monkeypatch):
    """Imports one of the scripts by name."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


@pytest.fixture
def measures(scripts):
    return scripts("encoder_measures")


@pytest.fixture
def scans(scripts):
    return scripts("encoder_scans")


@pytest.fixture
def encoder():
    return build_encoder("mri_small")


@pytest.fixture
def smooth_picture():
    noise = np.random.default_rng(4).normal(size=(40, 48))
    return (0.5 + 1.5 * ndimage.gaussian_filter(noise, 3)).clip(0, 1).astype(np.float32)


def test_classes_that_are_apart_are_told_in_cases_never_seen(measures):
    generator = np.random.default_rng(0)
    classes, cases = ["a", "b", "c"] * 8, np.repeat(["one", "two", "three", "four"], 6)
    centres = {"a": 0.0, "b": 4.0, "c": 8.0}
    rows = np.array([[centres[name], 0.0] for name in classes]) + generator.normal(0, 0.1, (24, 2))
    rows[:, 1] = 3.0  # a number that never changes must not divide by 0
    assert measures.held_out_accuracy(rows, classes, cases)["centroid"] == 1.0
    two = [index for index, name in enumerate(classes) if name != "b"]
    told = measures.held_out_accuracy(rows[two], [classes[i] for i in two], [cases[i] for i in two])
    assert told == {"ridge": 1.0, "centroid": 1.0}


def test_a_case_teaches_nothing_about_itself(measures):
    """Every case has its own rule: the class of the others' nearest rows is always the wrong one."""
    rows = np.array([[0.0], [1.0], [1.0], [0.0]])
    told = measures.held_out_accuracy(rows, ["a", "b", "a", "b"], ["one", "one", "two", "two"])
    assert told == {"ridge": 0.0, "centroid": 0.0}


def test_alignment_ignores_rotation_scale_and_place_but_not_other_features(measures):
    generator = np.random.default_rng(1)
    features = generator.normal(size=(300, 5))
    turned = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    assert measures.linear_cka(features, 3 * features @ turned + 7) == pytest.approx(1, abs=1e-9)
    assert measures.linear_cka(features, generator.normal(size=(300, 5))) < 0.1


def test_gradient_correlation_follows_sign_and_mask(measures, smooth_picture):
    assert measures.gradient_correlation(smooth_picture, 0.3 * smooth_picture + 0.1) == pytest.approx(1)
    assert measures.gradient_correlation(smooth_picture, -smooth_picture) == pytest.approx(-1)
    assert measures.gradient_correlation(smooth_picture, np.ones_like(smooth_picture)) == 0
    half = np.zeros(smooth_picture.shape, bool)
    half[:, :20] = True
    mixed = np.where(np.arange(48) < 24, smooth_picture, 1 - smooth_picture)
    assert measures.gradient_correlation(smooth_picture, mixed, half) == pytest.approx(1)
    assert measures.gradient_correlation(smooth_picture, mixed, np.roll(half, 28, axis=1)) == pytest.approx(-1)


def test_rank_correlation_within_slices_may_be_perfect_where_that_over_all_is_not(measures):
    within, pooled = measures.pooled_spearman([1, 2, 3], [[1, 2, 3], [11, 12, 13]])
    assert within == pytest.approx(1)
    assert 0.2 < pooled < 0.9
    assert measures.pooled_spearman([1, 2, 3], [[3, 2, 1]]) == pytest.approx((-1, -1))


def test_an_undegraded_slice_is_at_distance_0_and_more_noise_is_farther(measures, scans, encoder, smooth_picture):
    brain = smooth_picture > 0.2
    made = [scans.degraded(smooth_picture * brain, brain, "noise", level, 0) for level in (0.05, 0.2)]
    features, style = measures.degradation_distances(encoder, smooth_picture * brain, [smooth_picture * brain, *made])
    for found in (features, style):
        for layer in STYLE_LAYERS:
            assert found[layer][0] == 0
            assert found[layer][0] < found[layer][1] < found[layer][2]


def test_degradation_keeps_the_background_and_blurs_within_the_brain(scans):
    brain = np.zeros((31, 37), bool)
    brain[6:25, 8:30] = True
    flat = np.where(brain, 0.5, 0).astype(np.float32)
    blurred = scans.degraded(flat, brain, "blur", 2.0, 0)
    np.testing.assert_allclose(blurred[brain], 0.5, atol=1e-5)  # no darkness flows in
    noisy = scans.degraded(flat, brain, "noise", 0.05, 0)
    assert not blurred[~brain].any() and not noisy[~brain].any()
    assert noisy[brain].std() == pytest.approx(0.05, rel=0.1)


def test_statistics_of_a_batch_are_those_of_single_slices_of_any_size(measures, encoder, smooth_picture):
    pictures = [smooth_picture, smooth_picture[::-1].copy(), smooth_picture[:, :32], smooth_picture]
    rows = measures.style_statistics(encoder, pictures)
    alone = [measures.style_statistics(encoder, [one]) for one in pictures]
    for layer in STYLE_LAYERS:
        np.testing.assert_allclose(rows[layer], np.concatenate([one[layer] for one in alone]), rtol=1e-4, atol=1e-5)


def test_inversion_comes_nearer_to_the_picture_with_more_steps(measures, encoder, smooth_picture):
    cuts = [smooth_picture[:32, :32], smooth_picture[:32, 8:40]]
    few, many = (measures.inverted(encoder, cuts, "relu1_1", steps) for steps in (1, 30))
    errors = [float(np.abs(made - np.stack(cuts)).mean()) for made in (few, many)]
    assert many.shape == (2, 32, 32)
    assert errors[1] < 0.5 * errors[0]


def test_published_figures_are_found_where_keras_has_them(scripts):
    extract = scripts("extract_vgg16")
    state = {f"convs.{one}.weight": torch.zeros(512, 512, 3, 3) for one in ("conv1_1", "conv1_2", "conv5_1", "conv5_3")}
    state |= {f"convs.{one}.bias": torch.zeros(600) for one in ("conv1_1", "conv2_1", "conv5_2", "conv5_3")}
    state["convs.conv5_1.weight"][269, 63, 1, 0] = -0.011236359
    apart = {(one.layer, one.what): relative for one, _, relative in extract.deviations(state)}
    assert apart[("conv5_1", (1, 0, 63, 269))] < 1e-6
    assert apart[("conv1_2", (2, 2, 63, 63))] == 1


def test_convolutions_of_an_onnx_file_become_an_encoder(scripts, tmp_path, capsys):
    onnx = pytest.importorskip("onnx")
    extract = scripts("extract_vgg16")
    generator = torch.Generator().manual_seed(0)
    tensors, channels = [], 3
    for layer in extract.WHOLE.layers:
        width = extract.WHOLE.widths[int(layer[4]) - 1]
        name = f"functional_1/block{layer[4]}_conv{layer[6]}_1"
        weight = torch.randn(width, channels, 3, 3, generator=generator).numpy()
        tensors += [
            onnx.numpy_helper.from_array(weight, f"{name}/convolution/ReadVariableOp:0"),
            onnx.numpy_helper.from_array(np.full(width, int(layer[6]), np.float32), f"{name}/Squeeze:0"),
        ]
        channels = width
    graph = onnx.helper.make_graph([], "tiny", [], [], tensors)
    onnx.save(onnx.helper.make_model(graph), tmp_path / "model.onnx")
    assert extract.main([str(tmp_path / "model.onnx"), str(tmp_path / "vgg16.safetensors")]) == 0
    assert "16 tensors" in capsys.readouterr().out
    kept = load_file(tmp_path / "vgg16.safetensors")
    assert set(kept["convs.conv3_3.bias"].tolist()) == {3.0}
    (tmp_path / "other.onnx").write_bytes(b"no model")
    assert extract.main([str(tmp_path / "other.onnx"), str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def vgg19_state():
    """What fetch_vgg19.py keeps, in torchvision's names, but random."""
    ours = build_encoder("vgg19_conv5").state_dict()
    places = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30]
    layers = [name for name in ours if name.endswith("weight")]
    return {
        f"features.{place}.{kind}": ours[layer.replace("weight", kind)]
        for place, layer in zip(places, layers)
        for kind in ("weight", "bias")
    }


def test_weights_come_from_vgg19s_file_from_a_package_or_at_random(scripts, tmp_path):
    compare = scripts("compare_encoders")
    state = vgg19_state()
    save_file(state, tmp_path / "vgg19.safetensors")
    label, encoder = compare.load_encoder(f"vgg19={tmp_path / 'vgg19.safetensors'}")
    assert label == "vgg19"
    torch.testing.assert_close(encoder.convs["conv4_1"].weight, state["features.19.weight"])
    own = build_encoder("mri_small").state_dict()
    for prefix in ("network.", "network.encoder."):
        stored = {f"{prefix}{name}": value.half() for name, value in own.items()}
        save_file({**stored, "decoder.stages.0.0.weight": torch.zeros(3)}, tmp_path / "package.safetensors")
        _, encoder = compare.load_encoder(f"mri_small={tmp_path / 'package.safetensors'}")
        torch.testing.assert_close(encoder.convs["conv2_2"].weight, own["convs.conv2_2.weight"].half().float())
    assert compare.load_encoder("mri_small=random")[0] == "mri_small (random)"
    with pytest.raises(ModelPackageError, match="do not fit the encoder 'vgg16'"):
        compare.load_encoder(f"vgg16={tmp_path / 'vgg19.safetensors'}")
    with pytest.raises(SystemExit, match="NAME=WEIGHTS"):
        compare.load_encoder("mri_small")


@pytest.fixture
def glioma_folder(tmp_path):
    """Two held-out cases' names with brains of their own, 40 slices of 96 x 88."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in (40, 96, 88)), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in grid))
    for number, name in enumerate(read_folds().held_out(0)[:2]):
        folder = tmp_path / "data" / "glioma" / name
        folder.mkdir(parents=True)
        for place, one in enumerate(SEQUENCE_ORDER):
            values = 300 + 200 * np.sin((4 + place) * grid[1] + number) * np.cos(5 * grid[2])
            array = np.where(radius < 0.95, values + 60 * (radius < 0.4), 0).astype(np.float32)
            write_volume(Volume(array), folder / f"{name}-{one.value}.nii")
    return tmp_path / "data"


SHORT = ["--rounds", "1", "--inversion-steps", "1", "--gatys-steps", "1", "--cases", "2"]


def test_a_run_writes_figures_table_and_charts(scripts, glioma_folder, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    run, output = scripts("compare_encoders").main, tmp_path / "out"
    assert run([str(glioma_folder), "--encoder", "mri_small=random", *SHORT, "--output", str(output)]) == 0
    found = json.loads((output / "encoders.json").read_text())
    assert found["facts"]["slices"] == 2 * 2 * 4 * 5
    assert found["encoders"]["mri_small (random)"]["time_ratio"] == 1
    assert found["cka"] == {}
    text = (output / "encoders.md").read_text()
    assert text.strip() == capsys.readouterr().out.strip()
    assert "| parameters to relu4_1 | 219,504 |" in text
    assert (output / "encoders.png").stat().st_size > 0 and not (output / "pictures.png").exists()


def test_one_encoder_twice_and_absent_cases_are_refused(scripts, tmp_path, glioma_folder):
    run = scripts("compare_encoders").main
    twice = ["--encoder", "mri_small=random"] * 2
    with pytest.raises(SystemExit, match="more than once"):
        run([str(glioma_folder), *twice, *SHORT, "--output", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="lacks the cases"):
        run([str(glioma_folder), "--encoder", "mri_small=random", "--fold", "1", "--output", str(tmp_path / "out")])


@pytest.mark.slow
def test_a_whole_run_beside_vgg19(scripts, glioma_folder, tmp_path):
    """VGG-19's published weights were never at hand: this shows that their path works, with random numbers."""
    pytest.importorskip("matplotlib")
    save_file(vgg19_state(), tmp_path / "vgg19.safetensors")
    encoders = ["--encoder", "mri_small=random", "--encoder", f"vgg19={tmp_path / 'vgg19.safetensors'}"]
    output = tmp_path / "out"
    run = scripts("compare_encoders").main
    assert run([str(glioma_folder), *encoders, *SHORT, "--pictures", "--output", str(output)]) == 0
    found = json.loads((output / "encoders.json").read_text())
    assert found["encoders"]["vgg19"]["parameters"] == 3_505_728
    assert found["encoders"]["vgg19"]["time_ratio"] > 1
    assert set(found["cka"]) == {"mri_small (random) | vgg19"}
    assert (output / "pictures.png").stat().st_size > 0
