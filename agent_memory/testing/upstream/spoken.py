"""Answers of a scripted upstream in both protocols. A token is a word."""

from collections.abc import Iterator
from typing import Any

import orjson

from agent_memory.testing.upstream.acts import Received, Say

Json = dict[str, Any]


def words(text: str) -> list[str]:
    """The text in pieces that give it again."""
    pieces = text.split(" ")
    return [piece if at == 0 else f" {piece}" for at, piece in enumerate(pieces)] if text else []


def num_words(say: Say) -> int:
    """What the answer costs."""
    calls = sum(len(call.arguments.split()) or 1 for call in say.calls)
    return len(words(say.text)) + len(words(say.thinking)) + calls


def anthropic_whole(say: Say, model: str, got: Received) -> Json:
    content: list[Json] = []
    if say.thinking:
        thought = {"type": "thinking", "thinking": say.thinking, "signature": say.signature}
        content.append(thought)
    if say.text:
        content.append({"type": "text", "text": say.text})
    for call in say.calls:
        told = {"type": "tool_use", "id": call.id, "name": call.name}
        content.append({**told, "input": orjson.loads(call.arguments)})
    return {
        "id": "msg_up_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": _anthropic_reason(say),
        "stop_sequence": None,
        "usage": {**_anthropic_input(got), "output_tokens": got.output_tokens},
    }


def anthropic_events(say: Say, model: str, got: Received) -> Iterator[bytes]:
    message = {**anthropic_whole(Say(""), model, got), "content": [], "stop_reason": None}
    message["usage"] = {**_anthropic_input(got), "output_tokens": 1}
    yield _named("message_start", {"message": message})
    yield _named("ping", {})
    for index, (block, deltas) in enumerate(_blocks(say)):
        yield _named("content_block_start", {"index": index, "content_block": block})
        for delta in deltas:
            yield _named("content_block_delta", {"index": index, "delta": delta})
        yield _named("content_block_stop", {"index": index})
    delta = {"stop_reason": _anthropic_reason(say), "stop_sequence": None}
    usage = {"output_tokens": got.output_tokens}
    yield _named("message_delta", {"delta": delta, "usage": usage})
    yield _named("message_stop", {})


def _blocks(say: Say) -> Iterator[tuple[Json, list[Json]]]:
    if say.thinking:
        deltas: list[Json] = [
            {"type": "thinking_delta", "thinking": word} for word in words(say.thinking)
        ]
        deltas.append({"type": "signature_delta", "signature": say.signature})
        yield {"type": "thinking", "thinking": "", "signature": ""}, deltas
    if say.text:
        deltas = [{"type": "text_delta", "text": word} for word in words(say.text)]
        yield {"type": "text", "text": ""}, deltas
    for call in say.calls:
        half = len(call.arguments) // 2
        pieces = (call.arguments[:half], call.arguments[half:])
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, deltas


def _anthropic_reason(say: Say) -> str:
    return say.stop or ("tool_use" if say.calls else "end_turn")


def _anthropic_input(got: Received) -> Json:
    return {
        "input_tokens": got.prompt_tokens - got.cached_tokens,
        "cache_read_input_tokens": got.cached_tokens,
        "cache_creation_input_tokens": 0,
    }


def openai_whole(say: Say, model: str, got: Received) -> Json:
    message: Json = {"role": "assistant", "content": say.text or None, "refusal": None}
    if say.thinking:
        message["reasoning_content"] = say.thinking
    if say.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in say.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _openai_reason(say)}
    return {
        "id": "chatcmpl-up-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": model,
        "choices": [choice],
        "usage": _openai_usage(got),
    }


def openai_events(say: Say, model: str, got: Received, *, has_usage: bool) -> Iterator[bytes]:
    head = {
        "id": "chatcmpl-up-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": model,
    }

    def chunk(delta: Json, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _bare({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for word in words(say.thinking):
        yield chunk({"reasoning_content": word})
    for word in words(say.text):
        yield chunk({"content": word})
    for at, call in enumerate(say.calls):
        function = {"name": call.name, "arguments": ""}
        begun = {"index": at, "id": call.id, "type": "function", "function": function}
        yield chunk({"tool_calls": [begun]})
        half = len(call.arguments) // 2
        for piece in (call.arguments[:half], call.arguments[half:]):
            yield chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]})
    yield chunk({}, _openai_reason(say))
    if has_usage:
        yield _bare({**head, "choices": [], "usage": _openai_usage(got)})
    yield b"data: [DONE]\n\n"


def _openai_reason(say: Say) -> str:
    return say.stop or ("tool_calls" if say.calls else "stop")


def _openai_usage(got: Received) -> Json:
    return {
        "prompt_tokens": got.prompt_tokens,
        "completion_tokens": got.output_tokens,
        "total_tokens": got.prompt_tokens + got.output_tokens,
        "prompt_tokens_details": {"cached_tokens": got.cached_tokens},
    }


def error_body(path: str, status: int, message: str) -> Json:
    """An error as the protocol of `path` has it."""
    kind = {429: "rate_limit_error", 529: "overloaded_error", 401: "authentication_error"}
    name = kind.get(status, "invalid_request_error" if status < 500 else "api_error")
    if path.startswith("/v1/messages"):
        return {"type": "error", "error": {"type": name, "message": message}}
    return {"error": {"type": name, "message": message, "code": None, "param": None}}


def error_event(path: str) -> bytes:
    """An error in the middle of a stream."""
    body = error_body(path, 529, "Overloaded in the middle")
    return _named("error", body) if path.startswith("/v1/messages") else _bare(body)


def _named(name: str, data: Json) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps({"type": name, **data}) + b"\n\n"


def _bare(data: Json) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"
