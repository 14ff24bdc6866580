"""A change in words, the same in every way that it is told."""

from agent_memory.contexts.change import Change
from agent_memory.json_value import Json


def event_of(change: Change) -> str:
    """`context-stored`, `context-updated` or `context-deleted`."""
    return f"context-{change.op}"


def change_json(change: Change) -> dict[str, Json]:
    """Never with the content."""
    return {
        "key": change.key,
        "version": change.version,
        "timestamp": change.changed_at.isoformat(),
        "sequence": change.seq,
        "lineage": change.lineage,
        "by": change.changed_by,
        "cause": change.cause,
        "session_id": change.session_id,
        "agent_id": change.agent_id,
    }
