"""Conversations without what a client wants the model not to read again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from agent_memory.errors import InvalidRequest
from agent_memory.turns.context_edits import ClearThinking, ClearToolUses, Compact, ContextEdit
from agent_memory.turns.messages import Message, Part, Thinking, ToolResult, ToolUse

CLEARED = "[cleared: an old result of a tool]"


@dataclass(frozen=True, slots=True)
class Edited:
    """messages: as the model reads them. num_cleared: results, or answers with thinking. changed:
    the places of the messages that are other ones now."""

    messages: tuple[Message, ...]
    num_cleared: int
    changed: frozenset[int]


def edited(messages: Sequence[Message], num_tokens: int, edit: ContextEdit) -> Edited | None:
    """The conversation, whose prompt has `num_tokens`, after `edit`; None where there is nothing
    to be done. Raises InvalidRequest for what cannot be done."""
    match edit:
        case ClearToolUses():
            return _without_results(messages, num_tokens, edit)
        case ClearThinking(keep=keep):
            return None if keep is None else _without_thinking(messages, keep)
        case Compact(trigger_tokens=limit):
            if num_tokens > limit:
                raise InvalidRequest(
                    f"The prompt has {num_tokens} tokens, more than the {limit} at which it is to "
                    "be compacted, and this server does not compact by itself: have it summarised "
                    "by a message of the user, or clear tool uses.",
                    "context_management.edits",
                )
            return None
        case _:
            assert_never(edit)


def _without_results(
    messages: Sequence[Message], num_tokens: int, edit: ClearToolUses
) -> Edited | None:
    calls = {part.id: part.name for part in _parts(messages) if isinstance(part, ToolUse)}
    results = [part for part in _parts(messages) if isinstance(part, ToolResult)]
    by_tokens = edit.trigger_tokens is not None and num_tokens > edit.trigger_tokens
    by_uses = edit.trigger_uses is not None and len(results) > edit.trigger_uses
    if not (by_tokens or by_uses):
        return None
    old = results[: max(0, len(results) - edit.keep)]
    ids = {
        result.tool_use_id
        for result in old
        if calls.get(result.tool_use_id, "") not in edit.exclude and result.content != CLEARED
    }

    def clear(part: Part) -> Part:
        match part:
            case ToolResult(tool_use_id=id_) if id_ in ids:
                return replace(part, content=CLEARED)
            case ToolUse(id=id_, name=name) if id_ in ids and _is_cleared(name, edit):
                return replace(part, arguments="{}")
            case _:
                return part

    return _changed(messages, lambda message: tuple(map(clear, message.parts)), len(ids))


def _is_cleared(name: str, edit: ClearToolUses) -> bool:
    return edit.inputs is None or name in edit.inputs


def _without_thinking(messages: Sequence[Message], keep: int) -> Edited | None:
    thinking = [message for message in messages if _thinks(message)]
    old = {id(message) for message in thinking[: max(0, len(thinking) - keep)]}

    def clear(message: Message) -> tuple[Part, ...]:
        if id(message) not in old:
            return message.parts
        return tuple(part for part in message.parts if not isinstance(part, Thinking))

    return _changed(messages, clear, len(old))


def _thinks(message: Message) -> bool:
    return any(isinstance(part, Thinking) for part in message.parts)


def _parts(messages: Sequence[Message]) -> list[Part]:
    return [part for message in messages for part in message.parts]


def _changed(
    messages: Sequence[Message], clear: Callable[[Message], tuple[Part, ...]], num_cleared: int
) -> Edited | None:
    if not num_cleared:
        return None
    after = tuple(replace(message, parts=clear(message)) for message in messages)
    pairs = enumerate(zip(messages, after, strict=True))
    return Edited(after, num_cleared, frozenset(at for at, (old, new) in pairs if old != new))
