"""Earlier failures near a file, a test or a command."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.extraction.failures.failure import Test
from agent_memory.memory.extraction.symbols import keys_of_test
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import FAILURES
from agent_memory.memory.ports import Items
from agent_memory.memory.search.keys import find_keys
from agent_memory.memory.search.paths import file_keys
from agent_memory.memory.search.precheck import PastFailure, failures_near
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.service.recall import Finder

MAX_FAILURES = 40
MAX_LINKED = 12


@dataclass(frozen=True, slots=True)
class PrecheckRequest:
    """What is about to be touched or run; at least one of file, command and test."""

    file: str | None = None
    command: str | None = None
    test: str | None = None
    thread_id: ThreadId | None = None
    limit: int = 10

    @property
    def text(self) -> str:
        return "\n".join(part for part in (self.command, self.test, self.file) if part)

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys(self._keys()))

    def _keys(self) -> Iterator[Key]:
        if self.file:
            yield from file_keys(self.file)
        if self.test:
            yield from keys_of_test(Test(self.test))
        yield from find_keys(self.text)


class Precheck:
    """Failures by what they name and how they read, each with the changes that fixed it."""

    def __init__(self, finder: Finder, items: Items, clock: Callable[[], datetime]) -> None:
        self._finder = finder
        self._items = items
        self._clock = clock

    async def precheck(
        self, workspace: WorkspaceId, request: PrecheckRequest
    ) -> tuple[PastFailure, ...]:
        """The nearest first; empty when nothing failed near it."""
        query = Query(
            text=request.text,
            now=self._clock(),
            keys=request.keys,
            thread_ids=() if request.thread_id is None else (request.thread_id,),
            kinds=FAILURES,
            limit=MAX_FAILURES,
        )
        found = await self._finder.find(workspace, query)
        failures = [entry.item.item_id for entry in found.ranked[:MAX_FAILURES]]
        linked = await asyncio.gather(
            *(self._items.find_linked(workspace, failure, MAX_LINKED) for failure in failures)
        )
        changes = dict(zip(failures, linked, strict=True))
        return failures_near(request.keys, found.ranked[:MAX_FAILURES], changes, request.limit)
