"""`subscriptions/listen`: one stream that hears of the contexts of its key's workspace."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from mcp_types import (
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.feed.finding import feed_of
from agent_memory.api.mcp.resources.uri import key_of
from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.feed.listener import Listener
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

MAX_URIS = 1000
_ALL = KeyPattern("*")
_WAIT_S = 60.0


class Listening:
    """Answers `subscriptions/listen`. It ends when its client reads too slowly or its key is
    revoked; the client then listens again and reads what is there."""

    def __init__(self) -> None:
        self._silent = ListenHandler(InMemorySubscriptionBus())
        """For streams that ask for nothing that could happen."""

    async def listen(
        self,
        call: Call,
        context: ServerRequestContext[Any, Any],
        params: SubscriptionsListenRequestParams,
    ) -> SubscriptionsListenResult:
        wanted = _Wanted(params.notifications)
        if wanted.is_nothing:
            return await self._silent(context, params)
        call.principal.require(Scope.CONTEXTS)
        bus = InMemorySubscriptionBus()
        handler = ListenHandler(bus)
        async with _hearing(call, wanted) as listener:
            telling = asyncio.create_task(_tell(listener, wanted, bus, handler))
            try:
                return await handler(context, params)
            finally:
                telling.cancel()
                with suppress(asyncio.CancelledError):
                    await telling


class _Wanted:
    """What a stream asked for. A context has as many addresses as its client gave it."""

    def __init__(self, asked: SubscriptionFilter) -> None:
        uris = list(dict.fromkeys(asked.resource_subscriptions or ()))
        if len(uris) > MAX_URIS:
            raise InvalidRequest(f"A stream has at most {MAX_URIS} resources.", "notifications")
        self._hears_list = bool(asked.resources_list_changed)
        self._uris = _by_key(uris)

    @property
    def is_nothing(self) -> bool:
        return not self._hears_list and not self._uris

    @property
    def patterns(self) -> Sequence[KeyPattern]:
        """A star in a key would stand for others: such a stream sifts by itself."""
        if self._hears_list or any("*" in key for key in self._uris):
            return [_ALL]
        return [KeyPattern(key) for key in self._uris]

    def events(self, changes: Iterable[Change]) -> Collection[ServerEvent]:
        """Each once: an event says that there is something new to read, not what."""
        found: dict[ServerEvent, None] = {}
        for change in changes:
            for uri in self._uris.get(change.key, ()):
                found[ResourceUpdated(uri)] = None
            if self._hears_list and change.op is not ChangeOp.UPDATED:
                found[ResourcesListChanged()] = None
        return found


@asynccontextmanager
async def _hearing(call: Call, wanted: _Wanted) -> AsyncIterator[Listener]:
    """A reader of the workspace's feed, from now on."""
    feed = feed_of(call.surface)
    with feed.connections.admitted(call.principal) as connection:
        async with feed.feed.listening(call.workspace) as listener:
            async for _ in feed.feed.subscribe(listener, wanted.patterns, None):
                pass
            watching = asyncio.create_task(_end_when(connection.is_revoked, listener))
            try:
                yield listener
            finally:
                watching.cancel()


async def _end_when(is_revoked: asyncio.Event, listener: Listener) -> None:
    await is_revoked.wait()
    listener.lose_place()


async def _tell(
    listener: Listener, wanted: _Wanted, bus: InMemorySubscriptionBus, handler: ListenHandler
) -> None:
    while not listener.is_late.is_set():
        await listener.wait(_WAIT_S)
        for event in wanted.events(listener.take()):
            await bus.publish(event)
    handler.close()


def _by_key(uris: Sequence[str]) -> Mapping[ContextKey, Sequence[str]]:
    found: dict[ContextKey, list[str]] = {}
    for uri in uris:
        found.setdefault(key_of(uri), []).append(uri)
    return found
