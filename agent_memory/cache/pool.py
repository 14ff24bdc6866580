"""Which KV blocks exist, and who may use them when."""

from array import array
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import takewhile

from agent_memory.cache.block import Block
from agent_memory.cache.eviction_order import Standing
from agent_memory.cache.forgetting import forgettable, outgrown_snapshots, outgrown_tails
from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import CachedBlock, Lease, StoredBlock
from agent_memory.cache.lease_book import ActiveLease, LeaseBook
from agent_memory.cache.miss import MissKind
from agent_memory.cache.parcel_bounds import ParcelBounds
from agent_memory.cache.pins import PIN_SHARE, PinBook, PinnedFile
from agent_memory.cache.prefix import Prefix, PrefixSearch
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.register import BlockRegister
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.cache.stats import PoolStats, PoolTally
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.tokens import WIDTH, pack
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import BlockHash, LeaseId


class BlockPool:
    """The register of one engine's blocks: resident in it, at rest in its process' memory, or on
    its shelf.

    Budgets in bytes; with one of 0 nothing is at rest in memory. `clock` gives Unix seconds; the
    first epoch is taken from it, so that a pool made later has a later epoch. `has_snapshots`: the
    model has layers that cannot be cut by position, and a prefix can end only with a snapshot. Not
    thread-safe: one owner calls it.
    """

    def __init__(
        self,
        block_size: int,
        bytes_per_token: int,
        resident_budget: int,
        shelf_budget: int,
        clock: Callable[[], float],
        *,
        at_rest_budget: int = 0,
        has_snapshots: bool = False,
    ) -> None:
        self._block_size = block_size
        self._bytes_per_token = bytes_per_token
        self.clock = clock
        self._register = BlockRegister(resident_budget, at_rest_budget, shelf_budget)
        tree, losses = self._register.tree, self._register.losses
        self._search = PrefixSearch(tree, losses, block_size, has_snapshots)
        self._leases = LeaseBook()
        self._pins = PinBook()
        self._tally = PoolTally()
        self._incarnation: str | None = None
        self._epoch = int(clock() * 1000)

    @property
    def epoch(self) -> int:
        """Grows whenever what the engine holds has become unknown or void."""
        return self._epoch

    def lease(
        self,
        root: BlockHash,
        prompt_tokens: Sequence[int],
        num_reserved_tokens: int,
        lease_id: LeaseId,
        owner: str,
        terms: LeaseTerms = LeaseTerms(),  # noqa: B008  frozen value
    ) -> Lease | None:
        """A hold on the longest prefix that is here, and room for prompt and answer.

        `num_reserved_tokens`: how many may be generated, all choices together. None: no room until
        another lease ends. Raises `InvalidRequest` when there could never be room. A lease of the
        same id is replaced.
        """
        self.release(lease_id)
        num_needed = self.num_needed(len(prompt_tokens), num_reserved_tokens, terms)
        reusable = pack(prompt_tokens)[:-WIDTH]
        prefix = self._find_with_room(root, reusable, num_needed)
        if prefix is None:
            return None
        self._register.touch(prefix.blocks)
        lease = self._draw_up(lease_id, prefix)
        self._leases.open(
            ActiveLease(lease, root, owner, prefix.blocks, num_needed, self.clock(), terms)
        )
        self._register.resident.reserve(root, num_needed)
        self._tally.count(lease, len(prompt_tokens))
        return lease

    def num_needed(self, num_prompt: int, num_reserved: int, terms: LeaseTerms) -> int:
        """Bytes that a turn of so many tokens takes. Raises `InvalidRequest` when there could
        never be as many, unless it has begun: then it gets all there are."""
        num_bytes = (num_prompt + num_reserved) * self._bytes_per_token
        budget = self._register.resident.budget
        if num_prompt == 0:
            raise InvalidRequest("The prompt has no tokens.")
        if num_bytes > budget and terms.has_begun:
            return budget
        if num_bytes > budget:
            raise InvalidRequest(
                f"{num_prompt} prompt tokens and {num_reserved} to generate need {num_bytes} "
                f"bytes of KV cache; the engine has {budget} in all."
            )
        return num_bytes

    def num_missing(self, root: BlockHash, num_bytes: int) -> int:
        """How many bytes running turns would have to give back, so that a workspace had so many
        for a turn. An estimate: what that turn would use of the cache counts as free."""
        from_all = not self._leases.has_any_of(root)
        spare = self._register.resident.num_spare(root, from_all=from_all)
        return int(num_bytes - self._register.resident.num_free - spare)

    def promised_to(self, root: BlockHash) -> int:
        """Bytes reserved for the turns of a workspace that are under way."""
        return self._leases.promised_to(root)

    def active_leases(self) -> tuple[ActiveLease, ...]:
        """Active turns, oldest first."""
        return tuple(self._leases)

    def publish(
        self, lease_id: LeaseId, stored: Sequence[StoredBlock], bad_files: Sequence[str]
    ) -> None:
        """The turn has ended and left these blocks; its lease ends too.

        `bad_files` were found unusable and are no longer there. With an unknown lease (the pool
        or the engine was restarted in between) only what is on the shelf counts.
        """
        active = self._close(lease_id)
        if active is not None and not stored:
            self._say_again(active.lease)  # An engine that took nothing in has not seen it.
        for name in bad_files:
            self._register.lose_file(name, MissKind.BAD_FILE)
        _check_hashes(stored)
        self._end_pins()
        blocks = self._store(stored, is_resident=active is not None)
        if active is not None:
            self._supersede(blocks, active.owner)
        used = active.blocks if active is not None else ()
        still_there = takewhile(lambda block: block in self._register.tree, used)
        self._register.touch((*still_there, *blocks))
        if active is not None:
            self._pin(active, blocks)
        self._register.enforce_budgets(blocks[0].root if blocks else None)

    def release(self, lease_id: LeaseId) -> None:
        """The lease ends and leaves nothing; an unknown one is no matter.

        The engine may never have seen it, so what it was to do besides is said again.
        """
        if (active := self._close(lease_id)) is not None:
            self._say_again(active.lease)

    def release_owner(self, owner: str) -> int:
        """End all leases of a session that is gone; returns how many there were."""
        lease_ids = self._leases.of_owner(owner)
        for lease_id in lease_ids:
            self.release(lease_id)
        return len(lease_ids)

    def touch(self, hashes: Sequence[BlockHash]) -> None:
        """Count as used the blocks of a prefix, given in its order; unknown ones are no matter."""
        blocks = (self._register.tree.get(name) for name in hashes)
        self._register.touch([block for block in blocks if block is not None])

    def forget_owner(self, owner: str) -> tuple[str, ...]:
        """A session is deleted: let go of blocks that only it used; returns files to delete now,
        those included that were due already.

        What shares a file with blocks of others stays for as long as they do. Of blocks adopted
        from the shelf only the session is known that computed them, until others lease them: see
        `forget_sequence`.
        """
        tree = self._register.tree
        owned = [block for block in tree if block.is_abandoned or owner in block.owners]
        return self._forget(owned, owner)

    def forget_sequence(
        self, owner: str, root: BlockHash, token_ids: Sequence[int]
    ) -> tuple[str, ...]:
        """As `forget_owner`, for the blocks of a sequence that no other session is known to use."""
        return self._forget(self._search.find_all(root, pack(token_ids)), owner)

    def adopt_sequence(self, owner: str, root: BlockHash, token_ids: Sequence[int]) -> int:
        """A session begins with a sequence that others made: its blocks are that session's too,
        and stay when theirs are forgotten. Returns how many tokens of it are in blocks."""
        blocks = self._search.find_all(root, pack(token_ids))
        for block in blocks:
            block.add_owner(owner)
        self._register.touch(blocks)
        return self._search.find(root, pack(token_ids)).num_tokens

    def find_on_shelf(
        self, root: BlockHash, token_ids: Sequence[int], bounds: ParcelBounds | None = None
    ) -> tuple[CachedBlock, ...]:
        """The blocks that hold a sequence or pieces of it and nothing else, as far as they are on
        the shelf and may travel within `bounds`, parents first."""
        found = self._search.find_all(root, pack(token_ids))
        blocks = [block for block in found if block.file is not None]
        if bounds is not None:
            blocks = bounds.select(blocks, self._block_size)
        return tuple(_cached(block, block.num_tokens) for block in blocks)

    def promise_shelf(self, root: BlockHash, num_bytes: int) -> bool:
        """Keep room on the shelf for blocks that a workspace is to bring along; False when there is
        none without touching others' shares."""
        return self._register.promise_shelf(num_bytes, root)

    def end_promise(self, root: BlockHash, num_bytes: int) -> None:
        """So many promised bytes have come, or will not come."""
        self._register.shelf.promise(root, -num_bytes)

    @property
    def shelf_need(self) -> int:
        """Bytes that are on the shelf or promised to be."""
        return self._register.shelf.nbytes + self._register.shelf.promised

    def take_evictions(self) -> tuple[BlockHash, ...]:
        """What the engine shall drop now rather than with the next lease; asked for once."""
        return self._register.take_evictions()

    def reset_resident(self, incarnation: str) -> None:
        """The engine is a new one: nothing is in its memory, and leases of the old one are void.

        Said twice of the same incarnation, it counts once.
        """
        if incarnation == self._incarnation:
            return
        self._incarnation = incarnation
        self._epoch += 1
        for lease_id in self._leases.all_ids():
            if (active := self._close(lease_id)) is not None:
                self._register.give_back((), (), active.lease.discard)
        self._register.empty_engine()

    def adopt_shelf(self, entries: Iterable[ShelfEntry]) -> tuple[str, ...]:
        """Register what a scan of the shelf found, as its owners'; returns files to delete now.

        Those are beyond the budget, or hold only blocks that other files hold too.
        """
        ends: list[Block] = []
        for entry in sorted(entries, key=lambda entry: entry.mtime):
            self._register.add_file(entry.file, entry.nbytes, _fades_at(entry.blocks))
            blocks = self._store_blocks(entry.blocks, is_resident=False)
            for block in blocks if entry.owner else ():
                block.add_owner(entry.owner)
            ends += blocks
            self._register.settle_files((entry.file,))
        self._register.touch_all(ends)
        self._register.enforce_budgets()
        return self._register.take_discards()

    def unknown_of(self, hashes: Iterable[BlockHash]) -> tuple[BlockHash, ...]:
        """Those of these blocks that are not registered."""
        return tuple(name for name in hashes if self._register.tree.get(name) is None)

    def fade(self) -> tuple[str, ...]:
        """Let go of what may not be left any more; returns files to delete now. What active leases
        hold in memory goes when this is asked again."""
        self._register.fade(self.clock())
        return self._register.take_discards()

    def evict_again(self, hashes: Sequence[BlockHash]) -> None:
        """What `take_evictions` gave has not reached the engine."""
        self._register.give_back((), hashes, ())

    @property
    def files(self) -> Container[str]:
        """The shelf files that are known, by name."""
        return self._register.shelf

    def learn(self, rates: Rates) -> None:
        """How fast this engine and its disk have turned out to be."""
        self._register.cost.rates = rates

    def standing(self, root: BlockHash) -> tuple[Standing, Standing, Standing]:
        """How a workspace stands in each tier: resident, at rest in memory, on the shelf."""
        register = self._register
        ledgers = (register.resident, register.at_rest, register.shelf)
        resident, at_rest, shelf = (ledger.standing(root) for ledger in ledgers)
        return resident, at_rest, shelf

    def stats(self) -> PoolStats:
        """The pool in figures, now."""
        register, oldest_at = self._register, self._leases.oldest_at()
        return PoolStats(
            epoch=self._epoch,
            num_blocks=len(register.tree),
            num_resident_blocks=len(register.resident),
            resident_bytes=register.resident.nbytes,
            reserved_bytes=register.resident.reserved,
            resident_budget=register.resident.budget,
            num_memory_blocks=len(register.at_rest),
            memory_bytes=register.at_rest.nbytes,
            memory_budget=register.at_rest.budget,
            num_shelf_blocks=register.shelf.num_blocks,
            num_shelf_files=len(register.shelf),
            shelf_bytes=register.shelf.nbytes,
            shelf_budget=register.shelf.budget,
            num_leases=len(self._leases),
            oldest_lease_s=0.0 if oldest_at is None else self.clock() - oldest_at,
            num_hits=self._tally.num_hits,
            num_misses=self._tally.num_misses,
            num_prompt_tokens=self._tally.num_prompt_tokens,
            num_cached_tokens=self._tally.num_cached_tokens,
            num_evicted_blocks=register.num_evicted,
            num_dropped_blocks=register.num_dropped,
            num_discarded_files=register.num_discarded,
            num_misses_by_kind=dict(self._tally.num_misses_by_kind),
        )

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when anything the pool believes contradicts the rest."""
        self._register.check_integrity()
        self._pins.check_integrity(self._register.shelf.pinned())
        reserved = self._register.resident.reserved
        self._leases.check_integrity(tuple(self._register.tree), reserved)

    def _find_with_room(self, root: BlockHash, reusable: bytes, num_needed: int) -> Prefix | None:
        """The prefix, held from now on; None when there is no room."""
        register = self._register
        prefix = self._search.find(root, reusable)
        register.hold(prefix.blocks)
        # A turn is worth more than what is kept for turns to come: a workspace that has none under
        # way gets room for one, whatever others lose.
        if register.make_room(num_needed, root) or (
            not self._leases.has_any_of(root)
            and register.make_room(num_needed, root, from_all=True)
        ):
            return prefix
        register.let_go(prefix.blocks)
        if len(self._leases):
            return None
        # Nobody will make room: this prefix is in its own way, and is restored instead.
        register.touch(prefix.blocks)
        register.make_room(num_needed, root, from_all=True)
        prefix = self._search.find(root, reusable)
        register.hold(prefix.blocks)
        return prefix

    def _say_again(self, lease: Lease) -> None:
        self._register.give_back(lease.rest, lease.evict, lease.discard)

    def _draw_up(self, lease_id: LeaseId, prefix: Prefix) -> Lease:
        return Lease(
            lease_id=lease_id,
            epoch=self._epoch,
            cached=tuple(_cached(block, num_used) for block, num_used in prefix.parts),
            num_cached_tokens=prefix.num_tokens,
            rest=self._register.take_rests(),
            evict=self._register.take_evictions(),
            discard=self._register.take_discards(),
            miss_reason=prefix.miss.reason if prefix.miss is not None else None,
            miss_kind=prefix.miss.kind if prefix.miss is not None else None,
        )

    def _pin(self, active: ActiveLease, blocks: Sequence[Block]) -> None:
        """What the turn's client wants to be kept, from the beginning, as far as it may be."""
        shelf, now = self._register.shelf, self.clock()
        for pin in active.terms.pins:
            for block in blocks:
                if block.file is None or block.num_before + block.num_tokens > pin.num_tokens:
                    continue
                size = shelf.size_of(block.file)
                pinned = PinnedFile(active.root, size, now + pin.seconds)
                if not self._pins.add(block.file, pinned, self._pin_limit(active.root)):
                    break
                shelf.pin(block.file)

    def _end_pins(self) -> None:
        """Let go of what was pinned for long enough, or is too much by now."""
        shelf = self._register.shelf
        over = self._pins.take_over(self.clock(), shelf)
        for root in self._pins.roots():
            over += self._pins.take_excess(root, self._pin_limit(root))
        for name in over:
            shelf.unpin(name)

    def _pin_limit(self, root: BlockHash) -> float:
        return PIN_SHARE * self._register.shelf.standing(root).share

    def _close(self, lease_id: LeaseId) -> ActiveLease | None:
        active = self._leases.close(lease_id)
        if active is not None:
            self._register.let_go(active.blocks)
            self._register.resident.reserve(active.root, -active.reserved)
            self._register.enforce_budgets(active.root)
        return active

    def _store(self, stored: Sequence[StoredBlock], is_resident: bool) -> list[Block]:
        sizes: dict[str, int] = {}
        fade: dict[str, float | None] = {}
        for block in stored:
            if block.file is not None:
                nbytes = block.nbytes if block.file_nbytes is None else block.file_nbytes
                sizes[block.file] = sizes.get(block.file, 0) + nbytes
                fade[block.file] = block.fades_at
        for name, nbytes in sizes.items():
            self._register.add_file(name, nbytes, fade[name])
        blocks = self._store_blocks(stored, is_resident)
        self._register.settle_files(sizes)
        return blocks

    def _store_blocks(self, stored: Sequence[StoredBlock], is_resident: bool) -> list[Block]:
        found = (self._register.store(block, is_resident) for block in stored)
        return [block for block in found if block is not None]

    def _supersede(self, blocks: Sequence[Block], owner: str) -> None:
        tree = self._register.tree
        for block in blocks:
            block.add_owner(owner)
        outgrown = outgrown_snapshots(tree, blocks, owner)
        for block in blocks:
            outgrown += outgrown_tails(tree, block, owner)
        for block in outgrown:
            block.owners.discard(owner)
            if not block.owners and not block.num_refs and block in tree:
                self._register.forget(block)

    def _forget(self, candidates: Sequence[Block], owner: str) -> tuple[str, ...]:
        for block in forgettable(self._register.tree, self._register.shelf, candidates, owner):
            self._register.forget(block)
        for block in candidates:
            block.drop_owner(owner)
        return self._register.take_discards()


def _fades_at(blocks: Sequence[StoredBlock]) -> float | None:
    """Of the file that they are in."""
    return blocks[0].fades_at if blocks else None


def _cached(block: Block, num_used: int) -> CachedBlock:
    return CachedBlock(block.hash, block.num_tokens, num_used, block.location, block.file)


def _check_hashes(stored: Sequence[StoredBlock]) -> None:
    for block in stored:
        words = array("I", block.token_ids)
        if not words or chain_hash(block.parent, words) != block.hash:
            raise InvariantBroken(f"block {block.hash} is not the one its hash names")
