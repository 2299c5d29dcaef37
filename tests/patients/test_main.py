"""patients.__main__: the files of the examples are what the program writes, byte for byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.__main__ import FOLDER, lines, main, written

CASES = sorted(path.parent for path in FOLDER.glob("*/case.toml"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_stored_files_are_what_the_program_writes_today(folder):
    for name, text in written(folder).items():
        assert (folder / name).read_bytes() == text.encode(), f"{name}: make patients"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_record_is_a_chart_and_not_a_dump(folder):
    assert (folder / "record.json").stat().st_size < 300_000


def test_a_story_without_a_chart_is_kept_by_hand(tmp_path):
    (tmp_path / "case.toml").write_text('anchor = 2026-03-02\nservices = ["a"]\n', "utf-8")
    assert written(tmp_path) == {}


def test_only_the_named_cases_are_written(tmp_path, monkeypatch):
    import shutil

    for case in ("under-age", "aos-gaps"):
        (tmp_path / case).mkdir()
        shutil.copy(FOLDER / case / "case.toml", tmp_path / case)
    monkeypatch.setattr("patients.__main__.FOLDER", Path(tmp_path))
    main(["under-age"])
    assert (tmp_path / "under-age" / "record.json").is_file()
    assert not (tmp_path / "aos-gaps" / "record.json").exists()
    main([])
    assert (tmp_path / "aos-gaps" / "request.svf-order-sign.json").is_file()


@given(VALUES, VALUES)
def test_however_it_is_laid_out_it_is_the_same_json(first, second):
    bundle = {"entry": [{"resource": first}, {"resource": second}], "total": 2}
    call = {"hook": "patient-view", "prefetch": {"patient": first, "observations": bundle}}
    assert json.loads(lines(call)) == call


def test_each_resource_has_a_line_of_its_own():
    text = lines({"type": "searchset", "entry": [{"resource": {"id": "a"}}, {"resource": {}}]})
    assert '\n  {"resource": {"id": "a"}},\n' in text
    assert text.endswith("}\n")
