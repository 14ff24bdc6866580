"""A search for messages as it stands in the query of a URL."""

from collections.abc import Sequence
from datetime import UTC, datetime

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ThreadId
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.service.messages import MessageQuery


def message_query(
    text: str,
    top_k: int,
    conversation_id: str | None,
    role: str | None,
    importance_min: float,
    since: datetime | None,
    until: datetime | None,
    metadata: Sequence[str],
) -> MessageQuery:
    """What to look for; times without a zone are UTC. `InvalidRequest` when it is nothing."""
    if not text.strip():
        raise InvalidRequest("query: Field required", "query")
    return MessageQuery(
        text=text,
        top_k=top_k,
        conversation_id=None if conversation_id is None else ThreadId(conversation_id),
        roles=frozenset() if role is None else frozenset({Role(role)}),
        metadata=dict(_pair(entry) for entry in metadata),
        importance_min=importance_min,
        since=_zoned(since),
        until=_zoned(until),
    )


def _pair(entry: str) -> tuple[str, str]:
    name, colon, value = entry.partition(":")
    if not (name and colon):
        raise InvalidRequest("A metadata filter must have the form name:value.", "metadata")
    return name, value


def _zoned(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
