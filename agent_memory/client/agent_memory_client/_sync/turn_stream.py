"""A turn as it comes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent_memory_client._events import EventLines
from agent_memory_client._turn_fold import TurnFold
from agent_memory_client.errors import BrokenOff
from agent_memory_client.results import Turn, TurnEvent

if TYPE_CHECKING:
    import httpx2


def turn_events(response: "httpx2.Response") -> Iterator[TurnEvent]:
    """The events of a streamed turn; `BrokenOff` where it has no end."""
    lines, fold = EventLines(), TurnFold()
    for line in response.iter_lines():
        if (event := lines.take(line)) is None:
            continue
        for told in fold.take(event[0], json.loads(event[1])):
            yield told
            if isinstance(told, Turn):
                return
    raise BrokenOff("The answer broke off before its end.")
