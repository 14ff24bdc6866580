"""An answer of the Anthropic Messages API as events of a turn."""

from collections.abc import Mapping
from typing import Any

import orjson

from agent_memory.gateway.failures import Failure, kind_of, status_of_error
from agent_memory.providers.far.event_cutter import SentEvent
from agent_memory.providers.far.reading import (
    PartsRecorder,
    count_of,
    items_of,
    json_object,
    text_of,
)
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    Usage,
)
from agent_memory.turns.messages import Part

_REASONS = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_CALLS,
}


class AnthropicAnswer:
    """Reads one answer. It meets `reading.AnswerReader`."""

    def __init__(self, provider: str) -> None:
        self._recorder = PartsRecorder(provider)
        self.usage: Usage | None = None
        self.failure: Failure | None = None
        self.is_begun = False
        self.is_ended = False
        self.finish_reason = FinishReason.STOP
        self._stop_sequence: str | None = None
        self._has_finished = False

    @property
    def parts(self) -> tuple[Part, ...]:
        return self._recorder.parts

    def event(self, event: SentEvent) -> list[TurnEvent]:  # noqa: PLR0911  one case an event
        """What one server-sent event says."""
        if (data := json_object(event.data)) is None:
            return []
        match data.get("type"):
            case "message_start":
                self._used(data.get("message"))
                return []
            case "content_block_start":
                self.is_begun = True
                return self._noted(self._opened(data.get("content_block")))
            case "content_block_delta":
                self.is_begun = True
                return self._noted(self._delta(data.get("delta")))
            case "message_delta":
                self.is_begun = True
                self._used(data)
                self._stopped(data.get("delta"))
                return []
            case "message_stop":
                self.is_begun = self.is_ended = True
                return self._finish()
            case "error":
                self._fail(data.get("error"))
                return []
            case _:
                return []

    def whole(self, body: bytes) -> list[TurnEvent]:
        """What a whole message says."""
        data = json_object(body)
        if data is None or data.get("type") == "error":
            self._fail(data.get("error") if data else None)
            return []
        self._used(data)
        self._stopped(data)
        self.is_begun = self.is_ended = True
        events: list[TurnEvent] = []
        for block in items_of(data, "content"):
            events += self._noted(self._whole_block(block))
            if signature := text_of(block, "signature"):
                self._recorder.sign(signature)
        return [*events, *self._finish()]

    def _whole_block(self, block: Mapping[str, Any]) -> list[TurnEvent]:
        match block.get("type"):
            case "tool_use":
                arguments = orjson.dumps(block.get("input") or {}).decode()
                return [*self._opened(block), ToolCallDelta(0, arguments)]
            case _:
                return self._opened(block)

    def _opened(self, block: object) -> list[TurnEvent]:
        match text_of(block, "type"):
            case "text":
                return [TextDelta(0, text, 1)] if (text := text_of(block, "text")) else []
            case "thinking":
                text = text_of(block, "thinking")
                return [ThinkingDelta(0, text, 0)] if text else []
            case "redacted_thinking":
                self._recorder.redacted(text_of(block, "data"))
                return []
            case "tool_use":
                return [ToolCallStarted(0, text_of(block, "id"), text_of(block, "name"))]
            case _:
                return []

    def _delta(self, delta: object) -> list[TurnEvent]:
        match text_of(delta, "type"):
            case "text_delta":
                return [TextDelta(0, text_of(delta, "text"), 1)]
            case "thinking_delta":
                return [ThinkingDelta(0, text_of(delta, "thinking"), 0)]
            case "input_json_delta":
                return [ToolCallDelta(0, text_of(delta, "partial_json"))]
            case "signature_delta":
                self._recorder.sign(text_of(delta, "signature"))
                return []
            case _:
                return []

    def _noted(self, events: list[TurnEvent]) -> list[TurnEvent]:
        for event in events:
            self._recorder.add(event)
        return events

    def _used(self, fields: object) -> None:
        """Usage is told twice and cumulative: the later word replaces the earlier."""
        used = fields.get("usage") if isinstance(fields, Mapping) else None
        if not isinstance(used, Mapping):
            return
        before = self.usage or Usage(0, 0)
        read = count_of(used, "cache_read_input_tokens") or before.cached_tokens
        written = count_of(used, "cache_creation_input_tokens") or before.cache_write_tokens
        fresh = before.prompt_tokens - before.cached_tokens - before.cache_write_tokens
        fresh = count_of(used, "input_tokens") or fresh
        self.usage = Usage(
            prompt_tokens=fresh + read + written,
            cached_tokens=read,
            completion_tokens=count_of(used, "output_tokens") or before.completion_tokens,
            cache_write_tokens=written,
        )

    def _stopped(self, fields: object) -> None:
        if reason := text_of(fields, "stop_reason"):
            self.finish_reason = _REASONS.get(reason, FinishReason.STOP)
            self._stop_sequence = text_of(fields, "stop_sequence") or None

    def _finish(self) -> list[TurnEvent]:
        if self._has_finished:
            return []
        self._has_finished = True
        return [ChoiceFinished(0, self.finish_reason, self._stop_sequence)]

    def _fail(self, error: object) -> None:
        status = status_of_error(text_of(error, "type"), None)
        said = text_of(error, "message") or "The provider's answer cannot be read."
        self.failure = Failure(kind_of(status), status, said)
