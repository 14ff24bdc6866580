"""Transcripts of Claude Code: `~/.claude/projects/<project>/<session>.jsonl`.

One object a line. `user` and `assistant` lines hold messages as Anthropic's API has them; other
lines are about the program itself. What sub-agents said, and what a compaction retold, is left out.
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

KIND = "claude-code"
_RETOLD = ("isMeta", "isSidechain", "isCompactSummary")


def is_ours(line: Mapping[str, Any]) -> bool:
    """Whether a line is one of a transcript of Claude Code."""
    return "sessionId" in line and isinstance(line.get("type"), str)


def dialogues(lines: Iterable[Mapping[str, Any]]) -> Iterator[Dialogue]:
    """One a session, in the order of their first lines; a long one in parts."""
    sessions: dict[str, list[Message]] = {}
    for line in lines:
        if line.get("type") in ("user", "assistant") and not any(map(line.get, _RETOLD)):
            messages = sessions.setdefault(str(line.get("sessionId", "")), [])
            messages += _messages(line)
            while len(messages) >= MAX_MESSAGES:
                yield Dialogue(_thread(line), tuple(messages[:MAX_MESSAGES]))
                del messages[:MAX_MESSAGES]
    for session, messages in sessions.items():
        if messages:
            yield Dialogue(thread_name(KIND, session), tuple(messages))


def _thread(line: Mapping[str, Any]) -> str:
    return thread_name(KIND, str(line.get("sessionId", "")))


def _messages(line: Mapping[str, Any]) -> Iterator[Message]:
    message = line.get("message")
    if not isinstance(message, Mapping):
        return
    at, content = line.get("timestamp"), message.get("content")
    role = str(message.get("role") or line["type"])
    if isinstance(content, str):
        yield from said(role, own_words(content) if role == "user" else content, at)
        return
    for block in content if isinstance(content, list) else ():
        yield from _block(role, block, at)


def _block(role: str, block: Mapping[str, Any], at: str | None) -> Iterator[Message]:
    match block.get("type"):
        case "text":
            text = str(block.get("text") or "")
            yield from said(role, own_words(text) if role == "user" else text, at)
        case "tool_use":
            call = orjson.dumps(block.get("input") or {}).decode()
            yield from said("assistant", f"{block.get('name', 'tool')} {call}", at)
        case "tool_result":
            yield from said("tool", _result_text(block.get("content")), at)


def _result_text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n\n".join(str(part["text"]) for part in parts if part.get("type") == "text")
