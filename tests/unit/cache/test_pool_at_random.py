"""Any sequence of calls leaves the pool consistent, and its leases true."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent_memory.cache.eviction_order import Standing
from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease, Location, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.terms import LeaseTerms, Pin
from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import (
    BLOCK_SIZE,
    BYTES_PER_TOKEN,
    ROOT,
    Clock,
    cut,
    entry,
    snapshot,
)

token_lists = st.lists(st.integers(0, 1), min_size=1, max_size=14)
OTHER_ROOT = root_hash("model", "float32", "another workspace")
roots = st.sampled_from([ROOT, OTHER_ROOT])
owners = st.sampled_from(["alice", "bob", "carol"])
lease_ids = st.sampled_from([LeaseId(f"lease {i}") for i in range(4)])


@dataclass
class Engine:
    """What an engine that obeys the pool holds; blocks by hash, files with their blocks."""

    resident: set[BlockHash] = field(default_factory=set)
    at_rest: set[BlockHash] = field(default_factory=set)
    files: dict[str, set[BlockHash]] = field(default_factory=dict)

    def obey(self, lease: Lease) -> None:
        assert not set(lease.evict) & set(lease.rest)
        self.resident.difference_update(lease.evict)
        self.at_rest.difference_update(lease.evict)
        resting = self.resident.intersection(lease.rest)
        self.resident -= resting
        self.at_rest |= resting
        self.delete(lease.discard)

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self.files.pop(name, None)

    def keep(self, blocks: Sequence[StoredBlock]) -> None:
        self.resident.update(block.hash for block in blocks)
        self.at_rest.difference_update(block.hash for block in blocks)
        for block in blocks:
            if block.file is not None:
                self.files.setdefault(block.file, set()).add(block.hash)


class PoolMachine(RuleBasedStateMachine):
    """A pool beside an engine that does what leases say."""

    has_snapshots = False
    at_rest_budget = 0

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.pool = self.make_pool()
        self.engine = Engine()
        self.leases: dict[LeaseId, tuple[Lease, BlockHash, list[int]]] = {}
        self.snapshots: set[BlockHash] = set()
        self.lasting: set[BlockHash] = set()
        self.fading: dict[BlockHash, float] = {}
        self.num_files = 0
        self.num_incarnations = 0

    def make_pool(self) -> BlockPool:
        return BlockPool(
            BLOCK_SIZE,
            BYTES_PER_TOKEN,
            200,
            300,
            self.clock,
            at_rest_budget=self.at_rest_budget,
            has_snapshots=self.has_snapshots,
        )

    def new_file(self) -> str:
        """Names are never used twice for different contents."""
        self.num_files += 1
        return f"file {self.num_files}"

    @rule(
        lease_id=lease_ids,
        owner=owners,
        root=roots,
        prompt=token_lists,
        num=st.integers(0, 8),
        num_pinned=st.sampled_from([0, 4, 9]),
        arrives=st.sampled_from([True, True, True, False]),
    )
    def lease(
        self,
        lease_id: LeaseId,
        owner: str,
        root: BlockHash,
        prompt: list[int],
        num: int,
        num_pinned: int,
        arrives: bool,
    ) -> None:
        """A lease that does not arrive at the engine ends as one that left nothing."""
        self.release(lease_id)
        is_first = all(other != root for _, other, _ in self.leases.values())
        before = self.standing_of_other(root)
        num_needed = (len(prompt) + num) * BYTES_PER_TOKEN
        try:
            terms = LeaseTerms(pins=(Pin(num_pinned, 60.0),) if num_pinned else ())
            lease = self.pool.lease(root, prompt, num, lease_id, owner, terms)
        except InvalidRequest:
            assert num_needed > 200
            return
        if lease is None or not is_first:
            self.check_nothing_taken(root, before)
        if lease is None:
            assert self.leases
            return
        assert num_needed <= 200
        if not arrives:
            self.pool.publish(lease_id, (), ())
            return
        self.engine.obey(lease)
        self.check_lease(lease, prompt)
        self.check_tiers()
        self.leases[lease_id] = (lease, root, prompt)

    def check_tiers(self) -> None:
        """An engine that has obeyed holds what the pool says, and nothing else."""
        stats = self.pool.stats()
        assert len(self.engine.resident) == stats.num_resident_blocks
        assert len(self.engine.at_rest) == stats.num_memory_blocks

    def standing_of_other(self, root: BlockHash) -> tuple[Standing, ...]:
        return self.pool.standing(OTHER_ROOT if root == ROOT else ROOT)

    def check_nothing_taken(self, root: BlockHash, before: tuple[Standing, ...]) -> None:
        """What `root` has just done did not cost the other workspace anything of its share."""
        for then, now in zip(before, self.standing_of_other(root), strict=True):
            # What it loses of one tier beyond its share may come to rest in another.
            assert now.in_use >= then.in_use or then.in_use > now.share

    def check_lease(self, lease: Lease, prompt: list[int]) -> None:
        assert lease.num_cached_tokens == sum(block.num_used for block in lease.cached)
        assert lease.num_cached_tokens < len(prompt)
        if self.has_snapshots and lease.cached:
            assert lease.cached[-1].num_used == lease.cached[-1].num_tokens
            assert lease.cached[-1].hash in self.snapshots
        for block in lease.cached:
            match block.location:
                case Location.RESIDENT:
                    assert block.hash in self.engine.resident
                case Location.MEMORY:
                    assert block.hash in self.engine.at_rest
                case Location.SHELF:
                    assert block.file is not None
                    assert block.hash in self.engine.files[block.file]

    @rule(
        lease_id=lease_ids,
        answer=st.lists(st.integers(0, 1), max_size=4),
        on_disk=st.booleans(),
        lasts_s=st.sampled_from([None, None, 30.0, 90.0]),
    )
    def publish(
        self, lease_id: LeaseId, answer: list[int], on_disk: bool, lasts_s: float | None
    ) -> None:
        _, root, prompt = self.leases.pop(lease_id, (None, ROOT, []))
        if prompt:
            before = self.standing_of_other(root)
            fades_at = None if lasts_s is None else self.clock.now + lasts_s
            blocks = cut([*prompt, *answer], self.new_file() if on_disk else None, root)
            stored = [replace(block, fades_at=fades_at) for block in blocks]
            self.expect(stored)
            self.engine.keep(stored)
            self.pool.publish(lease_id, stored, ())
            self.check_nothing_taken(root, before)

    @rule(lease_id=lease_ids, on_disk=st.booleans())
    def publish_snapshot(self, lease_id: LeaseId, on_disk: bool) -> None:
        _, root, prompt = self.leases.pop(lease_id, (None, ROOT, []))
        if prompt:
            place = self.new_file() if on_disk else None
            full = cut(prompt[: len(prompt) - len(prompt) % BLOCK_SIZE], place, root)
            parent = full[-1].hash if full else root
            state = self.new_file() if on_disk else None
            stored = [*full, snapshot([*prompt[len(full) * BLOCK_SIZE :], 7], state, parent)]
            self.snapshots.add(stored[-1].hash)
            self.expect(stored)
            self.engine.keep(stored)
            self.pool.publish(lease_id, stored, ())

    @rule(lease_id=lease_ids, is_bad=st.booleans())
    def publish_nothing(self, lease_id: LeaseId, is_bad: bool) -> None:
        lease, _, _ = self.leases.pop(lease_id, (None, ROOT, []))
        cached = lease.cached if lease is not None else ()
        read = {block.file for block in cached if block.location is Location.SHELF}
        bad = [name for name in read if name is not None] if is_bad else []
        self.engine.delete(bad)
        self.pool.publish(lease_id, (), bad)

    def expect(self, stored: Sequence[StoredBlock]) -> None:
        """Remember for how long the pool may know of these blocks."""
        for block in stored:
            if block.fades_at is None:
                self.lasting.add(block.hash)
            else:
                before = self.fading.get(block.hash, 0.0)
                self.fading[block.hash] = max(before, block.fades_at)

    @rule()
    def fade(self) -> None:
        self.engine.delete(self.pool.fade())
        held = {block.hash for lease, _, _ in self.leases.values() for block in lease.cached}
        faded = {
            name
            for name, fades_at in self.fading.items()
            if fades_at <= self.clock.now and name not in self.lasting | held
        }
        assert set(self.pool.unknown_of(faded)) == faded

    @rule(lease_id=lease_ids)
    def release(self, lease_id: LeaseId) -> None:
        self.leases.pop(lease_id, None)
        self.pool.release(lease_id)

    @rule(owner=owners)
    def forget_owner(self, owner: str) -> None:
        self.engine.delete(self.pool.forget_owner(owner))

    @rule(owner=owners, root=roots, token_ids=token_lists)
    def forget_sequence(self, owner: str, root: BlockHash, token_ids: list[int]) -> None:
        self.engine.delete(self.pool.forget_sequence(owner, root, token_ids))

    @rule()
    def restart_engine(self) -> None:
        self.num_incarnations += 1
        self.engine.resident.clear()
        self.engine.at_rest.clear()
        self.leases.clear()
        self.pool.reset_resident(f"incarnation {self.num_incarnations}")

    @rule()
    def restart_pool_and_engine(self) -> None:
        self.restart_engine()
        self.pool = self.make_pool()

    @rule(token_ids=token_lists, root=roots, mtime=st.integers(0, 5), num_lost=st.integers(0, 1))
    def adopt(self, token_ids: list[int], root: BlockHash, mtime: int, num_lost: int) -> None:
        """A file of the shelf, of which the first blocks may have been elsewhere."""
        file = self.new_file()
        blocks = [block for block in cut(token_ids, file, root) if block.file == file][num_lost:]
        if blocks:
            self.expect(blocks)
            self.engine.files[file] = {block.hash for block in blocks}
            self.engine.delete(self.pool.adopt_shelf([entry(file, blocks, float(mtime))]))

    @rule(prefill=st.sampled_from([1.0, 1e4]), shelf=st.sampled_from([1.0, 1e9]))
    def learn(self, prefill: float, shelf: float) -> None:
        self.pool.learn(Rates(prefill, shelf))

    @rule(seconds=st.sampled_from([20.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(token_ids=token_lists)
    def touch(self, token_ids: list[int]) -> None:
        self.pool.touch([block.hash for block in cut(token_ids)])

    @invariant()
    def the_pool_agrees_with_itself(self) -> None:
        self.pool.check_integrity()

    @invariant()
    def what_active_leases_read_is_there(self) -> None:
        for lease, _, _ in self.leases.values():
            for block in lease.cached:
                if block.location is Location.RESIDENT:
                    assert block.hash in self.engine.resident
                if block.location is Location.MEMORY:
                    assert block.hash in self.engine.at_rest | self.engine.resident

    @invariant()
    def the_figures_agree_with_the_leases(self) -> None:
        stats = self.pool.stats()
        assert stats.num_leases == len(self.leases)
        assert stats.num_resident_blocks <= len(self.engine.resident)
        in_memory = self.engine.resident | self.engine.at_rest
        assert stats.num_resident_blocks + stats.num_memory_blocks <= len(in_memory)
        assert stats.memory_bytes <= stats.memory_budget
        assert stats.num_shelf_files <= len(self.engine.files)


class SnapshotPoolMachine(PoolMachine):
    """The same for a model whose prefixes end with snapshots."""

    has_snapshots = True


class RestingPoolMachine(PoolMachine):
    """The same where what has to leave the engine may rest in memory."""

    at_rest_budget = 120


class RestingSnapshotPoolMachine(SnapshotPoolMachine):
    """The same of snapshots."""

    at_rest_budget = 220


TestPoolAtRandom = PoolMachine.TestCase
TestSnapshotPoolAtRandom = SnapshotPoolMachine.TestCase
TestRestingPoolAtRandom = RestingPoolMachine.TestCase
TestRestingSnapshotPoolAtRandom = RestingSnapshotPoolMachine.TestCase
TestPoolAtRandom.settings = TestSnapshotPoolAtRandom.settings = settings(
    max_examples=50, stateful_step_count=40, deadline=None
)
TestRestingPoolAtRandom.settings = TestPoolAtRandom.settings
TestRestingSnapshotPoolAtRandom.settings = TestPoolAtRandom.settings
