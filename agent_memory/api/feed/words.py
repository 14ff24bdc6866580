"""The feed in words: what is told of changes, in every way that the feed is read."""

from collections.abc import Iterator
from functools import lru_cache

import orjson

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.state import PresentState
from agent_memory.contexts.feed.words import change_json, event_of
from agent_memory.json_value import Json

RESET = "reset"
_STATES_A_MESSAGE = 1000


def state_json(state: PresentState, keys: list[Json]) -> Iterator[dict[str, Json]]:
    """What a reader begins again from, in pieces: `more` says that another one follows."""
    contexts: list[Json] = [
        {
            "key": it.key,
            "version": it.version,
            "lineage": it.lineage,
            "timestamp": it.changed_at.isoformat(),
        }
        for it in state.contexts
    ]
    for start in range(0, max(1, len(contexts)), _STATES_A_MESSAGE):
        yield {
            "keys": keys,
            "sequence": state.seq,
            "contexts": contexts[start : start + _STATES_A_MESSAGE],
            "more": start + _STATES_A_MESSAGE < len(contexts),
        }


@lru_cache(maxsize=1024)
def change_message(change: Change) -> str:
    """As a message of a WebSocket; written once for all who hear it."""
    return message(event_of(change), change_json(change))


@lru_cache(maxsize=1024)
def change_event(change: Change) -> bytes:
    """As a server-sent event."""
    return sse(event_of(change), change_json(change), change.seq)


def message(kind: str, payload: object, id: Json = None) -> str:  # noqa: A002  the message's word
    """id: of the message that this one answers."""
    answered = {} if id is None else {"id": id}
    return orjson.dumps({"type": kind, **answered, "payload": payload}).decode()


def sse(event: str, data: Json, number: int | None = None) -> bytes:
    """number: what a client sends back as `Last-Event-ID`."""
    line = b"" if number is None else b"id: %d\n" % number
    return line + b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data))
