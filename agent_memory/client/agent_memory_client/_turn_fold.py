"""The server's events of one turn, folded into those that a caller reads."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_memory_client.errors import refusal
from agent_memory_client.results import (
    Json,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    Turn,
    TurnEvent,
    read_usage,
)


@dataclass(slots=True)
class TurnFold:
    """Takes events in order. A call is told when it is complete."""

    _turn_id: str = ""
    _session_id: str = ""
    _reason: str = ""
    _text: list[str] = field(default_factory=list)
    _calls: list[ToolCall] = field(default_factory=list)
    _open: tuple[str, str] | None = None
    _arguments: list[str] = field(default_factory=list)

    def take(self, name: str, data: Json) -> Iterator[TurnEvent]:
        match name:
            case "turn_started":
                self._turn_id, self._session_id = data["turn_id"], data["session_id"]
            case "text_delta":
                self._text.append(data["text"])
                yield TextDelta(data["text"])
            case "thinking_delta":
                yield ThinkingDelta(data["text"])
            case "tool_call_started":
                yield from self._close_call()
                self._open = (data["id"], data["name"])
            case "tool_call_delta":
                self._arguments.append(data["arguments"])
            case "choice_finished":
                yield from self._close_call()
                self._reason = data["reason"]
            case "turn_finished":
                yield self._whole(data)
            case "error":
                raise refusal(int(data.get("status", 500)), data)

    def _close_call(self) -> Iterator[ToolCall]:
        if self._open is not None:
            call = ToolCall(*self._open, "".join(self._arguments) or "{}")
            self._calls.append(call)
            self._open = None
            self._arguments.clear()
            yield call

    def _whole(self, data: Json) -> Turn:
        return Turn(
            self._turn_id,
            self._session_id,
            "".join(self._text),
            tuple(self._calls),
            self._reason,
            read_usage(data["usage"]),
        )
