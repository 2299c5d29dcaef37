"""service.pseudonyms: keyed hashes, weak secrets refused, one secret for all processes."""

import threading

import pytest

from service.errors import StartRefused
from service.pseudonyms import Pseudonyms, secret_of_file, secrets_in
from tests.service.keeping import SECRET

OTHER = "f1e2d3c4b5a697887766554433221100"
ONE = Pseudonyms((SECRET,))


def test_a_patient_is_one_hash_per_secret_and_nothing_of_them_is_in_it():
    (first,) = ONE.patients("A", None, "191212121212")
    assert len(first) == 32
    assert b"1912" not in first
    both = Pseudonyms((OTHER, SECRET)).patients("A", None, "191212121212")
    assert both[1] == first
    assert both[0] != first


@pytest.mark.parametrize(
    "parts", [("B", None, "1"), ("A", "https://a.example", "1"), ("A", None, "2"), ("A1", None, "")]
)
def test_other_parts_give_other_hashes(parts):
    assert ONE.patients(*parts) != ONE.patients("A", None, "1")


def test_a_decision_belongs_to_one_patient():
    mine, yours = ONE.patients("A", None, "1"), ONE.patients("A", None, "2")
    assert ONE.decisions(mine, b"digest") != ONE.decisions(yours, b"digest")
    assert ONE.decisions(mine, b"digest") == ONE.decisions(mine, b"digest")
    assert ONE.decisions(mine, b"digest") != ONE.decisions(mine, b"other")


def test_secrets_are_read_the_newest_first():
    assert secrets_in(f"{OTHER}, {SECRET}") == (OTHER, SECRET)


@pytest.mark.parametrize("text", ["", "short", "a" * 64, f"{SECRET},", "abc" * 20])
def test_a_weak_secret_is_refused(text):
    with pytest.raises(ValueError, match="openssl"):
        secrets_in(text)


def test_a_secret_is_made_once_however_many_ask(tmp_path):
    found = []
    path = tmp_path / "var" / "vidare.secret"
    threads = [
        threading.Thread(target=lambda: found.append(secret_of_file(path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(secrets_in(found[0])) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["vidare.secret"]


def test_a_place_where_no_secret_can_be_kept_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartRefused, match="secret"):
        secret_of_file(tmp_path / "file" / "vidare.secret")
