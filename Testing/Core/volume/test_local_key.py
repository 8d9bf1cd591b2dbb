import stat
import sys

import pytest

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.volume.local_key import key_file, local_key


def test_one_identity_has_one_key_and_another_has_another(tmp_path):
    root = tmp_path / "corrections"
    keys = [local_key(root, name) for name in ("DOE^JANE 1970", " DOE^JANE 1970 ", "DOE^JOHN 1970")]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0].startswith("case-") and len(keys[0]) == 17 and keys[0].isascii()


def test_the_secret_lies_beside_the_dataset_and_names_nobody(tmp_path):
    root = tmp_path / "corrections"
    local_key(root, "DOE^JANE")
    assert key_file(root) == tmp_path / "corrections.key" and not root.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["corrections.key"]
    assert len(bytes.fromhex(key_file(root).read_text())) == 32


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_only_the_owner_can_read_the_secret(tmp_path):
    local_key(tmp_path / "c", "x")
    assert stat.S_IMODE(key_file(tmp_path / "c").stat().st_mode) == 0o600


def test_another_site_gives_another_key(tmp_path):
    assert local_key(tmp_path / "a", "DOE^JANE") != local_key(tmp_path / "b", "DOE^JANE")


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31])
def test_a_damaged_secret_is_never_replaced(tmp_path, text):
    key_file(tmp_path / "c").write_text(text)
    with pytest.raises(DatasetError, match=r"c\.key' is damaged.*Restore it"):
        local_key(tmp_path / "c", "x")
    assert key_file(tmp_path / "c").read_text() == text


def test_an_empty_identity_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="identity.*empty"):
        local_key(tmp_path / "c", "  ")


def test_a_secret_made_by_another_process_meanwhile_is_kept(tmp_path, monkeypatch):
    first = local_key(tmp_path / "c", "x")
    before = key_file(tmp_path / "c").read_bytes()
    seen = iter([False, True])
    monkeypatch.setattr("pathlib.Path.exists", lambda _: next(seen))
    assert local_key(tmp_path / "c", "x") == first
    assert key_file(tmp_path / "c").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_parent_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SSAGliomaError, match="cannot be written") as caught:
        local_key(tmp_path / "file" / "c", "x")
    assert caught.value.exit_code == 3
