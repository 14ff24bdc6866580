"""The server's own backups: one when it is due, and the old ones removed after it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from agent_memory.jobs.spec import JobRun, Outcome

_SLACK = timedelta(minutes=10)
"""The schedule looks every hour, some seconds sooner or later."""


class MadeBackup(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def num_rows(self) -> int: ...


class Backups(Protocol):
    """Backups in one place."""

    def last_at(self) -> datetime | None:
        """Of the newest that is whole."""
        ...

    def make(self, now: datetime) -> MadeBackup: ...

    def remove_old(self, num_kept: int) -> int: ...


class MakeBackups:
    """Makes one every so many hours; 0: never. Old ones are removed after a good new one alone."""

    def __init__(
        self, backups: Backups, every_h: int, num_kept: int, clock: Callable[[], datetime]
    ) -> None:
        self._backups = backups
        self._every = timedelta(hours=every_h)
        self._num_kept = num_kept
        self._clock = clock

    async def do(self, run: JobRun) -> Outcome:
        del run
        if not self._every:
            return {"is_made": False}
        return await asyncio.to_thread(self._make_if_due)

    def _make_if_due(self) -> Outcome:
        now, last_at = self._clock(), self._backups.last_at()
        if last_at is not None and now - last_at < self._every - _SLACK:
            return {"is_made": False}
        made = self._backups.make(now)
        num_removed = self._backups.remove_old(self._num_kept)
        outcome: Outcome = {"num_rows": made.num_rows, "num_bytes": made.size}
        return {"is_made": True, **outcome, "num_removed": num_removed}
