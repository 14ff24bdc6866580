"""Streams with every kind of event, cut at every byte, through both official clients."""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import orjson
import pytest
from openai.types.chat import ChatCompletionChunk

from agent_memory.testing.upstream.acts import Raw
from agent_memory.testing.upstream.server import ScriptedUpstream

PIECES = [1, 2, 3, 1 << 20]
"""Of one byte each: every place is a cut."""
QUESTION: Any = [{"role": "user", "content": "Which?"}]
TOOL: Any = {"name": "look_up", "description": "Looks up.", "input_schema": {"type": "object"}}
FUNCTION: Any = {
    "type": "function",
    "function": {"name": "look_up", "parameters": {"type": "object"}},
}
WORDS = "Größe → 12\u2028 ✓"
INPUT = {"city": "Wien \u2713", "deep": {"a": [1, 2.5, None]}}


def claudes() -> bytes:
    """Of a provider of Anthropic's protocol, a comment and an event of tomorrow among the rest."""
    found = orjson.dumps(INPUT).decode()
    usage = {"input_tokens": 7, "cache_read_input_tokens": 4, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    head = {**message, "model": "large", "stop_reason": None, "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": head},
        {"type": "ping"},
        _begun(0, {"type": "thinking", "thinking": "", "signature": ""}),
        _grown(0, {"type": "thinking_delta", "thinking": "Hm, "}),
        _grown(0, {"type": "thinking_delta", "thinking": "well."}),
        _grown(0, {"type": "signature_delta", "signature": "c2lnbmVk"}),
        {"type": "content_block_stop", "index": 0},
        {"type": "an_event_of_tomorrow", "x": 1},
        _begun(1, {"type": "text", "text": ""}),
        *(_grown(1, {"type": "text_delta", "text": letter}) for letter in WORDS),
        {"type": "content_block_stop", "index": 1},
        _begun(2, {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}),
        *(
            _grown(2, {"type": "input_json_delta", "partial_json": found[at : at + 5]})
            for at in range(0, len(found), 5)
        ),
        {"type": "content_block_stop", "index": 2},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {"output_tokens": 21},
        },
        {"type": "message_stop"},
    ]
    lines = [f"event: {one['type']}\ndata: ".encode() + orjson.dumps(one) for one in events]
    return b": a comment\n\n" + b"".join(line + b"\n\n" for line in lines)


def gpts() -> bytes:
    """Of a provider of OpenAI's protocol, with the line ends that some servers write."""
    found = orjson.dumps(INPUT).decode()
    call = {"index": 0, "id": "call_1", "type": "function"}
    named = {**call, "function": {"name": "look_up", "arguments": ""}}
    pieces = [found[at : at + 5] for at in range(0, len(found), 5)]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": letter} for letter in WORDS]
    deltas += [{"tool_calls": [named]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": one}}]} for one in pieces]
    usage = {"prompt_tokens": 11, "completion_tokens": 21, "total_tokens": 32}
    chunks = [
        *(_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas),
        _chunk([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]),
        {
            **_chunk([]),
            "usage": {**usage, "prompt_tokens_details": {"cached_tokens": 4}},
        },
    ]
    lines = [b"data: " + orjson.dumps(chunk) for chunk in chunks]
    return b"".join(line + b"\r\n\r\n" for line in [*lines, b"data: [DONE]"])


def _begun(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _grown(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600}
    return {**head, "model": "large", "choices": choices}


GOLDEN = {"claude/large": claudes(), "gpt/large": gpts()}


@pytest.mark.parametrize("model", GOLDEN)
@pytest.mark.parametrize("piece", PIECES)
async def test_claudes_client_reads_all_of_a_stream_however_it_was_cut(
    claude: anthropic.AsyncAnthropic, upstream: ScriptedUpstream, model: str, piece: int
) -> None:
    upstream.acts.append(Raw(GOLDEN[model], piece=piece))

    async with claude.messages.stream(
        model=model,
        max_tokens=64,
        messages=QUESTION,
        tools=[TOOL],
    ) as stream:
        message = await stream.get_final_message()

    blocks: dict[str, Any] = {block.type: block for block in message.content}
    assert blocks["text"].text == WORDS
    assert blocks["tool_use"].input == INPUT
    assert blocks["tool_use"].name == "look_up"
    if model == "claude/large":
        assert blocks["thinking"].thinking == "Hm, well."
        assert blocks["thinking"].signature == "c2lnbmVk"
    assert message.stop_reason == "tool_use"
    assert message.usage.input_tokens == 7
    assert message.usage.cache_read_input_tokens == 4
    assert message.usage.output_tokens == 21


@pytest.mark.parametrize("model", GOLDEN)
@pytest.mark.parametrize("piece", PIECES)
async def test_openais_client_reads_all_of_a_stream_however_it_was_cut(
    gpt: openai.AsyncOpenAI, upstream: ScriptedUpstream, model: str, piece: int
) -> None:
    upstream.acts.append(Raw(GOLDEN[model], piece=piece))

    chunks = await gpt.chat.completions.create(
        model=model,
        max_tokens=64,
        messages=QUESTION,
        tools=[FUNCTION],
        stream=True,
        stream_options={"include_usage": True},
    )
    words, found, name, reason, usage = await _read(chunks)

    assert words == WORDS
    assert (name, orjson.loads(found)) == ("look_up", INPUT)
    assert (reason, usage) == ("tool_calls", (11, 4, 21))


async def _read(
    chunks: AsyncIterator[ChatCompletionChunk],
) -> tuple[str, str, str, str | None, tuple[int, int | None, int] | None]:
    words = found = name = ""
    reason: str | None = None
    usage: tuple[int, int | None, int] | None = None
    async for chunk in chunks:
        for choice in chunk.choices:
            words += choice.delta.content or ""
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or ():
                assert call.function is not None
                name = call.function.name or name
                found += call.function.arguments or ""
        if (used := chunk.usage) is not None:
            details = used.prompt_tokens_details
            cached = None if details is None else details.cached_tokens
            usage = used.prompt_tokens, cached, used.completion_tokens
    return words, found, name, reason, usage
