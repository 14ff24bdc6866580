"""The standing of an item as JSON, and back."""

from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.json_value import Json
from agent_memory.memory.consolidation.standing import Standing
from agent_memory.memory.items.kinds import ItemState


def encode_standing(standing: Standing) -> dict[str, Json]:
    return {
        "state": standing.state.value,
        "valid_to": _encode_time(standing.valid_to),
        "retired_at": _encode_time(standing.retired_at),
        "successor_id": standing.successor_id,
        "num_occurrences": standing.num_occurrences,
        "last_occurred_at": _encode_time(standing.last_occurred_at),
    }


def decode_standing(values: dict[str, Json]) -> Standing:
    """The standing that was encoded."""
    successor = values["successor_id"]
    return Standing(
        state=ItemState(str(values["state"])),
        valid_to=_decode_time(values["valid_to"]),
        retired_at=_decode_time(values["retired_at"]),
        successor_id=None if successor is None else ItemId(str(successor)),
        num_occurrences=int(str(values["num_occurrences"])),
        last_occurred_at=_decode_time(values["last_occurred_at"]),
    )


def _encode_time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _decode_time(text: Json) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
