"""Rollouts of Codex: `~/.codex/sessions/<year>/<month>/<day>/rollout-….jsonl`.

One object a line. `response_item` lines hold what went to the model and came from it, as OpenAI's
Responses API has it; `event_msg` lines say the same again for the screen.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from agent_memory.memory.importing.dialogue import (
    MAX_MESSAGES,
    Dialogue,
    Message,
    own_words,
    said,
    thread_name,
)

KIND = "codex"
_LINES = frozenset({"session_meta", "response_item", "event_msg", "turn_context", "compacted"})
_PUT_BEFORE = "# AGENTS.md instructions"


def is_ours(line: Mapping[str, Any]) -> bool:
    """Whether a line is one of a rollout of Codex."""
    return line.get("type") in _LINES and isinstance(line.get("payload"), Mapping)


def dialogues(lines: Iterable[Mapping[str, Any]]) -> Iterator[Dialogue]:
    """The one of the file; a long one in parts."""
    session, messages = "", list[Message]()
    for line in lines:
        payload = line.get("payload")
        if not isinstance(payload, Mapping):
            continue
        if line.get("type") == "session_meta":
            session = session or str(payload.get("id", ""))
        elif line.get("type") == "response_item":
            messages += _messages(payload, line.get("timestamp"))
            while len(messages) >= MAX_MESSAGES:
                yield Dialogue(thread_name(KIND, session), tuple(messages[:MAX_MESSAGES]))
                del messages[:MAX_MESSAGES]
    if messages:
        yield Dialogue(thread_name(KIND, session), tuple(messages))


def _messages(item: Mapping[str, Any], at: str | None) -> Iterator[Message]:
    match item.get("type"):
        case "message" if item.get("role") in ("user", "assistant"):
            role, text = str(item["role"]), _text(item.get("content"))
            if role == "user":
                text = "" if text.startswith(_PUT_BEFORE) else own_words(text)
            yield from said(role, text, at)
        case "function_call" | "custom_tool_call":
            arguments = item.get("arguments") or item.get("input") or ""
            yield from said("assistant", f"{item.get('name', 'tool')} {arguments}", at)
        case "local_shell_call":
            action = orjson.dumps(item.get("action") or {}).decode()
            yield from said("assistant", f"shell {action}", at)
        case "function_call_output" | "custom_tool_call_output":
            output = item.get("output")
            yield from said("tool", output if isinstance(output, str) else _text(output), at)


def _text(content: object) -> str:
    """Of a string, of parts, or of an object that holds either."""
    if isinstance(content, Mapping):
        content = content.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n\n".join(str(part["text"]) for part in parts if part.get("text"))
