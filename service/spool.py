"""What must not be lost, in files: lines appended and fsynced before a call is acknowledged.

A spool is a folder of segments (NDJSON). Each process writes a segment of its own under a lock
that ends with the process; a segment without its process is an orphan, and any process may take
it over. A line counts when it ends in a newline; what a crash left behind it was never
acknowledged.
"""

import fcntl
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

FULL = 4_000_000
"""Bytes from which the next line begins a new segment."""
_ENDING = ".ndjson"


class Segment:
    """One file of lines, locked for this process."""

    def __init__(self, path: Path, descriptor: int, size: int = 0) -> None:
        """Hold a file that is open and locked; `size` bytes of it are whole lines."""
        self.path, self._descriptor = path, descriptor
        self.size = size
        self.taken = 0
        """Bytes that are stored elsewhere by now."""
        self.sound = True
        """False once an fsync failed: what is written after that may not be on the disk."""

    def append(self, data: bytes) -> None:
        """Add whole lines, safe on the disk when this returns; raises OSError and adds nothing."""
        try:
            _write(self._descriptor, data)
            self._fsync()
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def _fsync(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError:
            self.sound = False
            raise

    def lines(self, most: int) -> tuple[list[bytes], int]:
        """Give at most `most` lines that are not taken yet, and where they end."""
        data = os.pread(self._descriptor, self.size - self.taken, self.taken)
        lines = data.splitlines(keepends=True)[:most]
        return lines, self.taken + sum(len(line) for line in lines)

    def remove(self) -> None:
        """Delete the file; its lock holds until it is closed."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Keep the file for a person to look at, under a name that is not read again."""
        self.path.rename(self.path.with_suffix(".unread"))

    def close(self) -> None:
        """Let the file go, once: a second time its number may be another file's."""
        os.close(self._descriptor)


class Spool:
    """The segments of one process, and the orphans it takes over; may be used by two threads."""

    def __init__(self, folder: Path) -> None:
        """Use the folder; it is made with the first line."""
        self._folder = folder
        self._own: list[Segment] = []
        self._lock = threading.Lock()

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines and fsync them; raises OSError, and then none of them counts."""
        with self._lock:
            if not self._own or self._own[-1].size >= FULL or not self._own[-1].sound:
                self._own.append(self._new())
            self._own[-1].append(b"".join(lines))

    def keep_unread(self, lines: Sequence[bytes]) -> None:
        """Keep lines that nothing reads again, for a person to look at."""
        if lines:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{uuid.uuid4()}.unread"
            path.touch(mode=0o600)
            path.write_bytes(b"".join(lines))

    def own(self) -> list[Segment]:
        """Give our segments that hold lines not taken yet, the oldest first."""
        with self._lock:
            return [segment for segment in self._own if segment.taken < segment.size]

    def orphans(self) -> Iterator[Segment]:
        """Give, locked, the segments whose process has ended; whoever takes one closes it."""
        with self._lock:
            own = {segment.path for segment in self._own}
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            if path not in own and (segment := _adopted(path)) is not None:
                yield segment

    def tidy(self, *, last: bool = False) -> None:
        """Delete own segments of which all is taken; the newest one too when it is the `last`."""
        with self._lock:
            newest = self._own[-1:]
            for segment in [s for s in self._own if s.taken == s.size]:
                if last or segment not in newest or segment.size >= FULL // 16:
                    self._own.remove(segment)
                    segment.remove()
                    segment.close()

    def close(self) -> None:
        """Let all segments go; what is not taken is an orphan from now on."""
        with self._lock:
            for segment in self._own:
                segment.close()
            self._own.clear()

    def bytes_waiting(self) -> int:
        """Give how much is not stored elsewhere yet, of our own."""
        with self._lock:
            return sum(segment.size - segment.taken for segment in self._own)

    def _new(self) -> Segment:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{uuid.uuid4()}{_ENDING}"
        begun = path.with_suffix(".begun")
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND
        descriptor = os.open(begun, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        begun.rename(path)  # only now, under its lock, it can be seen and taken for an orphan
        _fsync_folder(self._folder)
        return Segment(path, descriptor)


def _adopted(path: Path) -> Segment | None:
    """Give a segment that no process holds any longer, or None."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return Segment(path, descriptor, data.rfind(b"\n") + 1)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _fsync_folder(folder: Path) -> None:
    """Make the name of a new file as safe as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
