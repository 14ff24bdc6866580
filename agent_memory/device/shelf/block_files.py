"""Which blocks go into one file of the shelf, and writing them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.kv.kv_block import KvBlock, to_host
from agent_memory.device.rows.row import Mark
from agent_memory.device.shelf.fading_keys import FadingKey
from agent_memory.device.shelf.shelf import Before, Shelf
from agent_memory.ids import BlockHash

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a block is on the shelf. nbytes: what the disk has because of its file, where that is
    not simply the block's bytes."""

    file: str
    nbytes: int | None = None


Files = Mapping[BlockHash, Filed]


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Blocks for one file. before: a snapshot of the same row, so many tokens before this one."""

    blocks: Sequence[ShelfBlock]
    before: KvBlock | None = None
    num_behind: int = 0


def groups_of(new: Sequence[KvBlock], marks: Sequence[Mark], block_size: int) -> list[FileGroup]:
    """New full blocks together, snapshots in their order, what is outgrown soon apart. Only on the
    thread that owns MLX."""
    places = _places(marks)
    full: list[ShelfBlock] = []
    others: list[FileGroup] = []
    for block in new:
        host = to_host(block)
        if len(block.token_ids) == block_size and not block.is_snapshot:
            full.append(host)
        else:
            others.append(FileGroup([host], *places.get(block.hash, (None, 0))))
    return [FileGroup(full), *others] if full else others


def _places(marks: Sequence[Mark]) -> dict[BlockHash, tuple[KvBlock, int]]:
    """Which snapshot with the row's own bits each of them comes after, and by how many tokens."""
    places: dict[BlockHash, tuple[KvBlock, int]] = {}
    last: Mark | None = None
    for mark in marks:
        if last is not None:
            places[mark.block.hash] = last.block, mark.num_tokens - last.num_tokens
        if mark.is_own:
            last = mark
    return places


def write_groups(
    shelf: Shelf, groups: Sequence[FileGroup], owner: str, key: FadingKey | None = None
) -> Files:
    """Write every group into a file. What the disk does not take stays resident only. key: for
    what is not to last."""
    files: dict[BlockHash, Filed] = {}
    for group in groups:
        try:
            filed = _write(shelf, group, files, owner, key)
        except OSError as error:
            log.warning("KV blocks cannot be written to the shelf: %s", error)
            continue
        files.update((block.hash, filed) for block in group.blocks)
    return files


def _write(
    shelf: Shelf, group: FileGroup, files: Files, owner: str, key: FadingKey | None
) -> Filed:
    if not group.blocks[0].is_snapshot:
        return Filed(shelf.write(group.blocks, owner, key))
    before = None
    if (early := group.before) is not None:
        filed = files.get(early.hash)
        if (name := early.file if filed is None else filed.file) is not None:
            before = Before(name, group.num_behind)
    file = shelf.write_snapshot(group.blocks[0], owner, before, key)
    return Filed(file, shelf.size_of(file))
