"""Reads that are counted together: a read must not wait for a write."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from agent_memory.contexts.ports import Usage
from agent_memory.errors import AgentMemoryError
from agent_memory.ids import ContextKey, Lineage, WorkspaceId

log = logging.getLogger(__name__)
_TOLD_EVERY_S = 5.0


class ReadTally:
    """Counts of one process, written some seconds later. What is not written when the process dies
    is lost: the counts are for people who look at them, and for nothing else."""

    def __init__(
        self,
        usage: Usage,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usage = usage
        self._clock = clock
        self._monotonic = monotonic
        self._reads: dict[WorkspaceId, Counter[tuple[ContextKey, Lineage]]] = {}
        self._misses = Counter[WorkspaceId]()
        self._written_at = monotonic()
        self._writing: asyncio.Task[None] | None = None

    def hit(self, workspace: WorkspaceId, key: ContextKey, lineage: Lineage) -> None:
        self._reads.setdefault(workspace, Counter())[key, lineage] += 1
        self._write_if_due()

    def miss(self, workspace: WorkspaceId) -> None:
        self._misses[workspace] += 1
        self._write_if_due()

    async def write(self) -> None:
        """Write what was counted. A database that does not take it loses it."""
        reads, self._reads = self._reads, {}
        misses, self._misses = self._misses, Counter()
        for workspace in {*reads, *misses}:
            counted = reads.get(workspace, Counter())
            try:
                await self._usage.count_reads(workspace, counted, misses[workspace], self._clock())
            except AgentMemoryError as error:
                log.warning("reads of contexts were not counted", exc_info=error)

    def _write_if_due(self) -> None:
        is_writing = self._writing is not None and not self._writing.done()
        if is_writing or self._monotonic() - self._written_at < _TOLD_EVERY_S:
            return
        self._written_at = self._monotonic()
        self._writing = asyncio.create_task(self.write())
