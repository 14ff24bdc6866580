"""Where a prompt leaves what the session's last turn left in the KV cache, and what differs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest
from agent_memory.prompts.canonical import canonical_message
from agent_memory.prompts.identity import common_prefix
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse
from agent_memory.turns.sequence import TokenIds, num_common

Render = Callable[[Sequence[Message]], Awaitable[TokenIds]]
"""The prompt's tokens if the conversation ended there."""

_LETTERS_BEFORE, _LETTERS_AFTER = 8, 24


@dataclass(frozen=True, slots=True)
class Divergence:
    """`at`: index of the first token that differs. segment: the part of the prompt in which it
    lies. change: the session's own words there, as they were and as they are."""

    at: int
    segment: str
    change: tuple[str, str] | None = None

    def __str__(self) -> str:
        found = f"tokens differ at {self.at}: {self.segment}"
        if self.change is None:
            return found
        old, new = self.change
        return f"{found}, '{old}' became '{new}'"


async def find_divergence(
    left: TokenIds,
    prompt: TokenIds,
    num_cached: int,
    before: Sequence[Message],
    now: Sequence[Message],
    render: Render,
) -> Divergence | None:
    """What makes the prompt differ from `left`, the tokens of the last turn, whose messages were
    `before`. None when it only goes on after them, or when enough of them was cached.

    A last token that was drawn but never fed is not expected to be there. The conversation is
    rendered a few times, to the logarithm of its messages, and only if something differs.
    """
    num_expected = len(left) - 1
    if num_cached >= num_expected or (at := num_common(left, prompt)) >= num_expected:
        return None
    index = await _message_at(at, prompt, before, now, render)
    old = before[index] if index < len(before) else None
    new = now[index]
    if old is None:
        return Divergence(at, f"new message ({new.role})")
    is_same = canonical_message(old) == canonical_message(new)
    if is_same and index == 0:
        return Divergence(at, "tools, or what else the template puts before the first message")
    segment = f"message {index + 1} ({new.role})"
    if new.role is Role.SYSTEM:
        segment = "system prompt"
    if is_same:
        return Divergence(at, f"{segment}, the same words in other tokens")
    return Divergence(at, segment, _change(_words(old), _words(new)))


async def _message_at(
    at: int, prompt: TokenIds, before: Sequence[Message], now: Sequence[Message], render: Render
) -> int:
    """The index in `now` of the message whose tokens `at` is one of."""
    low, high = 0, len(now)
    try:
        while high - low > 1:
            middle = (low + high) // 2
            if num_common(await render(now[:middle]), prompt) > at:
                high = middle
            else:
                low = middle
    except InvalidRequest:
        # Some templates take no conversation that ends there.
        return min(common_prefix(before, now), len(now) - 1)
    return low


def _words(message: Message) -> str:
    return "".join(map(_said, message.parts))


def _said(part: object) -> str:
    match part:
        case Text(text=text) | Thinking(text=text):
            return text
        case ToolUse(name=name, arguments=arguments):
            return f"{name}({arguments})"
        case ToolResult(content=content):
            return content
        case _:
            return ""


def _change(old: str, new: str) -> tuple[str, str]:
    """A few words of both from where they differ."""
    at = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    return _snippet(old, at), _snippet(new, at)


def _snippet(text: str, at: int) -> str:
    begin, end = max(0, at - _LETTERS_BEFORE), at + _LETTERS_AFTER
    start = "…" if begin > 0 else ""
    return start + " ".join(text[begin:end].split()) + ("…" if end < len(text) else "")
