"""`ssaglioma stylize` on small cases, volumes and pictures."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ssaglioma.cli.main import main
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.packages import BuiltInStyle, StyleCard, write_package
from ssaglioma.style.building import build_style_network, network_options
from ssaglioma.training.style_provenance import read_provenance
from ssaglioma.volume import Volume, find_case, read_volume, write_volume


def stylize(*words):
    return main(["stylize", "--progress", "none", *map(str, words)])


def make_picture(seed, shape=(41, 35), waves=5.0):
    generator = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    values = 120 + 60 * np.sin(waves * x) + 20 * y + generator.normal(0, 2, shape)
    return np.where(y**2 + x**2 < 0.8, values, 0).clip(0, 255).astype(np.uint8)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "head.png"
    Image.fromarray(make_picture(1)).save(path)
    return path


@pytest.fixture
def style_picture(tmp_path):
    path = tmp_path / "look.png"
    Image.fromarray((make_picture(2).astype(float) ** 2 / 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def style_case(tmp_path):
    """A case with other gray values; its scans are not of the content's patient."""
    folder = tmp_path / "styles" / "lender-7"
    folder.mkdir(parents=True)
    for number, sequence in enumerate(SEQUENCE_ORDER):
        stack = np.stack([make_picture(number, waves=9.0).astype(np.float32) ** 2] * 4)
        write_volume(Volume(stack, (4.0, 1.0, 1.0)), folder / f"lender-7-{sequence.value}.nii.gz")
    return folder


@pytest.fixture(scope="module")
def rain_package(tmp_path_factory):
    """RAIN with fresh weights that changes little, so that the guard has nothing to say."""
    torch.manual_seed(0)
    network = build_style_network("rain", options={"keep_detail": 1})
    with torch.no_grad():
        for one in list(network.base.decoder.parameters())[-2:]:
            one.mul_(0.05)
    latent = network.vae.latent
    weights = {f"network.{name}": value.numpy() for name, value in network.state_dict().items()}
    for number, sequence in enumerate(SEQUENCE_ORDER):
        weights[f"style.ssa.{sequence.value}.mean"] = np.full((1, latent), 0.1 * number, np.float32)
        weights[f"style.ssa.{sequence.value}.deviation"] = np.ones((1, latent), np.float32)
    card = StyleCard(
        kind="stylizer",
        name="rain-tiny",
        version="1",
        title="t",
        method="rain",
        encoder="mri_small",
        options=network_options(network),
        contrasts=tuple(one.value for one in SEQUENCE_ORDER),
        styles=(BuiltInStyle("ssa", {one.value: 10 for one in SEQUENCE_ORDER}, "d", "s"),),
        content_domain="a",
        style_domain="b",
        training_data="d",
        licence="l",
        intended_use="u",
    )
    folder = tmp_path_factory.mktemp("stylizers") / "rain-tiny"
    write_package(folder, card, weights, half=False)
    return folder


def test_a_case_keeps_grids_and_labels_and_says_where_it_comes_from(case_folder, style_case, tmp_path):
    words = ("--content", case_folder, "--style", style_case, "--method", "histogram", "--output", tmp_path / "o")
    assert stylize(*words, "--force") == 0
    before, after = find_case(case_folder), find_case(tmp_path / "o" / "case-001")
    assert after.reference.read_bytes() == before.reference.read_bytes()
    for sequence, path in after.sequences.items():
        one, other = read_volume(path), read_volume(before.sequences[sequence])
        assert one.same_grid(other)
        mask = np.any([read_volume(found).array != 0 for found in before.sequences.values()], axis=0)
        assert (one.array[~mask] == 0).all() and not np.allclose(one.array, other.array, rtol=1e-3)
    summary = json.loads((tmp_path / "o" / "case-001" / "stylize.json").read_text())
    assert summary["method"] == "histogram" and summary["styles"] == ["lender-7"] and summary["seconds"] > 0
    assert summary["contrasts"] == ["t1n", "t1c", "t2w", "t2f"]
    assert [one["slices"] for one in summary["guard"]["parts"]] == [6] * 4  # the first and the last of 8 are empty
    provenance = read_provenance(tmp_path / "o" / "case-001")
    assert provenance.content_case == "case-001" and provenance.style_patients == ("lender-7",)


def test_strength_0_gives_the_case_back(case_folder, style_case, tmp_path):
    words = ("--content", case_folder, "--style", style_case, "--method", "nyul", "--strength", "0")
    assert stylize(*words, "--output", tmp_path / "o") == 0
    before, after = find_case(case_folder), find_case(tmp_path / "o" / "case-001")
    for sequence, path in after.sequences.items():
        np.testing.assert_array_equal(read_volume(path).array, read_volume(before.sequences[sequence]).array)


def test_an_oblique_orientation_comes_back_in_its_own_axes(tmp_path, style_case):
    """A sagittal file: its axes are turned for the slices and turned back for the result."""
    stack = np.stack([make_picture(4)] * 6).astype(np.float32)
    turned = Volume(
        np.ascontiguousarray(np.moveaxis(stack, 0, 2)), (1.0, 1.0, 3.0), direction_lps=np.eye(3)[:, [2, 0, 1]]
    )
    write_volume(turned, tmp_path / "patient-t2f.nii.gz")
    words = ("--content", tmp_path / "patient-t2f.nii.gz", "--style", style_case, "--method", "histogram", "--force")
    assert stylize(*words, "--output", tmp_path / "made.nii.gz") == 0
    made = read_volume(tmp_path / "made.nii.gz")
    assert made.same_grid(read_volume(tmp_path / "patient-t2f.nii.gz"))
    assert ((made.array == 0) == (turned.array == 0)).mean() > 0.99
    assert (tmp_path / "made.stylize.json").is_file()


def test_a_picture_becomes_a_png_of_the_same_size(picture, style_picture, tmp_path):
    words = ("--content", picture, "--style", style_picture, "--method", "histogram", "--output", tmp_path / "o")
    assert stylize(*words, "--force") == 0
    made = np.asarray(Image.open(tmp_path / "o" / "head-stylized.png"))
    original = np.asarray(Image.open(picture))
    assert made.shape == original.shape and made.dtype == np.uint8
    assert ((made == 0) == (original == 0)).all() and (made != original).any()


def test_a_folder_of_pictures_is_one_style(picture, tmp_path):
    folder = tmp_path / "looks"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(make_picture(seed, waves=3.0)).save(folder / f"p{seed}.png")
    assert (
        stylize("--content", picture, "--style", folder, "--method", "histogram", "--output", tmp_path / "x.png") == 0
    )
    assert json.loads((tmp_path / "x.stylize.json").read_text())["styles"] == ["p0", "p1", "p2"]


def test_nothing_that_exists_is_replaced(picture, style_picture, case_folder, tmp_path, capsys):
    before = picture.read_bytes()
    words = ("--content", picture, "--style", style_picture, "--method", "histogram", "--output")
    assert stylize(*words, picture) == 2 and picture.read_bytes() == before
    assert stylize(*words, style_picture) == 2
    assert "originals are never replaced" in capsys.readouterr().err
    assert (
        stylize("--content", case_folder, "--style", case_folder, "--method", "nyul", "--output", case_folder.parent)
        == 2
    )
    assert "is not empty" in capsys.readouterr().err


def test_a_style_of_another_contrast_needs_force(tmp_path, case_folder, capsys):
    flair, t1 = (case_folder / f"case-001-{name}.nii.gz" for name in ("t2f", "t1n"))
    words = ("--content", flair, "--style", t1, "--method", "histogram", "--output", tmp_path / "o.nii.gz")
    assert stylize(*words) == 2
    assert "nothing for FLAIR; it has T1" in capsys.readouterr().err
    assert stylize(*words, "--force") == 0
    assert "The style of T1 was used for FLAIR, as forced" in capsys.readouterr().err
    assert "as forced" in json.loads((tmp_path / "o.stylize.json").read_text())["warnings"][0]


def test_a_built_in_style_needs_no_style_image(rain_package, case_folder, tmp_path):
    words = ("--content", case_folder, "--model", rain_package, "--contrasts", "t2f,t1n", "--output", tmp_path / "o")
    assert stylize(*words, "--force") == 0
    assert set(find_case(tmp_path / "o" / "case-001").sequences) == {Sequence.T1N, Sequence.T2F}
    summary = json.loads((tmp_path / "o" / "case-001" / "stylize.json").read_text())
    assert summary["model"] == {"name": "rain-tiny", "version": "1", "kind": "stylizer", "style": "ssa"}
    assert read_provenance(tmp_path / "o" / "case-001").style_cases == ("rain-tiny:ssa",)


@pytest.mark.parametrize("slices", ["reference", "tumour"])
def test_the_search_raises_the_segmenters_loss_and_reports_it(
    rain_package, package_folder, case_folder, tmp_path, slices, capsys
):
    words = ("--content", case_folder, "--model", rain_package, "--force", "--seed", "3", "--search-slices", slices)
    search = ("--epsilon-iterations", "2", "--segmenter", package_folder)
    reference = ("--reference", case_folder / "case-001-seg.nii.gz")
    assert stylize(*words, *search, *reference, "--output", tmp_path / "o") == 0
    assert "loss at each iteration" in capsys.readouterr().out
    found = json.loads((tmp_path / "o" / "case-001" / "stylize.json").read_text())["search"]
    assert found["iterations"] == 2 and found["losses"] == sorted(found["losses"]) and len(set(found["losses"])) == 3
    assert stylize(*words, "--output", tmp_path / "plain") == 0
    hard, plain = (read_volume(tmp_path / name / "case-001" / "case-001-t2f.nii.gz").array for name in ("o", "plain"))
    assert not np.allclose(hard, plain, rtol=1e-4)


def test_the_search_takes_the_segmenters_own_labels(rain_package, package_folder, case_folder, tmp_path):
    words = ("--content", case_folder, "--model", rain_package, "--force", "--epsilon-iterations", "1")
    assert stylize(*words, "--segmenter", package_folder, "--output", tmp_path / "o") == 0
    found = json.loads((tmp_path / "o" / "case-001" / "stylize.json").read_text())["search"]
    assert found["labels"] == "segmenter" and found["segmenter"] == "tiny-test"


def test_a_result_that_the_guard_refuses_is_not_written(case_folder, tmp_path, capsys):
    """The style has nothing but noise in the lesion's gray values: contrast is lost."""
    flat = tmp_path / "flat"
    flat.mkdir()
    for sequence in SEQUENCE_ORDER:
        stack = np.full((3, 20, 20), 500.0, np.float32) + np.random.default_rng(0).normal(0, 0.01, (3, 20, 20))
        stack[:, :, :4] = 1.0
        write_volume(Volume(stack.astype(np.float32), (3.0, 1.0, 1.0)), flat / f"flat-{sequence.value}.nii.gz")
    words = ("--content", case_folder, "--style", flat, "--method", "histogram", "--output", tmp_path / "o")
    assert stylize(*words) == 2
    assert "refused, because it changes the anatomy" in capsys.readouterr().err
    assert not list((tmp_path / "o").iterdir())
    assert stylize(*words, "--force") == 0
    assert "guard refuses this result; it was forced" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "rain"), "No stylizer of the method 'rain' ships"),
        (("--method", "histogram"), "has no built-in style"),
        ((), "Neither --method nor --model"),
        (("--method", "histogram", "--style", "{style}", "--epsilon-iterations", "2"), "no style space"),
        (("--method", "histogram", "--style", "{style}", "--strength", "1.5"), "strength is 1.5"),
        (("--method", "histogram", "--style", "no-such.png"), "'no-such.png' does not exist"),
        (("--method", "adain", "--model", "{rain}"), "is for the method 'rain'"),
        (("--model", "{segmenter}"), "is a segmenter"),
        (("--model", "{rain}", "--style-name", "7T"), "no built-in style '7T'"),
        (("--model", "{rain}", "--contrast", "lge"), "not trained on 'lge'"),
        (("--method", "histogram", "--style", "{style}", "--contrasts", "t2f"), "expected a case folder"),
    ],
)
def test_wrong_options_end_with_2_and_one_line(
    words, message, picture, style_picture, rain_package, package_folder, tmp_path, capsys, monkeypatch
):
    (tmp_path / "empty" / "Models").mkdir(parents=True)
    monkeypatch.setenv("SSAGLIOMA_RESOURCES", str(tmp_path / "empty"))
    places = {"style": style_picture, "rain": rain_package, "segmenter": package_folder}
    given = [word.format(**places) for word in words]
    assert stylize("--content", picture, *given, "--output", tmp_path / "o") == 2
    error = capsys.readouterr().err
    assert message.lower() in error.lower() and error.count("\n") == 1


def test_in_json_mode_progress_rises_and_the_summary_is_the_result(case_folder, style_case, tmp_path, capsys):
    words = ["--content", str(case_folder), "--style", str(style_case), "--method", "nyul", "--force"]
    assert main(["stylize", *words, "--output", str(tmp_path / "o"), "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    fractions = [event["fraction"] for event in events if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert events[-1]["event"] == "result" and events[-1]["content"] == "case-001"
