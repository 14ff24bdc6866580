"""Blocks of one session on their way from one shelf to another, in files of the shelf's format."""

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from agent_memory.cache.chain import chained
from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.shelf.file_format import BlockRecord, encode_file, file_name
from agent_memory.device.shelf.parcel_check import (
    MAX_BLOCKS_PER_FILE,
    check_block,
    check_content,
    check_parcel,
)
from agent_memory.device.shelf.reader import FileHeader, read_block, read_header
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.errors import BadShelfFile, InvalidRequest
from agent_memory.ids import BlockHash

MAX_HEADER_BYTES = 16 * 1024 * 1024
"""Of one file: 32 blocks of 300 tensors have 3 MiB."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Whose sequence a parcel holds: `old_root` began its chain where it was packed, and `root`
    begins it here."""

    engine: KvEngine
    old_root: BlockHash
    root: BlockHash
    token_ids: Sequence[int]


def pack(shelf: Shelf, blocks: Sequence[CachedBlock], folder: Path) -> None:
    """Copy blocks, parents first, out of `shelf` into files below `folder`.

    What turns out to be unusable is left out: whoever unpacks computes it again.
    """
    for file, group in groupby(blocks, lambda block: block.file or ""):
        hashes = [block.hash for block in group]
        for begin in range(0, len(hashes), MAX_BLOCKS_PER_FILE):
            wanted = hashes[begin : begin + MAX_BLOCKS_PER_FILE]
            try:
                found = shelf.read(file, wanted)
            except BadShelfFile:
                break
            _write([found[name] for name in wanted], shelf, folder)


def unpack(
    folder: Path, shelf: Shelf, destination: Destination, known: Container[str] = ()
) -> tuple[StoredBlock, ...]:
    """Put the blocks of all files below `folder` on `shelf`, parents first, their chain of hashes
    begun again. Blocks that the chain does not lead to are left out. A file is gone from `folder`
    once its blocks are on the shelf.

    Raises `InvalidRequest` when a file is damaged, or made for another model or KV format, or holds
    what the sequence cannot need, before anything is put on `shelf`. Takes time in proportion to
    the files' bytes. When the shelf cannot be written nothing is left on it either, but for the
    `known` files, which others use.
    """
    parcel = {path: _header(path, shelf) for path in sorted(folder.iterdir())}
    check_parcel(parcel.values(), destination.engine, len(destination.token_ids))
    records = [record for header in parcel.values() for record in header.blocks]
    placed = tuple(chained(records, destination.old_root, destination.token_ids))
    for record, begin in placed:
        check_block(record, begin, destination.engine)
    usable = [record for record, _ in placed]
    renamed = _new_names(usable, destination)
    for path, header in parcel.items():
        for record in header.blocks:
            if record.hash in renamed:
                check_content(_read(path, record, header), destination.engine)
    stored = _shelve(parcel, shelf, renamed, destination.engine.block_size, known)
    return tuple(stored[renamed[record.hash]] for record in usable)


def _shelve(
    parcel: Mapping[Path, FileHeader],
    shelf: Shelf,
    renamed: Mapping[BlockHash, BlockHash],
    block_size: int,
    known: Container[str],
) -> dict[BlockHash, StoredBlock]:
    """Move the blocks that have new names to the shelf."""
    stored: dict[BlockHash, StoredBlock] = {}
    written: list[str] = []
    try:
        for path, header in parcel.items():
            records = [record for record in header.blocks if record.hash in renamed]
            for group in _file_groups(records, block_size):
                blocks = [_under_new_name(_read(path, r, header), renamed) for r in group]
                written.append(shelf.write(blocks))
                stored.update((block.hash, _stored(block, written[-1])) for block in blocks)
            path.unlink()
    except BaseException:
        for file in written:
            if file not in known:
                shelf.delete(file)
        raise
    return stored


def _write(blocks: Sequence[ShelfBlock], shelf: Shelf, folder: Path) -> None:
    header, tensors = encode_file(blocks, shelf.namespace)
    with (folder / file_name(header)).open("wb") as file:
        file.write(header)
        file.writelines(tensors)


def _header(path: Path, shelf: Shelf) -> FileHeader:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_header(fd, path.name, shelf.namespace, max_bytes=MAX_HEADER_BYTES)
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    finally:
        os.close(fd)


def _read(path: Path, record: BlockRecord, header: FileHeader) -> ShelfBlock:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_block(fd, record, header)
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    finally:
        os.close(fd)


def _unusable(path: Path, error: Exception) -> InvalidRequest:
    return InvalidRequest(f"The KV file '{path.name}' cannot be used: {error}.")


def _new_names(
    records: Sequence[BlockRecord], destination: Destination
) -> dict[BlockHash, BlockHash]:
    """The new hash of every block, and of what the first ones follow."""
    renamed = {destination.old_root: destination.root}
    for record in records:
        renamed[record.hash] = chain_hash(renamed[record.parent], record.token_ids)
    return renamed


def _file_groups(records: Sequence[BlockRecord], block_size: int) -> Iterator[list[BlockRecord]]:
    """Full blocks together; what the next turn outgrows has files of its own."""
    full = [r for r in records if len(r.token_ids) == block_size and not r.is_snapshot]
    if full:
        yield full
    for record in records:
        if len(record.token_ids) != block_size or record.is_snapshot:
            yield [record]


def _under_new_name(block: ShelfBlock, renamed: Mapping[BlockHash, BlockHash]) -> ShelfBlock:
    return replace(block, hash=renamed[block.hash], parent=renamed[block.parent])


def _stored(block: ShelfBlock, file: str) -> StoredBlock:
    return StoredBlock(
        block.hash, block.parent, block.token_ids, block.nbytes, file, block.is_snapshot
    )
