"""A turn's events as a chat completion (https://platform.openai.com/docs/api-reference/chat)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import assert_never

from agent_memory.api.answer import Answer, Choice, refuse_cancelled, texts
from agent_memory.api.errors import Fault, openai_error
from agent_memory.api.renderer import COMMENT_PING, bare_event
from agent_memory.api.translators.memory_words import memory_field
from agent_memory.api.translators.openai_words import FINISH_REASONS, chat_logprobs, openai_usage
from agent_memory.turns.events import (
    ChoiceFinished,
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
from agent_memory.turns.messages import Thinking, ToolUse
from agent_memory.turns.names import completion_id

NOTHING_ELSE: Mapping[str, object] = {}


class ChatRenderer:
    """One response of `POST /v1/chat/completions` with `num_choices` choices.

    model: the name that the client asked for. created: Unix time in seconds.
    include_usage: send a last chunk with the usage and no choices.
    """

    surface = "chat_completions"

    def __init__(self, model: str, created: int, num_choices: int, *, include_usage: bool) -> None:
        self._num_choices = num_choices
        self._include_usage = include_usage
        self._head: dict[str, object] = {"model": model, "created": created}
        self._num_calls: defaultdict[int, int] = defaultdict(int)
        self._is_call_named: dict[int, bool] = {}
        """Of the last call of each choice; one that was cut off before its name is not told."""
        self._num_thinking_tokens = 0

    def event(self, source: int, event: TurnEvent) -> bytes:  # noqa: ARG002, PLR0911  one turn; one case an event
        """One chunk for `event`, or none."""
        match event:
            case TextDelta():
                logprobs = chat_logprobs(event.logprobs)
                return self._chunk(event.index, {"content": event.text}, logprobs)
            case ThinkingDelta():
                self._num_thinking_tokens += event.num_tokens
                return self._chunk(event.index, {"reasoning_content": event.text})
            case ToolCallStarted():
                self._is_call_named[event.index] = bool(event.name)
                return self._call_started(event) if event.name else b""
            case ToolCallDelta():
                return self._call_delta(event) if self._is_call_named[event.index] else b""
            case Passed():
                return event.data
            case Ping():
                return COMMENT_PING
            case ChoiceFinished():
                refuse_cancelled(event)
                return self._chunk(event.index, {}, finish_reason=FINISH_REASONS[event.reason])
            case TurnStarted():
                return self._start(event)
            case TurnFinished():
                return self._usage_chunk(event.usage)
            case _:
                assert_never(event)

    def ping(self) -> bytes:
        return COMMENT_PING

    def end(self) -> bytes:
        return b"data: [DONE]\n\n"

    def error(self, fault: Fault) -> bytes:
        return bare_event(openai_error(fault))

    def whole(self, answers: Sequence[Answer]) -> dict[str, object]:
        """The whole completion."""
        answer = answers[0]
        return {
            "id": completion_id(answer.turn_id),
            "object": "chat.completion",
            **self._head,
            "choices": [_choice(choice) for choice in answer.choices],
            "usage": openai_usage(answer.usage, answer.num_thinking_tokens),
            **memory_field(answer.memory),
        }

    def _start(self, event: TurnStarted) -> bytes:
        id_ = completion_id(event.turn_id)
        self._head = {"id": id_, "object": "chat.completion.chunk", **self._head}
        if self._include_usage:
            self._head["usage"] = None
        delta = {"role": "assistant", "content": ""}
        extra = memory_field(event.memory)
        chunks = [self._chunk(index, delta, extra=extra) for index in range(self._num_choices)]
        return b"".join(chunks)

    def _call_started(self, event: ToolCallStarted) -> bytes:
        self._num_calls[event.index] += 1
        call = {
            "index": self._num_calls[event.index] - 1,
            "id": event.id,
            "type": "function",
            "function": {"name": event.name, "arguments": ""},
        }
        return self._chunk(event.index, {"tool_calls": [call]})

    def _call_delta(self, event: ToolCallDelta) -> bytes:
        call = {
            "index": self._num_calls[event.index] - 1,
            "function": {"arguments": event.arguments},
        }
        return self._chunk(event.index, {"tool_calls": [call]})

    def _usage_chunk(self, usage: Usage) -> bytes:
        if not self._include_usage:
            return b""
        counts = openai_usage(usage, self._num_thinking_tokens)
        return bare_event({**self._head, "choices": [], "usage": counts})

    def _chunk(
        self,
        index: int,
        delta: object,
        logprobs: object = None,
        finish_reason: str | None = None,
        extra: Mapping[str, object] = NOTHING_ELSE,
    ) -> bytes:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": finish_reason,
        }
        return bare_event({**self._head, "choices": [choice], **extra})


def _choice(choice: Choice) -> dict[str, object]:
    message: dict[str, object] = {
        "role": "assistant",
        "content": texts(choice.parts) or None,
        "refusal": None,
    }
    if thinking := "".join(part.text for part in choice.parts if isinstance(part, Thinking)):
        message["reasoning_content"] = thinking
    made = [part for part in choice.parts if isinstance(part, ToolUse) and part.name]
    if calls := [_call(part) for part in made]:
        message["tool_calls"] = calls
    elif message["content"] is None:
        message["content"] = ""
    return {
        "index": choice.index,
        "message": message,
        "logprobs": chat_logprobs(choice.logprobs),
        "finish_reason": FINISH_REASONS[choice.reason],
    }


def _call(part: ToolUse) -> dict[str, object]:
    function = {"name": part.name, "arguments": part.arguments}
    return {"id": part.id, "type": "function", "function": function}
