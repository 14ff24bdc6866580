"""A turn's events as an Anthropic response (https://docs.anthropic.com/en/api/streaming)."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import assert_never

import orjson

from agent_memory.api.answer import Answer, Choice, refuse_cancelled
from agent_memory.api.errors import Fault, anthropic_error
from agent_memory.api.part_tracker import (
    ChoiceEvent,
    PartBegun,
    PartEnded,
    PartGrown,
    PartKind,
    PartStep,
    PartTracker,
)
from agent_memory.api.renderer import named_event
from agent_memory.api.translators.cache_diagnostics import (
    Comparison,
    anthropic_cache_diagnostics,
)
from agent_memory.api.translators.context_management import applied_edits
from agent_memory.api.translators.contexts_read import contexts_read
from agent_memory.api.translators.memory_words import memory_field
from agent_memory.ids import TurnId
from agent_memory.prompts.calls import is_json_object
from agent_memory.turns.context_edits import AppliedEdit
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Injected,
    Passed,
    Ping,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Text, Thinking, ToolUse
from agent_memory.turns.names import message_id
from agent_memory.turns.overlap import Overlap

_STOP_REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.WINDOW: "model_context_window_exceeded",
    FinishReason.TOOL_CALLS: "tool_use",
}
_EMPTY_BLOCKS: Mapping[PartKind, Mapping[str, object]] = {
    Text: {"type": "text", "text": ""},
    Thinking: {"type": "thinking", "thinking": "", "signature": ""},
}
_GROWTH: Mapping[PartKind, str] = {Text: "text", Thinking: "thinking"}
"""The word for both the kind of a delta and its field."""
_PING = named_event("ping", {"type": "ping"})
_PIECES_A_PING = 64
"""While a call is held back, about so many tokens pass between signs of life."""


class MessagesRenderer:
    """One response of `POST /v1/messages`. `model` is the name that the client asked for.

    edits_asked: the client asked for edits of its history, and is told which were made.
    comparison: what it wants the prompt to be compared with.
    """

    surface = "messages"

    def __init__(
        self, model: str, *, edits_asked: bool = False, comparison: Comparison | None = None
    ) -> None:
        self._model = model
        self._comparison = comparison
        self._edits_asked = edits_asked
        self._edits: tuple[AppliedEdit, ...] = ()
        self._num_blocks = 0
        self._parts = PartTracker()
        self._held: list[str] = []
        self._finished: ChoiceFinished | None = None

    def event(self, source: int, event: TurnEvent) -> bytes:  # noqa: ARG002  one turn
        """The protocol's events for `event`, blocks opened and closed as needed."""
        match event:
            case TextDelta() | ThinkingDelta() | ToolCallStarted() | ToolCallDelta():
                return self._told(event)
            case Passed():
                return event.data
            case Ping():
                return _PING
            case ChoiceFinished():
                refuse_cancelled(event)
                self._finished = event
                return self._told(event)
            case TurnStarted():
                return self._message_start(event) + _PING
            case TurnFinished():
                return self._message_delta(event.usage)
            case _:
                assert_never(event)

    def ping(self) -> bytes:
        return _PING

    def end(self) -> bytes:
        return named_event("message_stop", {"type": "message_stop"})

    def error(self, fault: Fault) -> bytes:
        return named_event("error", anthropic_error(fault))

    def whole(self, answers: Sequence[Answer]) -> dict[str, object]:
        """The whole message."""
        answer = answers[0]
        choice = answer.choices[0]
        self._edits = answer.edits
        return {
            **self._message(answer.turn_id, answer.usage, answer.memory, answer.overlap),
            "content": _blocks(choice),
            "stop_reason": _STOP_REASONS[choice.reason],
            "stop_sequence": choice.stop_sequence,
            **self._edited(),
        }

    def _message(
        self, turn_id: TurnId, usage: Usage, memory: Injected | None, overlap: Overlap | None
    ) -> dict[str, object]:
        compared = self._comparison
        found = None if compared is None else anthropic_cache_diagnostics(compared, overlap)
        return {
            "id": message_id(turn_id),
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": messages_usage(usage),
            **({} if found is None else {"diagnostics": found}),
            **memory_field(memory),
        }

    def _edited(self) -> dict[str, object]:
        return {"context_management": applied_edits(self._edits)} if self._edits_asked else {}

    def _message_start(self, event: TurnStarted) -> bytes:
        self._edits = event.edits
        message = self._message(event.turn_id, event.usage, event.memory, event.overlap)
        return named_event("message_start", {"type": "message_start", "message": message})

    def _message_delta(self, usage: Usage) -> bytes:
        finished = self._finished
        data = {
            "type": "message_delta",
            "delta": {
                "stop_reason": _STOP_REASONS[finished.reason] if finished else None,
                "stop_sequence": finished.stop_sequence if finished else None,
            },
            "usage": messages_usage(usage),
            **self._edited(),
        }
        return named_event("message_delta", data)

    def _told(self, event: ChoiceEvent) -> bytes:
        return b"".join([self._step(step) for step in self._parts.take(event)])

    def _step(self, step: PartStep) -> bytes:
        match step:
            case PartBegun(kind):
                return b"" if kind is ToolUse else self._start(_EMPTY_BLOCKS[kind])
            case PartGrown(kind, text):
                return self._hold(text) if kind is ToolUse else self._grown(_GROWTH[kind], text)
            case PartEnded():
                return self._ended(step)

    def _ended(self, ended: PartEnded) -> bytes:
        match ended.part:
            case Text():
                return self._stop()
            case Thinking(text):
                return self._grown("signature", _signature(text)) + self._stop()
            case ToolUse() as call:
                return self._told_call(call, is_cut=ended.is_cut)

    def _hold(self, arguments: str) -> bytes:
        """A call is told when it is whole: official clients make an object of whatever JSON has
        come, and a call that was cut off would be another call. Until then the client hears now
        and then of the turn."""
        self._held.append(arguments)
        return _PING if len(self._held) % _PIECES_A_PING == 0 else b""

    def _told_call(self, call: ToolUse, *, is_cut: bool) -> bytes:
        held, self._held = self._held, []
        arguments = _whole_arguments(call, is_cut=is_cut)
        if arguments is None:
            return b""
        pieces = held if arguments == call.arguments else [arguments]
        block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
        return self._start(block) + b"".join(map(self._delta, deltas)) + self._stop()

    def _start(self, block: Mapping[str, object]) -> bytes:
        data = {"type": "content_block_start", "index": self._num_blocks, "content_block": block}
        return named_event("content_block_start", data)

    def _grown(self, word: str, text: str) -> bytes:
        return self._delta({"type": f"{word}_delta", word: text})

    def _delta(self, delta: Mapping[str, str]) -> bytes:
        data = {"type": "content_block_delta", "index": self._num_blocks, "delta": delta}
        return named_event("content_block_delta", data)

    def _stop(self) -> bytes:
        data = {"type": "content_block_stop", "index": self._num_blocks}
        self._num_blocks += 1
        return named_event("content_block_stop", data)


def messages_usage(usage: Usage) -> dict[str, object]:
    """Anthropic's usage: `input_tokens` excludes what was read from the cache.

    The three input counts must add up to the prompt, so `cache_creation_input_tokens` is 0 for the
    local engine: all that is computed is kept, and it is counted once, as input.
    """
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": usage.completion_tokens,
        **({"miss_reason": usage.miss_reason} if usage.miss_reason else {}),
        **contexts_read(usage),
    }


def _blocks(choice: Choice) -> list[dict[str, object]]:
    """A call that was cut off is left out; it can only be the last."""
    reasons = [*(None for _ in choice.parts[1:]), choice.reason]
    ended = (PartEnded(part, reason) for part, reason in zip(choice.parts, reasons, strict=False))
    return [block for block in map(_block, ended) if block is not None]


def _block(ended: PartEnded) -> dict[str, object] | None:
    match ended.part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "thinking": text, "signature": _signature(text)}
        case ToolUse(id_, name) as call:
            arguments = _whole_arguments(call, is_cut=ended.is_cut)
            said = {"type": "tool_use", "id": id_, "name": name}
            return None if arguments is None else {**said, "input": orjson.loads(arguments)}


def _whole_arguments(call: ToolUse, *, is_cut: bool) -> str | None:
    """The JSON of a call's input, None where the call was cut off. Arguments that the model itself
    wrote wrongly are passed on under a name that says so."""
    if is_json_object(call.arguments):
        return call.arguments
    if not call.name or is_cut:
        return None
    return orjson.dumps({"INVALID_JSON": call.arguments}).decode()


def _signature(thinking: str) -> str:
    """A digest stands where the protocol has a signature: clients send it back unread."""
    digest = hashlib.sha256(b"agent_memory.thinking.1\x00" + thinking.encode()).digest()
    return base64.b64encode(digest).decode()
