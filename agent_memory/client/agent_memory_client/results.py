"""The server's answers, as values. Times are ISO 8601 with their zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """Something remembered. score: None where nothing was ranked. raw: all that was sent."""

    id: str
    kind: str
    state: str
    thread_id: str
    text: str
    occurred_at: str
    score: float | None = None
    mark: int | None = None
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Recalled:
    """`text` has its items after their marks, by date, within the budget."""

    text: str
    items: tuple[Item, ...]
    recall_id: str
    tokens_used: int
    is_degraded: bool
    note: str


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """`text` by section; `citations` are ids by mark."""

    text: str
    citations: Mapping[int, str]
    tokens_used: int
    is_degraded: bool
    note: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """Ids of what was added or updated; how many items were known before."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    num_known: int
    notes: tuple[str, ...]
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file. skipped: how many of what were left out, by the reason."""

    kind: str
    threads: tuple[str, ...]
    num_added: int
    num_updated: int
    num_known: int
    skipped: Mapping[str, int]
    notes: tuple[str, ...]
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Expansion:
    """An item with the raw text around it, its links, and the statements before and after it."""

    item: Item
    before: str
    text: str
    after: str
    links: tuple[Item, ...]
    history: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation. `score` where it was searched for."""

    id: str
    conversation_id: str
    role: str
    content: str
    metadata: Json
    occurred_at: str
    speaker: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str | None
    num_messages: int
    num_items: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation with everything kept of it. num_cached_tokens: of an imported one, what need
    not be computed again."""

    id: str
    num_turns: int
    num_messages: int
    num_tokens: int
    model: str | None
    created_at: str
    updated_at: str
    num_cached_tokens: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. cached: of the prompt, not computed again."""

    prompt: int
    cached: int
    completion: int


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks its caller to run. `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn: it is kept by the server before it is answered."""

    id: str
    session_id: str
    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Some more of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """Some more of the thinking before it."""

    text: str


TurnEvent = TextDelta | ThinkingDelta | ToolCall | Turn
"""A stream ends with the whole turn. A tool call comes when it is complete."""


def read_item(sent: Json) -> Item:
    return Item(
        sent["id"],
        sent["kind"],
        sent["state"],
        sent["thread_id"],
        sent["text"],
        sent["occurred_at"],
        sent.get("score"),
        sent.get("mark"),
        sent,
    )


def read_recalled(sent: Json) -> Recalled:
    return Recalled(
        sent["text"],
        tuple(map(read_item, sent["items"])),
        sent["recall_id"],
        sent["tokens_used"],
        sent["degraded"],
        sent["note"],
    )


def read_working_set(sent: Json) -> WorkingSet:
    citations = {int(mark): one["id"] for mark, one in sent["citations"].items()}
    return WorkingSet(sent["text"], citations, sent["tokens_used"], sent["degraded"], sent["note"])


def read_ingested(sent: Json) -> Ingested:
    return Ingested(
        tuple(sent["added"]),
        tuple(sent["updated"]),
        sent["counts"]["known"],
        tuple(sent["notes"]),
        sent["redactions"],
    )


def read_imported_file(sent: Json) -> ImportedFile:
    counts = sent["counts"]
    return ImportedFile(
        sent["kind"],
        tuple(sent["threads"]),
        counts["added"],
        counts["updated"],
        counts["known"],
        {one["reason"]: one["count"] for one in sent["skipped"]},
        tuple(sent["notes"]),
        sent["redactions"],
    )


def read_expansion(sent: Json) -> Expansion:
    passage = sent["passage"]
    return Expansion(
        read_item(sent["item"]),
        passage["before"],
        passage["text"],
        passage["after"],
        tuple(read_item(link["item"]) for link in sent["links"]),
        tuple(map(read_item, sent["history"])),
    )


def read_message(sent: Json) -> Message:
    return Message(
        sent["id"],
        sent["conversation_id"],
        sent["role"],
        sent["content"],
        sent["metadata"],
        sent["occurred_at"],
        sent.get("speaker"),
        sent.get("score"),
    )


def read_conversation(sent: Json) -> Conversation:
    return Conversation(
        sent["id"], sent["title"], sent["num_messages"], sent["num_items"], sent["updated_at"]
    )


def read_session(sent: Json) -> Session:
    return Session(
        sent["id"],
        sent["num_turns"],
        sent["num_messages"],
        sent["num_tokens"],
        sent["model"],
        sent["created_at"],
        sent["updated_at"],
        sent.get("num_cached_tokens"),
        sent.get("note"),
    )


def read_usage(sent: Json) -> Usage:
    return Usage(sent["prompt_tokens"], sent["cached_tokens"], sent["completion_tokens"])


def read_turn(sent: Json) -> Turn:
    parts: Sequence[Json] = sent["message"]["content"]
    return Turn(
        sent["turn_id"],
        sent["session_id"],
        "".join(part["text"] for part in parts if part["type"] == "text"),
        tuple(
            ToolCall(part["id"], part["name"], part["arguments"])
            for part in parts
            if part["type"] == "tool_use"
        ),
        sent["finish_reason"],
        read_usage(sent["usage"]),
    )
