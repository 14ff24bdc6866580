"""Channels of Discord, as DiscordChatExporter writes them in JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agent_memory.memory.importing.dialogue import (
    Dialogue,
    Message,
    in_parts,
    said,
    thread_name,
)

KIND = "discord"
_SAID = frozenset({"Default", "Reply"})
"""All other types are Discord's own words: who joined, what was pinned."""


def is_ours(sent: Mapping[str, Any]) -> bool:
    """Whether an object is a message of such a file."""
    return isinstance(sent.get("author"), Mapping) and {"timestamp", "content"} <= sent.keys()


def is_channel(head: Mapping[str, Any]) -> bool:
    """Whether an object beside the messages says which channel it is."""
    return {"id", "name", "type"} <= head.keys()


def dialogues(sent: Iterable[Mapping[str, Any]], channel: str) -> Iterator[Dialogue]:
    """The one channel."""
    messages = (message for one in sent for message in _messages(one))
    yield from in_parts(thread_name(KIND, channel), messages)


def _messages(sent: Mapping[str, Any]) -> Iterator[Message]:
    if sent.get("type", "Default") not in _SAID:
        return
    author, text = sent["author"], str(sent.get("content") or "")
    for mentioned in sent.get("mentions") or ():
        text = text.replace(f"<@{mentioned.get('id')}>", f"@{_name(mentioned)}")
    role = "assistant" if author.get("isBot") else "user"
    yield from said(role, text, str(sent["timestamp"]), _name(author))


def _name(person: Mapping[str, Any]) -> str:
    return str(person.get("nickname") or person.get("name") or "")
