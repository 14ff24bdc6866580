"""When two messages say the same, however a client has spelled them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory.prompts.calls import is_json_object
from agent_memory.prompts.preamble import stable_message
from agent_memory.turns.messages import Media, Message, Role, ToolResult, ToolUse


@dataclass(frozen=True, slots=True)
class CanonicalMessage:
    """What remains of a message when spelling is taken away.

    Left out: thinking, whitespace around the text, spacing and key order of tool arguments, tool
    ids, calls that were cut off (clients drop them or send them back), and volatile lines of the
    system prompt. `calls` are (name, canonical arguments), `results` (content, is_error), `media`
    what is to be seen or heard.
    """

    role: Role
    text: str
    calls: tuple[tuple[str, str], ...] = ()
    results: tuple[tuple[str, bool], ...] = ()
    media: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.calls or self.results or self.media)


def canonical_message(message: Message) -> CanonicalMessage:
    """The canonical form of one message."""
    stable = stable_message(message)
    return CanonicalMessage(
        role=stable.role,
        text=stable.text.strip(),
        calls=tuple(
            (part.name, canonical_json(part.arguments))
            for part in stable.parts
            if isinstance(part, ToolUse) and is_json_object(part.arguments.strip() or "{}")
        ),
        results=tuple(
            (part.content.strip(), part.is_error)
            for part in stable.parts
            if isinstance(part, ToolResult)
        ),
        media=tuple(_media(stable)),
    )


def _media(message: Message) -> Iterator[str]:
    for part in message.parts:
        seen = part.media if isinstance(part, ToolResult) else (part,)
        for one in seen:
            if isinstance(one, Media):
                yield one.url or one.data or one.title


def canonical_json(text: str) -> str:
    """JSON text with sorted keys and no spacing, ASCII only; text that is not JSON, stripped.

    No text at all stands for `{}`, and `1.0` for `1`, as clients written in JavaScript send it.
    """
    stripped = text.strip()
    if not stripped:
        return "{}"
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return stripped
    return json.dumps(_integral(value), sort_keys=True, separators=(",", ":"))


def _integral(value: object) -> object:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _integral(item) for key, item in value.items()}
        case list():
            return [_integral(item) for item in value]
        case _:
            return value
