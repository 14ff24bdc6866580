"""Items of memory as JSON."""

from collections.abc import Iterable

from agent_memory.memory.items.item import Item
from agent_memory.memory.search.recalled import Recalled

_DIGITS = 6


def item_json(item: Item) -> dict[str, object]:
    """An item as clients see it. What does not apply to its kind is left out."""
    optional: dict[str, object] = {
        "role": item.role,
        "speaker": item.speaker,
        "position": item.position,
        "source_id": item.source_id,
        "subject": item.subject,
        "fingerprint": item.fingerprint,
        "last_occurred_at": item.last_occurred_at,
        "valid_to": item.valid_to,
        "retired_at": item.retired_at,
        "successor_id": item.successor_id,
        "importance_override": item.importance_override,
        "outdated": outdated_json(item) if item.outdated else None,
    }
    return {
        "id": item.item_id,
        "kind": item.kind,
        "state": item.state,
        "thread_id": item.thread_id,
        "text": item.text,
        "context": item.context,
        "occurred_at": item.occurred_at,
        "recorded_at": item.recorded_at,
        "valid_from": item.valid_from,
        "confidence": _rounded(item.confidence),
        "num_occurrences": item.num_occurrences,
        **{name: value for name, value in optional.items() if value is not None},
        "keys": [{"kind": key.kind, "value": key.value} for key in item.keys],
        "legal_hold": item.legal_hold,
        "feedback": {
            "used": item.num_uses,
            "helpful": item.num_helpful,
            "not_helpful": item.num_not_helpful,
        },
        "metadata": dict(item.metadata),
        "citation": citation_json(item),
    }


def citation_json(item: Item) -> dict[str, object]:
    """Where an item comes from: characters [begin, end) of a raw text."""
    return {"material_id": item.material_id, "begin": item.span.begin, "end": item.span.end}


def outdated_json(item: Item) -> list[dict[str, object]]:
    """What in a message no longer holds: characters [begin, end) of its text, and by what item."""
    return [
        {"begin": one.begin, "end": one.end, "how": one.how, "since": one.since, "by": one.by}
        for one in item.outdated
    ]


def recalled_json(recalled: Recalled) -> dict[str, object]:
    """An item with its score and everything that went into it."""
    return {
        **item_json(recalled.item),
        "score": _rounded(recalled.score),
        "components": {name: _rounded(value) for name, value in recalled.components.items()},
    }


def items_json(items: Iterable[Item]) -> list[dict[str, object]]:
    return [item_json(item) for item in items]


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
