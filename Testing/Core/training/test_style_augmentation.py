"""Stylised copies in the batches: p is honoured, nothing else changes, a resumed run draws the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.checkpoint import read_checkpoint
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.folds import Folds
from ssaglioma.training.loop import CHECKPOINT, PatchBatches, Trainer
from ssaglioma.training.style_augmentation import (
    CopyRecipe,
    StyleAugmentation,
    StylisedCopy,
    StylisedSet,
    plan_copies,
)
from ssaglioma.training.style_copies import make_copies, stylizers_for
from ssaglioma.training.style_provenance import Provenance, patient_of
from ssaglioma.volume import Case

CONFIG = TrainingConfig(epochs=2, steps_per_epoch=1, batch_size=2, precision="fp32")
FOLDS = Folds((("adult-9",), ("adult-0", "adult-1", "adult-2")))


def plain_case(name, value, labels=None):
    labels = np.zeros((2, 5, 4), np.uint8) if labels is None else labels
    return TrainingCase(name, np.full((4, *labels.shape), value, np.float16), labels)


def copy_of(case, number=1, value=-1.0, style="ssa-1"):
    made = TrainingCase(f"{case.name}_nst{number}", np.full(case.image.shape, value, np.float16), case.labels)
    return StylisedCopy(made, Provenance(case.name, patient_of(case.name), (style,), (style,), "histogram"))


def file_case(name, sequences=SEQUENCE_ORDER):
    return Case(name, {one: f"/nowhere/{name}-{one.value}.nii.gz" for one in sequences}, f"/nowhere/{name}-seg.nii.gz")


@pytest.fixture
def cases():
    return [plain_case(f"adult-{number}", number) for number in range(3)]


@pytest.fixture
def styled(cases):
    """Builds a set of two copies of adult-0 and one of adult-1; adult-2 has none."""
    copies = [copy_of(cases[0]), copy_of(cases[0], 2, -2.0), copy_of(cases[1], 1, -3.0)]
    return lambda probability: StylisedSet(copies, probability, folds=FOLDS, fold=0)


@pytest.fixture
def stylised_set(source_files, target_files, source_cases, cache):
    def build(probability=0.5, seed=1):
        augmentation = StyleAugmentation(probability, ("histogram", "fourier"), copies=2, seed=seed)
        recipes = plan_copies(augmentation, source_files, target_files, SEQUENCE_ORDER)
        made = make_copies(recipes, source_cases, stylizers_for(augmentation.methods), cache, SEQUENCE_ORDER)
        return StylisedSet(made, probability, folds=FOLDS, fold=0)

    return build


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.8, 1.0])
def test_the_share_is_honoured_over_many_draws(cases, styled, probability):
    draws, generator = 4000, np.random.default_rng(4)
    drawn = styled(probability).drawn([cases[0]] * draws, generator)
    replaced = sum(case is not cases[0] for case in drawn)
    bound = 4 * np.sqrt(draws * probability * (1 - probability))  # four deviations: 1 run of 16,000 leaves them
    assert abs(replaced - draws * probability) <= bound
    first = sum(case.name == "adult-0_nst1" for case in drawn)
    assert abs(first - replaced / 2) <= 4 * np.sqrt(replaced / 4)


def test_a_case_without_copies_stays_and_each_case_gets_its_own(cases, styled):
    drawn = styled(1.0).drawn(cases * 50, np.random.default_rng(0))
    assert all(case is cases[2] for case in drawn[2::3])
    assert {case.name for case in drawn[0::3]} == {"adult-0_nst1", "adult-0_nst2"}
    assert {case.name for case in drawn[1::3]} == {"adult-1_nst1"}
    assert all(case.labels is cases[0].labels for case in drawn[0::3])


def test_a_higher_share_only_replaces_more(cases, styled):
    few = styled(0.3).drawn(cases * 100, np.random.default_rng(7))
    many = styled(0.7).drawn(cases * 100, np.random.default_rng(7))
    for low, high, case in zip(few, many, cases * 100):
        assert low is case or low is high


def test_the_set_has_no_way_around_the_guard(cases):
    for leaking, role in (
        (copy_of(cases[0], style="adult-9"), "style"),
        (copy_of(plain_case("adult-9", 0)), "content"),
    ):
        with pytest.raises(DatasetError, match=f"takes its {role} from the patient 'adult-9', whom fold 0 holds out"):
            StylisedSet([copy_of(cases[1]), leaking], 0.5, folds=FOLDS, fold=0)
    with pytest.raises(DatasetError, match=r"share a name: \['adult-0_nst1'\]"):
        StylisedSet([copy_of(cases[0])] * 2, 0.5, folds=None, fold=None)
    with pytest.raises(DatasetError, match="no stylised copy"):
        StylisedSet([], 0.5, folds=None, fold=None)


def test_batches_with_copies_have_the_labels_and_places_of_those_without(source_cases, stylised_set):
    plain = PatchBatches(source_cases, CONFIG, 0, 6)
    with_copies = PatchBatches(source_cases, CONFIG, 0, 6, stylised_set(0.5))
    with_none = PatchBatches(source_cases, CONFIG, 0, 6, stylised_set(0.0))
    changed = 0
    for number in range(4):
        assert torch.equal(plain[number][1], with_copies[number][1])
        assert torch.equal(plain[number][0], with_none[number][0])
        changed += sum(not torch.equal(*pair) for pair in zip(plain[number][0], with_copies[number][0]))
    assert 0 < changed < 8


def test_the_same_step_draws_the_same_wherever_a_run_begins(source_cases, stylised_set):
    copies = stylised_set(0.5)
    whole, resumed = PatchBatches(source_cases, CONFIG, 0, 6, copies), PatchBatches(source_cases, CONFIG, 4, 2, copies)
    assert torch.equal(whole[5][0], resumed[1][0]) and not torch.equal(whole[4][0], resumed[1][0])


def trainer(cases, folder, stylised, **more):
    return Trainer(CONFIG, cases, folder, torch.device("cpu"), workers=0, stylised=stylised, **more)


def test_a_training_with_copies_runs_and_resumes_to_the_same_weights(source_cases, stylised_set, tmp_path):
    whole = trainer(source_cases, tmp_path / "whole", stylised_set())
    expected = whole.run().state_dict()
    for _ in range(2):
        part = trainer(source_cases, tmp_path / "parts", stylised_set(), should_stop=lambda: True)
        network = part.run()
    assert part.finished and all(torch.equal(network.state_dict()[name], one) for name, one in expected.items())
    plain = trainer(source_cases, tmp_path / "plain", None)
    plain.run()
    assert [row["loss"] for row in plain.history] != [row["loss"] for row in whole.history]
    assert all(np.isfinite(row["loss"]) for row in whole.history)


def test_a_run_is_not_resumed_with_other_copies(source_cases, stylised_set, tmp_path):
    trainer(source_cases, tmp_path, stylised_set(), should_stop=lambda: True).run()
    assert set(read_checkpoint(tmp_path / CHECKPOINT)[0]["identity"]) == {"stylised"}
    for other in (None, stylised_set(0.4), stylised_set(seed=2)):
        with pytest.raises(ModelPackageError, match="a run of another kind"):
            trainer(source_cases, tmp_path, other).run()


def test_a_plan_is_the_same_for_a_seed_and_does_not_depend_on_other_contents():
    source = [file_case(f"adult-{number}") for number in range(5)]
    target = [file_case(f"ssa-{number}") for number in range(6)]
    plan = plan_copies(StyleAugmentation(copies=2), source, target, SEQUENCE_ORDER)
    again = plan_copies(StyleAugmentation(copies=2), source[3:], target[::-1], SEQUENCE_ORDER)
    other = plan_copies(StyleAugmentation(copies=2, seed=2), source, target, SEQUENCE_ORDER)

    def facts(recipes):
        return [(one.name, one.style.name, one.method, one.strength, one.seed) for one in recipes]

    assert [one.name for one in plan[:2]] == ["adult-0_nst1", "adult-0_nst2"]
    assert facts(plan)[6:] == facts(again) and facts(plan) != facts(other)
    assert len({one.style.name for one in plan}) > 2


def test_copies_of_a_case_take_methods_in_turn_and_different_styles():
    augmentation = StyleAugmentation(methods=("histogram", "nyul", "fourier"), strengths=(0.2, 0.4), copies=3)
    target = [file_case(f"ssa-{number}") for number in range(3)]
    plan = plan_copies(augmentation, [file_case("adult-0")], target, SEQUENCE_ORDER)
    assert {one.method for one in plan} == set(augmentation.methods)
    assert {one.style.name for one in plan} == {"ssa-0", "ssa-1", "ssa-2"}
    assert all(0.2 <= one.strength <= 0.4 for one in plan)


@pytest.mark.parametrize(
    ("direction", "pairs"),
    [("to_target", [("a", "s")]), ("to_source", [("s", "a")]), ("both", [("a", "s"), ("s", "a")])],
)
def test_the_direction_says_who_lends_and_who_borrows(direction, pairs):
    source, target = [file_case("a-0"), file_case("a-1")], [file_case("s-0"), file_case("s-1")]
    plan = plan_copies(StyleAugmentation(direction=direction), source, target, SEQUENCE_ORDER)
    assert len(plan) == 2 * len(pairs)
    assert {(one.content.name[0], one.style.name[0]) for one in plan} == set(pairs)


def test_a_patient_never_lends_style_to_another_visit():
    visits = [file_case(f"BraTS-GLI-00001-00{number}") for number in range(3)]
    other = file_case("BraTS-GLI-00002-000")
    plan = plan_copies(StyleAugmentation(copies=4), visits, [*visits, other], SEQUENCE_ORDER)
    assert {one.style.name for one in plan} == {other.name}
    with pytest.raises(DatasetError, match=r"No case can lend its style to 'BraTS-GLI-00001-000'.*another patient"):
        plan_copies(StyleAugmentation(), visits, visits, SEQUENCE_ORDER)


def test_a_style_needs_the_sequences_of_its_content():
    poor = file_case("ssa-0", SEQUENCE_ORDER[:2])
    with pytest.raises(DatasetError, match="No case can lend its style to 'adult-0'.*'t2f'"):
        plan_copies(StyleAugmentation(), [file_case("adult-0")], [poor], SEQUENCE_ORDER)
    content = file_case("adult-0", SEQUENCE_ORDER[:1])
    assert plan_copies(StyleAugmentation(), [content], [poor], SEQUENCE_ORDER)[0].style is poor


def test_cases_that_share_a_name_are_refused():
    with pytest.raises(DatasetError, match=r"share a name: \['a-0'\]"):
        plan_copies(StyleAugmentation(), [file_case("a-0"), file_case("a-0")], [file_case("s")], SEQUENCE_ORDER)
    with pytest.raises(DatasetError, match="no case to stylise 'to_target'"):
        plan_copies(StyleAugmentation(), [], [file_case("s")], SEQUENCE_ORDER)


@pytest.mark.parametrize(
    "change",
    [
        {"probability": 1.1},
        {"methods": ()},
        {"methods": ("magic",)},
        {"strengths": (0.6, 0.5)},
        {"strengths": (0.5, 1.5)},
        {"strengths": (0.5,)},
        {"direction": "sideways"},
        {"copies": 0},
        {"seed": -1},
    ],
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(DatasetError, match="probability|methods|magic|strengths|direction|copies|seed"):
        replace(StyleAugmentation(), **change)


def test_settings_are_plain_json_values():
    assert StyleAugmentation().to_json()["strengths"] == [0.5, 1.0]


def test_a_recipe_names_its_patients():
    recipe = CopyRecipe(2, file_case("BraTS-SSA-00051-000"), file_case("Brats18_2013_2_1"), "histogram", 0.7, 1)
    assert recipe.name == "BraTS-SSA-00051-000_nst2"
    assert recipe.provenance == Provenance(
        "BraTS-SSA-00051-000", "BraTS-SSA-00051", ("Brats18_2013_2_1",), ("Brats18_2013_2",), "histogram", 0.7
    )
