"""Every block's places, and what becomes of it when it loses one."""

from collections.abc import Iterable, Sequence

from agent_memory.cache.block import Block
from agent_memory.cache.block_tree import BlockTree
from agent_memory.cache.lease import Location, StoredBlock
from agent_memory.cache.losses import Losses
from agent_memory.cache.memory_ledger import MemoryLedger
from agent_memory.cache.miss import MissKind
from agent_memory.cache.rebuild_cost import RebuildCost
from agent_memory.cache.shelf_ledger import ShelfLedger
from agent_memory.cache.tokens import pack
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class BlockRegister:
    """The tree and the ledgers of all tiers, kept in step; orders for the engine gather in lists.

    A block that is in no tier of memory and not on the shelf is lost, and with it its place in the
    tree.
    """

    def __init__(self, resident_budget: int, at_rest_budget: int, shelf_budget: int) -> None:
        self.tree = BlockTree()
        self.losses = Losses()
        self.cost = cost = RebuildCost(at_rest_budget)
        self.resident = MemoryLedger(Location.RESIDENT, resident_budget, cost.of_resident)
        self.at_rest = MemoryLedger(Location.MEMORY, at_rest_budget, cost.of_memory)
        self.shelf = ShelfLedger(shelf_budget, cost)
        self._to_rest: dict[BlockHash, None] = {}
        self._to_evict: dict[BlockHash, None] = {}
        self._to_discard: dict[str, None] = {}
        self.num_evicted = 0
        self.num_dropped = 0
        self.num_discarded = 0

    def store(self, stored: StoredBlock, is_resident: bool) -> Block | None:
        """Register what the engine or the shelf holds; None when it holds nothing of the block."""
        block = self.tree.get(stored.hash)
        if block is None:
            if not is_resident and stored.file is None:
                return None
            tokens = pack(stored.token_ids)
            block = Block(stored.hash, stored.parent, tokens, stored.nbytes, stored.is_snapshot)
            block.fades_at = stored.fades_at
            for moved in self.tree.add(block):
                self._move(moved)
        if is_resident and not block.is_resident:
            self._take_out(block)
            self.resident.add(block)
            self._to_rest.pop(block.hash, None)
            self._to_evict.pop(block.hash, None)
        block.last_until(stored.fades_at)
        if stored.file is not None and self.shelf.is_better_for(block, stored.file):
            former = block.file
            self.shelf.unlink(block)
            self.shelf.link(block, stored.file)
            self.settle_files([former] if former is not None else [])
        return block

    def add_file(self, name: str, nbytes: int, fades_at: float | None = None) -> None:
        """A file is on the shelf; `store` its blocks, then `settle_files`."""
        self.shelf.add(name, nbytes, fades_at)
        self._to_discard.pop(name, None)

    def settle_files(self, names: Iterable[str]) -> None:
        """Discard those files whose blocks all have a place in older ones."""
        for name in names:
            if self.shelf.is_idle(name):
                self.shelf.remove(name)
                self._order_discard(name)

    def touch(self, blocks: Sequence[Block]) -> None:
        """Use of a path from a root: nothing goes before what is useless without it."""
        in_memory = dict.fromkeys((self.resident, self.at_rest), 0.0)
        on_shelf = 0.0
        file: str | None = None
        for block in reversed(blocks):
            if block not in self.tree:
                continue
            if (ledger := self._ledger_of(block)) is not None:
                in_memory[ledger] = ledger.touch(block, in_memory[ledger])
            if block.file is not None and block.file != file:
                on_shelf = self.shelf.touch(block.file, on_shelf)
                file = block.file

    def touch_all(self, blocks: Sequence[Block]) -> None:
        """Use of many paths, the least recently used first; `blocks` are what they end with."""
        seen: set[BlockHash] = set()
        paths: list[Block] = []
        for end in reversed(blocks):
            path: list[Block] = []
            block: Block | None = end
            while block is not None and block.hash not in seen:
                seen.add(block.hash)
                path.append(block)
                block = self.tree.get(block.parent)
            paths += reversed(path)
        self.touch(paths)

    def hold(self, blocks: Iterable[Block]) -> None:
        """One more lease uses the blocks: they stay where they are."""
        for block in blocks:
            block.num_refs += 1
            if block.num_refs == 1 and (ledger := self._ledger_of(block)) is not None:
                ledger.hold(block)
            if block.num_refs == 1 and block.file is not None:
                self.shelf.hold(block)

    def let_go(self, blocks: Iterable[Block]) -> None:
        """One lease less uses the blocks."""
        for block in blocks:
            block.num_refs -= 1
            if block.num_refs == 0 and (ledger := self._ledger_of(block)) is not None:
                ledger.let_go(block)
            if block.num_refs == 0 and block.file is not None:
                self.shelf.let_go(block)

    def make_room(self, num_needed: int, workspace: BlockHash, *, from_all: bool = False) -> bool:
        """Evict until `num_needed` bytes are free, at the expense of `workspace` and of those that
        have more than their share, or of all; when that cannot be done, evict nothing."""
        missing = num_needed - self.resident.num_free
        if missing <= 0:
            return True
        if not self.resident.can_free(missing, workspace, from_all=from_all):
            return False
        self._evict_some(missing, workspace, from_all=from_all)
        return True

    def promise_shelf(self, num_bytes: int, workspace: BlockHash) -> bool:
        """Keep room on the shelf for what is to come, at the expense of `workspace` and of those
        that have more than their share; when that cannot be done, discard nothing."""
        missing = num_bytes - self.shelf.num_free
        if missing > 0 and not self.shelf.can_free(missing, workspace):
            return False
        self._discard_some(missing, workspace, from_all=False)
        self.shelf.promise(workspace, num_bytes)
        return True

    def enforce_budgets(self, workspace: BlockHash | None = None) -> None:
        """Evict and discard as far as leases allow, because of what `workspace` has added."""
        for from_all in (False, True):
            self._discard_some(-self.shelf.num_free, workspace, from_all=from_all)
            self._evict_some(-self.resident.num_free, workspace, from_all=from_all)

    def evict(self, block: Block) -> None:
        """A resident block leaves the engine: to be at rest in memory, if that has room for it at
        the expense of the block's own workspace and of those beyond their share."""
        self.resident.remove(block)
        self.num_evicted += 1
        if self._make_room_at_rest(block):
            # Nothing goes before what is useless without it, and what follows has gone to rest.
            at_least = self.at_rest.highest_of(self.tree.children(block.hash))
            self.at_rest.add(block)
            self.at_rest.touch(block, at_least)
            self._to_rest[block.hash] = None
        else:
            self._order_drop(block)
            self._bury_if_lost(block, MissKind.EVICTED)

    def discard(self, name: str, kind: MissKind) -> None:
        """The engine shall delete a file."""
        self.lose_file(name, kind)
        self._order_discard(name)

    def lose_file(self, name: str, kind: MissKind) -> None:
        """A file is gone from the shelf. An unknown one is no matter."""
        for block in self.shelf.remove(name) if name in self.shelf else ():
            self._bury_if_lost(block, kind)

    def forget(self, block: Block) -> None:
        """Let go of a block everywhere; its file goes with the last block that counts on it."""
        if self._take_out(block):
            self._order_drop(block)
        if (name := block.file) is not None:
            self.shelf.unlink(block)
            self.settle_files((name,))
        self.tree.remove(block)

    def fade(self, now: float) -> None:
        """Let go of all that may not be left any more, but for what leases hold in memory."""
        for name in self.shelf.faded(now):
            for block in self.shelf.remove(name):
                if block.is_lost:
                    self._bury(block)
            self._order_discard(name)
        due = [b for b in self.tree if b.fades_at is not None and b.fades_at <= now]
        for block in due:
            if not block.num_refs:
                self.forget(block)
                self._demote_orphans(block)
        self.losses.fade(now)

    def empty_engine(self) -> None:
        """Nothing is in memory any more, and nothing needs to leave it."""
        for block in (*reversed(self.at_rest.blocks()), *reversed(self.resident.blocks())):
            self._take_out(block)
            self._bury_if_lost(block, MissKind.ENGINE_LOST)
        self._to_rest.clear()
        self._to_evict.clear()

    def take_rests(self) -> tuple[BlockHash, ...]:
        """What the engine shall put to rest in memory; asked for once."""
        taken = tuple(self._to_rest)
        self._to_rest.clear()
        return taken

    def take_evictions(self) -> tuple[BlockHash, ...]:
        """What the engine shall drop from all memory; asked for once."""
        taken = tuple(self._to_evict)
        self._to_evict.clear()
        return taken

    def take_discards(self) -> tuple[str, ...]:
        """Which files shall be deleted; asked for once."""
        taken = tuple(self._to_discard)
        self._to_discard.clear()
        return taken

    def give_back(
        self, rest: Iterable[BlockHash], evict: Iterable[BlockHash], discard: Iterable[str]
    ) -> None:
        """Orders that may never have been carried out, as far as they still hold."""
        for name in rest:
            block = self.tree.get(name)
            if block is not None and block.is_at_rest:
                self._to_rest[name] = None
        for name in evict:
            block = self.tree.get(name)
            if block is None or block.tier is None:
                self._to_evict[name] = None
        self._to_discard.update((name, None) for name in discard if name not in self.shelf)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when any two of the parts disagree."""
        self.tree.check_integrity()
        self.resident.check_integrity()
        self.at_rest.check_integrity()
        self.shelf.check_integrity()
        if any(block.is_lost for block in self.tree):
            raise InvariantBroken("a block is in the tree though it is nowhere")
        if sum(block.is_resident for block in self.tree) != len(self.resident):
            raise InvariantBroken("the tree and the resident ledger differ")
        if sum(block.is_at_rest for block in self.tree) != len(self.at_rest):
            raise InvariantBroken("the tree and the ledger of what is at rest differ")
        if self.at_rest.num_free < 0:
            raise InvariantBroken("more is at rest in memory than its budget")
        if sum(block.file is not None for block in self.tree) != self.shelf.num_blocks:
            raise InvariantBroken("the tree and the shelf ledger differ")
        if any((b := self.tree.get(name)) and b.tier for name in self._to_evict):
            raise InvariantBroken("a block that stays in memory is to be evicted")
        if any(not (b := self.tree.get(name)) or not b.is_at_rest for name in self._to_rest):
            raise InvariantBroken("a block that is not at rest is to be put to rest")
        if any(name in self.shelf for name in self._to_discard):
            raise InvariantBroken("a file in use is to be discarded")

    def _ledger_of(self, block: Block) -> MemoryLedger | None:
        """Of the tier of memory that the block is in."""
        match block.tier:
            case Location.RESIDENT:
                return self.resident
            case Location.MEMORY:
                return self.at_rest
            case _:
                return None

    def _take_out(self, block: Block) -> bool:
        """Out of memory, if the block is there."""
        if (ledger := self._ledger_of(block)) is None:
            return False
        ledger.remove(block)
        return True

    def _make_room_at_rest(self, block: Block) -> bool:
        """Whether there is now room for a block of that size at rest in memory."""
        at_rest = self.at_rest
        missing = block.nbytes - at_rest.num_free
        if not at_rest.budget or block.nbytes > at_rest.budget:
            return False
        if missing > 0 and not at_rest.can_free(missing, block.root):
            return False
        for other in at_rest.take(missing, block.root):
            at_rest.remove(other)
            self.num_dropped += 1
            self._order_drop(other)
            self._bury_if_lost(other, MissKind.EVICTED)
        return True

    def _order_drop(self, block: Block) -> None:
        self._to_rest.pop(block.hash, None)
        self._to_evict[block.hash] = None

    def _order_discard(self, name: str) -> None:
        self._to_discard[name] = None
        self.num_discarded += 1

    def _evict_some(self, nbytes: int, workspace: BlockHash | None, *, from_all: bool) -> None:
        for block in self.resident.take(nbytes, workspace, from_all=from_all):
            self.evict(block)

    def _discard_some(self, nbytes: int, workspace: BlockHash | None, *, from_all: bool) -> None:
        for file in self.shelf.take(nbytes, workspace, from_all=from_all):
            self.discard(file.name, MissKind.EVICTED)

    def _move(self, block: Block) -> None:
        if (ledger := self._ledger_of(block)) is not None:
            ledger.move(block)
        if block.file is not None:
            self.shelf.move(block)

    def _bury_if_lost(self, block: Block, kind: MissKind) -> None:
        if block.is_lost:
            self._bury(block)
            self.losses.note(block, kind)

    def _bury(self, block: Block) -> None:
        self.tree.remove(block)
        self._demote_orphans(block)

    def _demote_orphans(self, block: Block) -> None:
        for orphan in self.tree.descendants(block):
            if (ledger := self._ledger_of(orphan)) is not None:
                ledger.demote(orphan)
            if orphan.file is not None:
                self.shelf.demote(orphan)
