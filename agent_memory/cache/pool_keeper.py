"""Keeping the pool of the loaded model: what sessions and the engine ask of it, in order."""

import asyncio
import contextlib
import logging
import time
from array import array
from collections.abc import Callable, Sequence
from typing import Protocol

from agent_memory.cache.fading_watch import FadingWatch
from agent_memory.cache.hashing import root_hash
from agent_memory.cache.kept_pool import KeptPool
from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.rate_learner import RateLearner
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.shelves import Shelves
from agent_memory.cache.stats import PoolStats
from agent_memory.cache.waiting_turns import WaitingTurns
from agent_memory.errors import Unavailable
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, WorkspaceId
from agent_memory.settings import Settings
from agent_memory.telemetry import request_id_var

log = logging.getLogger(__name__)


class EngineAtWork(Protocol):
    """What is asked of the engine. All raise `Unavailable` while it is not there."""

    async def preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        """Have generations give up their room."""
        ...

    async def rates(self) -> Rates:
        """How fast it has been."""
        ...

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Have blocks forgotten at once."""
        ...


class PoolKeeper:
    """Who keeps the books: one question or order at a time reads or changes the pool.

    Its methods are called in one event loop. Those who need the pool besides (parcels) hold `books`
    while they use `kept`.
    """

    def __init__(
        self,
        settings: Settings,
        shelves: Shelves,
        engine: EngineAtWork,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = asyncio.Lock()
        self._shelves = shelves
        self._engine = engine
        self._fading = FadingWatch(settings.unstored_kv_s, self.fade)
        self._waiting = WaitingTurns(self.books, engine.preempt, settings.max_waiting, clock)
        self._learner = RateLearner(engine.rates, self._learn, clock)
        self.kept = KeptPool(settings, shelves, self._waiting.begin)

    async def meet(self, engine: KvEngine) -> None:
        """Make the pool of this engine now, not when a turn waits for it."""
        self._fading.begin()
        async with self.books:
            if self.kept.present is None:
                # In a thread: a full shelf takes seconds, and others ask whether the pool is well.
                self.kept.of(engine, await asyncio.to_thread(self._shelves.of(engine).scan))

    async def lease(self, request: LeaseRequest) -> Lease:
        """A lease, as soon as there is room. Raises `QueueFull` when too many wait already."""
        self._fading.begin()
        async with self.books:
            self.kept.of(request.engine)
            answer = self._waiting.ask(request)
        if not answer.done():
            await self._waiting.wait(request.lease_id, answer)
        lease = answer.result()
        request_id_var.set(request.request_id)
        log.info("leased", extra={"owner": request.owner, "num_cached": lease.num_cached_tokens})
        return lease

    async def publish(
        self,
        engine: KvEngine,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        """A turn has ended: its blocks may be used by others, and so may its room."""
        async with self.books:
            if self.kept.is_former(engine):
                return  # What it has written is on the shelf, and is found when it is loaded again.
            self.kept.of(engine).publish(lease_id, blocks, bad_files)
            self.kept.make_others_give_way()
            self._waiting.serve()
        self._learner.a_turn_has_ended()

    async def release_owner(self, owner: BlockOwner) -> None:
        """The session's process is gone: whatever it leased is free."""
        async with self.books:
            if (pool := self.kept.present) is not None:
                self._waiting.turn_away_owner(owner)
                pool.release_owner(owner)
                self._waiting.serve()

    async def forget(self, sequence: OwnedSequence) -> tuple[BlockHash, ...]:
        """Erase what only this session used; returns what the engine shall drop now."""
        async with self.books:
            pool, shelf = self.kept.of(sequence.engine), self._shelves.of(sequence.engine)
            strays = await asyncio.to_thread(shelf.scan, pool.files)
            files = pool.adopt_shelf(strays)
            files += pool.forget_owner(sequence.owner)
            files += pool.forget_sequence(sequence.owner, sequence.root, sequence.token_ids)
            for file in set(files):
                with contextlib.suppress(FileNotFoundError):
                    await asyncio.to_thread(shelf.delete, file)
            self._waiting.serve()
            # Turns whose process died before it told of them left these, in memory as well.
            own = [entry for entry in strays if entry.owner == sequence.owner]
            left = pool.unknown_of(block.hash for entry in own for block in entry.blocks)
            return (*pool.take_evictions(), *left)

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence["array[int]"]
    ) -> tuple[BlockHash, ...]:
        """`forget` a whole session, whichever models it has talked to. Without a loaded model only
        the shelf has something to forget."""
        dropped: list[BlockHash] = []
        if (engine := self.kept.engine) is not None:
            root = root_hash(engine.fingerprint, engine.kv_format, workspace)
            # Without a finished turn there may be what a cancelled one has left.
            for tokens in sequences or (array("I"),):
                dropped += await self.forget(OwnedSequence(engine, root, tokens, owner))
        async with self.books:
            others = self._shelves.others(engine)
            await asyncio.to_thread(others.erase, workspace, owner, sequences)
        return tuple(dropped)

    async def adopt(self, sequence: OwnedSequence) -> int:
        """A session begins with blocks that are here; returns how many tokens they hold."""
        async with self.books:
            pool = self.kept.of(sequence.engine)
            return pool.adopt_sequence(sequence.owner, sequence.root, sequence.token_ids)

    async def fade(self) -> None:
        """Forget the keys whose time has come, and what they sealed: in files and in memory."""
        await asyncio.to_thread(self._shelves.forget_keys)
        async with self.books:
            pool, engine = self.kept.present, self.kept.engine
            if pool is None or engine is None:
                return
            files, evicted = pool.fade(), pool.take_evictions()
            for file in files:
                await asyncio.to_thread(self._shelves.of(engine).delete, file)
            self._waiting.serve()
        if evicted:
            await self._drop(pool, evicted)

    async def stats(self) -> PoolStats | None:
        """The pool in figures; None before there is one."""
        if (pool := self.kept.present) is None:
            return None
        return self._waiting.counted_in(pool.stats())

    async def _drop(self, pool: BlockPool, evicted: Sequence[BlockHash]) -> None:
        try:
            await self._engine.drop(evicted)
        except Unavailable:
            async with self.books:
                pool.evict_again(evicted)

    def _learn(self, rates: Rates) -> None:
        """Evict by what things cost on this machine."""
        if (pool := self.kept.present) is not None:
            pool.learn(rates)
