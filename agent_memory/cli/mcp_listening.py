"""Changes of contexts, told by a server over HTTP and passed on over a pipe."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import httpx
import orjson
from mcp.server import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from mcp.shared.subscriptions import event_from_wire
from mcp_types import (
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from agent_memory.cli.failures import ServerNotRunning
from agent_memory.cli.mcp_address import Address
from agent_memory.cli.mcp_messages import header, message

METHOD = "subscriptions/listen"
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
_AGAIN_S = 1.0
_SILENCE_S = 60.0
"""A server that lives says so more often."""

Tell = Callable[[ServerEvent], Awaitable[None]]


class Relay:
    """Listens to the server that runs, also when it is restarted meanwhile. What happened in
    between is not known, so that all that was asked for counts as changed then."""

    def __init__(
        self, find: Callable[[], Address], http: httpx.AsyncClient, again_s: float = _AGAIN_S
    ) -> None:
        self._find = find
        self._http = http
        self._again_s = again_s

    async def listen(
        self, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """One stream of the present era. It ends when the server refuses it."""
        bus = InMemorySubscriptionBus()
        handler = ListenHandler(bus)
        asked = params.notifications
        if not _all_of(asked):
            return await handler(context, params)

        async def pass_on() -> None:
            await self.run(asked, bus.publish)
            handler.close()

        passing = asyncio.create_task(pass_on())
        try:
            return await handler(context, params)
        finally:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing

    async def run(
        self, asked: SubscriptionFilter, tell: Tell, missed: Iterable[ServerEvent] = ()
    ) -> None:
        """Until the server refuses. missed: told as soon as the server listens."""
        missed = tuple(missed)
        while True:
            try:
                address = await asyncio.to_thread(self._find)
                async for event in self._events(address, asked):
                    if event is not None:
                        await tell(event)
                        continue
                    for one in missed:
                        await tell(one)
                    missed = ()
            except _Refused:
                return
            except (ServerNotRunning, httpx.TransportError):
                pass
            missed = _all_of(asked)
            await asyncio.sleep(self._again_s)

    async def _events(
        self, address: Address, asked: SubscriptionFilter
    ) -> AsyncIterator[ServerEvent | None]:
        """None once, as soon as the server listens."""
        wanted = asked.model_dump(by_alias=True, exclude_none=True)
        async with self._http.stream(
            "POST",
            f"{address.url}/mcp",
            json=message(METHOD, {"notifications": wanted}),
            headers=header(address.key, METHOD, ""),
            timeout=httpx.Timeout(_SILENCE_S),
        ) as response:
            _check(response)
            async for line in response.aiter_lines():
                if not line.startswith("data:"):
                    continue
                told = orjson.loads(line.removeprefix("data:"))
                if told.get("method") == _ACKNOWLEDGED:
                    yield None
                elif event := event_from_wire(told.get("method", ""), told.get("params")):
                    yield event


class Subscribed:
    """The resources that a client of an earlier era subscribed to, one by one."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._uris: dict[str, None] = {}
        self._passing: asyncio.Task[None] | None = None

    def add(self, uri: str, session: ServerSession) -> None:
        if uri not in self._uris:
            known = tuple(self._uris)
            self._uris[uri] = None
            self._begin(session, known)

    def remove(self, uri: str, session: ServerSession) -> None:
        if uri in self._uris:
            del self._uris[uri]
            self._begin(session, tuple(self._uris))

    async def close(self) -> None:
        if self._passing is not None:
            self._passing.cancel()
            with suppress(asyncio.CancelledError):
                await self._passing

    def _begin(self, session: ServerSession, known: Iterable[str]) -> None:
        """Listen to all of them; those that were heard before may change on the way."""
        if self._passing is not None:
            self._passing.cancel()
        self._passing = None
        if not self._uris:
            return

        async def tell(event: ServerEvent) -> None:
            if isinstance(event, ResourceUpdated):
                await session.send_resource_updated(event.uri)

        asked = SubscriptionFilter(resource_subscriptions=list(self._uris))
        missed = [ResourceUpdated(uri) for uri in known]
        self._passing = asyncio.create_task(self._relay.run(asked, tell, missed))


class _Refused(Exception):
    """The server does not let this key listen, or not to that."""


def _check(response: httpx.Response) -> None:
    if httpx.codes.is_server_error(response.status_code):
        raise httpx.RemoteProtocolError(f"The server answered {response.status_code}.")
    is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
    if not (response.is_success and is_stream):
        raise _Refused


def _all_of(asked: SubscriptionFilter) -> tuple[ServerEvent, ...]:
    """Everything of contexts that a stream may be told."""
    updated = [ResourceUpdated(uri) for uri in asked.resource_subscriptions or ()]
    return (*updated, *((ResourcesListChanged(),) if asked.resources_list_changed else ()))
