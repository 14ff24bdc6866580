"""Conversations and questions."""

import hashlib
from datetime import UTC, datetime, timedelta

from agent_memory.ids import ThreadId
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Draft, Key, Material, Span
from agent_memory.memory.items.kinds import ItemKind, MaterialKind, Role
from agent_memory.memory.search.recalled import Embedding, Query

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=30)
THREAD = ThreadId("thread")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def draft(
    text: str,
    kind: ItemKind = ItemKind.CHAT,
    at: datetime = BEGIN,
    source: int | None = None,
    keys: tuple[Key, ...] = (),
    **more: object,
) -> Draft:
    return Draft(
        kind=kind,
        text=text,
        span=Span(0, len(text)),
        occurred_at=at,
        content_hash=sha256(f"{kind} {text}"),
        role=Role.USER if kind is ItemKind.CHAT else None,
        source=source,
        keys=keys,
        **more,  # type: ignore[arg-type]
    )


def prepared(
    *drafts: Draft,
    thread: ThreadId = THREAD,
    kind: MaterialKind = MaterialKind.CHAT,
    text: str | None = None,
) -> Prepared:
    raw = "\n".join(entry.text for entry in drafts) if text is None else text
    at = drafts[0].occurred_at if drafts else BEGIN
    return Prepared(
        material=Material(thread, kind, raw, at),
        content_hash=sha256(f"{kind} {raw}"),
        drafts=drafts,
    )


def chat(*texts: str, thread: ThreadId = THREAD) -> Prepared:
    """One material of several messages, a minute apart."""
    drafts = (
        draft(text, at=BEGIN + timedelta(minutes=minute)) for minute, text in enumerate(texts)
    )
    return prepared(*drafts, thread=thread)


def question(text: str, *vector: float, **more: object) -> Query:
    embedding = Embedding("space", vector) if vector else None
    return Query(text=text, now=NOW, embedding=embedding, **more)  # type: ignore[arg-type]
