"""Materials as a caller would hand them in, and what is derived from them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from agent_memory.ids import ThreadId
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Draft, Material
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind, Role

THREAD = ThreadId("thread")
NOW = datetime(2024, 5, 15, 12, 0, tzinfo=UTC)
"""A Wednesday."""


def material(kind: MaterialKind, text: str) -> Material:
    return Material(THREAD, kind, text, NOW)


def read(kind: MaterialKind, text: str) -> tuple[Draft, ...]:
    """Drafts without notes; every span leads to some of the text."""
    drafts, notes = extract(material(kind, text))
    assert notes == ()
    assert all(text[draft.span.begin : draft.span.end].strip() for draft in drafts)
    return drafts


def read_log(text: str) -> tuple[Draft, ...]:
    return read(MaterialKind.LOG, text)


def read_diff(text: str) -> tuple[Draft, ...]:
    return read(MaterialKind.DIFF, text)


def say(*contents: str, role: Role = Role.USER, speaker: str | None = None) -> tuple[Draft, ...]:
    """What is derived from these messages."""
    messages = [ChatMessage(role, content, speaker) for content in contents]
    drafts, _ = extract(chat_material(THREAD, messages, NOW))
    return drafts


def of_kind(drafts: Sequence[Draft], *kinds: ItemKind) -> list[Draft]:
    return [draft for draft in drafts if draft.kind in kinds]


def keys(draft: Draft, kind: KeyKind) -> set[str]:
    return {key.value for key in draft.keys if key.kind is kind}
