"""The open connections of this process that read the feed: how many, and of which keys."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from agent_memory.access.principal import Principal
from agent_memory.api.feed.ports import Readers
from agent_memory.errors import AgentMemoryError, Unavailable
from agent_memory.ids import KeyId, WorkspaceId

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
_CHECK_S = 3.0
"""A revoked key is noticed after this and one query: within five seconds."""


class TooManyConnections(Unavailable):
    """This process has as many readers of the feed as it may."""

    code = "too_many_connections"
    retry_after_s = 5


class Connection:
    """One reader. is_revoked is set when its key has ended."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.is_revoked = asyncio.Event()


class Connections:
    """Admits readers up to a bound, and looks every few seconds whether their keys still hold: one
    query for each workspace, however many its connections."""

    def __init__(
        self, readers: Readers, max_open: int = MAX_CONNECTIONS, check_s: float = _CHECK_S
    ) -> None:
        self._readers = readers
        self._max_open = max_open
        self._check_s = check_s
        self._open: set[Connection] = set()
        self._checking: asyncio.Task[None] | None = None

    @property
    def num_open(self) -> int:
        return len(self._open)

    @contextmanager
    def admitted(self, principal: Principal) -> Iterator[Connection]:
        """`TooManyConnections` where there is no room."""
        if len(self._open) >= self._max_open:
            raise TooManyConnections(
                f"This server has {self._max_open} readers of changes already; try again later."
            )
        connection = Connection(principal)
        self._open.add(connection)
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check_for_ever())
        try:
            yield connection
        finally:
            self._open.discard(connection)

    async def _check_for_ever(self) -> None:
        """As long as anybody is connected."""
        while self._open:
            await asyncio.sleep(self._check_s)
            try:
                await self.check()
            except AgentMemoryError as error:
                log.warning("keys of readers not checked", extra={"reason": str(error)})

    async def check(self) -> None:
        """Tell the connections whose key has ended."""
        keys: defaultdict[WorkspaceId, set[KeyId]] = defaultdict(set)
        for connection in self._open:
            keys[connection.principal.workspace_id].add(connection.principal.key_id)
        for workspace, wanted in keys.items():
            live = await self._readers.live_keys(workspace, wanted)
            for connection in list(self._open):
                who = connection.principal
                if who.workspace_id == workspace and who.key_id in wanted - live:
                    connection.is_revoked.set()
