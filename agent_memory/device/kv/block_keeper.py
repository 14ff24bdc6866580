"""Keeping what a row has computed: blocks for the next turn, on the device and on the shelf."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise

import mlx.core as mx

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.device.background import Background
from agent_memory.device.kv.block_cuts import Cuts, cut_before_snapshot
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_block import KvBlock
from agent_memory.device.kv.kv_cut import cut_snapshot, cut_tokens
from agent_memory.device.rows.row import Mark, Row
from agent_memory.device.shelf.block_files import Files, groups_of, write_groups
from agent_memory.device.shelf.fading_keys import FadingKey
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.events import Stored
from agent_memory.ids import BlockHash

SMALL_TAIL = 1 / 16
"""Of a block: a tail of fewer tokens is cut again with its successor, or they would be many."""
SMALL_PART = 1 / 10
"""Of the tokens that follow a tail: writing fewer of them once more does not matter."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What there is of a row: blocks for its first `num_tokens`, and the snapshots among them and
    before them in their order, that included which the row was restored from."""

    blocks: list[KvBlock]
    num_tokens: int
    marks: Sequence[Mark] = ()


class BlockKeeper:
    """Cuts a row into blocks. New full ones go into one file, snapshots and tails into others.

    What the row was restored from stays as it is, and new blocks begin after it: so every token is
    written once, and a tail is followed by blocks that are its children.
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
        is_fading: bool = False,
    ) -> None:
        """Keep the blocks of a row that holds exactly `token_ids`, as `owner`'s; `then` follows on
        this thread when they are on the shelf, or cannot be. is_fading: what nobody else has
        written is not to last."""
        if self._layout.has_snapshots:
            kept = self._with_snapshots(row, root, token_ids, only_full=only_full)
        else:
            kept = self._with_tail(row, root, token_ids, only_full=only_full)
        mx.eval([list(block.tensors.values()) for block in kept.blocks])
        for block in kept.blocks:
            self._store.put(block)
        if (shelf := self._shelf) is None:
            then(_stored(kept, {}, None, None))
            return
        key = shelf.fading_key() if is_fading else None
        is_written = key is not None or not is_fading
        new = [block for block in kept.blocks if is_written and _goes_before(block, shelf, key)]
        if not new:
            then(_stored(kept, {}, shelf, key))
            return
        groups = groups_of(new, kept.marks, self._block_size)
        self._background.write(
            partial(write_groups, shelf, groups, owner, key),
            lambda files: then(self._on_shelf(kept, files or {}, shelf, key)),
        )

    def mark(self, row: Row, root: BlockHash, token_ids: Sequence[int]) -> KvBlock | None:
        """Take a snapshot of a row that holds exactly `token_ids`, for layers that cannot be cut by
        position later; None where there are none, or no place for it."""
        if not self._layout.has_snapshots:
            return None
        cuts = self._cuts(row, len(token_ids))
        if (last := cuts.snapshot_from) is None:
            return None
        row.ends += cuts.ends
        parent = root
        for begin, end in pairwise((0, *_restored_ends(row), *row.ends)):
            parent = chain_hash(parent, tuple(token_ids[begin:end]))
        block = self._block(row, parent, token_ids[last:], last, is_snapshot=True)
        is_own = self._store.get(block.hash) is not block
        row.marks.append(Mark(block, len(token_ids), is_own))
        return block

    def _with_tail(
        self, row: Row, root: BlockHash, token_ids: Sequence[int], *, only_full: bool
    ) -> _Kept:
        """All blocks of a row whose layers can be cut by position."""
        blocks = self._restored_blocks(row, token_ids)
        num_tokens = sum(len(block.token_ids) for block in blocks)
        blocks += self._full_blocks(row, _end(blocks, root), token_ids, num_tokens)
        num_tokens = sum(len(block.token_ids) for block in blocks)
        if not only_full and num_tokens < len(token_ids):
            parent, tail = _end(blocks, root), token_ids[num_tokens:]
            blocks.append(self._block(row, parent, tail, num_tokens, is_snapshot=False))
            num_tokens = len(token_ids)
        return _Kept(blocks, num_tokens)

    def _with_snapshots(
        self, row: Row, root: BlockHash, token_ids: Sequence[int], *, only_full: bool
    ) -> _Kept:
        """All blocks of another row, and snapshots of it: those taken on the way, and the last."""
        cuts = self._cuts(row, len(token_ids), only_full=only_full)
        ends = (*_restored_ends(row), *row.ends, *cuts.ends)
        blocks: list[KvBlock] = []
        for begin, end in pairwise((0, *ends)):
            parent, tokens = _end(blocks, root), token_ids[begin:end]
            blocks.append(self._block(row, parent, tokens, begin, is_snapshot=False))
        marks, num_tokens = list(row.marks), ends[-1] if ends else 0
        if (last := cuts.snapshot_from) is not None:
            num_tokens = len(token_ids)
            if not marks or marks[-1].num_tokens < num_tokens:
                parent, tokens = _end(blocks, root), token_ids[last:]
                block = self._block(row, parent, tokens, last, is_snapshot=True)
                marks.append(Mark(block, num_tokens))
        blocks += [mark.block for mark in marks]
        return _Kept(blocks, num_tokens, (*_restored_mark(row), *marks))

    def _cuts(self, row: Row, length: int, *, only_full: bool = False) -> Cuts:
        """How to go on cutting a row that is `length` tokens long."""
        begin = (0, *_restored_ends(row), *row.ends)[-1]
        if only_full:
            size = self._block_size
            return Cuts(tuple(range(begin + size, length + 1, size)), None)
        return cut_before_snapshot(begin, length, self._block_size)

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
        """True for a tail that is better cut again with the `num_new` tokens after it."""
        num_tokens = len(block.token_ids)
        if num_tokens == self._block_size or not num_new:
            return False
        return num_tokens < max(self._block_size * SMALL_TAIL, num_new * SMALL_PART)

    def _full_blocks(
        self, row: Row, parent: BlockHash, token_ids: Sequence[int], begin: int
    ) -> list[KvBlock]:
        """Those after the first `begin` tokens."""
        blocks: list[KvBlock] = []
        while (end := begin + self._block_size) <= len(token_ids):
            blocks.append(self._block(row, parent, token_ids[begin:end], begin, is_snapshot=False))
            parent, begin = blocks[-1].hash, end
        return blocks

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

    def _on_shelf(self, kept: _Kept, files: Files, shelf: Shelf, key: FadingKey | None) -> Stored:
        """Remember where the blocks are, those at least that are still here."""
        for block in kept.blocks:
            if block.hash in files:
                self._store.find_file(block, files[block.hash].file)
        return _stored(kept, files, shelf, key)


def _end(blocks: Sequence[KvBlock], root: BlockHash) -> BlockHash:
    """What the next block's parent is."""
    return blocks[-1].hash if blocks else root


def _restored_ends(row: Row) -> list[int]:
    """Where the blocks end that a row with snapshots was restored from."""
    blocks = [block for block in row.blocks if not block.is_snapshot]
    return list(accumulate(len(block.token_ids) for block in blocks))


def _restored_mark(row: Row) -> tuple[Mark, ...]:
    """The snapshot that a row was restored from."""
    if not row.blocks or not row.blocks[-1].is_snapshot:
        return ()
    return (Mark(row.blocks[-1], sum(len(block.token_ids) for block in row.blocks)),)


def _goes_before(block: KvBlock, shelf: Shelf, key: FadingKey | None) -> bool:
    """Whether it has no file, or one that goes before what this key seals; None seals for ever."""
    if block.file is None:
        return True
    fades_at = shelf.fades_at(block.file)
    return fades_at is not None and (key is None or fades_at < key.fades_at)


def _stored(kept: _Kept, files: Files, shelf: Shelf | None, key: FadingKey | None) -> Stored:
    """key: when it is forgotten, blocks without a file have to be gone as well."""
    told: list[StoredBlock] = []
    for block in kept.blocks:
        stored = block.as_stored()
        if (filed := files.get(block.hash)) is not None:
            stored = replace(stored, file=filed.file, file_nbytes=filed.nbytes)
        fades_at = None if key is None else key.fades_at
        if shelf is not None and stored.file is not None:
            fades_at = shelf.fades_at(stored.file)
        told.append(replace(stored, fades_at=fades_at))
    return Stored(tuple(told), kept.num_tokens)
