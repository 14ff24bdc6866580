"""The parts of a message as JSON in a form that PostgreSQL can hold, and back."""

from collections.abc import Callable, Mapping

import orjson

from agent_memory.errors import InvariantBroken
from agent_memory.store.safe_text import escape, unescape
from agent_memory.turns.messages import Message, Part, Role
from agent_memory.turns.part_codec import decode_part, encode_part


def encode_parts(message: Message) -> str:
    """The parts of `message` as JSON text for a jsonb column."""
    parts = [_map_text(escape, encode_part(part)) for part in message.parts]
    return orjson.dumps(parts).decode()


def decode_message(role: str, parts: str) -> Message:
    """The message whose parts were encoded."""
    return Message(Role(role), tuple(_decode(part) for part in orjson.loads(parts)))


def _decode(part: Mapping[str, object]) -> Part:
    try:
        return decode_part(_map_text(unescape, part))
    except ValueError as error:
        raise InvariantBroken(f"In the database {error}.") from error


def _map_text(change: Callable[[str], str], part: Mapping[str, object]) -> dict[str, object]:
    return {key: change(v) if isinstance(v, str) else v for key, v in part.items()}
