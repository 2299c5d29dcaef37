"""service.spool: what was appended is there after any end of the process; nothing is lost by it."""

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from service import spool as spooling
from service.spool import Spool


def lines_of(segments):
    return [line for segment in segments for line in segment.lines(1000)[0]]


def adopted(folder):
    """Give the lines that another process would find and take over."""
    found = list(Spool(folder).orphans())
    lines = lines_of(found)
    for segment in found:
        segment.close()
    return lines


def test_what_is_appended_is_given_back_in_order(tmp_path):
    spool = Spool(tmp_path)
    spool.append([b"1\n", b"2\n"])
    spool.append([b"3\n"])
    assert lines_of(spool.own()) == [b"1\n", b"2\n", b"3\n"]
    assert spool.bytes_waiting() == 6


def test_lines_are_given_so_many_at_a_time(tmp_path):
    spool = Spool(tmp_path)
    spool.append([b"1\n", b"22\n", b"3\n"])
    (segment,) = spool.own()
    lines, segment.taken = segment.lines(2)
    assert lines == [b"1\n", b"22\n"]
    lines, segment.taken = segment.lines(2)
    assert lines == [b"3\n"]
    assert spool.own() == []


def test_a_segment_of_a_living_process_is_nobodys_else(tmp_path):
    spool = Spool(tmp_path)
    spool.append([b"1\n"])
    assert adopted(tmp_path) == []
    assert list(spool.orphans()) == []
    spool.close()
    assert adopted(tmp_path) == [b"1\n"]


def test_what_a_killed_process_had_appended_is_found(tmp_path):
    code = f"""
        import os, signal
        from pathlib import Path
        from service.spool import Spool
        spool = Spool(Path({str(tmp_path)!r}))
        spool.append([b"1\\n", b"2\\n"])
        os.write(spool._own[0]._descriptor, b"torn")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)  # noqa: S603
    assert done.returncode == -9
    assert adopted(tmp_path) == [b"1\n", b"2\n"]


def test_a_segment_that_is_full_is_followed_by_another(tmp_path, monkeypatch):
    monkeypatch.setattr(spooling, "FULL", 4)
    spool = Spool(tmp_path)
    for line in (b"123\n", b"456\n", b"789\n"):
        spool.append([line])
    assert len(spool.own()) == 3
    assert lines_of(spool.own()) == [b"123\n", b"456\n", b"789\n"]


def test_tidying_deletes_what_is_taken_and_keeps_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(spooling, "FULL", 4_000)
    spool = Spool(tmp_path)
    spool.append([b"x" * 4_999 + b"\n"])
    spool.append([b"2\n"])
    first, second = spool.own()
    first.taken = first.size
    spool.tidy()
    assert [path.name for path in tmp_path.iterdir()] == [second.path.name]
    second.taken = second.size
    spool.tidy()
    assert list(tmp_path.iterdir()) == [second.path]
    spool.tidy(last=True)
    assert list(tmp_path.iterdir()) == []


def limited(tmp_path, code):
    """Run code in a process whose files may not grow beyond 10 bytes: a disk that is full."""
    before = f"""
        import resource, signal
        from pathlib import Path
        from service.spool import Spool
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 1_000_000))
        spool = Spool(Path({str(tmp_path)!r}))
    """
    whole = textwrap.dedent(before) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", whole], check=False, capture_output=True)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_a_full_disk_refuses_a_line_and_leaves_nothing_of_it(tmp_path):
    limited(
        tmp_path,
        """
        spool.append([b"12345\\n"])
        try:
            spool.append([b"1234567890\\n"])
        except OSError:
            pass
        else:
            raise SystemExit("it was appended")
        assert spool.own()[0].size == 6
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        spool.append([b"67\\n"])
        """,
    )
    assert adopted(tmp_path) == [b"12345\n", b"67\n"]


def test_after_a_failed_fsync_another_file_is_used(tmp_path, monkeypatch):
    spool = Spool(tmp_path)
    spool.append([b"1\n"])

    def fail(_):
        raise OSError(errno.EIO, "")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        with pytest.raises(OSError, match="5"):
            spool.append([b"2\n"])
    spool.append([b"3\n"])
    assert len(spool.own()) == 2
    assert lines_of(spool.own()) == [b"1\n", b"3\n"]


def test_a_folder_that_cannot_be_made_is_an_error_of_the_disk(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Spool(tmp_path / "file" / "spool").append([b"1\n"])


def test_what_cannot_be_read_is_set_aside(tmp_path):
    spool = Spool(tmp_path)
    spool.append([b"?\n"])
    spool.close()
    (segment,) = Spool(tmp_path).orphans()
    segment.set_aside()
    segment.close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".unread"]
    assert adopted(tmp_path) == []
    spool.keep_unread([])
    spool.keep_unread([b"!\n"])
    assert sorted(p.read_bytes() for p in tmp_path.glob("*.unread")) == [b"!\n", b"?\n"]


def test_a_segment_that_another_process_has_just_removed_is_passed_over(tmp_path):
    assert spooling._adopted(tmp_path / "gone.ndjson") is None


def test_the_files_are_for_us_alone(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.append([b"1\n"])
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert spool.own()[0].path.stat().st_mode & 0o077 == 0
