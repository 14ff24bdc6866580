"""An answer of OpenAI's Chat Completions API as events of a turn."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}
_DONE = b"[DONE]"


@dataclass(slots=True)
class _Call:
    """A call that grows; its id and its name come first, its arguments piece by piece."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)


class OpenAiAnswer:
    """Reads one answer. It meets `reading.AnswerReader`.

    Several calls may grow at once; events tell one after the other: the first that is open as it
    comes, the others when the choice has finished.
    """

    def __init__(self, provider: str) -> None:
        self._recorder = PartsRecorder(provider)
        self.usage: Usage | None = None
        self.failure: Failure | None = None
        self.is_begun = False
        self.is_ended = False
        self.finish_reason = FinishReason.STOP
        self._calls: defaultdict[int, dict[int, _Call]] = defaultdict(dict)
        self._told: dict[int, int] = {}
        self._finished: set[int] = set()

    @property
    def parts(self) -> tuple[Part, ...]:
        return self._recorder.parts

    def event(self, event: SentEvent) -> list[TurnEvent]:
        """What one chunk says."""
        if event.data == _DONE:
            self.is_ended = True
            return self._noted(self._finish_all())
        data = json_object(event.data)
        if data is None:
            return []
        if data.get("error"):
            self._fail(data["error"])
            return []
        self._used(data)
        events: list[TurnEvent] = []
        for choice in items_of(data, "choices"):
            events += self._choice(choice, choice.get("delta"))
        return self._noted(events)

    def whole(self, body: bytes) -> list[TurnEvent]:
        """What a whole completion says; likewise an embedding, which has no choices."""
        data = json_object(body)
        if data is None or (data.get("error") and not data.get("choices")):
            self._fail(data.get("error") if data else None)
            return []
        self._used(data)
        self.is_begun = self.is_ended = True
        events: list[TurnEvent] = []
        for choice in items_of(data, "choices"):
            events += self._choice(choice, choice.get("message"))
        return self._noted([*events, *self._finish_all()])

    def _choice(self, choice: Mapping[str, Any], said: object) -> list[TurnEvent]:
        index = count_of(choice, "index")
        events: list[TurnEvent] = []
        if thought := text_of(said, "reasoning_content") or text_of(said, "reasoning"):
            events.append(ThinkingDelta(index, thought, 0))
        texts = (text_of(said, "content"), text_of(said, "refusal"), text_of(choice, "text"))
        events += [TextDelta(index, text, 1) for text in texts if text]
        for at, call in enumerate(items_of(said, "tool_calls")):
            events += self._call(index, count_of(call, "index") if "index" in call else at, call)
        if events:
            self.is_begun = True
        if reason := text_of(choice, "finish_reason"):
            self.is_begun = True
            events += self._finish(index, _REASONS.get(reason, FinishReason.STOP))
        return events

    def _call(self, index: int, at: int, call: Mapping[str, Any]) -> list[TurnEvent]:
        calls = self._calls[index]
        is_new = at not in calls
        grown = calls.setdefault(at, _Call())
        grown.id = grown.id or text_of(call, "id")
        grown.name = grown.name or text_of(call, "function", "name")
        more = text_of(call, "function", "arguments")
        open_call = self._told.setdefault(index, at)
        if at != open_call:
            grown.pieces.append(more)
            return []
        events: list[TurnEvent] = [ToolCallStarted(index, grown.id, grown.name)] if is_new else []
        return [*events, ToolCallDelta(index, more)] if more else events

    def _finish(self, index: int, reason: FinishReason) -> list[TurnEvent]:
        if index in self._finished:
            return []
        self._finished.add(index)
        if index == 0:
            self.finish_reason = reason
        events: list[TurnEvent] = []
        for at, call in sorted(self._calls[index].items()):
            if at != self._told[index]:
                events.append(ToolCallStarted(index, call.id, call.name))
                events.append(ToolCallDelta(index, "".join(call.pieces)))
        return [*events, ChoiceFinished(index, reason)]

    def _finish_all(self) -> list[TurnEvent]:
        """Some servers end a stream without having said why a choice ended."""
        return self._finish(0, FinishReason.TOOL_CALLS if self._calls[0] else FinishReason.STOP)

    def _noted(self, events: list[TurnEvent]) -> list[TurnEvent]:
        for event in events:
            self._recorder.add(event)
        return events

    def _used(self, data: Mapping[str, Any]) -> None:
        used = data.get("usage")
        if not isinstance(used, Mapping):
            return
        prompt = count_of(used, "prompt_tokens") or count_of(used, "input_tokens")
        details = used.get("prompt_tokens_details") or used.get("input_tokens_details")
        cached = min(count_of(details, "cached_tokens"), prompt)
        written = min(count_of(details, "cache_write_tokens"), prompt - cached)
        self.usage = Usage(
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=count_of(used, "completion_tokens")
            or count_of(used, "output_tokens"),
            cache_write_tokens=written,
        )

    def _fail(self, error: object) -> None:
        code = error.get("code") if isinstance(error, Mapping) else None
        status = status_of_error(text_of(error, "type"), code)
        said = text_of(error, "message") or "The provider's answer cannot be read."
        self.failure = Failure(kind_of(status), status, said)
