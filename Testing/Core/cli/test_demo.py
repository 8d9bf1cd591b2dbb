import pytest

from ssaglioma.cli.main import main
from ssaglioma.volume import read_volume


def test_the_demo_of_an_own_case_scores_it_and_writes_a_report(package_folder, case_folder, tmp_path, capsys):
    words = ["demo", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path), "--device", "cpu"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "dice" in shown and "WT" in shown
    assert read_volume(tmp_path / "case-001-seg.nii.gz").array.ndim == 3
    assert "case-001" in (tmp_path / "case-001-report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_shipped_model_finds_the_tumour_of_the_shipped_sample(tmp_path, capsys):
    assert main(["demo", "--output", str(tmp_path)]) == 0
    row = next(line.split() for line in capsys.readouterr().out.splitlines() if " WT " in line)
    assert float(row[2]) > 0.8
