"""A turn's events as an Anthropic response (https://docs.anthropic.com/en/api/streaming)."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import assert_never

import orjson

from agent_memory.api.answer import Answer, Choice, refuse_cancelled
from agent_memory.api.errors import Fault, anthropic_error
from agent_memory.api.renderer import named_event
from agent_memory.api.translators.held_call import HeldCall, input_pieces
from agent_memory.api.translators.memory_words import memory_field
from agent_memory.errors import InvariantBroken
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
from agent_memory.turns.messages import (
    Media,
    Part,
    Recollection,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

_STOP_REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
}
_PING = named_event("ping", {"type": "ping"})
_PIECES_A_PING = 64
"""While a call is held back, about so many tokens pass between signs of life."""


class MessagesRenderer:
    """One response of `POST /v1/messages`. `model` is the name that the client asked for.

    edits_asked: the client asked for edits of its history, and is told that none were made.
    """

    surface = "messages"

    def __init__(self, model: str, *, edits_asked: bool = False) -> None:
        self._model = model
        self._edits: Mapping[str, object] = (
            {"context_management": {"applied_edits": []}} if edits_asked else {}
        )
        self._num_blocks = 0
        self._open: str | None = None
        self._thinking: list[str] = []
        self._call: HeldCall | None = None
        self._finished: ChoiceFinished | None = None

    def event(self, source: int, event: TurnEvent) -> bytes:  # noqa: ARG002, PLR0911  one turn; one case an event
        """The protocol's events for `event`, blocks opened and closed as needed."""
        match event:
            case TextDelta(text="") | ThinkingDelta(text=""):
                return b""
            case TextDelta():
                delta = {"type": "text_delta", "text": event.text}
                return self._opened("text", {"type": "text", "text": ""}) + self._delta(delta)
            case ThinkingDelta():
                return self._thinking_delta(event.text)
            case ToolCallStarted():
                closed = self._closed()
                self._call = HeldCall(event)
                return closed
            case ToolCallDelta():
                return self._hold(event.arguments)
            case Passed():
                return event.data
            case Ping():
                return _PING
            case ChoiceFinished():
                refuse_cancelled(event)
                self._finished = event
                return self._closed(event.reason)
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
        return {
            **self._message(answer.turn_id, answer.usage, answer.memory),
            "content": _blocks(choice),
            "stop_reason": _STOP_REASONS[choice.reason],
            "stop_sequence": choice.stop_sequence,
            **self._edits,
        }

    def _message(self, turn_id: str, usage: Usage, memory: Injected | None) -> dict[str, object]:
        return {
            "id": f"msg_{turn_id.removeprefix('turn_')}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": messages_usage(usage),
            **memory_field(memory),
        }

    def _message_start(self, event: TurnStarted) -> bytes:
        message = self._message(event.turn_id, event.usage, event.memory)
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
            **self._edits,
        }
        return named_event("message_delta", data)

    def _thinking_delta(self, text: str) -> bytes:
        opened = self._opened("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        self._thinking.append(text)
        return opened + self._delta({"type": "thinking_delta", "thinking": text})

    def _opened(self, kind: str, block: dict[str, object]) -> bytes:
        if self._open == kind:
            return b""
        closed = self._closed()
        self._open = kind
        data = {"type": "content_block_start", "index": self._num_blocks, "content_block": block}
        return closed + named_event("content_block_start", data)

    def _delta(self, delta: dict[str, str]) -> bytes:
        data = {"type": "content_block_delta", "index": self._num_blocks, "delta": delta}
        return named_event("content_block_delta", data)

    def _hold(self, arguments: str) -> bytes:
        """A call is told when it is whole; until then the client hears now and then of the turn."""
        if self._call is None:
            raise InvariantBroken("arguments have no call to belong to")
        self._call.pieces.append(arguments)
        return _PING if len(self._call.pieces) % _PIECES_A_PING == 0 else b""

    def _told_call(self, reason: FinishReason | None) -> bytes:
        call, self._call = self._call, None
        if call is None or not (pieces := call.input_pieces(reason)):
            return b""
        block: dict[str, object] = {"type": "tool_use", "id": call.id, "name": call.name}
        block["input"] = {}
        deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
        opened = self._opened("tool_use", block)
        return opened + b"".join(map(self._delta, deltas)) + self._closed()

    def _closed(self, reason: FinishReason | None = None) -> bytes:
        """Close the open block; a thinking block is signed first. `reason`: why nothing follows."""
        if self._call is not None:
            return self._told_call(reason)
        if self._open is None:
            return b""
        signed = b""
        if self._open == "thinking":
            signature = _signature("".join(self._thinking))
            signed = self._delta({"type": "signature_delta", "signature": signature})
            self._thinking.clear()
        data = {"type": "content_block_stop", "index": self._num_blocks}
        self._open = None
        self._num_blocks += 1
        return signed + named_event("content_block_stop", data)


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
    }


def _blocks(choice: Choice) -> list[dict[str, object]]:
    """A call that was cut off is left out; it can only be the last."""
    reasons = [*(None for _ in choice.parts[1:]), choice.reason]
    blocks = (_block(part, reason) for part, reason in zip(choice.parts, reasons, strict=False))
    return [block for block in blocks if block is not None]


def _block(part: Part, reason: FinishReason | None) -> dict[str, object] | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "thinking": text, "signature": _signature(text)}
        case ToolUse(id_, name, arguments):
            pieces = input_pieces(name, [arguments], reason)
            said = {"type": "tool_use", "id": id_, "name": name}
            return {**said, "input": orjson.loads("".join(pieces))} if pieces else None
        case ToolResult() | Recollection() | Media():
            raise TypeError("an answer holds neither tool results, media nor what was recalled")


def _signature(thinking: str) -> str:
    """A digest stands where the protocol has a signature: clients send it back unread."""
    digest = hashlib.sha256(b"agent_memory.thinking.1\x00" + thinking.encode()).digest()
    return base64.b64encode(digest).decode()
