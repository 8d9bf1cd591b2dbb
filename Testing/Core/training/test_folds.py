import json

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.training.folds import Folds, read_folds, stratified_folds


def test_the_projects_folds_hold_each_of_24_cases_once():
    folds = read_folds()
    names = [name for group in folds.groups for name in group]
    assert len(folds.groups) == 5 and len(names) == len(set(names)) == 24


def test_no_case_is_both_trained_on_and_held_out():
    folds = read_folds()
    for fold in range(5):
        assert not set(folds.training(fold)) & set(folds.held_out(fold))
        assert len(folds.training(fold)) + len(folds.held_out(fold)) == 24


def test_folds_share_out_every_site_and_are_the_same_for_a_seed():
    sites = {f"{site}{index}": site for site in "ABC" for index in range(5)}
    volumes = {name: float(index) for index, name in enumerate(sites)}
    folds = stratified_folds(sites, volumes, 5, seed=3)
    assert folds == stratified_folds(sites, volumes, 5, seed=3)
    for group in folds.groups:
        assert sorted(sites[name] for name in group) == ["A", "B", "C"]


def test_a_case_in_two_folds_is_refused():
    with pytest.raises(DatasetError, match=r"hold \['a'\] more than once"):
        Folds((("a", "b"), ("a",)))


def test_a_damaged_folds_file_is_named(tmp_path):
    path = tmp_path / "folds.json"
    path.write_text(json.dumps({"groups": []}))
    with pytest.raises(DatasetError, match=r"folds\.json.*cannot be read"):
        read_folds(path)


def test_a_fold_that_does_not_exist_is_refused():
    with pytest.raises(DatasetError, match="no fold 5.*0 to 4"):
        read_folds().held_out(5)
