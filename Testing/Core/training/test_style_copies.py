"""Copies on disk: reproducible, labels and background untouched, made once, made again where damaged."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ssaglioma
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.preprocessing import prepare_case
from ssaglioma.style import create_stylizer
from ssaglioma.style.variational import RainStylizer, build_rain
from ssaglioma.training.cases import OUTSIDE, TrainingCase, load_training_cases
from ssaglioma.training.style_augmentation import StyleAugmentation, plan_copies
from ssaglioma.training.style_copies import make_copies, stylizers_for
from ssaglioma.training.style_fingerprint import stylizer_digest
from ssaglioma.volume import read_volume

METHODS = ("histogram", "nyul", "fourier")


@pytest.fixture
def recipes(source_files, target_files):
    return plan_copies(StyleAugmentation(methods=METHODS, copies=3), source_files, target_files, SEQUENCE_ORDER)


@pytest.fixture
def make(recipes, source_cases, cache):
    def run(stylizers=None, chosen=recipes, folder=cache):
        return make_copies(chosen, source_cases, stylizers or stylizers_for(METHODS), folder, SEQUENCE_ORDER)

    return run


@pytest.fixture
def entry(make, recipes, cache):
    """The one entry of a cache with one copy."""
    make(chosen=recipes[:1])
    (folder,) = (cache / "stylised").iterdir()
    return folder


def test_labels_are_the_very_array_of_the_content_and_the_background_is_0(make, source_cases):
    before = [case.labels.copy() for case in source_cases]
    copies = make()
    assert [copy.name for copy in copies[:4]] == ["adult-0_nst1", "adult-0_nst2", "adult-0_nst3", "adult-1_nst1"]
    for index, copy in enumerate(copies):
        content = source_cases[index // 3]
        assert copy.case.labels is content.labels and np.array_equal(content.labels, before[index // 3])
        assert copy.case.image.shape == content.image.shape and copy.case.image.dtype == np.float16
        outside = content.labels == OUTSIDE
        assert outside.any() and (copy.case.image[:, outside] == 0).all()
        assert not np.array_equal(copy.case.image, content.image)


def test_a_copy_is_what_the_method_makes_of_the_files(make, recipes):
    """Read, stylised and normalised anew, by the interface of the style room."""
    recipe = recipes[0]
    content, style = ({k: read_volume(p) for k, p in case.sequences.items()} for case in (recipe.content, recipe.style))
    made = create_stylizer(recipe.method).stylize(content, style, recipe.strength)
    expected = prepare_case({name: volume.array for name, volume in made.items()}, SEQUENCE_ORDER).image
    np.testing.assert_array_equal(make(chosen=[recipe])[0].case.image, expected.astype(np.float16))


def test_the_look_moves_to_that_of_the_style(make, recipes, target_files, cache):
    """At full strength, the sorted values of the copy are nearer to the style's than the content's are."""
    chosen = [replace(one, method="histogram", strength=1.0) for one in recipes[:1]]
    copy = make(chosen=chosen)[0].case
    style = next(case for case in target_files if case.name == chosen[0].style.name)
    (wanted,) = load_training_cases([style], cache, SEQUENCE_ORDER, GLIOMA)
    (content,) = load_training_cases([chosen[0].content], cache, SEQUENCE_ORDER, GLIOMA)
    steps = np.linspace(0.02, 0.98, 25)
    for channel in range(4):
        q = [np.quantile(case.image[channel][case.labels != OUTSIDE], steps) for case in (copy, content, wanted)]
        assert np.abs(q[0] - q[2]).mean() < 0.5 * np.abs(q[1] - q[2]).mean()


def test_copies_made_twice_are_the_same_bits(make, tmp_path):
    for one, two in zip(make(), make(folder=tmp_path / "elsewhere")):
        assert np.array_equal(one.case.image, two.case.image) and one.provenance == two.provenance


def test_a_copy_in_the_cache_is_not_made_again(make, recipes, cache):
    make()
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*.npy")}

    class Refusing(type(create_stylizer("histogram"))):
        def stylize(self, *_, **__):
            raise AssertionError("made again")

    refusing = Refusing()
    refusing.__class__.__name__ = "HistogramStylizer"  # the digest of the settings is that of the real one
    with_refusing = {**stylizers_for(METHODS), "histogram": refusing}
    make(with_refusing)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.npy")} == before


@pytest.mark.parametrize("change", ["content", "style", "strength", "method", "settings", "version"])
def test_whatever_decides_a_copy_gives_another_entry(make, recipes, cache, change, monkeypatch):
    recipe, stylizers = replace(recipes[0], method="fourier"), stylizers_for(METHODS)
    make(stylizers, [recipe])
    if change in ("content", "style"):
        os.utime(next(iter(getattr(recipe, change).sequences.values())), (1, 1))
    elif change == "strength":
        recipe = replace(recipe, strength=recipe.strength / 2)
    elif change == "method":
        recipe = replace(recipe, method="nyul")
    elif change == "settings":
        stylizers = {"fourier": create_stylizer("fourier", beta=0.1)}
    else:
        monkeypatch.setattr("ssaglioma.training.style_cache.__version__", "9.9")
    make(stylizers, [recipe])
    assert len(list((cache / "stylised").iterdir())) == 2


def damage_cut(folder):
    data = (folder / "image.npy").read_bytes()
    (folder / "image.npy").write_bytes(data[: len(data) // 2])


def damage_bit(folder):
    data = bytearray((folder / "image.npy").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "image.npy").write_bytes(data)


def damage_record(folder):
    (folder / "copy.json").write_text("{")


def damage_missing(folder):
    (folder / "copy.json").unlink()


def damage_empty(folder):
    (folder / "image.npy").write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_cut, damage_bit, damage_record, damage_missing, damage_empty])
def test_a_damaged_entry_is_made_again(make, recipes, entry, damage):
    before = np.load(entry / "image.npy")
    damage(entry)
    (copy,) = make(chosen=recipes[:1])
    assert np.array_equal(copy.case.image, before)
    assert json.loads((entry / "copy.json").read_text())["provenance"]["content_case"] == "adult-0"


def test_a_failure_half_way_leaves_no_entry(make, recipes, cache, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ssaglioma.training.style_cache.np.save", full)
    with pytest.raises(SSAGliomaError, match="cannot be written.*No space left"):
        make(chosen=recipes[:1])
    assert list((cache / "stylised").iterdir()) == []


def test_old_rests_of_killed_processes_go_and_young_ones_stay(make, recipes, cache):
    old, young = cache / "stylised" / ".unfinished-old", cache / "stylised" / ".unfinished-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "image.npy").write_bytes(b"half")
    os.utime(old, (1, 1))
    make(chosen=recipes[:1])
    assert not old.exists() and young.exists()


KILLED = """
import sys, time
import numpy as np
from pathlib import Path
from ssaglioma.training import style_cache
def slow(path, array):
    with open(path, "wb") as stream:
        stream.write(b"half")
    print("half", flush=True)
    time.sleep(60)
style_cache.np.save = slow
style_cache.cached_image(Path(sys.argv[1]), "a", [], (1, 2, 2, 2), lambda: np.zeros((1, 2, 2, 2), np.float16), {})
"""


def test_a_kill_half_way_leaves_no_entry_and_the_next_process_makes_it(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"half\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert [path.name[:12] for path in tmp_path.iterdir()] == [".unfinished-"]
    from ssaglioma.training.style_cache import cached_image

    wanted = np.arange(8, dtype=np.float16).reshape(1, 2, 2, 2)
    assert np.array_equal(cached_image(tmp_path, "a", [], (1, 2, 2, 2), lambda: wanted, {}), wanted)


def test_a_content_that_is_not_trained_on_is_refused(recipes, source_cases, cache):
    with pytest.raises(DatasetError, match="'adult-0_nst1' shows 'adult-0', which is not trained on"):
        make_copies(recipes, source_cases[1:], stylizers_for(METHODS), cache, SEQUENCE_ORDER)


def test_a_training_case_of_other_files_is_refused(recipes, source_cases, cache):
    moved = TrainingCase("adult-0", source_cases[0].image, np.roll(source_cases[0].labels, 3, axis=1))
    with pytest.raises(DatasetError, match="'adult-0_nst1'.*same files"):
        make_copies(recipes[:1], [moved], stylizers_for(METHODS), cache, SEQUENCE_ORDER)


def test_a_damaged_style_names_copy_and_case(make, recipes):
    file = next(iter(recipes[0].style.sequences.values()))
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(DatasetError, match=f"'adult-0_nst1'.*'{recipes[0].style.name}'"):
        make(chosen=recipes[:1])


def test_a_method_that_needs_weights_is_refused_without_them():
    with pytest.raises(DatasetError, match="'rain' needs a trained network.*histogram"):
        stylizers_for(["histogram", "rain"])
    given = create_stylizer("histogram")
    assert stylizers_for(["rain"], {"rain": given})["rain"] is given


@pytest.fixture
def rain():
    torch.manual_seed(0)
    network = build_rain("mri_small")
    return lambda seed=5: RainStylizer(network=network, seed=seed)


def test_a_learned_stylizer_that_draws_gives_the_same_copies_in_any_order(rain, make, recipes, tmp_path):
    chosen = [replace(one, method="rain", strength=0.5) for one in recipes[:3:2]]
    forth = make({"rain": rain()}, chosen)
    back = make({"rain": rain(9)}, chosen[::-1], tmp_path / "other")[::-1]
    for one, two in zip(forth, back):
        np.testing.assert_array_equal(one.case.image, two.case.image)
    other = make({"rain": rain()}, [replace(chosen[0], seed=chosen[0].seed + 1)], tmp_path / "third")
    assert not np.array_equal(other[0].case.image, forth[0].case.image)


def test_channels_that_a_stylizer_was_not_trained_on_stay_as_they_are(make, recipes, source_cases):
    stylizer = create_stylizer("histogram")
    stylizer.trained_on = frozenset(SEQUENCE_ORDER[2:])
    chosen = [replace(recipes[0], method="histogram")]
    image = make({"histogram": stylizer}, chosen)[0].case.image
    same = [np.array_equal(image[channel], source_cases[0].image[channel]) for channel in range(4)]
    assert same == [True, True, False, False]
    stylizer.trained_on = frozenset()
    with pytest.raises(DatasetError, match="'adult-0_nst1'.*'histogram' was not trained on.*'FLAIR'"):
        make({"histogram": stylizer}, chosen)


def test_the_digest_of_a_stylizer_follows_settings_and_weights(rain):
    one, two = rain(), rain()
    two.noise()
    two.warnings = ("something",)
    assert stylizer_digest(one) == stylizer_digest(two)
    assert stylizer_digest(one) != stylizer_digest(RainStylizer(network=one.network, seed=None))
    with torch.no_grad():
        next(one.network.vae.parameters()).add_(1.0)
    assert stylizer_digest(one) == stylizer_digest(two), "they share a network"
    torch.manual_seed(1)
    assert stylizer_digest(RainStylizer(network=build_rain("mri_small"), seed=5)) != stylizer_digest(one)
    assert stylizer_digest(create_stylizer("fourier")) != stylizer_digest(create_stylizer("fourier", beta=0.02))
    assert stylizer_digest(create_stylizer("fourier")) != stylizer_digest(create_stylizer("histogram"))
