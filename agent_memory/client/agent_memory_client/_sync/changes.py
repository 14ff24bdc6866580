"""The feed of changes, over as many connections as it takes."""

import json
from collections.abc import Generator, Sequence

from agent_memory_client import _events, _state_fold
from agent_memory_client._sync.transport import Transport
from agent_memory_client.context_results import ContextChange, WatchEvent, read_change
from agent_memory_client.errors import BrokenOff


def changes(
    transport: Transport, keys: Sequence[str], since: int | None
) -> Generator[WatchEvent, None, None]:
    """Changes of `keys` (none: of all) after number `since` (None: from now on), for ever."""
    while True:
        for event in _connected(transport, keys, since):
            since = event.sequence
            yield event
        if since is None:
            raise BrokenOff("The connection was cut before any change came.")


def _connected(
    transport: Transport, keys: Sequence[str], since: int | None
) -> Generator[WatchEvent, None, None]:
    """Until the connection is cut."""
    lines, state = _events.EventLines(), _state_fold.StateFold()
    params = {"key": [*keys] or None, "since": since}
    with transport.open("GET", "/v1/contexts/changes", params=params) as response:
        try:
            for line in response.iter_lines():
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
