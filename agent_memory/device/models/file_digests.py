"""Hashes of whole files, computed once for as long as a file stays as it is.

<record>   {"/models/chat/model.safetensors": {"digest": "…", "size": …, "modified_ns": …, …}}
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent_memory.device.shelf.durable_file import make_folder, write_durably

log = logging.getLogger(__name__)

_PIECE = 64 * 1024 * 1024
_BUFFER = 1024 * 1024
_MAX_THREADS = 8
_COARSEST_CLOCK_NS = 2_000_000_000
"""A file system may write down times that coarsely (FAT does)."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What changes whenever a file does. The time of its last change cannot be set, unlike that of
    its last modification, which copies keep."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> "FileStamp":
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)

    def is_settled(self, now_ns: int) -> bool:
        """A change at `now_ns` or later would show in the times."""
        return max(self.modified_ns, self.changed_ns) + _COARSEST_CLOCK_NS < now_ns


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: str
    stamp: FileStamp


_Record = dict[str, _Entry]
_RECORD = TypeAdapter(_Record)


def hash_file(path: Path) -> str:
    """SHA-256 in hex of the SHA-256s of a file's pieces of 64 MiB: several cores compute it."""
    places = range(0, path.stat().st_size, _PIECE)
    num_threads = min(_MAX_THREADS, os.cpu_count() or 1, max(1, len(places)))
    with ThreadPoolExecutor(num_threads) as threads:
        pieces = list(threads.map(lambda at: _hash_piece(path, at), places))
    return hashlib.sha256(b"".join(pieces)).hexdigest()


class FileDigests:
    """Digests of files, remembered in the file `record`; None: each is computed again.

    What cannot be read or written there is computed again. A file that was changed just now is not
    remembered: its clock may be too coarse to show the next change.
    """

    def __init__(
        self,
        record: Path | None,
        compute: Callable[[Path], str] = hash_file,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._record = record
        self._compute = compute
        self._clock_ns = clock_ns

    def of(self, paths: Sequence[Path]) -> list[str]:
        """The digests of these files, in their order. Raises `OSError`."""
        known = self._read()
        found = [(path.resolve(), self._entry(path.resolve(), known)) for path in paths]
        fresh = {_key(path): entry for path, (entry, is_fresh) in found if is_fresh}
        if fresh:
            self._remember(fresh)
        return [entry.digest for _, (entry, _) in found]

    def _entry(self, path: Path, known: _Record) -> tuple[_Entry, bool]:
        """(what is known of the file now, whether it was computed and may be remembered)."""
        stamp, now_ns = FileStamp.of(path), self._clock_ns()
        entry = known.get(_key(path))
        if entry is not None and entry.stamp == stamp:
            return entry, False
        entry = _Entry(self._compute(path), stamp)
        return entry, stamp.is_settled(now_ns) and FileStamp.of(path) == stamp

    def _read(self) -> _Record:
        if self._record is None:
            return {}
        try:
            return _RECORD.validate_json(self._record.read_bytes())
        except (OSError, ValidationError):
            return {}

    def _remember(self, fresh: _Record) -> None:
        """Two that write at once leave a whole record, of one of them."""
        if self._record is None:
            return
        known = {path: entry for path, entry in self._read().items() if Path(path).is_file()}
        record = {path: asdict(entry) for path, entry in (known | fresh).items()}
        try:
            make_folder(self._record.parent)
            write_durably(self._record, [json.dumps(record, indent=1).encode()])
        except OSError as error:
            log.warning("the hashes of weights are not kept", extra={"reason": str(error)})


def _key(path: Path) -> str:
    """The path as JSON takes it, which knows no bytes that are not UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _hash_piece(path: Path, at: int) -> bytes:
    digest = hashlib.sha256()
    for part in _parts(path, at):
        digest.update(part)
    return digest.digest()


def _parts(path: Path, at: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_BUFFER))
    num_left = _PIECE
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        while num_left and (size := file.readinto(buffer[: min(num_left, _BUFFER)])):
            yield buffer[:size]
            num_left -= size
