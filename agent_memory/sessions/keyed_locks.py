"""Locks by key, which exist as long as somebody holds or awaits them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(slots=True)
class _Lock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    num_users: int = 0


class KeyedLocks(Generic[Key]):
    """One lock for each key: who holds one keeps nobody from another."""

    def __init__(self) -> None:
        self._locks: dict[Key, _Lock] = {}

    def is_held(self, key: Key) -> bool:
        return key in self._locks

    @asynccontextmanager
    async def of(self, key: Key) -> AsyncIterator[None]:
        """Hold the lock of `key`, after those who came earlier."""
        entry = self._locks.setdefault(key, _Lock())
        entry.num_users += 1
        try:
            async with entry.lock:
                yield
        finally:
            entry.num_users -= 1
            if not entry.num_users:
                del self._locks[key]

    @asynccontextmanager
    async def if_free(self, key: Key) -> AsyncIterator[bool]:
        """Hold the lock of `key` if nobody does, without waiting; says whether."""
        if self.is_held(key):
            yield False
            return
        async with self.of(key):
            yield True
