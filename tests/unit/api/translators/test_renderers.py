"""The streamed response adds up to the whole one, for any turn and in every protocol."""

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.api.answer import AnswerFold
from agent_memory.api.renderer import Renderer
from agent_memory.api.translators.chat_renderer import ChatRenderer
from agent_memory.api.translators.completions_renderer import CompletionsRenderer
from agent_memory.api.translators.messages_renderer import MessagesRenderer
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Ping,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
)
from tests.unit.api.scripts import FINISHED, STARTED
from tests.unit.api.sse import events

TEXT = st.text(max_size=6)


def _call(pieces: tuple[str, int]) -> list[TurnEvent]:
    """A call whose arguments come in pieces of `size` characters."""
    value, size = pieces
    arguments = orjson.dumps({"value": value}).decode()
    chunks = [arguments[at : at + size] for at in range(0, len(arguments), size)]
    started = ToolCallStarted(0, f"call_{value}", "tool")
    return [started, *[ToolCallDelta(0, chunk, 1) for chunk in chunks]]


PIECES = st.lists(
    st.one_of(
        TEXT.map(lambda text: [TextDelta(0, text, 1)]),
        TEXT.map(lambda text: [ThinkingDelta(0, text, 1)]),
        st.tuples(TEXT, st.integers(1, 9)).map(_call),
        st.just([Ping(1, 2)]),
    ),
    max_size=8,
)
REASONS = st.sampled_from([FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL_CALLS])


def _turn(pieces: Sequence[Sequence[TurnEvent]], reason: FinishReason) -> list[TurnEvent]:
    said = [event for piece in pieces for event in piece]
    return [STARTED, *said, ChoiceFinished(0, reason), FINISHED]


def _both(renderer: Renderer, turn: Sequence[TurnEvent]) -> tuple[list[Any], Any]:
    """The data of the stream's events, and the whole response."""
    fold = AnswerFold()
    for event in turn:
        fold.add(event)
    raw = b"".join([renderer.event(0, event) for event in turn]) + renderer.end()
    whole = orjson.loads(orjson.dumps(renderer.whole([fold.answer()])))
    return [data for _, data in events(raw.decode())], whole


def _blocks(stream: list[Any]) -> list[Any]:
    """Content blocks as a client puts them together."""
    blocks: list[Any] = []
    inputs: dict[int, str] = {}
    for data in stream:
        if data["type"] == "content_block_start":
            assert data["index"] == len(blocks)
            blocks.append(dict(data["content_block"]))
        elif data["type"] == "content_block_delta":
            delta, block = data["delta"], blocks[data["index"]]
            match delta["type"]:
                case "text_delta":
                    block["text"] += delta["text"]
                case "thinking_delta":
                    block["thinking"] += delta["thinking"]
                case "signature_delta":
                    block["signature"] = delta["signature"]
                case "input_json_delta":
                    text = inputs.get(data["index"], "") + delta["partial_json"]
                    inputs[data["index"]] = text
    for index, text in inputs.items():
        blocks[index]["input"] = orjson.loads(text)
    return blocks


@given(PIECES, REASONS)
def test_an_anthropic_stream_adds_up(pieces: list[list[TurnEvent]], reason: FinishReason) -> None:
    stream, whole = _both(MessagesRenderer("m"), _turn(pieces, reason))
    assert _blocks(stream) == whole["content"]
    [last] = [data for data in stream if data["type"] == "message_delta"]
    assert last["delta"]["stop_reason"] == whole["stop_reason"]
    assert last["usage"] == whole["usage"]
    num_starts = sum(data["type"] == "content_block_start" for data in stream)
    num_stops = sum(data["type"] == "content_block_stop" for data in stream)
    assert num_starts == num_stops


@given(PIECES, REASONS)
def test_a_chat_stream_adds_up(pieces: list[list[TurnEvent]], reason: FinishReason) -> None:
    turn = _turn(pieces, reason)
    stream, _ = _both(ChatRenderer("m", 1, 1, include_usage=True), turn)
    _, whole = _both(ChatRenderer("m", 1, 1, include_usage=True), turn)
    chunks = [data for data in stream if data != "[DONE]"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    message = whole["choices"][0]["message"]
    assert "".join(d.get("content", "") for d in deltas) == (message["content"] or "")
    thinking = "".join(d.get("reasoning_content", "") for d in deltas)
    assert thinking == message.get("reasoning_content", "")
    calls: list[Any] = []
    for call in [call for d in deltas for call in d.get("tool_calls", ())]:
        if call["index"] == len(calls):
            calls.append(call)
        else:
            function = calls[call["index"]]["function"]
            function["arguments"] += call["function"]["arguments"]
    assert [{k: c[k] for k in ("id", "type", "function")} for c in calls] == message.get(
        "tool_calls", []
    )
    assert chunks[-1]["usage"] == whole["usage"]
    assert chunks[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]


@given(st.lists(TEXT, max_size=8), REASONS)
def test_a_text_stream_adds_up(said: list[str], reason: FinishReason) -> None:
    turn = _turn([[TextDelta(0, text, 1)] for text in said], reason)
    renderer = CompletionsRenderer("turn_1", "m", 1, 1, include_usage=True)
    stream, whole = _both(renderer, turn)
    choices = [c for data in stream if data != "[DONE]" for c in data["choices"]]
    assert "".join(choice["text"] for choice in choices) == whole["choices"][0]["text"]
    assert choices[-1]["finish_reason"] == whole["choices"][0]["finish_reason"]


def test_a_call_that_was_cut_off_before_its_arguments_has_none_in_either_form() -> None:
    """An empty object would be a whole call, which the model has not made."""
    turn = _turn([[ToolCallStarted(0, "call_1", "tool")]], FinishReason.LENGTH)
    chat, whole = _both(ChatRenderer("m", 1, 1, include_usage=True), turn)
    deltas = [c["choices"][0]["delta"] for c in chat if c != "[DONE]" and c["choices"]]
    told = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert [call["function"]["arguments"] for call in told] == [""]
    [call] = whole["choices"][0]["message"]["tool_calls"]
    assert call["function"]["arguments"] == ""
    stream, whole = _both(MessagesRenderer("m"), turn)
    assert _blocks(stream) == whole["content"] == []
