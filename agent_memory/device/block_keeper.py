"""Keeping what a row has computed: blocks for the next turn, on the device and on the shelf."""

import logging
from collections.abc import Callable, Mapping, Sequence

import mlx.core as mx

from agent_memory.cache.hashing import chain_hash
from agent_memory.device.background import Background
from agent_memory.device.block_store import BlockStore
from agent_memory.device.cache_layout import CacheLayout
from agent_memory.device.host_tensor import ShelfBlock
from agent_memory.device.kv_block import KvBlock, to_host
from agent_memory.device.kv_cut import cut_snapshot, cut_tokens
from agent_memory.device.row import Row
from agent_memory.device.shelf import Shelf
from agent_memory.engine.events import Stored
from agent_memory.ids import BlockHash

_log = logging.getLogger(__name__)

Files = Mapping[BlockHash, str]


SMALL_TAIL = 1 / 16
"""Of a block: a tail of fewer tokens is cut anew with what follows it, or they would be many."""
SMALL_PART = 1 / 10
"""Of the tokens that follow a tail: writing fewer of them once more does not matter."""


class BlockKeeper:
    """Cuts a row into blocks. New full ones go into one file, snapshots and tails into others.

    What the row was restored from stays as it is, and new blocks begin behind it: so every token is
    written once, and a tail is followed by blocks that are its children. Where there are snapshots,
    which reach back, blocks begin at multiples of their size instead.
    """

    def __init__(
        self,
        layout: CacheLayout,
        block_size: int,
        store: BlockStore,
        shelf: Shelf | None,
        background: Background,
    ) -> None:
        self._layout = layout
        self._block_size = block_size
        self._store = store
        self._shelf = shelf
        self._background = background

    def keep(
        self,
        row: Row,
        root: BlockHash,
        token_ids: Sequence[int],
        *,
        only_full: bool,
        owner: str,
        then: Callable[[Stored], None],
    ) -> None:
        """Keep the blocks of a row that holds exactly `token_ids`, as `owner`'s; `then` follows on
        this thread when they are on the shelf, or cannot be."""
        blocks = [] if self._layout.has_snapshots else self._restored_blocks(row, token_ids)
        num_tokens = sum(len(block.token_ids) for block in blocks)
        blocks += self._full_blocks(row, _end(blocks, root), token_ids, num_tokens)
        num_tokens = sum(len(block.token_ids) for block in blocks)
        if self._layout.has_snapshots:
            tail = self._snapshot_tail(row, root, token_ids, [block.hash for block in blocks])
        else:
            tail = self._tail(row, _end(blocks, root), token_ids, num_tokens)
        blocks += row.marks
        if not only_full and tail is not None:
            blocks.append(tail)
            num_tokens = len(token_ids)
        mx.eval([list(block.tensors.values()) for block in blocks])
        for block in blocks:
            self._store.put(block)
        new = [block for block in blocks if block.file is None]
        if self._shelf is None or not new:
            then(_stored(blocks, {}, num_tokens))
            return
        self._write(
            self._shelf,
            new,
            owner,
            lambda files: then(self._on_shelf(blocks, files, num_tokens)),
        )

    def snapshot(self, row: Row, root: BlockHash, token_ids: Sequence[int]) -> KvBlock | None:
        """What the row is now, when it holds exactly `token_ids`, for layers that cannot be cut by
        position later; None where there are none, or no place for it."""
        if not self._layout.has_snapshots:
            return None
        hashes: list[BlockHash] = []
        for begin in range(0, len(token_ids) - self._block_size + 1, self._block_size):
            parent = hashes[-1] if hashes else root
            hashes.append(chain_hash(parent, tuple(token_ids[begin : begin + self._block_size])))
        return self._snapshot_tail(row, root, token_ids, hashes)

    def _restored_blocks(self, row: Row, token_ids: Sequence[int]) -> list[KvBlock]:
        """What the row was restored from, but for what is used in part and a small tail."""
        blocks: list[KvBlock] = []
        begin = 0
        for block in row.blocks:
            end = begin + len(block.token_ids)
            if block.token_ids != tuple(token_ids[begin:end]):
                break
            parent, tokens = block.parent, block.token_ids
            blocks.append(self._block(row, parent, tokens, begin, is_snapshot=False))
            begin = end
        if blocks and self._is_small_tail(blocks[-1], len(token_ids) - begin):
            blocks.pop()
        return blocks

    def _is_small_tail(self, block: KvBlock, num_new: int) -> bool:
        """True for a tail that is better cut anew with the `num_new` tokens behind it."""
        num_tokens = len(block.token_ids)
        if num_tokens == self._block_size or not num_new:
            return False
        return num_tokens < max(self._block_size * SMALL_TAIL, num_new * SMALL_PART)

    def _full_blocks(
        self, row: Row, parent: BlockHash, token_ids: Sequence[int], begin: int
    ) -> list[KvBlock]:
        """Those behind the first `begin` tokens."""
        blocks: list[KvBlock] = []
        while (end := begin + self._block_size) <= len(token_ids):
            blocks.append(self._block(row, parent, token_ids[begin:end], begin, is_snapshot=False))
            parent, begin = blocks[-1].hash, end
        return blocks

    def _tail(
        self, row: Row, parent: BlockHash, token_ids: Sequence[int], begin: int
    ) -> KvBlock | None:
        """What is behind the full blocks."""
        if begin == len(token_ids):
            return None
        return self._block(row, parent, token_ids[begin:], begin, is_snapshot=False)

    def _snapshot_tail(
        self, row: Row, root: BlockHash, token_ids: Sequence[int], full: Sequence[BlockHash]
    ) -> KvBlock | None:
        """What is behind the full blocks, with a snapshot.

        A snapshot never has the hash of a full block: at the end of one it reaches back over two,
        and at the end of the very first there is none.
        """
        num_before = len(full)
        if len(token_ids) % self._block_size == 0:
            num_before -= 2
        begin = num_before * self._block_size
        if begin < 0 or begin == len(token_ids):
            return None
        parent = full[num_before - 1] if num_before else root
        tokens = token_ids[begin:]
        return self._block(row, parent, tokens, begin, is_snapshot=True)

    def _block(
        self,
        row: Row,
        parent: BlockHash,
        token_ids: Sequence[int],
        begin: int,
        *,
        is_snapshot: bool,
    ) -> KvBlock:
        """The block as it is known already, or cut out of the row."""
        tokens = tuple(token_ids)
        hash = chain_hash(parent, tokens)  # noqa: A001  the word of the field
        known = self._store.get(hash) or next((b for b in row.blocks if b.hash == hash), None)
        file: str | None = None
        if known is not None and known.is_snapshot == is_snapshot:
            if known.tensors:
                return known
            file = known.file
        tensors = dict(cut_tokens(row.layers, self._layout, begin, begin + len(tokens)))
        if is_snapshot:
            tensors.update(cut_snapshot(row.layers, self._layout))
        return KvBlock(hash, parent, tokens, tensors, is_snapshot, file)

    def _write(
        self, shelf: Shelf, new: Sequence[KvBlock], owner: str, then: Callable[[Files], None]
    ) -> None:
        host = [to_host(block) for block in new]
        is_full = [len(b.token_ids) == self._block_size and not b.is_snapshot for b in host]
        full = [block for block, yes in zip(host, is_full, strict=True) if yes]
        others = [[block] for block, yes in zip(host, is_full, strict=True) if not yes]
        groups = [group for group in (full, *others) if group]
        self._background.write(
            lambda: _write(shelf, groups, owner), lambda files: then(files or {})
        )

    def _on_shelf(self, blocks: Sequence[KvBlock], files: Files, num_tokens: int) -> Stored:
        """Remember where the blocks are, those at least that are still here."""
        for block in blocks:
            if block.hash in files and self._store.get(block.hash) is block:
                self._store.put(block.on_shelf(files[block.hash]))
        return _stored(blocks, files, num_tokens)


def _end(blocks: Sequence[KvBlock], root: BlockHash) -> BlockHash:
    """What the next block's parent is."""
    return blocks[-1].hash if blocks else root


def _write(shelf: Shelf, groups: Sequence[Sequence[ShelfBlock]], owner: str) -> Files:
    """Write every group into a file. What the disk does not take stays resident only."""
    files: dict[BlockHash, str] = {}
    for group in groups:
        try:
            file = shelf.write(group, owner)
        except OSError as error:
            _log.warning("KV blocks cannot be written to the shelf: %s", error)
            continue
        files.update((block.hash, file) for block in group)
    return files


def _stored(blocks: Sequence[KvBlock], files: Files, num_tokens: int) -> Stored:
    known = (
        block.on_shelf(files[block.hash]) if block.hash in files else block for block in blocks
    )
    return Stored(tuple(block.as_stored() for block in known), num_tokens)
