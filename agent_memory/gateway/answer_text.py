"""The words of an answer that was passed on as bytes, in either protocol, streamed or whole."""

from collections.abc import Iterator

import orjson

from agent_memory.json_value import Json

_WORDS = frozenset(
    {"text", "thinking", "partial_json", "content", "reasoning_content", "refusal", "arguments"}
)
_LISTS = ("choices", "content", "tool_calls")
_OBJECTS = ("message", "delta", "function", "content_block")


def answer_text(data: bytes) -> str:
    """Its words and calls in their order; the bytes as they are where they cannot be read."""
    try:
        return "".join(_said(orjson.loads(data)))
    except orjson.JSONDecodeError:
        pass
    events = list(_events(data))
    if not events:
        return data.decode(errors="replace")
    return "".join(word for event in events for word in _said(event))


def _events(data: bytes) -> Iterator[Json]:
    for line in data.splitlines():
        if line.startswith(b"data:"):
            try:
                yield orjson.loads(line[len(b"data:") :])
            except orjson.JSONDecodeError:
                continue


def _said(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _said(entry)
    if not isinstance(value, dict):
        return
    for name, entry in value.items():
        if isinstance(entry, str) and name in _WORDS:
            yield entry
        elif name == "input" and isinstance(entry, dict) and entry:
            yield orjson.dumps(entry).decode()
        elif name in _OBJECTS or name in _LISTS:
            yield from _said(entry)
        elif name == "error" and isinstance(entry, dict) and isinstance(entry.get("message"), str):
            yield str(entry["message"])
