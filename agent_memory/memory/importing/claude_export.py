"""Exports of Claude: `conversations.json`, a list of conversations with `chat_messages`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agent_memory.memory.importing.dialogue import Dialogue, Message, said, thread_name

KIND = "claude"
_ROLES = {"human": "user", "assistant": "assistant"}


def is_ours(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the list is a conversation of Claude."""
    return isinstance(entry.get("chat_messages"), list)


def dialogues(entries: Iterable[Mapping[str, Any]]) -> Iterator[Dialogue]:
    """One a conversation that says anything."""
    for entry in entries:
        messages = tuple(one for sent in entry["chat_messages"] for one in _messages(sent))
        if messages:
            name = str(entry.get("uuid") or entry.get("name") or "")
            yield Dialogue(thread_name(KIND, name), messages)


def _messages(sent: Mapping[str, Any]) -> Iterator[Message]:
    role, at = _ROLES.get(str(sent.get("sender"))), sent.get("created_at")
    if role is None:
        return
    parts = (part for part in sent.get("content") or () if part.get("type") == "text")
    text = "\n\n".join(str(part.get("text") or "") for part in parts) or str(sent.get("text") or "")
    yield from said(role, text, at)
    for attached in sent.get("attachments") or ():
        if extracted := attached.get("extracted_content"):
            name = attached.get("file_name") or "attachment"
            yield from said(role, f"{name}:\n{extracted}", at)
