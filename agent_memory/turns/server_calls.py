"""Calls of tools that the server ran itself within a turn."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from agent_memory.turns.messages import Message, Part, Role, ServerCall, ToolResult, ToolUse


def spelled_out(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation as a model reads it: a message of the assistant's with such calls is what it
    said with each call, the results, and what it said then."""
    if not any(has_server_calls(message) for message in messages):
        return tuple(messages)
    return tuple(one for message in messages for one in _spelled(message))


def has_server_calls(message: Message) -> bool:
    return any(isinstance(part, ServerCall) for part in message.parts)


def without_server_calls(message: Message) -> Message:
    """The message as clients know it."""
    parts = tuple(part for part in message.parts if not isinstance(part, ServerCall))
    return Message(message.role, parts)


def _spelled(message: Message) -> Iterator[Message]:
    said: list[Part] = []
    for round_no, group in groupby(message.parts, _round_of):
        parts = list(group)
        if round_no is None:
            said.extend(parts)
            continue
        calls = [part for part in parts if isinstance(part, ServerCall)]
        uses = (ToolUse(call.id, call.name, call.arguments) for call in calls)
        yield Message(message.role, (*said, *uses))
        results = (ToolResult(call.id, call.content, call.is_error) for call in calls)
        yield Message(Role.TOOL, tuple(results))
        said = []
    if said:
        yield Message(message.role, tuple(said))


def _round_of(part: Part) -> int | None:
    return part.round_no if isinstance(part, ServerCall) else None
