"""Exports of ChatGPT: `conversations.json`, a list of trees of messages.

Of a tree the branch is read that the person saw last, from `current_node` up to the root.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agent_memory.memory.importing.dialogue import (
    Dialogue,
    Message,
    from_epoch,
    said,
    thread_name,
)

KIND = "chatgpt"
_ROLES = frozenset({"user", "assistant", "tool"})


def is_ours(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the list is a conversation of ChatGPT."""
    return isinstance(entry.get("mapping"), Mapping)


def dialogues(entries: Iterable[Mapping[str, Any]]) -> Iterator[Dialogue]:
    """One a conversation that says anything."""
    for entry in entries:
        name = str(entry.get("conversation_id") or entry.get("id") or entry.get("title") or "")
        messages = tuple(one for node in _branch(entry) for one in _messages(node))
        if messages:
            yield Dialogue(thread_name(KIND, name), messages)


def _branch(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """From the root down. A tree that names no current node is read to its newest leaf."""
    nodes: Mapping[str, Any] = entry["mapping"]
    at = entry.get("current_node") or next(reversed(list(nodes)), None)
    branch: list[Mapping[str, Any]] = []
    while isinstance(at, str) and at in nodes and len(branch) < len(nodes):
        branch.append(nodes[at])
        at = nodes[at].get("parent")
    return branch[::-1]


def _messages(node: Mapping[str, Any]) -> Iterator[Message]:
    message = node.get("message")
    if not isinstance(message, Mapping):
        return
    role = (message.get("author") or {}).get("role")
    is_hidden = (message.get("metadata") or {}).get("is_visually_hidden_from_conversation")
    content = message.get("content") or {}
    if role in _ROLES and not is_hidden:
        yield from said(str(role), _text(content), from_epoch(message.get("create_time")))


def _text(content: Mapping[str, Any]) -> str:
    if isinstance(text := content.get("text"), str):
        return text
    parts = content.get("parts") or ()
    spoken = (part.get("text", "") if isinstance(part, Mapping) else part for part in parts)
    return "\n\n".join(part for part in spoken if isinstance(part, str) and part)
