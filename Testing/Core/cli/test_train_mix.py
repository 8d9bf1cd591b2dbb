"""`ssaglioma train` with copies through scanners, mixed cases and several slices: from files to a scored package."""

import json

import pytest

from ssaglioma.cli.main import main
from ssaglioma.packages import read_package


@pytest.fixture
def command(cases_folder, tmp_path):
    folds = tmp_path / "folds.json"
    names = sorted(folder.name for folder in cases_folder.iterdir())
    folds.write_text(json.dumps({"folds": [names[:1], names[1:]]}))
    words = f"train {cases_folder} --folds {folds} --fold 0 --output {tmp_path / 'run'} --progress none --threads 1"
    short = "--workers 0 --epochs 1 --steps-per-epoch 1 --batch-size 1 --precision fp32"
    return [*words.split(), *short.split()]


def test_a_mix_of_ingredients_is_recorded_in_the_card_and_the_folder(command, tmp_path):
    mix = "--slice-offsets-mm=-1,0,1 --augmentation strong --scan-copies 1 --scan-presets 1.5T_ssa --mask-faults 1"
    assert main([*command, *mix.split(), "--carve-mix", "1", "--average-decay", "0.9"]) == 0
    run = tmp_path / "run"
    card = read_package(run / "package").card
    assert card.inputs == 12
    for words in (
        "2 copies of them through simulated scanners (1.5T_ssa; 100% with a faulty",
        "CarveMix",
        "manifest SHA-256",
    ):
        assert words in card.training_data
    manifest = json.loads((run / "manifest.json").read_text())
    assert len(manifest["trained"]) == 2 and len(manifest["held_out"]) == 1
    assert manifest["recipe"]["carve_mix"] == 1 and manifest["config"]["average_decay"] == 0.9
    assert len(json.loads((run / "scanned.json").read_text())["copies"]) == 2
    assert len(json.loads((run / "scores.json").read_text())["cases"]) == 1


def test_options_of_copies_without_copies_are_refused(command, capsys):
    assert main([*command, "--scan-share", "0.3"]) != 0
    assert "--scan-copies N" in capsys.readouterr().err
