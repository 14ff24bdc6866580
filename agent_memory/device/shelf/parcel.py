"""Blocks of one session on their way from one shelf to another, in files of the shelf's format."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.shelf.file_format import BlockRecord, encode_file, file_name
from agent_memory.device.shelf.reader import FileHeader, read_block, read_header
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import BadShelfFile, InvalidRequest
from agent_memory.ids import BlockHash

MAX_BLOCKS_PER_FILE = 32
"""So many are in memory at once while a session is packed or unpacked."""


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
    folder: Path, shelf: Shelf, engine: EngineInfo, old_root: BlockHash, new_root: BlockHash
) -> tuple[StoredBlock, ...]:
    """Put the blocks of all files below `folder` on `shelf`, their chain of hashes begun anew from
    `new_root`. What does not hang together with `old_root` is left out.

    Raises `InvalidRequest` when a file is damaged, or made for another model or KV format, before
    anything is put on `shelf`.
    """
    parcels = {path: _header(path, shelf) for path in sorted(folder.iterdir())}
    renamed = _rename(parcels.values(), old_root, new_root)
    usable = {
        path: [record for record in header.blocks if record.hash in renamed]
        for path, header in parcels.items()
    }
    for path, records in usable.items():
        for record in records:
            _check_size(_read(path, record, parcels[path]), engine)
    stored: list[StoredBlock] = []
    for path, records in usable.items():
        for group in _file_groups(records, engine.block_size):
            blocks = [_renamed(_read(path, record, parcels[path]), renamed) for record in group]
            stored.extend(_stored(blocks, shelf.write(blocks)))
    return tuple(stored)


def _write(blocks: Sequence[ShelfBlock], shelf: Shelf, folder: Path) -> None:
    header, tensors = encode_file(blocks, shelf.namespace)
    with (folder / file_name(header)).open("wb") as file:
        file.write(header)
        file.writelines(tensors)


def _header(path: Path, shelf: Shelf) -> FileHeader:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_header(fd, path.name, shelf.namespace)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"The KV file '{path.name}' cannot be used: {error}.") from error
    finally:
        os.close(fd)


def _read(path: Path, record: BlockRecord, header: FileHeader) -> ShelfBlock:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_block(fd, record, header)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"The KV file '{path.name}' cannot be used: {error}.") from error
    finally:
        os.close(fd)


def _rename(
    headers: Iterable[FileHeader], old_root: BlockHash, new_root: BlockHash
) -> dict[BlockHash, BlockHash]:
    """The new hash of every block that a chain leads to from the root."""
    children: dict[BlockHash, list[BlockRecord]] = {}
    for header in headers:
        for record in header.blocks:
            children.setdefault(record.parent, []).append(record)
    renamed: dict[BlockHash, BlockHash] = {}
    ends = [(old_root, new_root)]
    while ends:
        old_parent, new_parent = ends.pop()
        for record in children.get(old_parent, ()):
            renamed[record.hash] = chain_hash(new_parent, record.token_ids)
            ends.append((record.hash, renamed[record.hash]))
    renamed[old_root] = new_root
    return renamed


def _file_groups(records: Sequence[BlockRecord], block_size: int) -> Iterator[list[BlockRecord]]:
    """Full blocks together; what the next turn outgrows has files of its own."""
    full = [r for r in records if len(r.token_ids) == block_size and not r.is_snapshot]
    if full:
        yield full
    for record in records:
        if len(record.token_ids) != block_size or record.is_snapshot:
            yield [record]


def _renamed(block: ShelfBlock, renamed: Mapping[BlockHash, BlockHash]) -> ShelfBlock:
    return replace(block, hash=renamed[block.hash], parent=renamed[block.parent])


def _check_size(block: ShelfBlock, engine: EngineInfo) -> None:
    expected = len(block.token_ids) * engine.bytes_per_token
    if block.nbytes != expected and not block.is_snapshot:
        raise InvalidRequest(
            f"A KV block of {len(block.token_ids)} tokens has {block.nbytes} bytes; "
            f"this model's have {expected}."
        )


def _stored(blocks: Sequence[ShelfBlock], file: str) -> Iterator[StoredBlock]:
    for block in blocks:
        yield StoredBlock(
            block.hash, block.parent, block.token_ids, block.nbytes, file, block.is_snapshot
        )
