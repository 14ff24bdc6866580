"""The shelf: KV blocks at rest in files, for this node's disk and every later process.

No MLX in here: the pool's process scans the shelf too.
"""

import contextlib
import logging
import math
import os
import time
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import Future, wait
from itertools import accumulate, chain
from pathlib import Path

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.durable_file import (
    TMP_SUFFIX,
    make_folder,
    remove_abandoned,
    write_durably,
)
from agent_memory.device.shelf.fading_keys import FadingKey, FadingKeys
from agent_memory.device.shelf.file_format import (
    BlockRecord,
    Namespace,
    encode_file,
    file_name,
    key_id_of,
    path_of,
)
from agent_memory.device.shelf.journal import ShelfJournal
from agent_memory.device.shelf.page_cache import read_ahead
from agent_memory.device.shelf.quarantine import Quarantine
from agent_memory.device.shelf.reader import (
    Check,
    Earlier,
    FileHeader,
    Place,
    read_block,
    read_block_into,
    read_header,
)
from agent_memory.device.shelf.sealing import Seal
from agent_memory.device.shelf.snapshot_files import Before, SnapshotFiles
from agent_memory.device.shelf.window_links import (
    check_links,
    is_link,
    links_of,
    remove_if_abandoned,
    remove_links,
)
from agent_memory.disk_sync import sync_folder
from agent_memory.engine.stats import ShelfTraffic
from agent_memory.errors import BadShelfFile, InvariantBroken
from agent_memory.ids import BlockHash

__all__ = ["BadShelfFile", "Before", "HostTensor", "Shelf", "ShelfBlock", "ShelfEntry"]

log = logging.getLogger(__name__)


class Shelf:
    """The files of one namespace (model and KV format) below `folder`.

    `<folder>/<namespace>/<2 hex>/<64 hex>.safetensors`, named after their content: writing the
    same blocks twice is one file. Safe to use from several threads and processes. A file is
    whole or absent; one that is neither is moved to `<folder>/quarantine`. Beside a snapshot's lie
    the earlier files that have the beginnings of its windows, `<file>.w0` the last of them. Files
    under a fading key are deleted once that is forgotten.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        kv_format: str,
        key: bytes | None = None,
        fading: FadingKeys | None = None,
    ) -> None:
        """key: 32 bytes to encrypt with; files of another key, or of none, are another
        namespace's. fading: the keys of what is not to last."""
        self._folder = folder
        self._fading = fading
        self._seal = None if key is None else Seal(key)
        key_id = None if self._seal is None else self._seal.key_id
        self.namespace = Namespace(fingerprint, kv_format, key_id)
        self._files = folder / self.namespace.folder
        self._snapshots = SnapshotFiles(self._files, self.namespace, self._seal_of)
        self._quarantine = Quarantine(folder / "quarantine")
        self._journal = ShelfJournal(folder / "journal.jsonl")
        self.traffic = ShelfTraffic()
        """What this object has read and written: by one thread each."""
        make_folder(folder)
        make_folder(self._files)

    def fading_key(self) -> FadingKey | None:
        """The key for what is not to last; None where that is not to be written, or cannot be."""
        try:
            return None if self._fading is None else self._fading.current()
        except OSError as error:
            log.warning("a fading key cannot be written: %s", error)
            return None

    def fades_at(self, file: str) -> float | None:
        """When a file's key is forgotten, in Unix seconds; None of one that stays."""
        if (key_id := key_id_of(file)) is None:
            return None
        key = None if self._fading is None else self._fading.find(key_id)
        return -math.inf if key is None else key.fades_at

    def write(
        self, blocks: Sequence[ShelfBlock], owner: str = "", key: FadingKey | None = None
    ) -> str:
        """Put `blocks`, the earlier part of a prefix first, into one file; returns its name. The
        file says that `owner`, a session, has computed them. key: for what is not to last.

        The file is on the disk itself when this returns. Raises `OSError` when it cannot be
        written, a full disk included, and then leaves nothing behind.
        """
        started_at = time.perf_counter()
        _check_blocks(blocks)
        seal = self._seal if key is None else key.seal
        header, tensors = encode_file(blocks, self.namespace, seal, owner)
        file = file_name(header, None if key is None else key.key_id)
        path = self._path(file)
        make_folder(path.parent)
        write_durably(path, chain((header,), tensors))
        self._journal.append("wrote", file, num_blocks=len(blocks))
        self._count_written(sum(block.nbytes for block in blocks), started_at)
        return file

    def write_snapshot(
        self,
        block: ShelfBlock,
        owner: str = "",
        before: Before | None = None,
        key: FadingKey | None = None,
    ) -> str:
        """Like `write`, but stores only the window tokens missing from earlier snapshot files of
        the same row; whole windows if those files are gone, cannot be hard-linked, or last for
        another time."""
        started_at = time.perf_counter()
        _check_blocks([block])
        written = None
        if before is not None and key_id_of(before.file) == (key.key_id if key else None):
            written = self._snapshots.write(block, owner, before, key)
        if written is None:
            return self.write([block], owner, key)
        self._journal.append("wrote", written.file, num_blocks=1, num_earlier=written.num_earlier)
        self._count_written(written.num_bytes, started_at)
        return written.file

    def size_of(self, file: str) -> int:
        """Bytes that the disk has because of a file, the earlier ones of a snapshot included.
        Raises `OSError` when it is not there."""
        path = self._path(file)
        return sum(each.stat().st_size for each in (path, *links_of(path)))

    def read(self, file: str, hashes: Collection[BlockHash]) -> dict[BlockHash, ShelfBlock]:
        """The blocks `hashes` of `file`; only their bytes are read, and all of them checked.

        Counts as a use of the file. Raises `BadShelfFile` when it is missing, torn, corrupt or
        foreign, or lacks one of the blocks; a file at fault is then in quarantine.
        """
        with self._opened(file) as fd:
            header, records = self._find(fd, file, hashes)
            return {
                record.hash: read_block(fd, record, header, self._earlier(file, record))
                for record in records
            }

    def read_into(
        self,
        file: str,
        places: Mapping[BlockHash, Place],
        check: "Callable[[Check], Future[None]]",
    ) -> "Unchecked":
        """As `read`, with the bytes of each block put where its place says. `check` has something
        done in another thread: one block is checked while the next is read."""
        with contextlib.ExitStack() as opened:
            fd = opened.enter_context(self._opened(file))
            header, records = self._find(fd, file, places)
            checks: list[Future[None]] = []
            try:
                for record in records:
                    place = places[record.hash]
                    earlier = self._earlier(file, record)
                    checks.append(check(read_block_into(fd, record, header, place, earlier)))
            except BaseException:
                wait(checks)  # Nothing is written to the places once this has ended.
                raise
            return Unchecked(opened.pop_all(), records, checks)

    def delete(self, file: str) -> None:
        """Delete `file`, for good when this returns. One that is gone already is no matter."""
        path = self._path(file)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        remove_links(path)
        sync_folder(path.parent)
        self._journal.append("deleted", file)

    def scan(self, known: Container[str] = ()) -> list[ShelfEntry]:
        """Every usable file of the namespace but the `known` ones, checked by its header.

        Removes what an interrupted write left behind, and what a forgotten key has sealed;
        quarantines what is torn or corrupt. May run while another process writes.
        """
        entries = []
        for path in _files_below(self._files):
            if path.suffix == TMP_SUFFIX:
                remove_abandoned(path)
            elif is_link(path):
                remove_if_abandoned(path)
            elif self._is_faded(path.name):
                self.delete(path.name)
            elif path.name not in known and (header := self._read_header(path)) is not None:
                entries.append(_entry(path.name, header, self.fades_at(path.name)))
        return entries

    def read_ahead(self, entries: Iterable[ShelfEntry], num_bytes: int) -> None:
        """Have the system hold the files that were used last, up to so many bytes of them."""
        last_used = sorted(entries, key=lambda entry: entry.mtime, reverse=True)
        sizes = accumulate(entry.nbytes for entry in last_used)
        read_ahead(
            self._path(entry.file)
            for entry, size in zip(last_used, sizes, strict=True)
            if size <= num_bytes
        )

    def _count_written(self, num_bytes: int, started_at: float) -> None:
        self.traffic.bytes_written += num_bytes
        self.traffic.writing.observe(time.perf_counter() - started_at)

    def _earlier(self, file: str, record: BlockRecord) -> Earlier:
        return self._snapshots.earlier(self._path(file), record)

    def _path(self, file: str) -> Path:
        return path_of(self._files, file)

    def _seal_of(self, file: str) -> Seal | None:
        """With what a file is sealed. Raises `ValueError` when that is forgotten."""
        if (key_id := key_id_of(file)) is None:
            return self._seal
        key = None if self._fading is None else self._fading.find(key_id)
        if key is None:
            raise ValueError("its key is forgotten")
        return key.seal

    def _is_faded(self, file: str) -> bool:
        return self.fades_at(file) == -math.inf

    @contextlib.contextmanager
    def _opened(self, file: str) -> Iterator[int]:
        """The file's descriptor. What is wrong with the file puts it into quarantine."""
        started_at = time.perf_counter()
        if self._is_faded(file):
            self.delete(file)
            raise BadShelfFile(file, "its key is forgotten")
        try:
            fd = os.open(self._path(file), os.O_RDONLY)
        except OSError as error:
            raise BadShelfFile(file, f"it cannot be opened: {error.strerror}") from error
        try:
            yield fd
        except (OSError, ValueError) as error:
            self._take_away(self._path(file), str(error))
            raise BadShelfFile(file, str(error)) from error
        finally:
            os.close(fd)
        self.traffic.reading.observe(time.perf_counter() - started_at)

    def _find(
        self, fd: int, file: str, hashes: Collection[BlockHash]
    ) -> tuple[FileHeader, list[BlockRecord]]:
        """The header, and what it says of these blocks, in the order of the file."""
        header = read_header(fd, file, self.namespace, self._seal_of(file))
        records = [record for record in header.blocks if record.hash in hashes]
        if missing := set(hashes).difference(record.hash for record in records):
            raise ValueError(f"it does not hold block {min(missing)}")
        with contextlib.suppress(OSError):
            os.utime(fd)  # so that the least recently used is known after a restart
        self.traffic.bytes_read += sum(record.nbytes for record in records)
        return header, records

    def _read_header(self, path: Path) -> FileHeader | None:
        try:
            fd = os.open(path, os.O_RDONLY)
        except OSError as error:
            log.warning("a shelf file cannot be opened: %s", error)
            return None
        try:
            header = read_header(fd, path.name, self.namespace, self._seal_of(path.name))
            for block in header.blocks:
                check_links(path, block.parts)
            return header
        except (OSError, ValueError) as error:
            if path.exists():  # and was not deleted meanwhile, its earlier files first seen gone
                self._take_away(path, str(error))
            return None
        finally:
            os.close(fd)

    def _take_away(self, path: Path, reason: str) -> None:
        log.warning("shelf file %s goes to quarantine: %s", path.name, reason)
        try:
            for each in (path, *links_of(path)):
                self._quarantine.take(each)
        except OSError as error:
            log.warning("it cannot be moved there: %s", error)
        self._journal.append("quarantined", path.name, reason=reason)


class Unchecked:
    """Blocks of a file that lie in their places and are being checked there."""

    def __init__(
        self,
        opened: contextlib.ExitStack,
        records: Sequence[BlockRecord],
        checks: Sequence["Future[None]"],
    ) -> None:
        self._opened = opened
        self._records = records
        self._checks = checks

    def finish(self) -> dict[BlockHash, BlockRecord]:
        """The blocks, as soon as they have been checked; nothing is written to the places after
        that. Raises `BadShelfFile`."""
        with self._opened:
            wait(self._checks)
            for check in self._checks:
                check.result()
        return {record.hash: record for record in self._records}


def _check_blocks(blocks: Sequence[ShelfBlock]) -> None:
    if not blocks:
        raise InvariantBroken("a shelf file holds at least one block")
    for block in blocks:
        if not block.token_ids or chain_hash(block.parent, block.token_ids) != block.hash:
            raise InvariantBroken(f"block {block.hash} is not the one its hash names")


def _entry(file: str, header: FileHeader, fades_at: float | None) -> ShelfEntry:
    blocks = tuple(
        StoredBlock(b.hash, b.parent, b.token_ids, b.nbytes, file, b.is_snapshot, None, fades_at)
        for b in header.blocks
    )
    nbytes = header.nbytes + sum(block.num_earlier_bytes for block in header.blocks)
    return ShelfEntry(file, blocks, nbytes, header.mtime, header.owner)


def _files_below(folder: Path) -> Iterator[Path]:
    """The files two levels below, in the order of their names."""
    for subfolder in sorted(folder.iterdir()):
        if subfolder.is_dir():
            with os.scandir(subfolder) as found:
                names = sorted(entry.name for entry in found if entry.is_file())
            yield from (subfolder / name for name in names)
