"""What the readers of both protocols have in common: numbers that may be anything, and parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson

from agent_memory.gateway.failures import Failure
from agent_memory.providers.far.event_cutter import SentEvent
from agent_memory.turns.events import (
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    Usage,
)
from agent_memory.turns.messages import Part, Text, Thinking, ToolUse

MAX_TOKENS = 2**40
"""More than any model reads; a larger number is a mistake or a jest."""


class AnswerReader(Protocol):
    """Reads one answer, event by event or whole.

    usage: as far as it was told; None before. failure: what the provider says went wrong.
    is_begun: something of the answer itself has come. is_ended: it is whole.
    """

    usage: Usage | None
    failure: Failure | None
    is_begun: bool
    is_ended: bool
    finish_reason: FinishReason

    def event(self, event: SentEvent) -> list[TurnEvent]: ...

    def whole(self, body: bytes) -> list[TurnEvent]: ...

    @property
    def parts(self) -> tuple[Part, ...]:
        """The answer so far (choice 0)."""
        ...


def json_object(data: bytes) -> Mapping[str, Any] | None:
    """The object in `data`; None where there is none."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def count_of(fields: object, *path: str) -> int:
    """The number at `path`, where one is that can be a number of tokens; else 0."""
    for name in path:
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    is_count = isinstance(fields, int) and not isinstance(fields, bool)
    return fields if is_count and 0 <= fields <= MAX_TOKENS else 0  # type: ignore[operator,return-value]


def text_of(fields: object, *path: str) -> str:
    """The text at `path`; else ''."""
    for name in path:
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    return fields if isinstance(fields, str) else ""


def items_of(fields: object, name: str) -> Sequence[Mapping[str, Any]]:
    """The objects in the list of that name."""
    found = fields.get(name) if isinstance(fields, Mapping) else None
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


class PartsRecorder:
    """Puts the deltas of choice 0 together again. provider: who signs what is thought."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._parts: list[Part] = []

    def add(self, event: TurnEvent) -> None:
        last = self._parts[-1] if self._parts else None
        match event, last:
            case TextDelta(index=0, text=text), Text(text=before):
                self._parts[-1] = Text(before + text)
            case TextDelta(index=0, text=text), _ if text:
                self._parts.append(Text(text))
            case ThinkingDelta(index=0, text=text), Thinking(text=before, signature=""):
                self._parts[-1] = Thinking(before + text)
            case ThinkingDelta(index=0, text=text), _ if text:
                self._parts.append(Thinking(text))
            case ToolCallStarted(index=0, id=call_id, name=name), _:
                self._parts.append(ToolUse(call_id, name, ""))
            case ToolCallDelta(index=0, arguments=more), ToolUse():
                self._parts[-1] = replace(last, arguments=last.arguments + more)
            case _:
                pass

    def sign(self, signature: str) -> None:
        """The thinking that was recorded last is signed with this."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, Thinking):
            signed = last.signature + signature
            self._parts[-1] = replace(last, signature=signed, signed_by=self._provider)
        else:
            self._parts.append(Thinking("", signature, self._provider))

    def redacted(self, data: str) -> None:
        """Thinking that only the provider can read."""
        self._parts.append(Thinking("", data, self._provider, is_redacted=True))

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(
            replace(part, arguments=part.arguments or "{}") if isinstance(part, ToolUse) else part
            for part in self._parts
        )
