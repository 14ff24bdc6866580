"""What a context has to do with others, and how contexts are used."""

from collections.abc import Callable, Sequence
from datetime import datetime

from agent_memory.contexts.link import Link
from agent_memory.contexts.ports import ContextStore, Links, Usage
from agent_memory.contexts.service.pen import Writer
from agent_memory.contexts.service.read_tally import ReadTally
from agent_memory.contexts.usage import Analytics
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import ContextKey, WorkspaceId


class ContextRelations:
    """Relationships, seen from both ends."""

    def __init__(self, store: ContextStore, links: Links, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._links = links
        self._clock = clock

    async def put(
        self, writer: Writer, from_key: ContextKey, to_key: ContextKey, kind: str, strength: float
    ) -> Link:
        """Make it, or give it another strength. `NotFound` without either context."""
        if from_key == to_key:
            raise InvalidRequest("A context has no relationship to itself.", "to")
        link = Link(from_key, to_key, kind, strength, self._clock(), writer.by)
        return await self._links.put(writer.workspace, link)

    async def list(self, workspace: WorkspaceId, key: ContextKey) -> Sequence[Link]:
        """The strongest first. `NotFound` without the context."""
        now = self._clock()
        if await self._store.find(workspace, key, now) is None:
            raise NotFound("context", key)
        return await self._links.list(workspace, key, now)

    async def delete(
        self, workspace: WorkspaceId, from_key: ContextKey, to_key: ContextKey, kind: str | None
    ) -> int:
        """Those of one type, or all between the two; how many. `NotFound` without any."""
        num_deleted = await self._links.delete(workspace, from_key, to_key, kind)
        if not num_deleted:
            raise NotFound("relationship", f"{from_key} to {to_key}")
        return num_deleted


class ContextAnalytics:
    """Counts."""

    def __init__(self, usage: Usage, tally: ReadTally, clock: Callable[[], datetime]) -> None:
        self._usage = usage
        self._tally = tally
        self._clock = clock

    async def analyse(
        self, workspace: WorkspaceId, session_id: str | None, agent_id: str | None
    ) -> Analytics:
        """Of the whole workspace, or of what a session or an agent has written. Reads of other
        processes are in it some seconds later."""
        await self._tally.write()
        return await self._usage.analyse(workspace, session_id, agent_id, self._clock())
