"""Messages and conversations as they are sent and answered."""

from collections.abc import Sequence
from datetime import datetime

from agent_memory.api.schemas.memory.fields import NO_METADATA
from agent_memory.api.schemas.memory.messages import MessageBody, MessageChangeBody
from agent_memory.api.translators.memory_json import outdated_json
from agent_memory.ids import ThreadId
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.memory.search.importance import importance
from agent_memory.memory.search.recalled import Recalled
from agent_memory.memory.service.messages import Kept, MessageChange, MessagesFound, NewMessage

_DIGITS = 6


def new_message(body: MessageBody) -> NewMessage:
    """A message to keep."""
    return NewMessage(
        conversation_id=ThreadId(body.conversation_id),
        role=Role(body.role),
        content=body.content,
        metadata=body.metadata or NO_METADATA,
        importance_override=body.importance_override,
        occurred_at=body.occurred_at,
    )


def message_change(body: MessageChangeBody) -> MessageChange:
    """What to change; an importance of null goes back to what is computed."""
    resets = "importance_override" in body.model_fields_set and body.importance_override is None
    return MessageChange(
        content=body.content,
        metadata=body.metadata,
        importance_override=body.importance_override,
        resets_importance=resets,
    )


def message_json(item: Item, now: datetime) -> dict[str, object]:
    """A message; its importance is of this moment."""
    return {
        "id": item.item_id,
        "conversation_id": item.thread_id,
        "role": item.role,
        "speaker": item.speaker,
        "content": item.text,
        "metadata": dict(item.metadata),
        "position": item.position,
        "importance": round(importance(item, now).value, _DIGITS),
        "importance_override": item.importance_override,
        "occurred_at": item.occurred_at,
        "created_at": item.recorded_at,
        "state": item.state,
        "legal_hold": item.legal_hold,
        **({"outdated": outdated_json(item)} if item.outdated else {}),
    }


def kept_json(kept: Kept, now: datetime) -> dict[str, object]:
    """Stored messages, and whether they have vectors yet."""
    return {
        "data": [message_json(message, now) for message in kept.messages],
        "embedding": embedding_word(kept),
        "redactions": dict(kept.redactions),
    }


def kept_one_json(kept: Kept, now: datetime) -> dict[str, object]:
    """One stored message."""
    return {
        **message_json(kept.messages[0], now),
        "embedding": embedding_word(kept),
        "redactions": dict(kept.redactions),
    }


def embedding_word(kept: Kept) -> str:
    return "done" if kept.is_embedded else "queued"


def found_json(found: MessagesFound, now: datetime) -> dict[str, object]:
    """Messages in the order of their scores."""
    return {
        "results": [_result_json(entry, now) for entry in found.found],
        "degraded": found.is_degraded,
        "note": found.note,
    }


def thread_json(thread: Thread) -> dict[str, object]:
    """A conversation as a whole."""
    return {
        "id": thread.thread_id,
        "title": thread.title,
        "num_messages": thread.num_messages,
        "num_items": thread.num_items,
        "legal_hold": thread.legal_hold,
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
    }


def statistics_json(statistics: ThreadStatistics) -> dict[str, object]:
    """What a conversation holds."""
    return {
        **thread_json(statistics.thread),
        "by_kind": dict(statistics.num_by_kind),
        "by_role": dict(statistics.num_by_role),
        "by_state": dict(statistics.num_by_state),
        "num_characters": statistics.num_characters,
        "first_occurred_at": statistics.first_occurred_at,
        "last_occurred_at": statistics.last_occurred_at,
    }


def messages_json(messages: Sequence[Item], now: datetime) -> list[dict[str, object]]:
    return [message_json(message, now) for message in messages]


def erased_json(erased: Erased) -> dict[str, object]:
    """What is gone for good."""
    return {
        "erased": {
            "items": erased.num_items,
            "materials": erased.num_materials,
            "threads": erased.num_threads,
        }
    }


def _result_json(entry: Recalled, now: datetime) -> dict[str, object]:
    components = {name: round(value, _DIGITS) for name, value in entry.components.items()}
    return {
        **message_json(entry.item, now),
        "similarity": components.get("similarity"),
        "recency": components["recency"],
        "score": round(entry.score, _DIGITS),
        "components": components,
    }
