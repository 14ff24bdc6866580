"""The feed of changes, over as many connections as it takes."""

import json
from collections.abc import AsyncGenerator, Sequence

from agent_memory_client import _events, _state_fold
from agent_memory_client._async.transport import AsyncTransport
from agent_memory_client.context_results import ContextChange, WatchEvent, read_change
from agent_memory_client.errors import BrokenOff


async def changes(
    transport: AsyncTransport, keys: Sequence[str], since: int | None
) -> AsyncGenerator[WatchEvent, None]:
    """Changes of `keys` (none: of all) after number `since` (None: from now on), for ever."""
    while True:
        async for event in _connected(transport, keys, since):
            since = event.sequence
            yield event
        if since is None:
            raise BrokenOff("The connection was cut before any change came.")


async def _connected(
    transport: AsyncTransport, keys: Sequence[str], since: int | None
) -> AsyncGenerator[WatchEvent, None]:
    """Until the connection is cut."""
    lines, state = _events.EventLines(), _state_fold.StateFold()
    params = {"key": [*keys] or None, "since": since}
    async with transport.open("GET", "/v1/contexts/changes", params=params) as response:
        try:
            async for line in response.aiter_lines():
                if (event := lines.take(line)) is None:
                    continue
                name, sent = event[0], json.loads(event[1])
                told = state.take(sent) if name == "reset" else _change(name, sent)
                if told is not None:
                    yield told
        except transport.cut:
            return


def _change(name: str, sent: dict[str, object]) -> ContextChange | None:
    return read_change(name, sent) if name.startswith("context-") else None
