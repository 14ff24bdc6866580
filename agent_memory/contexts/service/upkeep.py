"""What is done for contexts again and again: sweeping, and sealing with another key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.context import ClosedBody, VersionInfo
from agent_memory.contexts.ports import ContextStore, Sealed, Sweeping
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.contexts.service.pen import ContextPen, Writer
from agent_memory.ids import WorkspaceId

RETIRED_KEPT = timedelta(days=30)
"""How long the versions of a deleted context are kept."""
CHANGES_KEPT = timedelta(days=7)
"""How far back a reader of the feed can resume."""
_AT_A_TIME = 100
"""Contexts of one transaction, so that writers do not wait for long."""
_SWEEPER = "expiry"


@dataclass(frozen=True, slots=True)
class Swept:
    num_expired: int
    num_versions: int
    num_changes: int


class ContextUpkeep:
    """Does no harm when it is run again, whole or from the middle."""

    def __init__(
        self,
        store: ContextStore,
        sweeping: Sweeping,
        sealed: Sealed,
        pen: ContextPen,
        codec: ContextCodec,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sweeping = sweeping
        self._sealed = sealed
        self._pen = pen
        self._codec = codec
        self._clock = clock

    async def sweep(self, workspace: WorkspaceId) -> Swept:
        """End every context whose time is over, and drop what is kept no longer."""
        num_expired = 0
        while num_ended := await self._end_expired(Writer(workspace, _SWEEPER)):
            num_expired += num_ended
        now = self._clock()
        return Swept(
            num_expired,
            await self._sweeping.drop_retired(workspace, now - RETIRED_KEPT),
            await self._sweeping.drop_changes(workspace, now - CHANGES_KEPT),
        )

    async def reseal(self, workspace: WorkspaceId, limit: int) -> int:
        """Seal up to `limit` versions with the first key that another key seals; how many there
        were. `ContextKeyMissing` where that one is not there."""
        first = self._codec.keys.sealing_id
        found = await self._sealed.list_sealed(workspace, first, limit)
        for version, body in found:
            await self._reseal(version, body)
        return len(found)

    async def _end_expired(self, sweeper: Writer) -> int:
        keys = await self._sweeping.list_expired(sweeper.workspace, self._clock(), _AT_A_TIME)
        if not keys:
            return 0
        async with self._store.writing(sweeper.workspace) as writing:
            return sum([await self._pen.expire(writing, sweeper, key) for key in keys])

    async def _reseal(self, version: VersionInfo, was: ClosedBody) -> None:
        def sealed_again() -> ClosedBody:
            data = self._codec.keys.open(was.data, version.address, was.sealed_with or "")
            key_id, sealed = self._codec.keys.seal(data, version.address)
            return ClosedBody(sealed, was.encoding, key_id)

        body = await beside_loop(version.size, sealed_again)
        await self._sealed.reseal(version, was, body)
