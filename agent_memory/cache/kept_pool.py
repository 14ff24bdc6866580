"""The pool of the loaded model, which another one's takes the place of."""

import asyncio
import time
from collections.abc import Callable, Sequence

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.cache.shelves import OtherModels, Shelf, Shelves
from agent_memory.errors import PoolLost
from agent_memory.settings import Settings


class KeptPool:
    """The pool is made when somebody tells which engine it stands beside, and filled from that
    engine's shelf. When another model takes the engine, another pool takes its place; what the
    former knew lies on the shelf.

    Not thread-safe: whoever uses it holds the keeper's books. begin: is told of each new pool.
    """

    def __init__(
        self, settings: Settings, shelves: Shelves, begin: Callable[[BlockPool], None]
    ) -> None:
        self._settings = settings
        self._shelves = shelves
        self._begin = begin
        self._pool: BlockPool | None = None
        self._engine: KvEngine | None = None
        self._others: OtherModels | None = None
        self._reading_ahead: asyncio.Task[None] | None = None

    @property
    def present(self) -> BlockPool | None:
        """The pool that there is, of whichever engine."""
        return self._pool

    @property
    def engine(self) -> KvEngine | None:
        """The engine that was heard of last."""
        return self._engine

    def of(self, engine: KvEngine, entries: Sequence[ShelfEntry] | None = None) -> BlockPool:
        """The pool of this engine; one that restarted has nothing resident any more. `entries` of
        its shelf, if that has been looked through. Raises `PoolLost` to whoever has yet to hear
        that another model is loaded."""
        known = self._engine
        if self.is_former(engine):
            raise PoolLost("Another model was loaded in the meantime.")
        if self._pool is None or known is None or not _is_same_kv(known, engine):
            shelf = self._shelves.of(engine)
            self._pool = self._make(engine, shelf, shelf.scan() if entries is None else entries)
            self._begin(self._pool)
        elif known.incarnation != engine.incarnation:
            if engine.loaded_at < known.loaded_at:
                return self._pool
            self._pool.reset_resident(engine.incarnation)
        self._engine = engine
        return self._pool

    def is_former(self, engine: KvEngine) -> bool:
        """Whether another model has been loaded since this one."""
        known = self._engine
        if known is None or _is_same_kv(known, engine):
            return False
        return engine.loaded_at < known.loaded_at

    def make_others_give_way(self) -> None:
        """Have what other models left on the shelf make room for this one's blocks."""
        if self._pool is not None and self._others is not None:
            self._others.make_room(self._pool.shelf_need, self._settings.shelf_budget)

    def _make(self, engine: KvEngine, shelf: Shelf, entries: Sequence[ShelfEntry]) -> BlockPool:
        settings = self._settings
        pool = BlockPool(
            engine.block_size,
            engine.bytes_per_token,
            settings.resident_budget,
            settings.shelf_budget,
            time.time,
            at_rest_budget=settings.at_rest_budget,
            has_snapshots=engine.has_snapshots,
        )
        pool.reset_resident(engine.incarnation)
        # After a restart of the machine sessions that were used lately would wait for the disk.
        self._reading_ahead = asyncio.create_task(
            asyncio.to_thread(shelf.read_ahead, entries, settings.resident_budget)
        )
        for file in pool.adopt_shelf(entries):
            shelf.delete(file)
        self._others = self._shelves.others(engine)
        self._others.make_room(pool.shelf_need, settings.shelf_budget)
        return pool


def _is_same_kv(one: KvEngine, other: KvEngine) -> bool:
    return (one.fingerprint, one.kv_format) == (other.fingerprint, other.kv_format)
